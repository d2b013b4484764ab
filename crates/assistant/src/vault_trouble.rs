//! What is the matter with a vault, in words for the person whose vault it is.

use aparte_vault::VaultError;

/// Why a vault could not be opened, read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the names say it, and the sentences below say it again"
)]
pub enum VaultTrouble {
    WrongPassphrase,
    PassphraseNeeded,
    PassphraseFileUnreadable,
    /// There is no keychain, or it does not answer.
    KeychainUnavailable,
    KeychainLocked,
    /// The keychain does not know this vault, or gives what does not open it.
    KeychainStranger,
    Absent,
    /// What was named is not in the vault, or no longer.
    Missing,
    /// There is something where a new vault was to be made.
    Occupied,
    NewerFormat,
    InUse,
    /// Stored bytes were changed, moved or lost.
    Damaged,
    NotWritable,
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
            VaultError::AlreadyExists | VaultError::Foreign => VaultTrouble::Occupied,
            VaultError::NewerFormat => VaultTrouble::NewerFormat,
            VaultError::InUse => VaultTrouble::InUse,
            VaultError::WrongPassphrase => VaultTrouble::WrongPassphrase,
            VaultError::NoSuchSlot => VaultTrouble::PassphraseNeeded,
            VaultError::KeychainUnavailable => VaultTrouble::KeychainUnavailable,
            VaultError::KeychainLocked => VaultTrouble::KeychainLocked,
            VaultError::KeychainEntryMissing | VaultError::KeychainEntryWrong => {
                VaultTrouble::KeychainStranger
            }
            VaultError::NotFound => VaultTrouble::Missing,
            VaultError::CostOutOfRange | VaultError::Damaged(_) => VaultTrouble::Damaged,
            VaultError::OutOfMemory => VaultTrouble::OutOfMemory,
            VaultError::TooLarge => VaultTrouble::TooLarge,
            VaultError::FolderNotWritable => VaultTrouble::NotWritable,
            VaultError::DiskFull => VaultTrouble::DiskFull,
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
            VaultTrouble::PassphraseNeeded => "vault_passphrase_needed",
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
            VaultTrouble::NotWritable => "vault_not_writable",
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
            VaultTrouble::NotWritable => {
                "The vault's folder cannot be written. Check its permissions, or choose another folder."
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
                "Cette phrase secrète n'ouvre pas le coffre ; rien n'a été modifié. Vérifiez-la et \
                 recommencez."
            }
            VaultTrouble::PassphraseNeeded => {
                "Ce coffre demande une phrase secrète, car aucun trousseau n'en garde la clé. Donnez-la avec \
                 --passphrase-file, ou saisissez-la dans un terminal."
            }
            VaultTrouble::PassphraseFileUnreadable => {
                "Le fichier de la phrase secrète ne peut pas être lu. Vérifiez son nom et ses droits."
            }
            VaultTrouble::KeychainUnavailable => {
                "Le trousseau de ce système ne répond pas ; le coffre est intact. Démarrez ou déverrouillez \
                 le trousseau, puis recommencez."
            }
            VaultTrouble::KeychainLocked => {
                "Le trousseau est verrouillé ; le coffre est intact. Déverrouillez le trousseau et \
                 recommencez."
            }
            VaultTrouble::KeychainStranger => {
                "Le trousseau n'a pas de clé qui ouvre ce coffre ; le coffre est intact. Déverrouillez le \
                 trousseau avec lequel il a été créé, ou restaurez-le."
            }
            VaultTrouble::Absent => "Il n'y a pas de coffre dans ce dossier. Vérifiez son nom.",
            VaultTrouble::Missing => {
                "Ceci n'est pas, ou plus, dans le coffre. Choisissez autre chose."
            }
            VaultTrouble::Occupied => {
                "Ce dossier contient des fichiers qu'un coffre devrait remplacer ; aucun n'a été créé. \
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
            VaultTrouble::NotWritable => {
                "Impossible d'écrire dans le dossier du coffre. Vérifiez ses droits, ou choisissez un \
                 autre dossier."
            }
            VaultTrouble::DiskFull => {
                "Le disque est plein ; ce qui était enregistré est intact. Libérez de la place et \
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
