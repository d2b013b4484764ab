//! From a plan to a summary: notes on the sections, merged level by level.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use aparte_protocol::engine::ChatMessage;

use super::claims::{self, Claim, claims};
use super::notes::{self, Notes};
use super::pace::Pace;
use super::plan::Plan;
use super::writing::{News, Task, Writer, Written};
use super::{
    Coverage, Summary, SummaryLength, SummaryProgress, SummarySection, SummarySentence,
    SummaryTimings, SummaryTrouble, SummaryWish,
};
use crate::Assistant;
use crate::answer::Ending;
use crate::engine::Stop;
use crate::error::Error;
use crate::library::DocumentId;

/// A summary of the usual length has so many parts at most.
const PARTS: usize = 8;
/// An engine that died under so many notes one after the other is not started again.
const DEATHS: u32 = 3;
/// What a note has of the tokens that it may have, until notes tell.
const USUAL_SHARE: f64 = 0.7;
/// Work of the merging for that of writing the notes.
const MERGING_SHARE: f64 = 1.2;

/// Summarizes a document.
pub(crate) fn summarize(
    assistant: &Assistant,
    id: DocumentId,
    wish: &SummaryWish,
    stop: &Stop,
    on_progress: &mut dyn FnMut(SummaryProgress),
) -> Result<Summary, Error> {
    let started = Instant::now();
    let Some(plan) = Plan::make(assistant, id, wish, stop, on_progress)? else {
        return nothing(assistant, id, wish);
    };
    let vault = assistant.vault_for(plan.document.private);
    let reply = f64::from(plan.room.words) * USUAL_SHARE;
    let total: f64 = plan
        .sections
        .iter()
        .map(|section| f64::from(section.tokens - plan.frame) + reply * (1.0 + MERGING_SHARE))
        .sum();
    let mut work = Work {
        assistant,
        wish,
        stop,
        started,
        notes: Notes::of(vault, &plan.document),
        plan,
        is_kept: true,
        timings: SummaryTimings::default(),
        pace: Pace::new(total),
        numbers: 0,
        deaths: 0,
        on_progress,
    };
    work.timings.load_ms = work.plan.load_ms;
    let summary = work.summarize()?;
    if summary.ending == Ending::Complete {
        // That they were not removed costs room, and no more.
        let _ = work.notes.drop_unused(assistant, &work.plan.document);
    }
    Ok(summary)
}

/// What there is when the stop was told before anything was read.
fn nothing(assistant: &Assistant, id: DocumentId, wish: &SummaryWish) -> Result<Summary, Error> {
    let document = assistant.library().get(id).map(Arc::clone);
    let document = document.ok_or(Error::Summary(SummaryTrouble::Gone))?;
    Ok(Summary {
        document: id,
        name: document.name.clone(),
        language: (wish.language.or(document.language)).unwrap_or(assistant.language()),
        sections: Vec::new(),
        coverage: Coverage {
            pages: document.pages,
            ..Coverage::default()
        },
        ending: Ending::Stopped,
        is_kept: true,
        timings: SummaryTimings::default(),
    })
}

/// A note on some sections.
struct Node {
    /// The sections that it is of, by their number.
    of: Range<usize>,
    claims: Vec<Claim>,
}

/// What a level of notes came to.
enum Level {
    Whole(Vec<Node>),
    /// It was ended; these are the notes that are there.
    Cut(Vec<Node>, Ending),
}

/// What one reply is to be made of.
struct Order {
    of: Range<usize>,
    /// `None` for the text of the section itself.
    notes: Option<String>,
    /// Whether it is the summary itself.
    is_last: bool,
}

struct Work<'a> {
    assistant: &'a Assistant,
    wish: &'a SummaryWish,
    stop: &'a Stop,
    started: Instant,
    plan: Plan,
    notes: Notes,
    is_kept: bool,
    timings: SummaryTimings,
    pace: Pace,
    /// Replies of earlier levels.
    numbers: usize,
    /// Notes in succession under which the engine died.
    deaths: u32,
    on_progress: &'a mut dyn FnMut(SummaryProgress),
}

