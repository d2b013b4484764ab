//! What summaries cover and cost, on real documents: those of `tests/answers` and of `tests/summaries`.
//!
//! Coverage is proven without writing anything: every prompt of every document is built and counted by the model's own tokenizer. The
//! rest is of one manual of more than a hundred pages, with the starter model: notes one after the other against eight at once, on the
//! same sections, and a summary that is made again in another length.

use serde::Deserialize;

use super::answers::{self, parsed};
use super::{Figure, Figures, Results};
use crate::bundle;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::process;
use crate::system;
use crate::workspace::{Profile, Workspace};

const PROGRAM: &str = "aparte-summaries-bench";

/// The manual that is summarized.
const SUMMARIZED: &str = "ledger3.pdf";
/// Pairs of runs, each on eight sections of its own.
const PAIRS: usize = 3;

/// What the program prints.
#[derive(Deserialize)]
struct Measured {
    documents: Vec<Covers>,
    pairs: Vec<Pair>,
    summaries: Vec<Summarized>,
}

#[derive(Deserialize)]
struct Covers {
    readable: u32,
    covered: u32,
    signs: f64,
    sections: u32,
    cut: u32,
    longest: u32,
    limit: u32,
}

#[derive(Deserialize)]
struct Pair {
    alone: Run,
    together: Run,
}

#[derive(Deserialize)]
struct Run {
    ms: f64,
    prompt_tokens: u64,
    generated_tokens: u64,
    generating_ms: f64,
    pieces: u64,
}

#[derive(Deserialize)]
struct Summarized {
    first: Cost,
    again: Cost,
    sections: u32,
    read: u32,
    verified: u32,
    wrong: u32,
    unsupported: u32,
}

#[derive(Deserialize)]
struct Cost {
    ms: f64,
    first_note_ms: Option<f64>,
    prompt_tokens: u64,
    generated_tokens: u64,
}

/// Obtains the documents and the starter model, and measures.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::prepare(system::BUILD)?;
    let obtained = models::obtain(&workspace.root)?;
    let [model, ..] = obtained.as_slice() else {
        return Err(Failure::Malformed {
            what: "models/catalog.json".to_owned(),
            reason: "it names no built-in model".to_owned(),
        });
    };
    let tests = workspace.root.join("tests");
    let mut documents = answers::documents(&tests.join("answers"))?;
    documents.extend(answers::documents(&tests.join("summaries"))?);
    let mut files = answers::obtain(&documents, &workspace.tools().join("answers"))?;
    // The first is the one that is summarized.
    files.sort_by_key(|file| !file.ends_with(SUMMARIZED));
    bundle::build(&workspace)?;
    // This package has nothing of llama.cpp in it, so that a selection of its own builds it no second time.
    process::step(&mut workspace.cargo(&[
        "build",
        "--release",
        "--package=aparte-assistant",
        "--features=bench",
        "--bin=aparte-summaries-bench",
    ]))?;
    let worker = workspace.program(Profile::Shipped, "aparte-worker");
    let mut program = workspace.program(Profile::Release, PROGRAM);
    program.arg(worker.get_program()).arg(model);
    program.arg(PAIRS.to_string()).arg("1").args(&files);
    let printed = process::output(&mut program)?;
    let measured: Measured = parsed("the output of aparte-summaries-bench", &printed)?;
    let results = Results {
        suite: "summaries",
        figures: figures(&measured),
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

fn figures(measured: &Measured) -> Figures {
    let documents = &measured.documents;
    let sum = |of: &dyn Fn(&Covers) -> u32| documents.iter().map(of).sum::<u32>();
    let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
    let readable = sum(&|it| it.readable);
    let covered = share(sum(&|it| it.covered), readable);
    let pairs = measured.pairs.iter();
    let writing = pairs.clone().map(|pair| pair.ratio(Run::writing));
    let whole = pairs.map(|pair| pair.ratio(Run::whole));
    let summaries = &measured.summaries;
    let again = summaries.iter().map(|it| it.again.ms / it.first.ms);
    let again_tokens = summaries
        .iter()
        .map(|it| it.again.tokens() as f64 / it.first.tokens() as f64);
    let read = summaries.iter().map(|it| share(it.read, it.sections));
    let firsts = summaries.iter().filter_map(|it| it.first.first_note_ms);
    let wrong = summaries.iter().map(|it| f64::from(it.wrong));
    let shown = |it: &Summarized| it.verified + it.unsupported;
    let unsupported = summaries.iter().map(|it| share(it.unsupported, shown(it)));
    let named = [
        (
            "documents",
            Figure::of("documents", [documents.len() as f64]).with_goal(">= 20"),
        ),
        ("readable_pages", Figure::of("pages", [f64::from(readable)])),
        (
            "coverage",
            Figure::of("share of readable pages", [covered]).with_goal("1.0"),
        ),
        (
            "signs_in_prompts",
            Figure::of("share", documents.iter().map(|it| it.signs)),
        ),
        (
            "prompts",
            Figure::of("prompts", [f64::from(sum(&|it| it.sections))]),
        ),
        (
            "prompts_cut",
            Figure::of("prompts", [f64::from(sum(&|it| it.cut))]).with_goal("0"),
        ),
        (
            "longest_prompt_of_limit",
            Figure::of(
                "share",
                documents.iter().map(|it| share(it.longest, it.limit)),
            ),
        ),
        (
            "batch_time_ratio",
            Figure::of("ratio", writing).with_goal("<= 0.65"),
        ),
        ("batch_whole_time_ratio", Figure::of("ratio", whole)),
        (
            "overhead_ratio",
            Figure::none(
                "ratio",
                "the bare library is not measured on prompts of this length here",
            ),
        ),
        (
            "summary_ms",
            Figure::of("ms", summaries.iter().map(|it| it.first.ms)),
        ),
        ("first_note_ms", Figure::of("ms", firsts)),
        ("sections_read", Figure::of("share", read).with_goal("1.0")),
        (
            "other_length_time_ratio",
            Figure::of("ratio", again).with_goal("<= 0.20"),
        ),
        (
            "other_length_token_ratio",
            Figure::of("ratio", again_tokens),
        ),
        (
            "wrong_verified_citations",
            Figure::of("citations", wrong).with_goal("0"),
        ),
        ("unsupported_sentences", Figure::of("share", unsupported)),
        (
            "planted_facts",
            Figure::none(
                "share",
                "no capable model is at hand: the starter has 135 million weights",
            ),
        ),
    ];
    Figures::from(named.map(|(name, figure)| (name.to_owned(), figure)))
}

impl Pair {
    /// The time of eight at once by that of one after the other, of a token: replies do not end at the same word both ways.
    fn ratio(&self, of: fn(&Run) -> f64) -> f64 {
        of(&self.together) / of(&self.alone)
    }
}

impl Run {
    /// Milliseconds for a piece of a reply, while no prompt is read.
    fn writing(&self) -> f64 {
        self.generating_ms / self.pieces as f64
    }

    /// Milliseconds for a token, read or written.
    fn whole(&self) -> f64 {
        self.ms / (self.prompt_tokens + self.generated_tokens) as f64
    }
}

impl Cost {
    fn tokens(&self) -> u64 {
        self.prompt_tokens + self.generated_tokens
    }
}
