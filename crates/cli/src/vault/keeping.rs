//! `aparte vault …`: making, checking, copying and protecting a vault.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aparte_assistant::{
    Assistant, Error, Health, RecoveryWords, SlotKind, Vault, VaultPart, VaultState, VaultTrouble,
    places,
};
use serde::Serialize;

use crate::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets::{self, Proof};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// A file with the new passphrase in its first line. Without it a new passphrase is asked for, twice.
    #[arg(long, global = true, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a vault, opened by a passphrase if one is given, else by this system's keychain.
    Init,
    /// Open everything that the vault holds and say what is damaged or lost.
    Check {
        /// Go on with what is here, and do not tell of this loss again.
        #[arg(long)]
        accept: bool,
    },
    /// Write an encrypted copy of the whole vault, opened by the passphrase or the recovery words.
    Backup {
        /// The new file.
        file: PathBuf,
    },
    /// Make a vault out of a backup, in a folder that holds none.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Set or change the passphrase; from then on the keychain opens the vault no more.
    ChangePassphrase,
    /// Make a new recovery key and print its words, once; an earlier one opens the vault no more.
    RecoveryKey {
        /// Take the recovery key away instead.
        #[arg(long)]
        remove: bool,
    },
    /// Write everything into a folder, readable by any program: Markdown, JSON and the original files.
    Export {
        /// A new or empty folder.
        #[arg(value_name = "DIR")]
        to: PathBuf,
        /// Do not ask whether to go on.
        #[arg(long)]
        yes: bool,
    },
}

/// Works on the vault in `folder`.
pub fn run(
    arguments: &Arguments,
    folder: &Path,
    global: &Global,
    output: &Output,
) -> Result<(), Failure> {
    let keeping = Keeping {
        folder,
        global,
        new_passphrase: arguments.new_passphrase_file.as_deref(),
        output,
    };
    match &arguments.command {
        Command::Init => keeping.init(),
        Command::Check { accept } => keeping.check(*accept),
        Command::Backup { file } => keeping.back_up(file),
        Command::Restore { file } => keeping.restore(file),
        Command::ChangePassphrase => keeping.change_passphrase(),
        Command::RecoveryKey { remove: false } => keeping.make_recovery(),
        Command::RecoveryKey { remove: true } => keeping.remove_recovery(),
        Command::Export { to, yes } => keeping.export(to, *yes),
    }
}

/// A vault and how its person wants to be answered.
struct Keeping<'a> {
    folder: &'a Path,
    global: &'a Global,
    new_passphrase: Option<&'a Path>,
    output: &'a Output,
}

