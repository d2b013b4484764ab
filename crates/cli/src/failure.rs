//! Why a command failed: what the domain says, and what only a command line can get wrong.

use aparte_assistant::{Error, Language, SlotKind};

use crate::secrets;

/// What a command could not do.
#[derive(Debug)]
pub enum Failure {
    /// The domain's own.
    Domain(Error),
    /// A new passphrase was typed differently the second time.
    PassphrasesDiffer,
    /// A new passphrase is needed, and nobody is there to type one.
    NewPassphraseNeeded,
    /// The file of the recovery words.
    RecoveryFileUnreadable,
    /// The passphrase file is no text.
    PassphraseFileNotText,
    /// The first line of the passphrase file is empty.
    PassphraseFileEmpty,
    /// A new vault was to be made where there is one.
    VaultInPlace,
    /// The vault has no passphrase, or no recovery words; these open it.
    NotThisWay(Vec<SlotKind>),
    /// The backup to restore from.
    BackupMissing,
    /// The recovery words could not be shown, or nobody would have seen them.
    WordsNotShown,
    /// A backup does not go over a file.
    BackupInPlace,
    /// A check found what does not open or is not there.
    VaultUnsound,
    /// The file with the password of documents.
    PasswordFileUnreadable,
    /// Its first line is empty.
    PasswordFileEmpty,
    /// The file of a grammar or schema.
    ShapeFileUnreadable,
    /// Something does not open and is not in the export.
    ExportIncomplete,
    /// The person did not want to go on.
    Declined,
    /// Nobody is there to be asked whether to go on.
    ConsentNeeded,
    /// A summary does not go over a file.
    SummaryInPlace,
    /// None of the files that were named can be summarized.
    NothingToSummarize,
    /// So many of the files could not be read and are not in the summary.
    FilesLeftOut(usize),
    /// No summary is written as what the file's name ends in.
    SummaryFormat,
    /// The file of a summary could not be written; the summary is printed.
    SummaryNotWritten(std::io::ErrorKind),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Domain(error)
    }
}

