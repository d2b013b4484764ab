//! Summaries, with the real programs and the real model: what they rest on, what they cover, and what is not computed twice.

use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use aparte_assistant::{
    Assistant, DocumentId, Ending, Error, Input, Item, Language, Model, Stop, Summary,
    SummaryFormat, SummaryLength, SummaryProgress, SummaryStyle, SummaryTimings, SummaryTrouble,
    SummaryWish, Vault,
};
use aparte_tests::{
    aparte, assistant, english_sample, fixture, json, plain, refused, sample, starter, worker,
};
use serde_json::Value;

const WISH: SummaryWish = SummaryWish {
    length: SummaryLength::Brief,
    style: SummaryStyle::Prose,
    focus: None,
    language: None,
};

/// What a document of one section says.
const BRIDGE: &str = "The bridge of Aubin was closed on 3 May 2024. Its repair costs 52,000 euros. The council of Aubin pays for it.";

fn with_length(length: SummaryLength) -> SummaryWish {
    SummaryWish { length, ..WISH }
}

/// A report of so many chapters on matters of their own.
fn report(chapters: u32) -> String {
    let mut text = String::from("# Report of the water board\n\n");
    for chapter in 1..=chapters {
        text.push_str(&format!("## Pumping station {chapter}\n\n"));
        for well in 1..=12 {
            text.push_str(&format!(
                "Well {well} of pumping station {chapter} gave {} cubic metres of water in 2024. Its pump was replaced in the \
                 spring for {} euros. The board decided to have its pipes looked at once more in the next year.\n\n",
                100 * chapter + well,
                1_000 * well + chapter,
            ));
        }
    }
    text
}

fn add(assistant: &Assistant, file: &Path) -> DocumentId {
    assistant.add(Input::File(file), &mut |_, _| {}).unwrap()
}

fn with_report(assistant: &Assistant, folder: &Path, chapters: u32) -> DocumentId {
    let file = folder.join("report.md");
    fs::write(&file, report(chapters)).unwrap();
    add(assistant, &file)
}

fn summarize(assistant: &Assistant, document: DocumentId, wish: &SummaryWish) -> Summary {
    assistant
        .summarize(document, wish, &Stop::default(), &mut |_| {})
        .unwrap()
}

#[test]
fn every_prompt_fits_with_its_reply_and_all_pages_are_in_one() {
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = english_sample();
    for document in [
        add(&assistant, &file),
        with_report(&assistant, folder.path(), 40),
    ] {
        let plan = assistant
            .plan_summary(&[document], &WISH, &Stop::default(), &mut |_| {})
            .unwrap()
            .unwrap();
        assert!(plan.unread.is_empty());
        for section in &plan.sections {
            assert!(section.tokens <= plan.prompt_limit, "{section:?}");
        }
        let at_once = plan.at_once * (plan.prompt_limit + plan.reply_limit);
        assert!(at_once <= plan.context, "{at_once} of {}", plan.context);
        let pages = assistant.pages(document).unwrap();
        let with_text = pages.iter().filter(|page| !page.text.trim().is_empty());
        for page in with_text {
            let is_read = plan
                .sections
                .iter()
                .any(|section| section.pages.contains(&page.number));
            assert!(is_read, "page {}", page.number);
        }
    }
}

