//! `aparte`: the assistant without a window.
//!
//! With `--json` a command prints one JSON object on standard output and nothing else there; progress and
//! sentences go to standard error. Exit code 0 is done, 1 failed, 2 bad usage.

mod ask;
mod bench;
mod complete;
mod doctor;
mod extract;
mod failure;
mod find_all;
mod inputs;
mod output;
mod progress;
mod sampling;
mod search;
mod secrets;
mod steps;
mod summarize;
mod vault;

use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use aparte_assistant::{
    Assistant, Calibrations, EMBEDDING, Language, Model, ReadingLimits, STARTER, places,
};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;
use output::Output;

/// What is freed is wiped: of texts and passphrases nothing is left in memory that nobody uses any more.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// A private assistant for your documents: nothing leaves this machine.
#[derive(Parser)]
#[command(name = "aparte", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

#[derive(clap::Args)]
struct Global {
    /// Print one JSON object on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// The model that answers, for ask, find-all, summarize, complete, doctor and bench: an id of the catalogue or a GGUF file.
    #[arg(long, global = true, value_name = "ID|FILE", default_value = STARTER)]
    model: String,
    /// Where models lie, for the same.
    #[arg(long, global = true, value_name = "DIR")]
    models: Option<PathBuf>,
    /// The language of the interface: en or fr (default: the system's).
    #[arg(long, global = true, value_name = "LANGUAGE", value_parser = language)]
    language: Option<Language>,
    /// Never use the network. No command of this version does.
    #[arg(long, global = true)]
    offline: bool,
    /// A file with the password of documents that want one, in its first line.
    #[arg(long, global = true, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Read four times as much of a document as usual, in four times the memory and time, for ask, search, find-all, summarize and extract.
    #[arg(long, global = true)]
    raise_limits: bool,
    #[command(flatten)]
    vault: vault::Arguments,
    /// Nothing on standard error but failures and warnings.
    #[arg(long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Answer a question from documents, with the page of every citation.
    Ask(ask::Arguments),
    /// Find the passages that fit a question best.
    Search(search::Arguments),
    /// Find everything in documents that a question wants, not the best of it, and count it.
    FindAll(find_all::Arguments),
    /// Summarize a document of any length, with the page of every citation and what was left out.
    Summarize(summarize::Arguments),
    /// Print the text of a document, page by page.
    Extract(extract::Arguments),
    /// Have the model itself reply to a prompt, without documents and citations.
    Complete(complete::Arguments),
    /// Make, check, copy or protect the vault that --vault names.
    Vault(vault::keeping::Arguments),
    /// Start every worker once, and say what works here and what keeps them in.
    Doctor(doctor::Arguments),
    /// Measure how fast a prompt is read and a reply is written.
    #[command(hide = true)]
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    aparte_assistant::close_memory();
    start_log();
    let Arguments { command, global } = Arguments::parse();
    if let Some((kind, words)) = global.vault.contradiction() {
        Arguments::command().error(kind, words).exit();
    }
    let language = global
        .language
        .or_else(system_language)
        .unwrap_or(Language::English);
    let output = Output {
        json: global.json,
        quiet: global.quiet,
        language,
        lost: Cell::default(),
    };
    let done = match command {
        Command::Ask(arguments) => ask::run(&arguments, &global, &output),
        Command::Search(arguments) => search::run(&arguments, &global, &output),
        Command::FindAll(arguments) => find_all::run(&arguments, &global, &output),
        Command::Summarize(arguments) => summarize::run(&arguments, &global, &output),
        Command::Extract(arguments) => extract::run(&arguments, &global, &output),
        Command::Vault(arguments) => match &global.vault.folder {
            Some(folder) => vault::keeping::run(&arguments, folder, &global, &output),
            None => Arguments::command()
                .error(
                    ErrorKind::MissingRequiredArgument,
                    "these commands work on a vault: name its folder with --vault DIR",
                )
                .exit(),
        },
        Command::Complete(arguments) => complete::run(&arguments, &global, &output),
        Command::Doctor(arguments) => doctor::run(&arguments, &global, &output),
        Command::Bench(arguments) => bench::run(&arguments, &global, &output),
    };
    match done {
        Ok(()) => match output.lost.get() {
            None => ExitCode::SUCCESS,
            Some(kind) => {
                output.remark(&format!(
                    "{} ({kind}).",
                    output.say(
                        "The result could not be written. Check where the output goes",
                        "Le résultat n'a pas pu être écrit. Vérifiez où va la sortie"
                    )
                ));
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            output.failed(&error);
            ExitCode::FAILURE
        }
    }
}

impl Global {
    /// A session that can answer.
    fn assistant(&self, output: &Output) -> Result<Assistant, Failure> {
        let model = Model::find(&self.model, self.models.as_deref())?;
        self.session(Some(model), output)
    }

