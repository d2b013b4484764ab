//! What bad input gets: one sentence that says what happened and what to do, in the reader's language.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use aparte_assistant::{Error, Input, Item, Language, Message, Stop};
use aparte_tests::{aparte, assistant, embedding, english_sample, fixture, refused, starter};
use gguf::{Gguf, Tensor, Value};

#[expect(dead_code, reason = "only a sound model is needed here")]
#[path = "../crates/engine/tests/gguf/mod.rs"]
mod gguf;

fn ask(file: &Path) -> String {
    refused(
        aparte()
            .args(["ask", "What is said?", "--language", "en"])
            .arg(file),
    )
}

#[test]
fn documents_that_cannot_be_read_are_told_apart() {
    let scratch = tempfile::tempdir().unwrap();
    let missing = scratch.path().join("no such.pdf");
    for (file, words, french_words) in [
        (fixture("damaged.pdf"), "is damaged", "est endommagé"),
        (fixture("cut.pdf"), "is damaged", "est endommagé"),
        (fixture("empty.pdf"), "is empty", "est vide"),
        (
            fixture("password.pdf"),
            "protected by a password",
            "protégé par un mot de passe",
        ),
        (
            fixture("images-only.pdf"),
            "no display answers here",
            "aucun écran ne répond ici",
        ),
        (
            fixture("binary.bin"),
            "not a kind of file",
            "n'est pas d'un format lisible",
        ),
        (missing, "was not found", "est introuvable"),
        (
            scratch.path().to_path_buf(),
            "is not a file",
            "n'est pas un fichier",
        ),
    ] {
        let sentence = ask(&file);
        assert!(sentence.contains(words), "{}: {sentence}", file.display());
        let french = refused(
            aparte()
                .args(["ask", "Quoi ?", "--language", "fr"])
                .arg(&file),
        );
        assert!(french.contains(french_words), "{french}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_are_refused_without_waiting_for_them() {
    let scratch = tempfile::tempdir().unwrap();
    let pipe = scratch.path().join("pipe.pdf");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    assert!(ask(&pipe).contains("is not a file"));
    assert!(ask(Path::new("/dev/zero")).contains("is not a file"));
}

#[test]
fn a_document_over_the_limit_is_refused_before_it_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let huge = scratch.path().join("huge.pdf");
    File::create(&huge).unwrap().set_len(4 << 30).unwrap();
    assert!(ask(&huge).contains("too large"));
}

#[test]
fn a_pdf_that_only_its_owner_may_change_is_read() {
    let extracted = aparte_tests::json(
        aparte()
            .args(["extract", "--json"])
            .arg(fixture("owner-password.pdf")),
    );
    assert!(
        !extracted["pages"][0]["text"]
            .as_str()
            .unwrap()
            .trim()
            .is_empty()
    );
}

#[test]
fn text_is_read_in_whatever_way_it_was_written() {
    for (name, words) in [
        ("latin1.txt", "place de l'Église pendant les travaux"),
        (
            "latin1.txt",
            "la rénovation du préau, qui sera achevée à la fin du mois d'août",
        ),
        (
            "utf16.txt",
            "Naïve visitors may ask for “a guided tour”; it costs 4 €.",
        ),
        ("not-a-pdf.pdf", "The boiler is serviced every year"),
    ] {
        let extracted = aparte_tests::json(aparte().args(["extract", "--json"]).arg(fixture(name)));
        let text = extracted["pages"][0]["text"].as_str().unwrap();
        assert!(text.contains(words), "{name}: {text}");
    }
}

#[test]
fn a_pdf_that_was_cut_short_shows_its_pages_and_that_the_letters_on_them_are_lost() {
    // Its fonts are in the half that is missing: without them no code on a page is known for a letter.
    let extracted =
        aparte_tests::json(aparte().args(["extract", "--json"]).arg(fixture("cut.pdf")));
    let pages = extracted["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 2, "{extracted}");
    for page in pages {
        assert_eq!(page["text"], "", "{extracted}");
        assert_eq!(
            page["warnings"],
            serde_json::json!(["unmapped"]),
            "{extracted}"
        );
    }
}

#[test]
fn where_no_display_answers_a_scan_is_extracted_with_a_warning() {
    let mut extract = aparte();
    let output = extract
        .args(["extract", "--json"])
        .arg(fixture("images-only.pdf"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let extracted: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        extracted["pages"][0]["warnings"][0], "only_images",
        "{extracted}"
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no display answers here"), "{said}");
}

#[test]
fn a_picture_in_a_message_is_no_reason_to_leave_the_message_unread() {
    let scratch = tempfile::tempdir().unwrap();
    let message = scratch.path().join("minutes.eml");
    std::fs::write(
        &message,
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: minutes\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; \
         boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe rent of the mill is 412 euros.\r\n--b\r\nContent-Type: \
         image/png; name=logo.png\r\nContent-Disposition: attachment; filename=logo.png\r\nContent-Transfer-Encoding: \
         base64\r\n\r\niVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\r\n--b--\r\n",
    )
    .unwrap();
    let found = aparte_tests::json(
        aparte()
            .args(["search", "--json", "rent of the mill"])
            .arg(&message),
    );
    assert!(
        found["hits"][0]["text"]
            .as_str()
            .unwrap()
            .contains("412 euros"),
        "{found}"
    );
}

/// What is said when the suggested question of a sample is asked of a model.
fn ask_model(model: &Path, language: &str) -> String {
    let (file, question) = aparte_tests::english_sample();
    let mut ask = aparte();
    ask.args(["ask", &question]).arg(file);
    refused(ask.args(["--language", language, "--model"]).arg(model))
}

#[test]
fn models_that_cannot_be_run_are_told_apart_in_either_language() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();

    let cut = folder.join("cut.gguf");
    let whole = aparte_tests::starter().file;
    let bytes = std::fs::read(whole).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();

    let header_only = folder.join("header.gguf");
    std::fs::write(&header_only, &bytes[..37]).unwrap();

    for (model, english, french) in [
        (fixture("empty.gguf"), "is empty", "est vide"),
        (
            fixture("renamed-text.gguf"),
            "not a GGUF model",
            "n'est pas un modèle GGUF",
        ),
        (cut, "damaged or was cut short", "endommagé ou incomplet"),
        (
            header_only,
            "damaged or was cut short",
            "endommagé ou incomplet",
        ),
        (folder.join("none.gguf"), "was not found", "est introuvable"),
        (folder.to_owned(), "is a folder", "est un dossier"),
    ] {
        for (language, words) in [("en", english), ("fr", french)] {
            let sentence = ask_model(&model, language);
            assert!(sentence.contains(words), "{}: {sentence}", model.display());
        }
    }
}

#[test]
fn a_model_too_big_for_memory_is_refused_with_both_figures() {
    let scratch = tempfile::tempdir().unwrap();
    let model = scratch.path().join("giant.gguf");
    write_giant(&model);
    let sentence = ask_model(&model, "en");
    assert!(
        sentence.contains("GB of memory") && sentence.contains("are free"),
        "{sentence}"
    );
    let sentence = ask_model(&model, "fr");
    assert!(sentence.contains("Go de mémoire"), "{sentence}");
}

/// A sound model with one tensor more, of 1 TiB, in a sparse file of that size.
fn write_giant(path: &Path) {
    let mut huge = Tensor::new("rope_freqs.weight", &[1]);
    huge.extents = vec![1 << 38];
    let mut model = Gguf::sound();
    model.tensors.push(huge);
    let mut file = File::create(path).unwrap();
    file.write_all(&model.bytes()).unwrap();
    file.set_len((1 << 40) + (1 << 20)).unwrap();
}

#[test]
fn a_question_without_words_is_said_to_be_empty() {
    let sentence = refused(
        aparte()
            .args(["ask", "  ", "--language", "en"])
            .arg(fixture("notes.md")),
    );
    assert!(sentence.contains("question is empty"), "{sentence}");
}

#[test]
fn a_file_that_is_not_there_makes_no_vault_and_a_new_vault_is_said() {
    let scratch = tempfile::tempdir().unwrap();
    let (vault, secret) = (scratch.path().join("vault"), scratch.path().join("secret"));
    std::fs::write(&secret, "correct horse battery").unwrap();
    let search = |file: &Path| {
        let mut command = aparte();
        command.args(["search", "ferry", "--language", "en", "--vault"]);
        command.arg(&vault).arg("--passphrase-file").arg(&secret);
        command.arg(file);
        command
    };
    let missing = scratch.path().join("missing.pdf");
    assert!(refused(&mut search(&missing)).contains("was not found"));
    assert!(!vault.exists());
    for is_new in [true, false] {
        let done = search(&fixture("notes.md")).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "{said}");
        assert_eq!(said.contains("a new one was made"), is_new, "{said}");
    }
}

#[test]
fn troubles_with_a_vault_and_its_copies_are_told_apart() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (vault, secret) = (folder.join("vault"), folder.join("secret"));
    std::fs::write(&secret, "correct horse battery").unwrap();
    let vault_at = |place: &Path, secret: &Path, words: &[&str], file: &Path| {
        let mut command = aparte();
        command.args(["vault", "--language", "en", "--vault"]);
        command.arg(place).arg("--passphrase-file").arg(secret);
        command.args(words);
        if !file.as_os_str().is_empty() {
            command.arg(file);
        }
        command
    };
    let none = Path::new("");
    let made = vault_at(&vault, &secret, &["init"], none).status().unwrap();
    assert!(made.success());
    let backup = folder.join("backup");
    let written = vault_at(&vault, &secret, &["backup"], &backup).status();
    assert!(written.unwrap().success());
    let bytes = std::fs::read(&backup).unwrap();
    let cut = folder.join("cut");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    };
    let (binary, empty) = (file("binary", &[0xff; 9]), file("empty", b""));
    let full = folder.join("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("letter"), b"a letter").unwrap();
    let new = folder.join("new");
    let remains = folder.join("remains");
    std::fs::create_dir(&remains).unwrap();
    std::fs::copy(vault.join("vault.json"), remains.join("vault.json")).unwrap();
    let inside = vault.join("empty");
    std::fs::create_dir(&inside).unwrap();
    #[cfg(unix)]
    let way_in = {
        let link = folder.join("way-in");
        std::os::unix::fs::symlink(&inside, &link).unwrap();
        link
    };
    #[cfg(not(unix))]
    let way_in = inside;
    let with_journal = file("live", &std::fs::read(vault.join("vault.db")).unwrap());
    file("live-wal", b"messages that are nowhere else");
    for (command, words) in [
        (
            vault_at(&vault, &secret, &["init"], none),
            "a vault in this folder already",
        ),
        (
            vault_at(&vault, &secret, &["restore"], &backup),
            "a vault in this folder already",
        ),
        (
            vault_at(&vault, &secret, &["backup"], &vault.join("b")),
            "vault's own folder",
        ),
        (
            vault_at(&vault, &secret, &["backup"], &folder.join("no/b")),
            "no such folder",
        ),
        (
            vault_at(&secret, &secret, &["check"], none),
            "leads through a file",
        ),
        (
            vault_at(&new, &secret, &["restore"], &cut),
            "backup is damaged",
        ),
        (
            vault_at(&new, &secret, &["restore"], folder),
            "no backup file",
        ),
        (vault_at(&vault, &binary, &["check"], none), "not a text"),
        (vault_at(&vault, &empty, &["check"], none), "is empty"),
        (
            vault_at(&vault, Path::new("/dev/zero"), &["check"], none),
            "not a text",
        ),
        (
            vault_at(&vault, &secret, &["change-passphrase"], none),
            "--new-passphrase-file",
        ),
        (
            vault_at(&vault, &secret, &["export"], &folder.join("out")),
            "--yes",
        ),
        (
            vault_at(&vault, &secret, &["export", "--yes"], &vault.join("out")),
            "outside of the vault's",
        ),
        (
            vault_at(&vault, &secret, &["export", "--yes"], &way_in),
            "outside of the vault's",
        ),
        (
            vault_at(&remains, &secret, &["restore"], &backup),
            "what is left of one",
        ),
        (
            vault_at(&new, &secret, &["restore"], &with_journal),
            "no backup",
        ),
    ] {
        let mut command = command;
        let sentence = refused(&mut command);
        assert!(sentence.contains(words), "{command:?}: {sentence}");
    }
    assert!(!new.exists(), "a failed restore leaves nothing");
    let exported = vault_at(&vault, &secret, &["export", "--yes"], &full);
    let exported = { exported }.output().unwrap();
    let said = String::from_utf8(exported.stderr).unwrap();
    assert!(said.contains("something in this folder already"), "{said}");
    assert!(!said.contains("not encrypted"), "{said}");

    std::fs::write(vault.join("vault.db"), b"a letter").unwrap();
    let sentence = refused(&mut vault_at(&vault, &secret, &["check"], none));
    assert!(sentence.contains("vault.db"), "{sentence}");
}

/// Words that nobody saw would lock out whoever has the earlier ones.
#[cfg(target_os = "linux")]
#[test]
fn recovery_words_that_cannot_be_shown_leave_the_earlier_ones_as_they_are() {
    let scratch = tempfile::tempdir().unwrap();
    let (vault, secret) = (scratch.path().join("vault"), scratch.path().join("secret"));
    std::fs::write(&secret, "correct horse battery").unwrap();
    let vault_with = |option: &str, secret: &Path, words: &[&str]| {
        let mut command = aparte();
        command.args(["vault", "--language", "en", "--vault"]);
        command.arg(&vault).arg(option).arg(secret).args(words);
        command
    };
    let by_passphrase = |words: &[&str]| vault_with("--passphrase-file", &secret, words);
    assert!(by_passphrase(&["init"]).status().unwrap().success());
    let words = scratch.path().join("words");
    let made = by_passphrase(&["recovery-key"]).output().unwrap();
    std::fs::write(&words, made.stdout).unwrap();
    for lost in ["/dev/full", "/dev/null"] {
        let mut command = by_passphrase(&["recovery-key"]);
        command.stdout(File::options().write(true).open(lost).unwrap());
        let outcome = command.output().unwrap();
        let said = String::from_utf8(outcome.stderr).unwrap();
        assert!(said.contains("earlier words still open"), "{lost}: {said}");
        assert_eq!(outcome.status.code(), Some(1), "{lost}");
        let checked = vault_with("--recovery-file", &words, &["check"]).output();
        assert!(checked.unwrap().status.success(), "{lost}");
    }
}

#[test]
fn bad_usage_is_exit_code_two() {
    for arguments in [
        &["ask"][..],
        &["ask", "x", "f", "--language", "klingon"],
        &["frobnicate"],
    ] {
        let status = aparte().args(arguments).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_missing_worker_and_foreign_compute_libraries_are_said() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let aparte_alone = folder.join("aparte");
    std::fs::copy(aparte_tests::programs().join("aparte"), &aparte_alone).unwrap();
    let alone = || {
        let mut command = std::process::Command::new(&aparte_alone);
        command
            .env_clear()
            .env("APARTE_MODELS", aparte_tests::models());
        command.args(["bench", "--language", "en"]);
        command
    };
    assert!(refused(&mut alone()).contains("aparte-worker"));

    // The worker and its libraries, but no folder of compute libraries beside it.
    for entry in std::fs::read_dir(aparte_tests::programs()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "aparte-worker" || name.contains(".so") {
            std::fs::copy(&path, folder.join(&name)).unwrap();
        }
    }
    assert!(refused(&mut alone()).contains("compute libraries"));

    // A folder with a file that is no library of this build.
    std::fs::create_dir(folder.join("backends")).unwrap();
    std::fs::write(
        folder.join("backends/libggml-cpu-haswell.so"),
        b"not a library",
    )
    .unwrap();
    assert!(refused(&mut alone()).contains("compute libraries"));

    // A real library, of another kind.
    std::fs::copy(
        aparte_tests::programs().join("libggml-base.so"),
        folder.join("backends/libggml-cpu-haswell.so"),
    )
    .unwrap();
    assert!(refused(&mut alone()).contains("compute libraries"));
}

#[test]
fn a_hundred_thousand_characters_are_no_question() {
    let pasted = "the boiler is serviced every year and the roof every ten ".repeat(1_760);
    assert!(pasted.len() > 100_000);
    for (language, words) in [
        ("en", "question is too long"),
        ("fr", "question est trop longue"),
    ] {
        let sentence = refused(
            aparte()
                .args(["ask", "--language", language, &pasted])
                .arg(fixture("notes.md")),
        );
        assert!(sentence.contains(words), "{sentence}");
    }
}

#[test]
fn without_a_document_nothing_is_asked_and_what_was_quoted_of_a_removed_one_stays() {
    let assistant = assistant(Language::English);
    let (file, question) = english_sample();
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    let begun = assistant.begin(&question, &[document], false).unwrap();
    let ask = |documents: &[_]| {
        assistant.ask(
            begun.id,
            &question,
            documents,
            &Stop::default(),
            &mut |_| {},
        )
    };
    let answer = ask(&[document]).unwrap();
    assert!(!answer.citations.is_empty());
    assert_eq!(ask(&[]), Err(Error::NoDocuments));

    assistant.erase(Item::Document(document)).unwrap();
    assistant.erase_now(Item::Document(document)).unwrap();
    let kept = assistant.messages(begun.id).unwrap();
    let quotes = kept.iter().find_map(|message| match message {
        Message::Answer(kept) => Some(&kept.citations),
        _ => None,
    });
    assert_eq!(quotes, Some(&answer.citations));
    assert_eq!(assistant.with_document(document, |_| ()), None);
    assert_eq!(ask(&[document]), Err(Error::NoDocuments));
    for (language, words) in [
        (Language::English, "no document to answer from"),
        (Language::French, "aucun document d'où répondre"),
    ] {
        assert!(Error::NoDocuments.sentence(language).contains(words));
    }
}

#[test]
fn a_refusal_while_documents_are_being_indexed_says_so() {
    let assistant = assistant(Language::English).embedding(embedding());
    let (file, _) = english_sample();
    let document = assistant.add(Input::File(&file), &mut |_, _| {}).unwrap();
    let stop = Stop::default();
    assistant
        .embed_passages(&stop, &mut |_| stop.now())
        .unwrap();
    let embedded = assistant.embedded();
    assert!(
        0 < embedded.done && embedded.done < embedded.total,
        "{embedded:?}"
    );
    // A word of it is in the document: so there are passages to show, however late the question's vector comes.
    let absent = "Who wrote the Iliad at the harbour?";
    let refusal = |documents: &[_]| {
        let answer =
            aparte_tests::ask(&assistant, absent, documents, &Stop::default(), &mut |_| {});
        let answer = answer.unwrap();
        assert!(answer.refused, "{answer:?}");
        assert!(!answer.nearest.is_empty(), "the nearest passages are shown");
        answer.text
    };
    let early = refusal(&[document]);
    assert!(early.contains("still being indexed"), "{early}");
    assistant
        .embed_passages(&Stop::default(), &mut |_| ())
        .unwrap();
    let late = refusal(&[document]);
    assert!(!late.contains("indexed"), "{late}");
}

#[test]
fn a_model_that_reads_less_than_a_passage_says_so_and_never_answers_from_half_of_one() {
    let scratch = tempfile::tempdir().unwrap();
    let small = scratch.path().join("small.gguf");
    let starter = std::fs::read(starter().file).unwrap();
    let model = Gguf::read(&starter).with("llama.context_length", Value::number(256));
    std::fs::write(&small, model.bytes()).unwrap();
    let (file, question) = english_sample();
    for (language, words) in [
        ("en", "reads less text at a time than one passage"),
        ("fr", "lit moins de texte à la fois"),
    ] {
        let sentence = refused(
            aparte()
                .args(["ask", "--language", language, "--model"])
                .arg(&small)
                .arg(&question)
                .arg(&file),
        );
        assert!(sentence.contains(words), "{sentence}");
    }
}