#[test]
fn a_summary_cites_what_stands_on_its_pages_and_another_length_or_style_costs_no_more_than_its_end()
{
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let document = with_report(&assistant, folder.path(), 4);
    let mut notes = 0;
    let detailed = assistant
        .summarize(
            document,
            &with_length(SummaryLength::Detailed),
            &Stop::default(),
            &mut |progress| notes += u32::from(matches!(progress, SummaryProgress::Note(_))),
        )
        .unwrap();
    let coverage = &detailed.coverage;
    assert!(coverage.total > 2, "{coverage:?}");
    assert_eq!((coverage.read, notes), (coverage.total, coverage.total));
    assert_eq!(
        coverage.shown + coverage.left_out.len() as u32,
        coverage.total
    );
    assert_eq!(detailed.ending, Ending::Complete);
    assert_eq!(detailed.sections.len() as u32, 1 + coverage.total);
    let pages = assistant.pages(document).unwrap();
    let sentences = || {
        detailed
            .sections
            .iter()
            .flat_map(|section| &section.sentences)
    };
    for citation in sentences().filter_map(|sentence| sentence.citation.as_ref()) {
        assert!(citation.verified);
        let is_there = |text: &str| plain(text).contains(&plain(&citation.quote));
        assert!(
            pages.iter().any(|page| is_there(&page.text)),
            "{citation:?}"
        );
    }
    let all = plain(&report(4));
    for sentence in sentences().filter(|sentence| sentence.citation.is_none()) {
        for word in &sentence.unknown {
            assert!(
                !all.contains(&format!(" {word} ")),
                "{word} stands in the document"
            );
        }
    }

    let brief = summarize(&assistant, document, &WISH);
    assert_eq!(brief.sections.len(), 1);
    assert_eq!(brief.timings.written, 1, "only the end is written anew");
    assert_eq!(brief.coverage.read, coverage.total);
    let again = summarize(&assistant, document, &WISH);
    assert_eq!(again.timings.written, 0);
    assert_eq!(again.sections, brief.sections);
    let style = SummaryStyle::Minutes;
    let minutes = summarize(&assistant, document, &SummaryWish { style, ..WISH });
    assert_eq!(minutes.timings.written, 3, "decisions, actions, people");
    let headings: Vec<_> = minutes
        .sections
        .iter()
        .map(|section| section.heading.as_deref())
        .collect();
    assert_eq!(
        headings,
        [Some("Decisions"), Some("Actions"), Some("People and dates")]
    );
    let cost = |timings: &SummaryTimings| timings.prompt_tokens + timings.generated_tokens;
    assert!(
        5 * cost(&brief.timings) <= cost(&detailed.timings),
        "{:?} of {:?}",
        brief.timings,
        detailed.timings
    );
}

#[test]
fn a_summary_that_is_stopped_keeps_what_it_has_and_goes_on_in_the_vault_later() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, key) = (folder.path().join("vault"), [7; 32]);
    let open =
        |vault| Assistant::open(vault, worker(), Some(starter()), Language::English).unwrap();
    let assistant = open(Vault::create_for_tests(&vault, &key).unwrap());
    let document = with_report(&assistant, folder.path(), 3);
    let stop = Stop::default();
    let cut = assistant
        .summarize(document, &WISH, &stop, &mut |progress| {
            if let SummaryProgress::Note(_) = progress {
                stop.now();
            }
        })
        .unwrap();
    assert_eq!(cut.ending, Ending::Stopped);
    let coverage = &cut.coverage;
    assert!(
        coverage.read > 0 && coverage.read < coverage.total,
        "{coverage:?}"
    );
    assert_eq!(cut.sections.len() as u32, coverage.read);
    assistant.close().unwrap();

    let assistant = open(Vault::unlock_for_tests(&vault, &key).unwrap());
    let whole = summarize(&assistant, document, &WISH);
    assert_eq!(whole.ending, Ending::Complete);
    assert_eq!(whole.coverage.read, whole.coverage.total);
    assert!(whole.timings.known >= coverage.read, "{:?}", whole.timings);
    assistant.close().unwrap();
}

#[cfg(unix)]
#[test]
fn an_engine_that_is_killed_under_a_summary_is_started_again() {
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let document = with_report(&assistant, folder.path(), 2);
    let mut killed = false;
    let summary = assistant
        .summarize(document, &WISH, &Stop::default(), &mut |progress| {
            if let (SummaryProgress::Reading { .. }, false) = (&progress, killed) {
                killed = true;
                let process = assistant.engine_process().unwrap().to_string();
                let status = std::process::Command::new("kill")
                    .args(["-9", &process])
                    .status();
                assert!(status.unwrap().success());
            }
        })
        .unwrap();
    assert!(killed);
    assert_eq!(summary.ending, Ending::Complete);
    assert_eq!(summary.coverage.read, summary.coverage.total);
}

