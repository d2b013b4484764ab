//! What is the matter with a vault, in words for the person whose vault it is.

use std::io::ErrorKind;

use aparte_vault::{Part, VaultError};

/// Why a vault could not be opened, read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it, and the sentences below say it again"
)]
pub enum VaultTrouble {
    WrongPassphrase,
    PassphraseShort,
    PassphraseNeeded,
    /// What was given is of a kind that does not open this vault or backup.
    NotThisWay,
    /// Nothing else would open the vault.
    LastWay,
    PassphraseFileUnreadable,
    WrongRecoveryWords,
    /// One word is unknown, there are too many or too few, or their checksum is wrong.
    NotRecoveryWords,
    /// Nothing but the keychain would open a backup.
    BackupNeedsSecret,
    /// There is no keychain, or it does not answer.
    KeychainUnavailable,
    KeychainLocked,
    /// The keychain does not know this vault, or gives what does not open it.
    KeychainStranger,
    /// The key is in the keychain of another system.
    KeychainChanged,
    Absent,
    /// What was named is not in the vault, or no longer.
    Missing,
    /// There is something where a new vault was to be made.
    Occupied,
    /// The file is not one of Aparté.
    Foreign,
    /// Something else stands under the name of one of the vault's files.
    Obstructed,
    NewerFormat,
    InUse,
    /// Stored bytes were changed, moved or lost.
    Damaged,
    /// The database as a whole does not open.
    DatabaseDamaged,
    BackupDamaged,
    /// What was named as a backup is the database of a vault, with a journal beside it.
    BackupHasJournal,
    /// A backup was to be written into the folder of its vault.
    BackupInVault,
    /// The system knows no such folder, or takes no such name.
    NoSuchPlace,
    NotWritable,
    /// The folder was moved or removed while the vault was open.
    FolderGone,
    DiskFull,
    TooLarge,
    OutOfMemory,
    /// The system failed in a way that has no name of its own.
    SystemFailed,
}

impl From<VaultError> for VaultTrouble {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Absent => VaultTrouble::Absent,
            VaultError::AlreadyExists => VaultTrouble::Occupied,
            VaultError::Foreign => VaultTrouble::Foreign,
            VaultError::Obstructed => VaultTrouble::Obstructed,
            VaultError::NewerFormat => VaultTrouble::NewerFormat,
            VaultError::InUse => VaultTrouble::InUse,
            VaultError::WrongPassphrase => VaultTrouble::WrongPassphrase,
            VaultError::WrongRecoveryWords => VaultTrouble::WrongRecoveryWords,
            VaultError::NotRecoveryWords => VaultTrouble::NotRecoveryWords,
            VaultError::BackupNeedsSecret => VaultTrouble::BackupNeedsSecret,
            VaultError::KeychainChanged => VaultTrouble::KeychainChanged,
            VaultError::NoSuchSlot => VaultTrouble::NotThisWay,
            VaultError::LastSlot => VaultTrouble::LastWay,
            VaultError::KeychainUnavailable => VaultTrouble::KeychainUnavailable,
            VaultError::KeychainLocked => VaultTrouble::KeychainLocked,
            VaultError::KeychainEntryMissing | VaultError::KeychainEntryWrong => {
                VaultTrouble::KeychainStranger
            }
            VaultError::NotFound => VaultTrouble::Missing,
            VaultError::Damaged(Part::Database) => VaultTrouble::DatabaseDamaged,
            VaultError::BackupDamaged => VaultTrouble::BackupDamaged,
            VaultError::BackupHasJournal => VaultTrouble::BackupHasJournal,
            VaultError::CostOutOfRange | VaultError::Damaged(_) => VaultTrouble::Damaged,
            VaultError::OutOfMemory => VaultTrouble::OutOfMemory,
            VaultError::TooLarge => VaultTrouble::TooLarge,
            VaultError::FolderNotWritable => VaultTrouble::NotWritable,
            VaultError::FolderGone => VaultTrouble::FolderGone,
            VaultError::DiskFull => VaultTrouble::DiskFull,
            VaultError::Io(
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename,
            ) => VaultTrouble::NoSuchPlace,
            VaultError::RandomSource | VaultError::Io(_) | VaultError::Database(_) => {
                VaultTrouble::SystemFailed
            }
        }
    }
}

