//! What summaries cover and cost: the benchmark program behind `cargo xtask bench --suite summaries`.
//!
//! Not shipped, and built only with the feature `bench`. Of every document that it is given it builds all prompts without writing
//! anything. Of the first it writes notes one after the other and eight at once, and the summary twice, the second time in another
//! length. It prints what came of it as one JSON object; what that is worth is for others to say.

use std::path::{Path, PathBuf};

use aparte_assistant::bench_support::{Failure, covered, page_text, sentence, written};
use aparte_assistant::{
    Assistant, DocumentId, Input, Language, Model, Stop, Summary, SummaryLength, SummaryStyle,
    SummaryTimings, SummaryWish, Vault,
};
use serde::Serialize;

const USAGE: &str = "usage: aparte-summaries-bench WORKER MODEL PAIRS SUMMARIZED DOCUMENT...";

/// Notes that are written in a pair of runs.
const NOTES: usize = 8;

const WISH: SummaryWish = SummaryWish {
    length: SummaryLength::Standard,
    style: SummaryStyle::Prose,
    focus: None,
    language: None,
};

#[derive(Serialize)]
struct Object {
    documents: Vec<Covers>,
    pairs: Vec<Pair>,
    summaries: Vec<Summarized>,
}

/// What the prompts of a document hold.
#[derive(Serialize)]
struct Covers {
    name: String,
    pages: u32,
    readable: u32,
    covered: u32,
    signs: f64,
    sections: u32,
    cut: u32,
    tokens: u64,
    longest: u32,
    limit: u32,
}

/// The same notes one after the other, and eight at once.
#[derive(Serialize)]
struct Pair {
    alone: Run,
    together: Run,
}

#[derive(Serialize)]
struct Run {
    ms: f64,
    prompt_tokens: u64,
    generated_tokens: u64,
    generating_ms: f64,
    pieces: u64,
}

#[derive(Serialize)]
struct Summarized {
    name: String,
    first: Cost,
    /// In another length.
    again: Cost,
    sections: u32,
    read: u32,
    verified: u32,
    /// Citations marked verified whose quote does not stand on the page that they name.
    wrong: u32,
    unsupported: u32,
}

#[derive(Serialize)]
struct Cost {
    ms: u64,
    first_note_ms: Option<u64>,
    prompt_tokens: u64,
    generated_tokens: u64,
    notes_written: u32,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [worker, model, pairs, summarized, documents @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let (pairs, summarized): (usize, usize) = (pairs.parse()?, summarized.parse()?);
    let mut model = Model::find(model, None).map_err(sentence)?;
    // What is measured is not what it writes of a language.
    model.languages = None;
    let vault = Vault::in_memory()?;
    let worker = PathBuf::from(worker);
    let assistant =
        Assistant::open(vault, worker, Some(model), Language::English).map_err(sentence)?;
    let mut object = Object {
        documents: Vec::new(),
        pairs: Vec::new(),
        summaries: Vec::new(),
    };
    let mut ids = Vec::new();
    for document in documents {
        let path = Path::new(document);
        let id = assistant
            .add(Input::File(path), &mut |_, _| {})
            .map_err(sentence)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        object.documents.push(covers(&assistant, id, &name)?);
        eprintln!("planned {name}");
        ids.push((id, name.into_owned()));
    }
    for number in 0..pairs {
        let (id, _) = ids.first().ok_or(USAGE)?;
        object.pairs.push(pair(&assistant, *id, number)?);
        eprintln!("wrote pair {} of {pairs}", number + 1);
    }
    for (id, name) in ids.iter().take(summarized) {
        object.summaries.push(summary(&assistant, *id, name)?);
        eprintln!("summarized {name}");
    }
    println!(
        "{}",
        serde_json::to_string(&object).expect("plain data has a JSON form")
    );
    assistant.close().map_err(sentence)
}

fn covers(assistant: &Assistant, id: DocumentId, name: &str) -> Result<Covers, Failure> {
    let covered = covered(assistant, id, &WISH).map_err(sentence)?;
    Ok(Covers {
        name: name.to_owned(),
        pages: covered.pages,
        readable: covered.readable,
        covered: covered.covered,
        signs: covered.signs,
        sections: covered.sections,
        cut: covered.cut,
        tokens: covered.tokens,
        longest: covered.longest,
        limit: covered.limit,
    })
}

/// Both ways on the same sections; which goes first changes from pair to pair.
fn pair(assistant: &Assistant, id: DocumentId, number: usize) -> Result<Pair, Failure> {
    let sections = number * NOTES..(number + 1) * NOTES;
    let run = |at_once| -> Result<Run, Failure> {
        let batch = written(assistant, id, &WISH, sections.clone(), at_once).map_err(sentence)?;
        Ok(Run {
            ms: batch.took.as_secs_f64() * 1e3,
            prompt_tokens: batch.prompt_tokens,
            generated_tokens: batch.generated_tokens,
            generating_ms: batch.generating.as_secs_f64() * 1e3,
            pieces: batch.pieces,
        })
    };
    let (alone, together) = match number % 2 {
        0 => {
            let alone = run(1)?;
            (alone, run(NOTES as u32)?)
        }
        _ => {
            let together = run(NOTES as u32)?;
            (run(1)?, together)
        }
    };
    Ok(Pair { alone, together })
}

fn summary(assistant: &Assistant, id: DocumentId, name: &str) -> Result<Summarized, Failure> {
    let make = |length| {
        let wish = SummaryWish { length, ..WISH };
        assistant
            .summarize(id, &wish, &Stop::default(), &mut |_| {})
            .map_err(sentence)
    };
    let first = make(SummaryLength::Standard)?;
    let again = make(SummaryLength::Brief)?;
    let mut summarized = Summarized {
        name: name.to_owned(),
        sections: first.coverage.total,
        read: first.coverage.read,
        first: cost(&first.timings),
        again: cost(&again.timings),
        verified: 0,
        wrong: 0,
        unsupported: 0,
    };
    for summary in [&first, &again] {
        check(assistant, summary, &mut summarized)?;
    }
    Ok(summarized)
}

/// Looks up each quote in the page that is named, by its words alone.
fn check(
    assistant: &Assistant,
    summary: &Summary,
    summarized: &mut Summarized,
) -> Result<(), Failure> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sections = summary.sections.iter();
    for sentence in sections.flat_map(|section| &section.sentences) {
        let Some(citation) = &sentence.citation else {
            summarized.unsupported += 1;
            continue;
        };
        if !citation.verified {
            continue;
        }
        summarized.verified += 1;
        let text = match citation.page {
            Some(page) => page_text(assistant, citation.document, page)?,
            None => String::new(),
        };
        let is_there = citation.page.is_none() || words(&text).contains(&words(&citation.quote));
        summarized.wrong += u32::from(!is_there);
    }
    Ok(())
}

fn cost(timings: &SummaryTimings) -> Cost {
    Cost {
        ms: timings.total_ms,
        first_note_ms: timings.first_note_ms,
        prompt_tokens: timings.prompt_tokens,
        generated_tokens: timings.generated_tokens,
        notes_written: timings.written,
    }
}