#[test]
fn a_context_of_512_tokens_is_enough_for_a_summary_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = fs::read(starter().file).unwrap();
    let name = b"llama.context_length";
    let at = model
        .windows(name.len())
        .position(|bytes| bytes == name)
        .unwrap();
    // The type of the value, which is a u32, then the value.
    let value = at + name.len() + 4;
    model[value..value + 4].copy_from_slice(&512_u32.to_le_bytes());
    let file = folder.path().join("short.gguf");
    fs::write(&file, model).unwrap();
    let model = Model::find(&file.to_string_lossy(), None).unwrap();
    let vault = Vault::in_memory().unwrap();
    let assistant = Assistant::open(vault, worker(), Some(model), Language::English).unwrap();
    let document = with_report(&assistant, folder.path(), 1);
    let summary = summarize(&assistant, document, &WISH);
    assert_eq!(summary.ending, Ending::Complete);
    assert!(summary.coverage.total > 1);
    assert_eq!(summary.coverage.read, summary.coverage.total);
    let focus = Some("everything about pumps ".repeat(200));
    let wish = SummaryWish { focus, ..WISH };
    let failed = assistant.summarize(document, &wish, &Stop::default(), &mut |_| {});
    assert_eq!(failed, Err(Error::Summary(SummaryTrouble::FocusTooLong)));
}

#[test]
fn the_command_line_prints_what_its_contract_says() {
    let (file, _) = english_sample();
    let object = json(
        aparte()
            .args(["summarize", "--json", "--length", "brief"])
            .arg(&file),
    );
    let sections = object["sections"].as_array().unwrap();
    assert!(!sections.is_empty());
    for section in sections {
        let text = section["text"].as_str().unwrap();
        let citations = section["citations"].as_array().unwrap();
        for (number, citation) in (1..).zip(citations) {
            assert!(text.contains(&format!("[{number}]")), "{section}");
            assert_eq!(citation["verified"], true);
            assert!(citation["page"].is_u64());
        }
    }
    let coverage = &object["coverage"];
    assert_eq!(coverage["read"], coverage["total"]);
    assert!(object["timings"]["total_ms"].is_u64());
    assert_eq!(object["timings"]["prompt_tokens_per_s"], Value::Null);
}

#[test]
fn a_summary_is_exported_to_a_new_file_and_over_none() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("bridge.txt");
    fs::write(&document, BRIDGE).unwrap();
    let summarize = |file: &Path| {
        let mut command = aparte();
        command.args([
            "summarize",
            "--length",
            "brief",
            "--language",
            "en",
            "--quiet",
        ]);
        command.arg(&document).arg("--export").arg(file);
        command
    };
    let file = folder.path().join("summary.md");
    let output = summarize(&file).output().unwrap();
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# Summary of “bridge.txt”"), "{text}");
    assert!(text.contains("## Coverage\n\nSections read: "), "{text}");
    assert!(refused(&mut summarize(&file)).contains("left as it is"));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let odd = summarize(&folder.path().join("summary.odt"));
    assert!(refused(&mut { odd }).contains(".docx or .pdf"));
    for ending in ["docx", "pdf", "html"] {
        let file = folder.path().join("summary").with_extension(ending);
        assert!(summarize(&file).output().unwrap().status.success());
        // The reader of documents finds in it what was written.
        let read = aparte().arg("extract").arg(&file).output().unwrap();
        let text = String::from_utf8(read.stdout).unwrap();
        assert!(
            text.contains("Coverage") && text.contains("bridge.txt"),
            "{ending}: {text}"
        );
    }
    let nowhere = folder.path().join("no such folder").join("summary.md");
    assert!(refused(&mut summarize(&nowhere)).contains("could not be written"));
    // A file that cannot be written when the summary is there costs nothing of it.
    #[cfg(target_os = "linux")]
    {
        let output = summarize(Path::new("/proc/summary.docx")).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.starts_with("# Summary of"), "{printed}");
    }
}