impl Work<'_> {
    fn summarize(&mut self) -> Result<Summary, Error> {
        let sections = self.plan.sections.len();
        if sections == 1 {
            let last = Order {
                of: 0..1,
                notes: None,
                is_last: true,
            };
            return match self.level(&[last])? {
                Level::Whole(whole) => {
                    let read = u32::from(!whole.is_empty());
                    self.finish(whole, Vec::new(), read, Ending::Complete)
                }
                Level::Cut(whole, ending) => self.finish(whole, Vec::new(), 0, ending),
            };
        }
        let orders: Vec<Order> = (0..sections)
            .map(|section| Order {
                of: section..section + 1,
                notes: None,
                is_last: false,
            })
            .collect();
        let mut level = match self.level(&orders)? {
            Level::Whole(nodes) => nodes,
            Level::Cut(nodes, ending) => {
                let read = nodes.len() as u32;
                return self.finish(Vec::new(), nodes, read, ending);
            }
        };
        let read = level.len() as u32;
        let mut parts: Option<Vec<Node>> = None;
        loop {
            let groups = self.groups(&level)?;
            let is_shown = match self.wish.length {
                SummaryLength::Brief => false,
                SummaryLength::Standard => level.len() <= PARTS,
                SummaryLength::Detailed => true,
            };
            let is_last = groups.len() == 1;
            let orders: Vec<Order> = groups
                .into_iter()
                .map(|group| Order {
                    of: level[group.start].of.start..level[group.end - 1].of.end,
                    notes: Some(material(&level[group])),
                    is_last,
                })
                .collect();
            if !is_last && orders.len() >= level.len() {
                return Err(Error::Summary(SummaryTrouble::ContextTooShort(
                    self.plan.context,
                )));
            }
            if parts.is_none()
                && (is_shown || is_last && self.wish.length == SummaryLength::Standard)
            {
                parts = Some(std::mem::take(&mut level));
            }
            (self.on_progress)(SummaryProgress::Merging {
                left: self.pace.left(),
            });
            match self.level(&orders)? {
                Level::Whole(whole) if is_last => {
                    return self.finish(whole, parts.unwrap_or_default(), read, Ending::Complete);
                }
                Level::Whole(nodes) => level = nodes,
                Level::Cut(_, ending) => {
                    let there = parts.unwrap_or(level);
                    return self.finish(Vec::new(), there, read, ending);
                }
            }
        }
    }

    /// Which notes in succession go into one prompt each: as many as it has room for, by the model's own count of all of it.
    fn groups(&self, level: &[Node]) -> Result<Vec<Range<usize>>, Error> {
        let engine = self.assistant.engine()?;
        let Some(running) = engine.ready(self.stop, &mut |_| ())? else {
            return Ok(std::iter::once(0..level.len()).collect());
        };
        let room = self.plan.limit - self.plan.frame;
        let mut groups = Vec::new();
        let mut start = 0;
        let mut counts = Vec::new();
        for some in level.chunks(64) {
            let texts = some.iter().map(|node| material(std::slice::from_ref(node)));
            counts.extend(running.count_tokens(texts.collect())?);
        }
        while start < level.len() {
            let mut end = start;
            let mut taken = 0;
            while end < level.len() && (end == start || taken + counts[end] < room) {
                taken += counts[end] + 1;
                end += 1;
            }
            while end > start + 1 {
                let prompt = self.plan.prompts.note(&material(&level[start..end]));
                if running.count_prompt(prompt)? <= self.plan.limit {
                    break;
                }
                end -= 1;
            }
            groups.push(start..end);
            start = end;
        }
        Ok(groups)
    }

    /// Writes one level of notes.
    fn level(&mut self, orders: &[Order]) -> Result<Level, Error> {
        let is_first = orders.iter().all(|order| order.notes.is_none());
        let (first, count) = (self.numbers, orders.len());
        self.numbers += count;
        let writer = Writer {
            engine: self.assistant.engine()?,
            sampling: self.assistant.sampling()?,
            stop: self.stop,
            at_once: self.plan.room.at_once,
        };
        let mut nodes: Vec<Option<Node>> = orders.iter().map(|_| None).collect();
        let known = std::mem::take(&mut self.notes);
        let mut found = Vec::new();
        let (assistant, plan, wish) = (self.assistant, &self.plan, self.wish);
        let task = |number: usize| task(assistant, plan, wish, &known, &orders[number]);
        // What is heard is put down here, since what is known is looked at meanwhile.
        let mut done = 0;
        let mut heard = Heard {
            pace: &mut self.pace,
            timings: &mut self.timings,
            deaths: &mut self.deaths,
            started: self.started,
        };
        let written = writer.write(count, &task, &mut |news| {
            match news {
                News::Read(number, tokens) => {
                    let tokens = tokens.saturating_sub(plan.frame);
                    heard.pace.at(first + number, f64::from(tokens));
                }
                News::Said(number) => heard.pace.more(first + number),
                News::Failed(Error::EngineStopped) => {
                    *heard.deaths += 1;
                    if *heard.deaths >= DEATHS {
                        return Err(Error::EngineStopped);
                    }
                }
                // The model could not do with this one; the others are written.
                News::Failed(Error::ReplyFailed | Error::QuestionTooLong) => {}
                News::Failed(error) => return Err(error),
                News::Written(number, written) => {
                    let order = &orders[number];
                    done += 1;
                    heard.written(first + number, &written, reckoned(plan, order));
                    let mut claims =
                        claims(assistant, &written.text, plan.prompts.language, &order.of)?;
                    look(assistant, plan, &mut claims, &order.of)?;
                    let node = Node {
                        of: order.of.clone(),
                        claims,
                    };
                    if is_first && count > 1 {
                        (self.on_progress)(SummaryProgress::Note(shown(plan, &node)));
                    }
                    nodes[number] = Some(node);
                    let is_new = written.timings.is_some();
                    if is_new {
                        // Sealed at once: nothing that was computed is computed again after a crash.
                        let kept =
                            notes::keep(assistant, &plan.document, written.key, &written.text);
                        found.push((written.key, written.text, kept));
                    } else {
                        found.push((written.key, written.text, Ok(None)));
                    }
                }
            }
            let left = heard.pace.left();
            (self.on_progress)(match is_first {
                true => SummaryProgress::Reading {
                    done,
                    total: count as u32,
                    left,
                },
                false => SummaryProgress::Merging { left },
            });
            Ok(())
        });
        self.notes = known;
        for (key, text, kept) in found {
            self.is_kept &= kept.is_ok();
            self.notes.take(key, text, kept.ok().flatten());
        }
        let is_whole = nodes.iter().all(Option::is_some);
        let nodes: Vec<Node> = nodes.into_iter().flatten().collect();
        match written {
            Err(Error::EngineStopped) if !nodes.is_empty() => {
                Ok(Level::Cut(nodes, Ending::Interrupted))
            }
            Err(error) => Err(error),
            Ok(()) if self.stop.is_told() && !is_whole => Ok(Level::Cut(nodes, Ending::Stopped)),
            Ok(()) if nodes.is_empty() => Err(Error::ReplyFailed),
            Ok(()) => Ok(Level::Whole(nodes)),
        }
    }

    /// Puts the summary together.
    fn finish(
        &mut self,
        whole: Vec<Node>,
        parts: Vec<Node>,
        read: u32,
        ending: Ending,
    ) -> Result<Summary, Error> {
        let plan = &self.plan;
        let mut sections = Vec::new();
        let mut is_shown = vec![false; plan.sections.len()];
        for (node, is_whole) in whole
            .iter()
            .map(|node| (node, true))
            .chain(parts.iter().map(|node| (node, false)))
        {
            for section in node.claims.iter().filter_map(Claim::section) {
                is_shown[section] = true;
            }
            let mut shown = shown(plan, node);
            if is_whole {
                (shown.heading, shown.pages) = (None, None);
            }
            sections.push(shown);
        }
        let left_out = is_shown
            .iter()
            .enumerate()
            .filter(|(_, is_shown)| !**is_shown);
        let left_out: Vec<_> = left_out.map(|(number, _)| plan.section(number)).collect();
        let total = plan.sections.len() as u32;
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.timings.total_ms = elapsed.saturating_sub(self.timings.load_ms);
        Ok(Summary {
            document: plan.document.id,
            name: plan.document.name.clone(),
            language: plan.prompts.language,
            sections,
            coverage: Coverage {
                read,
                total,
                pages: plan.document.pages,
                unread: plan.unread.clone(),
                shown: total - left_out.len() as u32,
                left_out,
            },
            ending,
            is_kept: self.is_kept,
            timings: self.timings,
        })
    }
}

