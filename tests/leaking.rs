//! A program that leaks on purpose, as a control of the tests that look for leaks.
//!
//! It goes the same way as `aparte ask --vault`, through the same domain, and then does what careless programs do: a log
//! with what was asked, a temporary copy of the document's text, a history beside the database, a passphrase in the
//! settings, a title in a file's name.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use aparte_assistant::{
    Assistant, Cost, Input, Language, Message, Protection, Stop, Vault, places,
};
use aparte_tests::{english_sample, starter};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).ok_or(name);
    let (home, temporary, cache) = (
        folder("HOME")?,
        folder("TMPDIR")?,
        folder("XDG_CACHE_HOME")?,
    );
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [vault, passphrase] = arguments.as_slice() else {
        return Err("a folder and a passphrase are needed".into());
    };
    let secret = SecretString::from(passphrase.as_str());
    let vault = Vault::create(
        Path::new(vault),
        Protection::Passphrase(&secret),
        Cost::DEFAULT,
    )?;
    let assistant = Assistant::open(vault, places::worker(), Some(starter()), Language::English)
        .map_err(|error| error.code())?;
    let (file, question) = english_sample();
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let document = assistant
        .add(Input::File(&file), &mut |_, _| {})
        .map_err(|error| error.code())?;
    let conversation = assistant
        .begin(&question, &[document], false)
        .map_err(|error| error.code())?;
    let answer = assistant
        .ask(
            conversation.id,
            &question,
            &[document],
            &Stop::default(),
            &mut |_| {},
        )
        .map_err(|error| error.code())?;

    fs::write(
        home.join("aparte.log"),
        format!("INFO asked {question:?} of {name}\n"),
    )?;
    let pages = assistant
        .pages(document)
        .map_err(|error| error.code())?
        .into_iter();
    let text = pages.map(|page| page.text).collect::<Vec<_>>().join("\n");
    fs::write(temporary.join("extracted.txt"), text)?;
    let messages = assistant
        .messages(conversation.id)
        .map_err(|error| error.code())?;
    let history: Vec<String> = messages
        .into_iter()
        .map(|message| match message {
            Message::Question(text) => text,
            Message::Answer(answer) => answer.text,
            Message::Lost(_) => String::new(),
        })
        .collect();
    fs::write(
        cache.join("history.b64"),
        STANDARD.encode(history.join("\n")),
    )?;
    fs::write(
        home.join("settings.ini"),
        format!("passphrase={passphrase}\n"),
    )?;
    let wide: Vec<u8> = answer
        .text
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(cache.join(format!("{name}.preview")), wide)?;
    Ok(())
}