#[test]
fn several_documents_become_one_summary_and_what_cannot_be_read_is_told() {
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        add(&assistant, &file)
    };
    let school = "The school of Brenne has 214 pupils. A new hall is to be built in 2026 for 3 million euros.";
    let french = "L'école de Cire accueille 120 élèves. La cantine sera rénovée en 2027 pour 80 000 euros par la commune.";
    let documents = [
        file("bridge.txt", BRIDGE),
        file("cantine.txt", french),
        file("school.txt", school),
    ];
    let summary = assistant
        .summarize_all(&documents, &WISH, &Stop::default(), &mut |_| {})
        .unwrap();
    assert_eq!(summary.ending, Ending::Complete);
    let read: Vec<_> = summary
        .documents
        .iter()
        .map(|it| (it.read, it.total))
        .collect();
    assert_eq!(read, [(1, 1), (0, 0), (1, 1)]);
    assert!(matches!(
        summary.documents[1].trouble,
        Some(Error::Summary(SummaryTrouble::Language { .. }))
    ));
    assert_eq!((summary.coverage.read, summary.coverage.total), (2, 2));
    let parts: Vec<_> = summary
        .sections
        .iter()
        .filter(|section| section.document.is_some())
        .collect();
    assert_eq!(parts.len(), 2);
    for (part, document) in parts.iter().zip([documents[0], documents[2]]) {
        assert_eq!((part.document, part.sentences.len()), (Some(document), 1));
        let citation = part.sentences[0]
            .citation
            .as_ref()
            .expect("a line that is borne out");
        assert_eq!(citation.document, document);
    }
    let markdown = summary.export(SummaryFormat::Markdown, WISH.style, Language::English);
    let markdown = String::from_utf8(markdown).unwrap();
    assert!(markdown.contains("\n- bridge.txt: "), "{markdown}");
    assert!(
        markdown.contains("Not summarized: cantine.txt."),
        "{markdown}"
    );
}

#[test]
fn a_question_is_answered_while_a_summary_is_made() {
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let document = with_report(&assistant, folder.path(), 4);
    let question = "How many cubic metres of water did well 3 of pumping station 2 give?";
    let conversation = assistant.begin(question, &[document], false).unwrap();
    std::thread::scope(|scope| {
        let stop = Stop::default();
        let (begun, has_begun) = channel();
        let making = scope.spawn({
            let (assistant, stop) = (&assistant, stop.clone());
            move || {
                assistant.summarize(document, &WISH, &stop, &mut |progress| {
                    if matches!(progress, SummaryProgress::Reading { .. }) {
                        let _ = begun.send(());
                    }
                })
            }
        });
        has_begun.recv().unwrap();
        let documents = [document];
        let answered = assistant.ask(
            conversation.id,
            question,
            &documents,
            &Stop::default(),
            &mut |_| {},
        );
        assert!(!making.is_finished(), "the answer waited for the summary");
        stop.now();
        answered.unwrap();
        assert_eq!(making.join().unwrap().unwrap().ending, Ending::Stopped);
    });
}