impl VaultTrouble {
    /// A short name for the log and for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            VaultTrouble::WrongPassphrase => "vault_wrong_passphrase",
            VaultTrouble::PassphraseShort => "passphrase_short",
            VaultTrouble::WrongRecoveryWords => "vault_wrong_recovery_words",
            VaultTrouble::NotRecoveryWords => "not_recovery_words",
            VaultTrouble::BackupNeedsSecret => "backup_needs_secret",
            VaultTrouble::KeychainChanged => "keychain_changed",
            VaultTrouble::Foreign => "vault_foreign",
            VaultTrouble::Obstructed => "vault_obstructed",
            VaultTrouble::PassphraseNeeded => "vault_passphrase_needed",
            VaultTrouble::NotThisWay => "vault_not_this_way",
            VaultTrouble::LastWay => "vault_last_way",
            VaultTrouble::PassphraseFileUnreadable => "vault_passphrase_file_unreadable",
            VaultTrouble::KeychainUnavailable => "keychain_unavailable",
            VaultTrouble::KeychainLocked => "keychain_locked",
            VaultTrouble::KeychainStranger => "keychain_stranger",
            VaultTrouble::Absent => "vault_absent",
            VaultTrouble::Missing => "vault_item_missing",
            VaultTrouble::Occupied => "vault_occupied",
            VaultTrouble::NewerFormat => "vault_newer_format",
            VaultTrouble::InUse => "vault_in_use",
            VaultTrouble::Damaged => "vault_damaged",
            VaultTrouble::DatabaseDamaged => "vault_database_damaged",
            VaultTrouble::BackupDamaged => "backup_damaged",
            VaultTrouble::BackupHasJournal => "backup_has_journal",
            VaultTrouble::BackupInVault => "backup_in_vault",
            VaultTrouble::NoSuchPlace => "no_such_place",
            VaultTrouble::NotWritable => "vault_not_writable",
            VaultTrouble::FolderGone => "vault_folder_gone",
            VaultTrouble::DiskFull => "disk_full",
            VaultTrouble::TooLarge => "vault_item_too_large",
            VaultTrouble::OutOfMemory => "out_of_memory",
            VaultTrouble::SystemFailed => "vault_system_failed",
        }
    }

    pub(crate) fn english(self) -> &'static str {
        match self {
            VaultTrouble::WrongPassphrase => {
                "This passphrase does not open the vault; nothing was changed. Check it and try again."
            }
            VaultTrouble::PassphraseShort => {
                "This passphrase is too short to protect anything. Choose at least 8 characters."
            }
            VaultTrouble::WrongRecoveryWords => {
                "These recovery words are not those of this vault; nothing was changed. Look for the list \
                 that was made last."
            }
            VaultTrouble::NotRecoveryWords => {
                "These are not 24 recovery words: one is missing, unknown or misspelt. Compare each with \
                 your list."
            }
            VaultTrouble::BackupNeedsSecret => {
                "Only this machine's keychain opens this vault, so a backup could be opened nowhere. Set a \
                 passphrase or make recovery words first."
            }
            VaultTrouble::KeychainChanged => {
                "The key of this vault is in the keychain of another system; the vault is untouched. Open \
                 it with the recovery words, or on the system it was made on."
            }
            VaultTrouble::Foreign => {
                "The file in place of a vault or backup was not made by Aparté and was left as it is. Check \
                 the name."
            }
            VaultTrouble::Obstructed => {
                "A folder, a pipe or somebody else's file stands under the name of one of the vault's files \
                 (vault.…); nothing was changed. Move it elsewhere and try again."
            }
            VaultTrouble::LastWay => {
                "Nothing else opens this vault, so nothing was removed. Choose a passphrase first."
            }
            VaultTrouble::NotThisWay => {
                "This vault or backup does not open in this way. Use its passphrase or its recovery words, \
                 whichever it has."
            }
            VaultTrouble::PassphraseNeeded => {
                "This vault needs a passphrase, because no keychain holds its key. Give it with \
                 --passphrase-file, or type it in a terminal."
            }
            VaultTrouble::PassphraseFileUnreadable => {
                "The passphrase file cannot be read. Check its name and its permissions."
            }
            VaultTrouble::KeychainUnavailable => {
                "This system's keychain does not answer; the vault is untouched. Start or unlock the \
                 keychain and try again."
            }
            VaultTrouble::KeychainLocked => {
                "The keychain is locked; the vault is untouched. Unlock the keychain and try again."
            }
            VaultTrouble::KeychainStranger => {
                "The keychain has no key that opens this vault; the vault is untouched. Unlock the \
                 keychain it was made with, or restore it."
            }
            VaultTrouble::Absent => "There is no vault in this folder. Check the folder's name.",
            VaultTrouble::Missing => {
                "This is not in the vault, or no longer. Choose something else."
            }
            VaultTrouble::Occupied => {
                "This folder holds files that a vault would have to replace, so none was made. Choose an \
                 empty folder."
            }
            VaultTrouble::NewerFormat => {
                "This vault was written by a newer Aparté and was left as it is. Install the newer \
                 version."
            }
            VaultTrouble::InUse => {
                "Another Aparté has this vault open. Close it there first, then try again."
            }
            VaultTrouble::Damaged => {
                "Something in this vault was changed or lost outside of Aparté and is not shown. Use a \
                 copy of the vault from before."
            }
            VaultTrouble::DatabaseDamaged => {
                "The vault's database (vault.db) is damaged, and the vault was left as it is. Restore a \
                 backup."
            }
            VaultTrouble::BackupDamaged => {
                "This backup is damaged or not whole, so nothing was restored. Take another copy of it, or \
                 an earlier backup."
            }
            VaultTrouble::BackupHasJournal => {
                "This is the database of a vault and no backup: what its journal (-wal) holds would be lost, so \
                 nothing was restored. Open that vault and back it up."
            }
            VaultTrouble::BackupInVault => {
                "A backup in the vault's own folder would be lost with it, so none was written. Choose \
                 another place, best on another disk."
            }
            VaultTrouble::NoSuchPlace => {
                "There is no such folder, or the path to it leads through a file or is too long. Check the \
                 path."
            }
            VaultTrouble::NotWritable => {
                "Nothing may be written in this folder. Check its permissions, or choose another folder."
            }
            VaultTrouble::FolderGone => {
                "The vault's folder was moved or removed, so this was not saved. Put the folder back where it \
                 was, then close Aparté and open it again."
            }
            VaultTrouble::DiskFull => {
                "The disk is full; what was stored before is safe. Free some space and try again."
            }
            VaultTrouble::TooLarge => {
                "This is too large for the vault. Split it and add the parts."
            }
            VaultTrouble::OutOfMemory => {
                "There is not enough memory to open the vault. Close other programs and try again."
            }
            VaultTrouble::SystemFailed => {
                "The system could not read or write the vault. Check the disk, then try again."
            }
        }
    }

    pub(crate) fn french(self) -> &'static str {
        match self {
            VaultTrouble::WrongPassphrase => {
                "Cette phrase secrète n'ouvre pas le coffre ; rien n'a été modifié. Vérifiez-la et \
                 recommencez."
            }
            VaultTrouble::PassphraseShort => {
                "Cette phrase secrète est trop courte pour protéger quoi que ce soit. Choisissez au moins 8 \
                 caractères."
            }
            VaultTrouble::WrongRecoveryWords => {
                "Ces mots de secours ne sont pas ceux de ce coffre ; rien n'a été modifié. Cherchez la \
                 liste la plus récente."
            }
            VaultTrouble::NotRecoveryWords => {
                "Ce ne sont pas 24 mots de secours : un mot manque, est inconnu ou mal écrit. Comparez \
                 chacun à votre liste."
            }
            VaultTrouble::BackupNeedsSecret => {
                "Seul le trousseau de cette machine ouvre ce coffre : une sauvegarde ne s'ouvrirait nulle \
                 part. Choisissez d'abord une phrase secrète ou créez des mots de secours."
            }
            VaultTrouble::KeychainChanged => {
                "La clé de ce coffre est dans le trousseau d'un autre système ; le coffre est intact. \
                 Ouvrez-le avec les mots de secours, ou sur le système où il a été créé."
            }
            VaultTrouble::Foreign => {
                "Le fichier à la place d'un coffre ou d'une sauvegarde n'a pas été créé par Aparté et a été laissé \
                 tel quel. Vérifiez le nom."
            }
            VaultTrouble::Obstructed => {
                "Un dossier, un tube ou un fichier étranger porte le nom d'un des fichiers du coffre (vault.…) ; \
                 rien n'a été modifié. Déplacez-le ailleurs et recommencez."
            }
            VaultTrouble::LastWay => {
                "Rien d'autre n'ouvre ce coffre ; rien n'a donc été retiré. Choisissez d'abord une phrase secrète."
            }
            VaultTrouble::NotThisWay => {
                "Ce coffre ou cette sauvegarde ne s'ouvre pas de cette façon. Utilisez sa phrase secrète ou ses \
                 mots de secours, selon ce dont il dispose."
            }
            VaultTrouble::PassphraseNeeded => {
                "Ce coffre demande une phrase secrète, car aucun trousseau n'en garde la clé. Donnez-la avec \
                 --passphrase-file, ou saisissez-la dans un terminal."
            }
            VaultTrouble::PassphraseFileUnreadable => {
                "Le fichier de la phrase secrète ne peut pas être lu. Vérifiez son nom et ses droits."
            }
            VaultTrouble::KeychainUnavailable => {
                "Le trousseau de ce système ne répond pas ; le coffre est intact. Démarrez ou déverrouillez \
                 le trousseau, puis recommencez."
            }
            VaultTrouble::KeychainLocked => {
                "Le trousseau est verrouillé ; le coffre est intact. Déverrouillez le trousseau et \
                 recommencez."
            }
            VaultTrouble::KeychainStranger => {
                "Le trousseau n'a pas de clé qui ouvre ce coffre ; le coffre est intact. Déverrouillez le \
                 trousseau avec lequel il a été créé, ou restaurez-le."
            }
            VaultTrouble::Absent => "Il n'y a pas de coffre dans ce dossier. Vérifiez son nom.",
            VaultTrouble::Missing => {
                "Ceci n'est pas, ou plus, dans le coffre. Choisissez autre chose."
            }
            VaultTrouble::Occupied => {
                "Ce dossier contient des fichiers qu'un coffre devrait remplacer ; aucun n'a été créé. \
                 Choisissez un dossier vide."
            }
            VaultTrouble::NewerFormat => {
                "Ce coffre a été écrit par une version plus récente d'Aparté et n'a pas été touché. \
                 Installez cette version."
            }
            VaultTrouble::InUse => {
                "Ce coffre est ouvert dans un autre Aparté. Fermez-le là-bas, puis recommencez."
            }
            VaultTrouble::Damaged => {
                "Une partie de ce coffre a été modifiée ou perdue hors d'Aparté et n'est pas montrée. \
                 Reprenez une copie antérieure du coffre."
            }
            VaultTrouble::DatabaseDamaged => {
                "La base de données du coffre (vault.db) est endommagée ; le coffre a été laissé tel quel. \
                 Restaurez une sauvegarde."
            }
            VaultTrouble::BackupDamaged => {
                "Cette sauvegarde est endommagée ou incomplète ; rien n'a été restauré. Prenez-en une autre \
                 copie, ou une sauvegarde antérieure."
            }
            VaultTrouble::BackupHasJournal => {
                "C'est la base de données d'un coffre, pas une sauvegarde : ce que contient son journal (-wal) \
                 serait perdu ; rien n'a été restauré. Ouvrez ce coffre et sauvegardez-le."
            }
            VaultTrouble::BackupInVault => {
                "Une sauvegarde dans le dossier du coffre se perdrait avec lui ; aucune n'a été écrite. \
                 Choisissez un autre endroit, de préférence un autre disque."
            }
            VaultTrouble::NoSuchPlace => {
                "Ce dossier n'existe pas, ou son chemin passe par un fichier ou est trop long. Vérifiez le \
                 chemin."
            }
            VaultTrouble::NotWritable => {
                "Il n'est pas permis d'écrire dans ce dossier. Vérifiez ses droits, ou choisissez-en un \
                 autre."
            }
            VaultTrouble::FolderGone => {
                "Le dossier du coffre a été déplacé ou supprimé : ceci n'est pas enregistré. Remettez le \
                 dossier à sa place, puis fermez Aparté et rouvrez-le."
            }
            VaultTrouble::DiskFull => {
                "Le disque est plein ; ce qui était enregistré est intact. Libérez de la place et \
                 recommencez."
            }
            VaultTrouble::TooLarge => {
                "C'est trop volumineux pour le coffre. Divisez-le et ajoutez les parties."
            }
            VaultTrouble::OutOfMemory => {
                "La mémoire ne suffit pas pour ouvrir le coffre. Fermez d'autres programmes et \
                 recommencez."
            }
            VaultTrouble::SystemFailed => {
                "Le système n'a pas pu lire ou écrire le coffre. Vérifiez le disque, puis recommencez."
            }
        }
    }
}
