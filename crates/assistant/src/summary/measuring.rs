//! What the benchmark of summaries needs of the inside: every prompt of a document, built and counted without writing anything, and
//! some of them written at once or one after the other. Built with the feature `bench` alone.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::plan::{Plan, page};
use super::writing::{News, Task, Writer};
use super::{SummaryTrouble, SummaryWish};
use crate::Assistant;
use crate::engine::Stop;
use crate::error::Error;
use crate::library::DocumentId;

/// What the prompts of a summary hold of a document.
#[derive(Debug, Clone, Default)]
pub struct Covered {
    /// Its pages.
    pub pages: u32,
    /// Those of them with text.
    pub readable: u32,
    /// Those of which every passage is whole in the prompts.
    pub covered: u32,
    /// The share of the signs of all pages that is in a prompt, white space aside. What stands in no passage, such as page heads, is in
    /// none.
    pub signs: f64,
    /// Prompts.
    pub sections: u32,
    /// Prompts with more tokens than they may have, or another number than was planned.
    pub cut: u32,
    /// Tokens of all prompts.
    pub tokens: u64,
    /// Tokens of the longest prompt, and the most that it may have.
    pub longest: u32,
    /// See `longest`.
    pub limit: u32,
}

/// Builds every prompt of the notes on a document as it would be sent, has the model count it, and looks what of each page is in one.
///
/// # Errors
/// As [`Assistant::plan_summary`].
pub fn covered(
    assistant: &Assistant,
    id: DocumentId,
    wish: &SummaryWish,
) -> Result<Covered, Error> {
    let plan = planned(assistant, id, wish)?;
    let running = assistant.engine()?.ready_at_last(&mut |_| ())?;
    let document = &plan.documents[0].document;
    let mut covered = Covered {
        pages: document.pages,
        sections: plan.sections.len() as u32,
        limit: plan.limit,
        ..Covered::default()
    };
    let mut read: HashMap<u32, Vec<Range<usize>>> = HashMap::new();
    for (number, section) in plan.sections.iter().enumerate() {
        let text = plan.text(assistant, number)?;
        let prompt = plan.prompts.note(&text, plan.documents[0].language);
        let tokens = running.count_prompt(prompt)?;
        covered.cut += u32::from(tokens > plan.limit || tokens != section.tokens);
        covered.longest = covered.longest.max(tokens);
        covered.tokens += u64::from(tokens);
        for piece in &section.pieces {
            let page = page(assistant, document, piece.page)?;
            let words = piece.range.of(&page.text).unwrap_or_default().trim();
            // What the prompt does not hold word for word is not read.
            if text.contains(words) {
                let range = piece.range.start as usize..piece.range.end as usize;
                read.entry(piece.page).or_default().push(range);
            }
        }
    }
    let (mut signs, mut signs_read) = (0, 0);
    for number in 1..=document.pages {
        let page = page(assistant, document, number)?;
        if page.text.trim().is_empty() {
            continue;
        }
        let ranges = read.get(&number).map_or(&[][..], Vec::as_slice);
        let is_read = |at: usize| ranges.iter().any(|range| range.contains(&at));
        let written = page
            .text
            .char_indices()
            .filter(|(_, sign)| !sign.is_whitespace());
        let places: Vec<usize> = written.map(|(at, _)| at).collect();
        signs += places.len();
        signs_read += places.iter().filter(|at| is_read(**at)).count();
        let in_passages = |at: &&usize| {
            let holds = |start: u32, end: u32| (start as usize..end as usize).contains(*at);
            let mut passages = page.passages.iter().map(|passage| passage.range);
            passages.any(|range| holds(range.start, range.end))
        };
        let is_whole = places.iter().filter(in_passages).all(|at| is_read(*at));
        covered.readable += 1;
        covered.covered += u32::from(is_whole && !ranges.is_empty());
    }
    covered.signs = signs_read as f64 / f64::from(u32::try_from(signs.max(1)).unwrap_or(u32::MAX));
    Ok(covered)
}

/// What writing some notes took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch {
    /// From the first prompt to the last word, without loading.
    pub took: Duration,
    /// Tokens of the prompts that were computed.
    pub prompt_tokens: u64,
    /// Tokens of the replies.
    pub generated_tokens: u64,
    /// The time of it in which replies were written and no prompt was read, and how many pieces of a token or a few came in it.
    pub generating: Duration,
    /// See `generating`.
    pub pieces: u64,
}

/// Writes the notes on some sections of a document, so many at once, in an engine that has computed nothing before.
///
/// # Errors
/// As [`Assistant::summarize`].
pub fn written(
    assistant: &Assistant,
    id: DocumentId,
    wish: &SummaryWish,
    sections: Range<usize>,
    at_once: u32,
) -> Result<Batch, Error> {
    let plan = planned(assistant, id, wish)?;
    let engine = assistant.engine()?;
    engine.unload();
    engine.ready_at_last(&mut |_| ())?;
    let language = plan.documents[0].language;
    let numbers: Vec<usize> = sections.collect();
    let task = |number: usize| {
        let text = plan.text(assistant, numbers[number])?;
        Ok(Task {
            messages: plan.prompts.note(&text, language),
            most: plan.room.reply,
            key: [0; 32],
            known: None,
        })
    };
    let stop = Stop::default();
    let writer = Writer {
        engine,
        sampling: assistant.sampling()?,
        stop: &stop,
        at_once,
    };
    let mut batch = Batch::default();
    let started = Instant::now();
    // The last time that a prompt was read, and what was written since.
    let (mut since, mut pieces, mut whole) = (started, 0, 0);
    writer.write(numbers.len(), &task, &mut |news| match news {
        News::Written(_, written) => {
            whole += 1;
            // Of several at once, prompts are read between: only what comes after all of them is writing alone.
            if at_once == 1 || whole == numbers.len() {
                batch.generating += since.elapsed();
                batch.pieces += pieces;
            }
            let timings = written.timings.unwrap_or_default();
            let computed = timings.prompt_tokens.saturating_sub(timings.reused_tokens);
            batch.prompt_tokens += u64::from(computed);
            batch.generated_tokens += u64::from(timings.generated_tokens);
            Ok(())
        }
        News::Failed(error) => Err(error),
        News::Read(..) => {
            (since, pieces) = (Instant::now(), 0);
            Ok(())
        }
        News::Said(_) => {
            pieces += 1;
            Ok(())
        }
    })?;
    batch.took = started.elapsed();
    Ok(batch)
}

fn planned(assistant: &Assistant, id: DocumentId, wish: &SummaryWish) -> Result<Plan, Error> {
    let plan = Plan::make(assistant, &[id], wish, &Stop::default(), &mut |_| ())?;
    plan.ok_or(Error::Summary(SummaryTrouble::Gone))
}
