//! What the tests of the whole application share: the built programs, the starter model, the samples.

#![forbid(unsafe_code)]

pub mod canaries;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aparte_assistant::{
    Answer, Assistant, DocumentId, EMBEDDING, Error, Language, Model, Progress, STARTER, Stop,
    Vault, places,
};
use serde::Deserialize;
use serde_json::Value;

/// The folder where cargo put `aparte` and `aparte-worker`.
pub fn programs() -> PathBuf {
    let folder = built_beside();
    for program in ["aparte", "aparte-worker"] {
        let program = folder
            .join(program)
            .with_extension(std::env::consts::EXE_EXTENSION);
        assert!(
            program.is_file(),
            "{} is missing: run the tests with `cargo xtask test`",
            program.display()
        );
    }
    folder
}

/// The folder with the programs of the build that this one is of.
fn built_beside() -> PathBuf {
    let exe = std::env::current_exe().expect("a running test has a path");
    // A test lies in `target/PROFILE/deps`, a program that it starts beside the others.
    let mut folder = exe
        .parent()
        .expect("a program lies in a folder")
        .to_path_buf();
    if folder.ends_with("deps") {
        folder.pop();
    }
    folder
}

/// The worker program.
pub fn worker() -> PathBuf {
    programs()
        .join("aparte-worker")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// A folder of the tests' own, with the models that `cargo xtask models` gets: what is remembered about models is written beside
/// them, and not into the folder of whoever runs the tests.
pub fn models() -> PathBuf {
    let folder = programs().join("models-of-tests");
    std::fs::create_dir_all(&folder).expect("the folder of programs can be written");
    let given = places::models().expect("this machine has a home folder, or APARTE_MODELS is set");
    for entry in std::fs::read_dir(given).expect("run `cargo xtask models` first") {
        let file = entry.expect("a folder of models can be read").path();
        if file
            .extension()
            .is_some_and(|extension| extension == "gguf")
        {
            link_model(&file, &folder.join(file.file_name().unwrap_or_default()));
        }
    }
    folder
}

/// Gives a model a second place.
pub fn link_model(file: &Path, link: &Path) {
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(file, link);
    #[cfg(not(unix))]
    let linked = std::fs::hard_link(file, link);
    // Another test may have done so before.
    assert!(linked.is_ok() || link.is_file(), "{linked:?}");
}

/// The model that comes with Aparté.
pub fn starter() -> Model {
    Model::find(STARTER, Some(&models())).expect("run `cargo xtask models` first")
}

/// The model that comes with the application to compare what texts mean.
pub fn embedding() -> Model {
    Model::find(EMBEDDING, Some(&models())).expect("run `cargo xtask models` first")
}

/// A session with the starter model.
pub fn assistant(language: Language) -> Assistant {
    let vault = Vault::in_memory().expect("a session needs only memory");
    Assistant::open(vault, worker(), Some(starter()), language).expect("an empty vault opens")
}

/// Asks in a conversation of its own.
pub fn ask(
    assistant: &Assistant,
    question: &str,
    documents: &[DocumentId],
    stop: &Stop,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Answer, Error> {
    let conversation = assistant.begin(question, documents, false)?;
    assistant.ask(conversation.id, question, documents, stop, on_progress)
}

/// A file of `tests/fixtures`.
pub fn fixture(name: &str) -> PathBuf {
    existing(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name),
    )
}

/// A sample document.
pub fn sample(name: &str) -> PathBuf {
    existing(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../crates/assistant/samples")
            .join(name),
    )
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} is missing", path.display());
    path
}

/// What is asked of a document, and where the answer stands.
#[derive(Debug, Deserialize)]
pub struct Questions {
    /// The document's file name.
    pub file: String,
    /// `en` or `fr`.
    #[serde(default)]
    pub language: String,
    /// The question that the application proposes.
    pub suggested: Option<Question>,
    /// Questions that the document answers.
    pub questions: Vec<Question>,
    /// Questions that it does not answer.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// A question and the sentence that answers it.
#[derive(Debug, Clone, Deserialize)]
pub struct Question {
    /// As a person would ask.
    pub question: String,
    /// The page of the answer, counted from 1.
    pub page: u32,
    /// The sentence or table row that answers, as it stands on the page.
    pub quote: String,
}

/// The questions on the sample documents.
pub fn sample_questions() -> Vec<Questions> {
    read_json(&sample("questions.json"))
}

/// The English sample document and the question that the application proposes for it.
pub fn english_sample() -> (PathBuf, String) {
    let questions = sample_questions()
        .into_iter()
        .find(|questions| questions.language == "en")
        .expect("the samples are in both languages");
    let suggested = questions.suggested.expect("a sample suggests a question");
    (sample(&questions.file), suggested.question)
}

/// The questions on documents that nobody here wrote.
pub fn foreign_questions() -> Vec<Questions> {
    read_json(&fixture("foreign.json"))
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).expect("a file of ours can be read");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `aparte` with an empty environment: cargo's own library path would hide a missing one of ours.
pub fn aparte() -> Command {
    let mut command = Command::new(programs().join("aparte"));
    command.env_clear().env("APARTE_MODELS", models());
    command
}

/// Runs a command that must succeed and print one JSON object and nothing else on standard output.
pub fn json(command: &mut Command) -> Value {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        stderr(&output)
    );
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// Runs a command that must fail with exit code 1, nothing on standard output, and one sentence, which it
/// returns.
pub fn refused(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    let sentence = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{command:?}: {sentence}");
    assert!(
        output.stdout.is_empty(),
        "{command:?} printed a result and failed"
    );
    assert_eq!(
        sentence.trim().lines().count(),
        1,
        "not one sentence: {sentence:?}"
    );
    sentence
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What tells `unshare` to run a program where there is no network. Whoever is root needs no user namespace for that,
/// which some systems refuse.
pub fn without_network() -> &'static [&'static str] {
    let alone = Command::new("unshare").args(["--net", "true"]).output();
    match alone.expect("unshare is installed").status.success() {
        true => &["--net"],
        false => &["--user", "--map-root-user", "--net"],
    }
}

/// Text with every run of white space as one space: how a quote is compared with its source.
pub fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