impl Failure {
    /// What happened and what to do.
    pub fn sentence(&self, language: Language) -> String {
        let (english, french) = match self {
            Failure::Domain(error) => return error.sentence(language),
            Failure::NotThisWay(slots) => {
                let ways = secrets::names(slots, language);
                return match language {
                    Language::English => {
                        format!(
                            "This vault is not opened this way. Open it by one of these: {ways}."
                        )
                    }
                    Language::French => {
                        format!(
                            "Ce coffre ne s'ouvre pas ainsi. Ouvrez-le par l'un de ces moyens : {ways}."
                        )
                    }
                };
            }
            Failure::PassphrasesDiffer => (
                "The two passphrases are not the same, so nothing was changed. Try again.",
                "Les deux phrases secrètes ne sont pas les mêmes ; rien n'a été modifié. Recommencez.",
            ),
            Failure::NewPassphraseNeeded => (
                "A new passphrase is needed, so nothing was changed. Give it with --new-passphrase-file, or type it in \
                 a terminal.",
                "Il faut une nouvelle phrase secrète ; rien n'a été modifié. Donnez-la avec --new-passphrase-file, ou \
                 saisissez-la dans un terminal.",
            ),
            Failure::RecoveryFileUnreadable => (
                "The file of the recovery words cannot be read. Check its name and its permissions.",
                "Le fichier des mots de secours ne peut pas être lu. Vérifiez son nom et ses droits.",
            ),
            Failure::PassphraseFileNotText => (
                "The passphrase file is not a text. Name a file with the passphrase in its first line.",
                "Le fichier de la phrase secrète n'est pas un texte. Indiquez un fichier qui l'a sur sa première \
                 ligne.",
            ),
            Failure::PassphraseFileEmpty => (
                "The first line of the passphrase file is empty. Write the passphrase there.",
                "La première ligne du fichier de la phrase secrète est vide. Écrivez-y la phrase secrète.",
            ),
            Failure::VaultInPlace => (
                "There is a vault in this folder already, or what is left of one, and it was left as it is. Name \
                 another folder.",
                "Il y a déjà un coffre dans ce dossier, ou ce qu'il en reste ; il a été laissé tel quel. Indiquez un \
                 autre dossier.",
            ),
            Failure::BackupMissing => (
                "There is no backup file under this name. Check the name and the folder.",
                "Il n'y a pas de fichier de sauvegarde sous ce nom. Vérifiez le nom et le dossier.",
            ),
            Failure::WordsNotShown => (
                "The new words could not be shown, so nothing was changed and earlier words still open the vault. Let \
                 the output go to a terminal or a file.",
                "Les nouveaux mots n'ont pas pu être montrés ; rien n'a été modifié et les anciens ouvrent toujours le \
                 coffre. Dirigez la sortie vers un terminal ou un fichier.",
            ),
            Failure::BackupInPlace => (
                "There is a file of this name already, and it was left as it is. Choose another name for the \
                 backup.",
                "Un fichier de ce nom existe déjà et a été laissé tel quel. Choisissez un autre nom pour la \
                 sauvegarde.",
            ),
            Failure::VaultUnsound => (
                "Something in this vault was changed or lost outside of Aparté. Restore a backup from before \
                 into another folder; export what is left from this one.",
                "Une partie de ce coffre a été modifiée ou perdue hors d'Aparté. Restaurez une sauvegarde \
                 antérieure dans un autre dossier ; exportez de celui-ci ce qui reste.",
            ),
            Failure::ExportIncomplete => (
                "What does not open in this vault is not in the export. Run “aparte vault check” to see what \
                 is damaged, and look in a backup from before.",
                "Ce qui ne s'ouvre pas dans ce coffre n'est pas dans l'export. Lancez « aparte vault check » \
                 pour voir ce qui est endommagé, et cherchez dans une sauvegarde antérieure.",
            ),
            Failure::PasswordFileUnreadable => (
                "The file with the documents' password cannot be read as text. Check its name and its permissions.",
                "Le fichier du mot de passe des documents ne peut pas être lu comme un texte. Vérifiez son nom et ses \
                 droits.",
            ),
            Failure::PasswordFileEmpty => (
                "The first line of the file with the documents' password is empty. Write the password there.",
                "La première ligne du fichier du mot de passe des documents est vide. Écrivez-y le mot de passe.",
            ),
            Failure::ShapeFileUnreadable => (
                "The file of the grammar or schema cannot be read as text. Check its name and its permissions.",
                "Le fichier de la grammaire ou du schéma ne peut pas être lu comme un texte. Vérifiez son nom et ses \
                 droits.",
            ),
            Failure::Declined => (
                "Nothing was exported. Type “yes” when you are asked, to go on.",
                "Rien n'a été exporté. Tapez « oui » quand on vous le demande, pour continuer.",
            ),
            Failure::SummaryInPlace => (
                "There is a file of this name already, and it was left as it is. Choose another name for the \
                 summary.",
                "Un fichier de ce nom existe déjà et a été laissé tel quel. Choisissez un autre nom pour le \
                 résumé.",
            ),
            Failure::NothingToSummarize => (
                "There is no document here that can be summarized. Name files or a folder with documents in it.",
                "Il n'y a ici aucun document qui puisse être résumé. Indiquez des fichiers ou un dossier qui contient des \
                 documents.",
            ),
            Failure::FilesLeftOut(count) => {
                return match language {
                    Language::English => format!(
                        "Files that could not be read and are not in the summary: {count}. Each is named above; mend or \
                         leave out what it says, then summarize again."
                    ),
                    Language::French => format!(
                        "Fichiers qui n'ont pas pu être lus et ne sont pas dans le résumé\u{202f}: {count}. Chacun est nommé \
                         ci-dessus\u{202f}; corrigez-le ou retirez-le, puis relancez le résumé."
                    ),
                };
            }
            Failure::SummaryFormat => (
                "A summary is written as .md, .html, .docx or .pdf, so nothing was made. Give the file a name that ends in \
                 one of these.",
                "Un résumé s'écrit en .md, .html, .docx ou .pdf\u{202f}; rien n'a été fait. Donnez au fichier un nom qui \
                 finit par l'un d'eux.",
            ),
            Failure::SummaryNotWritten(kind) => {
                return match language {
                    Language::English => format!(
                        "The file of the summary could not be written ({kind}). Check its folder and the room on the disk; \
                         a summary that was already made is printed instead."
                    ),
                    Language::French => format!(
                        "Le fichier du résumé n'a pas pu être écrit ({kind}). Vérifiez son dossier et la place sur le \
                         disque\u{202f}; un résumé déjà fait est affiché à la place."
                    ),
                };
            }
            Failure::ConsentNeeded => (
                "Nothing was exported: nobody is at a terminal to be asked. Add --yes if this is what you want.",
                "Rien n'a été exporté : personne n'est devant un terminal pour répondre. Ajoutez --yes si c'est bien ce \
                 que vous voulez.",
            ),
        };
        match language {
            Language::English => english.into(),
            Language::French => french.into(),
        }
    }
}