/// What is put down of replies while they are written.
struct Heard<'a> {
    pace: &'a mut Pace,
    timings: &'a mut SummaryTimings,
    deaths: &'a mut u32,
    started: Instant,
}

impl Heard<'_> {
    fn written(&mut self, number: usize, written: &Written, reckoned: f64) {
        *self.deaths = 0;
        let Some(took) = written.timings else {
            self.timings.known += 1;
            self.pace.known(reckoned);
            return;
        };
        self.pace.finished(number, reckoned);
        let timings = &mut *self.timings;
        timings.written += 1;
        timings.prompt_tokens += u64::from(took.prompt_tokens);
        timings.reused_tokens += u64::from(took.reused_tokens);
        timings.generated_tokens += u64::from(took.generated_tokens);
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let first = elapsed.saturating_sub(timings.load_ms);
        timings.first_note_ms.get_or_insert(first);
    }
}

/// The work that an order is reckoned as.
fn reckoned(plan: &Plan, order: &Order) -> f64 {
    let reply = f64::from(plan.room.words) * USUAL_SHARE;
    let read = match order.notes {
        None => plan.sections[order.of.clone()]
            .iter()
            .map(|section| f64::from(section.tokens - plan.frame))
            .sum(),
        Some(_) => reply * order.of.len() as f64,
    };
    read + reply
}