    /// Where models lie, and what is remembered about them.
    fn models_folder(&self) -> Option<PathBuf> {
        self.models.clone().or_else(places::models)
    }

    /// What opens documents that want a password.
    fn document_password(&self) -> Result<Option<String>, Failure> {
        let file = self.password_file.as_deref();
        file.map(secrets::document_password_in).transpose()
    }

    /// How much is read of one document.
    fn limits(&self) -> ReadingLimits {
        match self.raise_limits {
            true => ReadingLimits::Raised,
            false => ReadingLimits::Usual,
        }
    }

    /// A session that can search.
    fn library(&self, output: &Output) -> Result<Assistant, Failure> {
        self.session(None, output)
    }

    fn session(&self, model: Option<Model>, output: &Output) -> Result<Assistant, Failure> {
        let vault = vault::open(&self.vault, output)?;
        let mut assistant = Assistant::open(vault, places::worker(), model, output.language)?;
        if let Some(folder) = self.models_folder() {
            assistant = assistant.calibrated(Calibrations::in_folder(folder));
        }
        if self.raise_limits {
            assistant = assistant.reading_up_to(self.limits());
        }
        // What was given vectors is found by meaning too.
        if let Ok(model) = Model::find(EMBEDDING, self.models.as_deref()) {
            assistant = assistant.embedding(model);
        }
        output.tell_losses(&assistant)?;
        Ok(assistant)
    }
}

fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| "en and fr are known".into())
}

fn system_language() -> Option<Language> {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|value| Language::from_tag(&value))
}

/// A log for people who look for a fault, on standard error, when `APARTE_LOG` asks for it. A session
/// without a vault writes nothing to disk.
fn start_log() {
    if let Ok(filter) = std::env::var("APARTE_LOG") {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_env_filter(filter)
            .init();
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "aparte stopped at {place}. This is a bug."
        );
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contradiction(words: &[&str]) -> Option<ErrorKind> {
        let line = ["aparte"].iter().chain(words);
        let parsed = Arguments::try_parse_from(line).expect("clap has nothing against it");
        Some(parsed.global.vault.contradiction()?.0)
    }

    #[test]
    fn what_belongs_together_may_stand_on_either_side_of_the_command() {
        let ask = ["ask", "why", "a.pdf"];
        let (vault, secret) = (["--vault", "v"], ["--passphrase-file", "p"]);
        for words in [
            [&vault[..], &ask, &secret],
            [&secret, &ask, &vault],
            [&vault, &secret, &ask],
            [&ask, &vault, &secret],
        ] {
            assert_eq!(contradiction(&words.concat()), None, "{words:?}");
        }
    }

    #[test]
    fn a_secret_without_a_vault_and_two_secrets_are_refused_on_either_side() {
        let ask = ["ask", "why", "a.pdf"];
        let (vault, secret) = (["--vault", "v"], ["--passphrase-file", "p"]);
        let words = ["--recovery-file", "r"];
        for line in [[&secret[..], &ask], [&ask, &words]] {
            let expected = Some(ErrorKind::MissingRequiredArgument);
            assert_eq!(contradiction(&line.concat()), expected, "{line:?}");
        }
        for line in [
            [&vault[..], &secret, &ask, &words],
            [&words, &ask, &vault, &secret],
        ] {
            let expected = Some(ErrorKind::ArgumentConflict);
            assert_eq!(contradiction(&line.concat()), expected, "{line:?}");
        }
    }
}
