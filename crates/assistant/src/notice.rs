//! What was noticed about the vault when it opened, in words.

use aparte_vault::Notice;

use crate::language::Language;

/// What is not as it was left. Told until the person goes on with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultNotice {
    /// The list of what opens the vault was mended from its copy.
    SlotsRepaired,
    /// This is an older copy of the vault.
    OlderCopy,
    /// So many conversations or documents are gone.
    ItemsLost(u32),
    /// Conversations or documents are not as they were left.
    ItemsAltered,
    /// Settings are gone or are older ones.
    SettingsAltered,
    /// The vault lies on another machine.
    OnNetwork,
    /// So many conversations or documents are there but do not open.
    ItemsDamaged(usize),
}

impl From<&Notice> for VaultNotice {
    fn from(notice: &Notice) -> Self {
        match *notice {
            Notice::SlotsRepaired => VaultNotice::SlotsRepaired,
            Notice::OlderCopy => VaultNotice::OlderCopy,
            Notice::OwnersLost(number) => VaultNotice::ItemsLost(number),
            Notice::OwnersAltered => VaultNotice::ItemsAltered,
            Notice::SettingsAltered => VaultNotice::SettingsAltered,
            Notice::OnNetwork => VaultNotice::OnNetwork,
        }
    }
}

impl VaultNotice {
    /// What happened, and what can be done.
    pub fn sentence(self, language: Language) -> String {
        match language {
            Language::English => self.english(),
            Language::French => self.french(),
        }
    }

    fn english(self) -> String {
        match self {
            VaultNotice::SlotsRepaired => {
                "The file vault.json was damaged or missing and was restored from its copy. Nothing was lost.".into()
            }
            VaultNotice::OlderCopy => {
                "This is an older copy of your data: this system remembers a later one. If you did not restore it \
                 yourself, look for the later one before you go on."
                    .into()
            }
            VaultNotice::ItemsLost(1) => {
                "One conversation or document was removed from the vault outside of Aparté. A backup may still have it."
                    .into()
            }
            VaultNotice::ItemsLost(number) => format!(
                "{number} conversations or documents were removed from the vault outside of Aparté. A backup may still \
                 have them."
            ),
            VaultNotice::ItemsAltered => {
                "Conversations or documents were changed outside of Aparté, or older ones were put back. What is shown \
                 may not be the latest; a backup may have it."
                    .into()
            }
            VaultNotice::SettingsAltered => {
                "Settings were changed outside of Aparté. Check them.".into()
            }
            VaultNotice::OnNetwork => {
                "This vault lies in a folder of another machine. A connection that breaks while something is stored may \
                 damage it. Move its folder to a disk of this machine; backups may stay on the other."
                    .into()
            }
            VaultNotice::ItemsDamaged(1) => {
                "One conversation or document is damaged and is not shown; all others are. A backup may have it whole."
                    .into()
            }
            VaultNotice::ItemsDamaged(number) => format!(
                "{number} conversations or documents are damaged and are not shown; all others are. A backup may have \
                 them whole."
            ),
        }
    }

    fn french(self) -> String {
        match self {
            VaultNotice::SlotsRepaired => {
                "Le fichier vault.json était endommagé ou absent ; il a été rétabli depuis sa copie. Rien n'est perdu."
                    .into()
            }
            VaultNotice::OlderCopy => {
                "Ceci est une copie ancienne de vos données : ce système en connaît une plus récente. Si vous ne l'avez \
                 pas restaurée vous-même, cherchez la plus récente avant de continuer."
                    .into()
            }
            VaultNotice::ItemsLost(1) => {
                "Une conversation ou un document a été retiré du coffre hors d'Aparté. Une sauvegarde peut encore \
                 l'avoir."
                    .into()
            }
            VaultNotice::ItemsLost(number) => format!(
                "{number} conversations ou documents ont été retirés du coffre hors d'Aparté. Une sauvegarde peut encore \
                 les avoir."
            ),
            VaultNotice::ItemsAltered => {
                "Des conversations ou des documents ont été modifiés hors d'Aparté, ou remplacés par de plus anciens. Ce \
                 qui est montré n'est peut-être pas le plus récent ; une sauvegarde peut l'avoir."
                    .into()
            }
            VaultNotice::SettingsAltered => {
                "Des réglages ont été modifiés hors d'Aparté. Vérifiez-les.".into()
            }
            VaultNotice::OnNetwork => {
                "Ce coffre se trouve dans un dossier d'une autre machine. Une connexion coupée pendant un enregistrement \
                 peut l'endommager. Déplacez son dossier sur un disque de cette machine ; des sauvegardes peuvent \
                 rester sur l'autre."
                    .into()
            }
            VaultNotice::ItemsDamaged(1) => {
                "Une conversation ou un document est endommagé et n'est pas montré ; tout le reste l'est. Une sauvegarde \
                 peut l'avoir intact."
                    .into()
            }
            VaultNotice::ItemsDamaged(number) => format!(
                "{number} conversations ou documents sont endommagés et ne sont pas montrés ; tout le reste l'est. Une \
                 sauvegarde peut les avoir intacts."
            ),
        }
    }
}