#[test]
fn a_document_that_changes_or_goes_meanwhile_is_told_and_what_did_not_change_is_not_computed_again()
{
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let document = with_report(&assistant, folder.path(), 3);
    let whole = summarize(&assistant, document, &WISH);
    let file = folder.path().join("report.md");
    let changed = report(3).replace(
        "Well 5 of pumping station 2 gave",
        "Well 5 of pumping station 2 lost",
    );
    fs::write(&file, changed).unwrap();
    let wish = SummaryWish {
        focus: Some("pumps".to_owned()),
        ..WISH
    };
    let mut is_changed = false;
    let failed = assistant.summarize(document, &wish, &Stop::default(), &mut |progress| {
        if let (SummaryProgress::Note(_), false) = (&progress, is_changed) {
            is_changed = true;
            assistant
                .read_again(document, Some(Input::File(&file)), &mut |_, _| {})
                .unwrap();
        }
    });
    assert_eq!(failed, Err(Error::Summary(SummaryTrouble::Changed)));
    let again = summarize(&assistant, document, &WISH);
    assert_eq!(again.ending, Ending::Complete);
    let sections = whole.coverage.total;
    let merging = whole.timings.written - sections;
    // A changed section and those that it moves up to the next heading.
    assert!(
        again.timings.written <= merging + 2,
        "{:?} after {:?}",
        again.timings,
        whole.timings
    );
    assert!(again.timings.known >= sections - 2, "{:?}", again.timings);
    let mut is_gone = false;
    let wish = SummaryWish {
        focus: Some("water".to_owned()),
        ..WISH
    };
    let failed = assistant.summarize(document, &wish, &Stop::default(), &mut |progress| {
        if let (SummaryProgress::Note(_), false) = (&progress, is_gone) {
            is_gone = true;
            assistant.erase(Item::Document(document)).unwrap();
        }
    });
    assert_eq!(failed, Err(Error::Summary(SummaryTrouble::Gone)));
}

#[test]
fn a_long_table_is_cut_whole_and_stopped_at_once() {
    // Of 100,000 rows it takes more than a minute.
    let rows: u32 = match std::env::var_os("APARTE_CAMPAIGN") {
        Some(_) => 100_000,
        None => 5_000,
    };
    let assistant = assistant(Language::English);
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("well;station;cubic metres;state\n");
    for row in 1..=rows {
        table.push_str(&format!(
            "well {row};station {};{};in use\n",
            row % 97,
            3 * row
        ));
    }
    let file = folder.path().join("wells.csv");
    fs::write(&file, table).unwrap();
    let document = add(&assistant, &file);
    let stop = Stop::default();
    let mut told = None;
    let summary = assistant
        .summarize(document, &WISH, &stop, &mut |progress| {
            if let (SummaryProgress::Note(_), None) = (&progress, told) {
                told = Some(Instant::now());
                stop.now();
            }
        })
        .unwrap();
    assert!(told.unwrap().elapsed() < Duration::from_secs(5));
    assert_eq!(summary.ending, Ending::Stopped);
    let coverage = &summary.coverage;
    assert!(
        coverage.read > 0 && coverage.total > rows / 100,
        "{coverage:?}"
    );
    let listed = coverage.shown as usize + coverage.left_out.len();
    assert_eq!(
        listed, coverage.read as usize,
        "what was not read was not left out"
    );
}

#[test]
fn what_cannot_be_summarized_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let blank = folder.path().join("blank.txt");
    fs::write(&blank, "\n \n").unwrap();
    let french = sample("cooperative-bilan-2025.pdf");
    for (file, english, in_french) in [
        (fixture("empty.pdf"), "is empty", "est vide"),
        (blank, "has no text", "ne contient aucun texte"),
        (
            fixture("images-only.pdf"),
            "no display answers here",
            "aucun écran ne répond ici",
        ),
        (french, "does not know French", "ne connaît pas le français"),
    ] {
        for (language, words) in [("en", english), ("fr", in_french)] {
            let sentence = refused(
                aparte()
                    .args(["summarize", "--language", language])
                    .arg(&file),
            );
            assert!(sentence.contains(words), "{sentence}");
        }
    }
    let (english, _) = english_sample();
    let sentence = refused(
        aparte()
            .args(["summarize", "--language", "en", "--summary-language", "fr"])
            .arg(english),
    );
    assert!(sentence.contains("does not know French"), "{sentence}");
}