/// What is asked of the model for an order.
fn task(
    assistant: &Assistant,
    plan: &Plan,
    wish: &SummaryWish,
    known: &Notes,
    order: &Order,
) -> Result<Task, Error> {
    let text = match &order.notes {
        Some(notes) => notes.clone(),
        None => plan.text(assistant, order.of.start)?,
    };
    let (messages, most): (Vec<ChatMessage>, u32) = match order.is_last {
        true => (
            plan.prompts.whole(&text, wish.length, wish.style),
            plan.room.reply_alone(match wish.length {
                SummaryLength::Brief => 1,
                SummaryLength::Standard => 2,
                SummaryLength::Detailed => 3,
            }),
        ),
        false => (plan.prompts.note(&text), plan.room.reply),
    };
    let key = notes::key(&plan.fingerprint, &messages, most);
    Ok(Task {
        known: known.get(&key).map(str::to_owned),
        messages,
        most,
        key,
    })
}

/// What of notes is told to the model when they are merged: what is borne out, and of a note of which nothing is, all.
fn material(nodes: &[Node]) -> String {
    let notes = nodes.iter().map(|node| {
        let is_supported = node.claims.iter().any(Claim::is_supported);
        let told = (node.claims.iter()).filter(|claim| claim.is_supported() || !is_supported);
        let told: Vec<_> = told.map(|claim| claim.text.as_str()).collect();
        told.join(" ")
    });
    notes.collect::<Vec<_>>().join("\n")
}

/// Lays claims beside the sections that they were made of.
fn look(
    assistant: &Assistant,
    plan: &Plan,
    claims: &mut [Claim],
    of: &Range<usize>,
) -> Result<(), Error> {
    let mut page_of = |number| plan.page(assistant, number);
    for number in of.clone() {
        let section = &plan.sections[number];
        claims::look_in(claims, number, section, &plan.document, &mut page_of)?;
    }
    claims::cite(claims, &plan.document, &mut page_of)
}

/// A note as people are shown it.
fn shown(plan: &Plan, node: &Node) -> SummarySection {
    let sentences = node.claims.iter().map(|claim| SummarySentence {
        text: claim.text.clone(),
        citation: claim.citation().cloned(),
        unknown: claim.unknown(),
    });
    let sections = &plan.sections[node.of.clone()];
    let pages = sections.first().zip(sections.last());
    SummarySection {
        heading: heading(sections.iter().map(|section| section.headings.as_slice())),
        pages: pages.map(|(first, last)| *first.pages().start()..=*last.pages().end()),
        sentences: sentences.collect(),
    }
}

/// The lowest heading that all of them stand under; of one section its own.
fn heading<'h>(mut sections: impl Iterator<Item = &'h [String]>) -> Option<String> {
    let mut common = sections.next()?;
    for headings in sections {
        let same = common
            .iter()
            .zip(headings)
            .take_while(|(one, other)| one == other);
        common = &common[..same.count()];
    }
    common.last().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_by_what_all_of_its_sections_stand_under() {
        let paths = |paths: &[&[&str]]| {
            let owned: Vec<Vec<String>> = (paths.iter())
                .map(|path| path.iter().map(|&heading| heading.to_owned()).collect())
                .collect();
            heading(owned.iter().map(Vec::as_slice))
        };
        let works = paths(&[&["Works", "North"], &["Works", "South"], &["Works"]]);
        assert_eq!(works.as_deref(), Some("Works"));
        assert_eq!(paths(&[&["Works"], &["Fees"]]), None);
        let own = paths(&[&["Works", "North"]]);
        assert_eq!(own.as_deref(), Some("North"));
        assert_eq!(paths(&[]), None);
    }
}