impl Keeping<'_> {
    fn init(&self) -> Result<(), Failure> {
        self.expect_none()?;
        let given = &self.global.vault;
        let passphrase = self.new_passphrase.or(given.passphrase_file.as_deref());
        let vault = super::create(self.folder, passphrase, self.output)?;
        let assistant = self.over(vault)?;
        self.tell_slots(
            &assistant,
            self.output.say("The vault is made.", "Le coffre est créé."),
        );
        self.output.remark(self.output.say(
            "It has no recovery key yet: “aparte vault recovery-key” makes one.",
            "Il n'a pas encore de mots de secours : « aparte vault recovery-key » en crée.",
        ));
        self.close(assistant)
    }

    fn check(&self, accept: bool) -> Result<(), Failure> {
        let (assistant, _) = self.open()?;
        let health = assistant.check()?;
        self.tell_health(&health);
        if accept {
            assistant.accept()?;
        }
        self.close(assistant)?;
        match health.is_sound() {
            true => Ok(()),
            false => Err(Failure::VaultUnsound),
        }
    }

    fn back_up(&self, file: &Path) -> Result<(), Failure> {
        if file.symlink_metadata().is_ok() {
            return Err(Failure::BackupInPlace);
        }
        let (assistant, _) = self.open()?;
        assistant.back_up(file)?;
        let bytes = file.metadata().map(|facts| facts.len()).unwrap_or_default();
        if self.output.json {
            #[derive(Serialize)]
            struct Object {
                bytes: u64,
                slots: Vec<&'static str>,
            }
            self.output.object(&Object {
                bytes,
                slots: codes(&secrets_of(&assistant.slots())),
            });
        } else {
            self.output.line(self.output.say(
                "The backup is written. It opens with the passphrase or the recovery words that this vault has \
                 today.",
                "La sauvegarde est écrite. Elle s'ouvre avec la phrase secrète ou les mots de secours que ce \
                 coffre a aujourd'hui.",
            ));
        }
        self.close(assistant)
    }

    fn restore(&self, file: &Path) -> Result<(), Failure> {
        if !file.is_file() {
            return Err(Failure::BackupMissing);
        }
        self.expect_none()?;
        let proof = match super::given(&self.global.vault)? {
            Some(proof) => proof,
            None => Proof::typed(&[SlotKind::Passphrase, SlotKind::Recovery], self.output)?,
        };
        let vault = Vault::restore(file, self.folder, proof.protection()).map_err(Error::from)?;
        let assistant = self.over(vault)?;
        self.tell_slots(
            &assistant,
            self.output.say(
                "The backup is restored, and every part of it was checked.",
                "La sauvegarde est restaurée, et chacune de ses parties a été vérifiée.",
            ),
        );
        self.close(assistant)
    }

    fn change_passphrase(&self) -> Result<(), Failure> {
        let (assistant, proof) = self.open()?;
        let passphrase = secrets::new_passphrase(self.new_passphrase, self.output)?;
        assistant.set_passphrase(proof.protection(), &passphrase)?;
        self.tell_slots(
            &assistant,
            self.output.say(
                "The new passphrase opens the vault. Backups from before open with the old one.",
                "La nouvelle phrase secrète ouvre le coffre. Les sauvegardes antérieures s'ouvrent avec l'ancienne.",
            ),
        );
        self.close(assistant)
    }

    fn make_recovery(&self) -> Result<(), Failure> {
        let (assistant, proof) = self.open()?;
        let mut shown = false;
        let made = assistant.make_recovery_once_shown(proof.protection(), |words| {
            let delivered = self.output.deliver(&self.list(words));
            shown = delivered.is_ok();
            delivered.map_err(|_| Failure::WordsNotShown)
        });
        if made.is_err() && shown {
            self.output.alert(self.output.say(
                "It is not certain that the words above were taken. Keep the earlier ones too, until a check says which \
                 open the vault.",
                "Il n'est pas certain que les mots ci-dessus aient été pris en compte. Gardez aussi les anciens, jusqu'à \
                 ce qu'une vérification dise lesquels ouvrent le coffre.",
            ));
        }
        made?;
        if !self.output.json {
            self.output.remark(self.output.say(
                "These words open the vault. Write them on paper and keep it away from this machine: they are not \
                 shown again.",
                "Ces mots ouvrent le coffre. Écrivez-les sur du papier, gardé loin de cette machine : ils ne seront \
                 plus montrés.",
            ));
        }
        self.close(assistant)
    }

    /// The words as they are printed. What is freed in this process is wiped.
    fn list(&self, words: &RecoveryWords) -> String {
        let words = words.expose().split_whitespace();
        if self.output.json {
            let words: Vec<_> = words.collect();
            return serde_json::json!({ "words": words }).to_string();
        }
        let lines = (1..)
            .zip(words)
            .map(|(number, word)| format!("{number:>2}. {word}"));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn remove_recovery(&self) -> Result<(), Failure> {
        let (assistant, proof) = self.open()?;
        if assistant.slots().contains(&SlotKind::Recovery) {
            assistant.remove_recovery(proof.protection())?;
        }
        self.tell_slots(
            &assistant,
            self.output.say(
                "This vault has no recovery key.",
                "Ce coffre n'a pas de mots de secours.",
            ),
        );
        self.close(assistant)
    }

    fn export(&self, to: &Path, yes: bool) -> Result<(), Failure> {
        let (assistant, _) = self.open()?;
        assistant.check_export(to)?;
        if !yes && !secrets::somebody_is_there() {
            return Err(Failure::ConsentNeeded);
        }
        self.output.alert(self.output.say(
            "The export is not encrypted: everyone who can read that folder reads all your conversations and \
             documents.",
            "L'export n'est pas chiffré : quiconque peut lire ce dossier lit toutes vos conversations et tous vos \
             documents.",
        ));
        if !yes && !self.goes_on() {
            return Err(Failure::Declined);
        }
        let exported = assistant.export(to)?;
        if self.output.json {
            #[derive(Serialize)]
            struct Object {
                conversations: usize,
                documents: usize,
                incomplete: usize,
                left_out: usize,
            }
            self.output.object(&Object {
                conversations: exported.conversations,
                documents: exported.documents,
                incomplete: exported.incomplete,
                left_out: exported.left_out,
            });
        } else {
            let (conversations, documents) = (exported.conversations, exported.documents);
            self.output.line(&self.output.say_with(
                || format!("Exported: {conversations} conversations, {documents} documents."),
                || format!("Exporté : {conversations} conversations, {documents} documents."),
            ));
        }
        self.close(assistant)?;
        match exported.incomplete + exported.left_out {
            0 => Ok(()),
            _ => Err(Failure::ExportIncomplete),
        }
    }

    /// The vault that is there, with what opened it.
    fn open(&self) -> Result<(Assistant, Proof), Failure> {
        let VaultState::Locked { slots } = Vault::look(self.folder).map_err(Error::from)? else {
            return Err(Error::Vault(VaultTrouble::Absent).into());
        };
        let (vault, proof) = super::unlock(self.folder, &slots, &self.global.vault, self.output)?;
        Ok((self.over(vault)?, proof))
    }

    fn over(&self, vault: Vault) -> Result<Assistant, Failure> {
        let assistant = Assistant::open(vault, places::worker(), None, self.output.language)?;
        self.output.tell_losses(&assistant)?;
        Ok(assistant)
    }

    fn close(&self, assistant: Assistant) -> Result<(), Failure> {
        Ok(assistant.close()?)
    }

    /// Makes sure that there is no vault in the folder, nor anything left of one.
    fn expect_none(&self) -> Result<(), Failure> {
        match Vault::look(self.folder).map_err(Error::from) {
            Ok(VaultState::Absent) => Ok(()),
            Ok(VaultState::Locked { .. })
            | Err(Error::Vault(VaultTrouble::Damaged | VaultTrouble::DatabaseDamaged)) => {
                Err(Failure::VaultInPlace)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a person who read the warning goes on.
    fn goes_on(&self) -> bool {
        let wanted = self.output.say("yes", "oui");
        let question = self
            .output
            .say("Go on? (yes/no) ", "Continuer ? (oui/non) ");
        let _ = write!(io::stderr(), "{question}");
        let _ = io::stderr().flush();
        let mut typed = String::new();
        let read = io::stdin().read_line(&mut typed);
        read.is_ok() && typed.trim().to_lowercase() == wanted
    }

    fn tell_slots(&self, assistant: &Assistant, done: &str) {
        let slots = assistant.slots();
        if self.output.json {
            #[derive(Serialize)]
            struct Object {
                slots: Vec<&'static str>,
            }
            self.output.object(&Object {
                slots: codes(&slots),
            });
            return;
        }
        let names = crate::secrets::names(&slots, self.output.language);
        self.output.line(done);
        self.output.line(&self.output.say_with(
            || format!("It is opened by: {names}."),
            || format!("Il s'ouvre par : {names}."),
        ));
    }

    fn tell_health(&self, health: &Health) {
        let mut damaged: Vec<(VaultPart, usize)> = Vec::new();
        for part in &health.damaged {
            match damaged.iter_mut().find(|(known, _)| known == part) {
                Some((_, count)) => *count += 1,
                None => damaged.push((*part, 1)),
            }
        }
        let Health {
            owners,
            records,
            blobs,
            settings,
            missing,
            ..
        } = health;
        if self.output.json {
            let damaged = damaged.into_iter().map(|(part, count)| Damage {
                part: code(part),
                count,
            });
            self.output.object(&Report {
                sound: health.is_sound(),
                owners: *owners,
                records: *records,
                originals: *blobs,
                settings: *settings,
                damaged: damaged.collect(),
                missing: *missing,
            });
            return;
        }
        self.output.line(&self.output.say_with(
            || {
                format!(
                    "Opened: {owners} conversations and documents, {records} messages and pages, {blobs} originals, \
                     {settings} settings."
                )
            },
            || {
                format!(
                    "Ouverts : {owners} conversations et documents, {records} messages et pages, {blobs} originaux, \
                     {settings} réglages."
                )
            },
        ));
        for (part, count) in damaged {
            let part = self.part(part);
            self.output.line(&self.output.say_with(
                || format!("Damaged: {count} × {part}."),
                || format!("Endommagé : {count} × {part}."),
            ));
        }
        if *missing > 0 {
            self.output.line(&self.output.say_with(
                || format!("Lost, or put back from before: {missing}."),
                || format!("Perdus, ou remis d'une copie antérieure : {missing}."),
            ));
        }
        if health.is_sound() {
            self.output.line(self.output.say(
                "Everything is there and nothing is damaged.",
                "Tout est là et rien n'est endommagé.",
            ));
        }
    }

    fn part(&self, part: VaultPart) -> &'static str {
        let (english, french) = match part {
            VaultPart::Keyslots => ("what opens the vault", "ce qui ouvre le coffre"),
            VaultPart::Database => ("the database", "la base de données"),
            VaultPart::Seal => ("a list of what is there", "une liste de ce qui est là"),
            VaultPart::DataKey => (
                "the key of a conversation or document",
                "la clé d'une conversation ou d'un document",
            ),
            VaultPart::Head => (
                "the title of a conversation or document",
                "le titre d'une conversation ou d'un document",
            ),
            VaultPart::Record => ("a message or page", "un message ou une page"),
            VaultPart::Blob => ("a document's original", "l'original d'un document"),
            VaultPart::Setting => ("a setting", "un réglage"),
        };
        self.output.say(english, french)
    }
}

#[derive(Serialize)]
struct Report {
    sound: bool,
    owners: u64,
    records: u64,
    originals: u64,
    settings: u64,
    damaged: Vec<Damage>,
    missing: u64,
}

#[derive(Serialize)]
struct Damage {
    part: &'static str,
    count: usize,
}

fn code(part: VaultPart) -> &'static str {
    match part {
        VaultPart::Keyslots => "keyslots",
        VaultPart::Database => "database",
        VaultPart::Seal => "seal",
        VaultPart::DataKey => "data_key",
        VaultPart::Head => "head",
        VaultPart::Record => "record",
        VaultPart::Blob => "original",
        VaultPart::Setting => "setting",
    }
}

fn codes(slots: &[SlotKind]) -> Vec<&'static str> {
    let code = |slot| match slot {
        SlotKind::Keychain => "keychain",
        SlotKind::Passphrase => "passphrase",
        SlotKind::Recovery => "recovery",
    };
    secrets::in_order(slots).into_iter().map(code).collect()
}

/// What opens a copy of the vault on another machine.
fn secrets_of(slots: &[SlotKind]) -> Vec<SlotKind> {
    let is_secret = |slot: &SlotKind| *slot != SlotKind::Keychain;
    slots.iter().copied().filter(is_secret).collect()
}
