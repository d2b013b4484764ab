//! From a plan to a summary: notes on the sections, merged level by level, first within each document.

use std::ops::Range;
use std::time::Instant;

use aparte_protocol::engine::ChatMessage;

use super::claims::{self, Claim, claims};
use super::notes::{self, Notes};
use super::pace::Pace;
use super::plan::{Plan, page};
use super::prompts::Matter;
use super::writing::{News, Task, Writer, Written};
use super::{
    OutlinedSection, SummarizedDocument, Summary, SummaryCoverage, SummaryLength, SummaryProgress,
    SummarySection, SummarySentence, SummaryTimings, SummaryTrouble, SummaryWish,
};
use crate::Assistant;
use crate::answer::Ending;
use crate::engine::Stop;
use crate::error::Error;
use crate::language::Language;
use crate::library::DocumentId;

/// A summary of the usual length has so many parts at most.
const PARTS: usize = 8;
/// So many sentences of the notes that were merged stand for a merged note of which nothing is borne out.
const STANDING_IN: usize = 3;
/// An engine that died under so many notes one after the other is not started again.
const DEATHS: u32 = 3;
/// What a note has of the tokens that it may have, until notes tell.
const USUAL_SHARE: f64 = 0.7;
/// Work of the merging for that of writing the notes.
const MERGING_SHARE: f64 = 1.2;

/// Summarizes documents.
pub(crate) fn summarize(
    assistant: &Assistant,
    ids: &[DocumentId],
    wish: &SummaryWish,
    stop: &Stop,
    on_progress: &mut dyn FnMut(SummaryProgress),
) -> Result<Summary, Error> {
    let started = Instant::now();
    let Some(plan) = Plan::make(assistant, ids, wish, stop, on_progress)? else {
        return nothing(assistant, ids, wish);
    };
    on_progress(SummaryProgress::Planned(plan.shown()));
    let mut notes = Notes::default();
    for planned in &plan.documents {
        let document = &planned.document;
        notes.read(assistant.vault_for(document.private), document);
    }
    let reply = f64::from(plan.room.words) * USUAL_SHARE;
    let texts = plan
        .sections
        .iter()
        .map(|section| read(&plan, section.tokens));
    let total = texts
        .map(|tokens| tokens + reply * (1.0 + MERGING_SHARE))
        .sum();
    let mut work = Work {
        assistant,
        wish,
        stop,
        started,
        notes,
        is_read: vec![false; plan.sections.len()],
        is_kept: true,
        timings: SummaryTimings::default(),
        pace: Pace::new(total),
        numbers: 0,
        deaths: 0,
        plan,
        on_progress,
    };
    work.timings.load_ms = work.plan.load_ms;
    let summary = work.summarize()?;
    if summary.ending == Ending::Complete {
        for planned in &work.plan.documents {
            // That they were not removed costs room, and no more.
            let _ = work.notes.drop_unused(assistant, &planned.document);
        }
    }
    Ok(summary)
}

/// What there is when the stop was told before anything was read.
fn nothing(
    assistant: &Assistant,
    ids: &[DocumentId],
    wish: &SummaryWish,
) -> Result<Summary, Error> {
    let library = assistant.library();
    let documents: Option<Vec<_>> = ids.iter().map(|id| library.get(*id)).collect();
    let documents = documents.ok_or(Error::Summary(SummaryTrouble::Gone))?;
    let own = documents.iter().find_map(|document| document.language);
    let language = wish.language.or(own).unwrap_or(assistant.language());
    let documents: Vec<_> = documents
        .into_iter()
        .map(|document| SummarizedDocument {
            document: document.id,
            name: document.name.clone(),
            pages: document.pages,
            read: 0,
            total: 0,
            trouble: None,
        })
        .collect();
    Ok(Summary {
        language,
        sections: Vec::new(),
        coverage: SummaryCoverage {
            pages: documents.iter().map(|document| document.pages).sum(),
            ..SummaryCoverage::default()
        },
        documents,
        ending: Ending::Stopped,
        is_kept: true,
        timings: SummaryTimings::default(),
    })
}

/// What a reply is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To be merged, in the language of what it is on.
    Note,
    /// To be shown, in the language of the summary.
    Part,
    /// The summary itself.
    End(Matter),
}

/// A reply on some sections.
#[derive(Clone)]
struct Node {
    kind: Kind,
    /// The sections that it is of, by their number.
    of: Range<usize>,
    claims: Vec<Claim>,
}

impl Node {
    fn supported(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.is_supported())
    }
}

/// What a level of notes came to.
enum Level {
    Whole(Vec<Node>),
    /// It was ended; these are the notes that are there.
    Cut(Vec<Node>, Ending),
}

/// What one reply is to be made of.
struct Order {
    kind: Kind,
    of: Range<usize>,
    /// `None` for the text of the section itself.
    notes: Option<String>,
    /// What stands for it if nothing of it is borne out; of a section, its own sentences do.
    stand_in: Vec<Claim>,
}

impl Order {
    /// The note on a section.
    fn section(number: usize) -> Order {
        Order {
            kind: Kind::Note,
            of: number..number + 1,
            notes: None,
            stand_in: Vec::new(),
        }
    }

    /// Whether it is a note on a section.
    fn is_of_section(&self) -> bool {
        self.kind == Kind::Note && self.notes.is_none()
    }

    /// One reply made of some notes.
    fn of(kind: Kind, nodes: &[Node]) -> Order {
        let (first, last) = (&nodes[0], &nodes[nodes.len() - 1]);
        Order {
            kind,
            of: first.of.start..last.of.end,
            notes: Some(material(nodes)),
            stand_in: best(nodes, STANDING_IN),
        }
    }
}

struct Work<'a> {
    assistant: &'a Assistant,
    wish: &'a SummaryWish,
    stop: &'a Stop,
    started: Instant,
    plan: Plan,
    notes: Notes,
    /// Which sections the model has read to their end.
    is_read: Vec<bool>,
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
        if self.plan.sections.len() == 1 {
            let quotes = quotes(self.assistant, &self.plan, 0)?;
            let orders = self.ends(&Order::section(0));
            return match self.level(&orders)? {
                Level::Whole(whole) => {
                    let whole = with_stand_in(whole, quotes, self.is_translated());
                    self.finish(whole, Vec::new(), Ending::Complete)
                }
                Level::Cut(whole, ending) => self.finish(whole, Vec::new(), ending),
            };
        }
        let orders: Vec<Order> = (0..self.plan.sections.len()).map(Order::section).collect();
        let mut level = match self.level(&orders)? {
            Level::Whole(nodes) => nodes,
            Level::Cut(nodes, ending) => return self.finish(Vec::new(), nodes, ending),
        };
        let documents = self.plan.documents.iter();
        let several = documents.filter(|it| !it.sections.is_empty()).count() > 1;
        let mut parts = None;
        if several {
            if self.wish.length == SummaryLength::Detailed {
                parts = Some(level.clone());
            }
            while self.has_documents_of_several(&level) {
                let (kept, orders) = self.merged_within_documents(&level)?;
                match self.level(&orders)? {
                    Level::Whole(nodes) => level = in_order(kept, nodes),
                    Level::Cut(_, ending) => {
                        return self.finish(Vec::new(), parts.unwrap_or(level), ending);
                    }
                }
            }
        }
        loop {
            let groups = self.groups(&level)?;
            let is_last = groups.len() == 1;
            let are_parts = match self.wish.length {
                SummaryLength::Brief => several,
                SummaryLength::Standard => several || is_last || level.len() <= PARTS,
                SummaryLength::Detailed => true,
            };
            if parts.is_none() && are_parts {
                parts = Some(level.clone());
            }
            (self.on_progress)(SummaryProgress::Merging {
                left: self.pace.left(),
            });
            if is_last {
                return self.end(&level, parts.unwrap_or_default(), several);
            }
            let (kept, orders) = merged(&level, groups);
            if orders.is_empty() {
                let context = self.plan.context;
                return Err(Error::Summary(SummaryTrouble::ContextTooShort(context)));
            }
            match self.level(&orders)? {
                Level::Whole(nodes) => level = in_order(kept, nodes),
                Level::Cut(_, ending) => {
                    return self.finish(Vec::new(), parts.unwrap_or(level), ending);
                }
            }
        }
    }

    /// Writes the summary itself, and its parts in its language.
    fn end(
        &mut self,
        level: &[Node],
        mut parts: Vec<Node>,
        several: bool,
    ) -> Result<Summary, Error> {
        if several && self.wish.length == SummaryLength::Brief {
            parts.iter_mut().for_each(keep_one_sentence);
        }
        let orders = self.ends(&Order::of(Kind::Note, level));
        let whole = match self.level(&orders)? {
            Level::Whole(whole) => {
                let most = match self.wish.length {
                    SummaryLength::Brief => 2,
                    SummaryLength::Standard => 5,
                    SummaryLength::Detailed => 8,
                };
                with_stand_in(whole, best(level, most), self.is_translated())
            }
            Level::Cut(whole, ending) => return self.finish(whole, parts, ending),
        };
        let language = self.plan.language;
        let is_foreign = |node: &Node| self.plan.language_of(&node.of) != language;
        let (foreign, own): (Vec<Node>, Vec<Node>) = parts.into_iter().partition(is_foreign);
        if foreign.is_empty() {
            return self.finish(whole, own, Ending::Complete);
        }
        let orders: Vec<Order> = foreign
            .chunks(1)
            .map(|node| Order::of(Kind::Part, node))
            .collect();
        match self.level(&orders)? {
            Level::Whole(parts) => self.finish(whole, in_order(own, parts), Ending::Complete),
            // In another language is better than not at all.
            Level::Cut(_, ending) => self.finish(whole, in_order(own, foreign), ending),
        }
    }

    /// Whether the summary is in another language than what it is of.
    fn is_translated(&self) -> bool {
        let all = 0..self.plan.sections.len();
        self.plan.language_of(&all) != self.plan.language
    }

    /// The replies that the style consists of, all made of the same.
    fn ends(&self, order: &Order) -> Vec<Order> {
        let matters = Matter::of(self.wish.style).iter();
        let end = |matter: &Matter| Order {
            kind: Kind::End(*matter),
            of: order.of.clone(),
            notes: order.notes.clone(),
            stand_in: Vec::new(),
        };
        matters.map(end).collect()
    }

    fn has_documents_of_several(&self, level: &[Node]) -> bool {
        let document = |node: &Node| self.plan.of(node.of.start).document.id;
        level
            .windows(2)
            .any(|pair| document(&pair[0]) == document(&pair[1]))
    }

    /// The notes that stay as they are, and those to be merged with others of their document.
    fn merged_within_documents(&self, level: &[Node]) -> Result<(Vec<Node>, Vec<Order>), Error> {
        let (mut kept, mut orders) = (Vec::new(), Vec::new());
        let document = |node: &Node| self.plan.of(node.of.start).document.id;
        for nodes in level.chunk_by(|one, other| document(one) == document(other)) {
            if let [single] = nodes {
                kept.push(single.clone());
                continue;
            }
            let (alone, together) = merged(nodes, self.groups(nodes)?);
            if together.is_empty() {
                let context = self.plan.context;
                return Err(Error::Summary(SummaryTrouble::ContextTooShort(context)));
            }
            kept.extend(alone);
            orders.extend(together);
        }
        Ok((kept, orders))
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
                let language = self
                    .plan
                    .language_of(&(level[start].of.start..level[end - 1].of.end));
                let prompt = self
                    .plan
                    .prompts
                    .note(&material(&level[start..end]), language);
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
        let is_first = orders.iter().all(Order::is_of_section);
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
        let is_read = &mut self.is_read;
        let written = writer.write(count, &task, &mut |news| {
            match news {
                News::Read(number, tokens) => {
                    heard.pace.at(first + number, read(plan, tokens));
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
                    let node = node(assistant, plan, order, &written.text)?;
                    if order.notes.is_none() {
                        is_read[order.of.start] = true;
                    }
                    if is_first {
                        (self.on_progress)(SummaryProgress::Note(shown(plan, &node)));
                    }
                    nodes[number] = Some(node);
                    let is_new = written.timings.is_some();
                    // Sealed beside one document, words of another would outlive it.
                    let is_kept = is_new && plan.is_of_one(&order.of);
                    let kept = is_kept.then(|| {
                        // Sealed at once: nothing that was computed is computed again after a crash.
                        let beside = &plan.of(order.of.start).document;
                        notes::keep(assistant, beside, written.key, &written.text)
                    });
                    found.push((written.key, written.text, kept.transpose()));
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
        if written.is_ok() && !self.stop.is_told() {
            // What notes say is not lost because they could not be merged.
            for (node, order) in nodes.iter_mut().zip(orders) {
                if node.is_none() && !order.stand_in.is_empty() {
                    *node = Some(Node {
                        kind: order.kind,
                        of: order.of.clone(),
                        claims: order.stand_in.clone(),
                    });
                }
            }
        }
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
        ending: Ending,
    ) -> Result<Summary, Error> {
        let plan = &self.plan;
        let mut is_shown = vec![false; plan.sections.len()];
        let nodes = || whole.iter().chain(&parts);
        for section in nodes().flat_map(|node| node.claims.iter().filter_map(Claim::section)) {
            is_shown[section] = true;
        }
        let sections = nodes().map(|node| shown(plan, node)).collect();
        let left_out = is_shown
            .iter()
            .enumerate()
            .filter(|&(number, is_shown)| !is_shown && self.is_read[number]);
        let left_out: Vec<_> = left_out.map(|(number, _)| plan.section(number)).collect();
        let outline = self.is_read.iter().zip(&is_shown).enumerate().map(
            |(number, (&is_read, &is_shown))| OutlinedSection {
                section: plan.section(number),
                is_read,
                is_shown,
            },
        );
        let outline = outline.collect();
        let total = plan.sections.len() as u32;
        let is_read = |sections: Range<usize>| {
            let read = self.is_read[sections].iter().filter(|is_read| **is_read);
            read.count() as u32
        };
        let documents = plan
            .documents
            .iter()
            .map(|planned| SummarizedDocument {
                document: planned.document.id,
                name: planned.document.name.clone(),
                pages: planned.document.pages,
                read: is_read(planned.sections.clone()),
                total: planned.sections.len() as u32,
                trouble: planned.trouble.clone(),
            })
            .collect();
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.timings.total_ms = elapsed.saturating_sub(self.timings.load_ms);
        Ok(Summary {
            documents,
            language: plan.language,
            sections,
            coverage: SummaryCoverage {
                read: is_read(0..plan.sections.len()),
                total,
                pages: plan.pages(),
                unread: plan.unread.clone(),
                shown: is_shown.iter().filter(|is_shown| **is_shown).count() as u32,
                left_out,
                outline,
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

/// Tokens of a prompt that are read for it alone.
fn read(plan: &Plan, tokens: u32) -> f64 {
    f64::from(tokens.saturating_sub(plan.frame))
}

/// The work that an order is reckoned as.
fn reckoned(plan: &Plan, order: &Order) -> f64 {
    let reply = f64::from(plan.room.words) * USUAL_SHARE;
    let texts = match order.notes {
        None => plan.sections[order.of.clone()]
            .iter()
            .map(|section| read(plan, section.tokens))
            .sum(),
        Some(_) => reply * order.of.len() as f64,
    };
    texts + reply
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
    let language = language(plan, order);
    let (messages, most): (Vec<ChatMessage>, u32) = match order.kind {
        Kind::Note | Kind::Part => (plan.prompts.note(&text, language), plan.room.reply),
        Kind::End(matter) => {
            let times = match wish.length {
                SummaryLength::Brief => 1,
                SummaryLength::Standard => 2,
                SummaryLength::Detailed => 3,
            };
            let beside = Matter::of(wish.style).len() as u32;
            let messages = plan.prompts.end(&text, wish.length, matter, language);
            (messages, plan.room.reply_beside(times, beside))
        }
    };
    let key = notes::key(&plan.fingerprint, &messages, most);
    Ok(Task {
        known: known.get(&key).map(str::to_owned),
        messages,
        most,
        key,
    })
}

/// What the reply to an order is in.
fn language(plan: &Plan, order: &Order) -> Language {
    match order.kind {
        Kind::Note => plan.language_of(&order.of),
        Kind::Part | Kind::End(_) => plan.language,
    }
}

/// A reply laid beside the sections that it was made of. Where nothing of a note is borne out, something that is stands in.
fn node(assistant: &Assistant, plan: &Plan, order: &Order, text: &str) -> Result<Node, Error> {
    let mut claims = claims(assistant, text, language(plan, order), &order.of)?;
    look(assistant, plan, &mut claims, &order.of)?;
    let is_end = matches!(order.kind, Kind::End(_));
    if !is_end && !claims.iter().any(Claim::is_supported) {
        let stand_in = match order.notes {
            None => quotes(assistant, plan, order.of.start)?,
            Some(_) => order.stand_in.clone(),
        };
        if !stand_in.is_empty() {
            claims = stand_in;
        }
    }
    Ok(Node {
        kind: order.kind,
        of: order.of.clone(),
        claims,
    })
}

/// The first sentences of a section itself.
fn quotes(assistant: &Assistant, plan: &Plan, number: usize) -> Result<Vec<Claim>, Error> {
    let section = &plan.sections[number];
    let planned = plan.of(number);
    let document = &planned.document;
    let mut page_of = |number| page(assistant, document, number);
    let mut quotes = claims::quotes(assistant, number, section, planned.language, &mut page_of)?;
    claims::cite(&mut quotes, &(number..number + 1), document, &mut page_of)?;
    Ok(quotes)
}

/// Lays claims beside the sections that they were made of.
fn look(
    assistant: &Assistant,
    plan: &Plan,
    claims: &mut [Claim],
    of: &Range<usize>,
) -> Result<(), Error> {
    for planned in &plan.documents {
        let document = &planned.document;
        let sections = planned.sections.start.max(of.start)..planned.sections.end.min(of.end);
        let mut page_of = |number| page(assistant, document, number);
        for number in sections {
            let section = &plan.sections[number];
            claims::look_in(claims, number, section, document, &mut page_of)?;
        }
    }
    for planned in &plan.documents {
        let document = &planned.document;
        let mut page_of = |number| page(assistant, document, number);
        claims::cite(claims, &planned.sections, document, &mut page_of)?;
    }
    Ok(())
}

/// What of notes is told to the model when they are merged: what is borne out and, where nothing is, all.
fn material(nodes: &[Node]) -> String {
    let told = |is_told: &dyn Fn(&Claim) -> bool| {
        let notes = nodes.iter().map(|node| {
            let told = node.claims.iter().filter(|claim| is_told(claim));
            let told: Vec<_> = told.map(|claim| claim.text.as_str()).collect();
            told.join(" ")
        });
        let notes: Vec<_> = notes.filter(|note| !note.is_empty()).collect();
        notes.join("\n")
    };
    let supported = told(&Claim::is_supported);
    match supported.is_empty() {
        true => told(&|_| true),
        false => supported,
    }
}

/// So many claims that are borne out, the first of notes that lie evenly among all.
fn best(nodes: &[Node], most: usize) -> Vec<Claim> {
    let first: Vec<&Claim> = nodes
        .iter()
        .filter_map(|node| node.supported().next())
        .collect();
    let count = first.len().min(most);
    (0..count)
        .map(|place| first[place * first.len() / count].clone())
        .collect()
}

/// Where nothing of a whole summary is borne out, its notes speak for themselves. What the model made of notes in another language is
/// shown with them: few words of it could be found in the document, whatever it says.
fn with_stand_in(mut whole: Vec<Node>, stand_in: Vec<Claim>, is_translated: bool) -> Vec<Node> {
    let is_supported = whole.iter().any(|node| node.supported().next().is_some());
    if is_supported || stand_in.is_empty() {
        return whole;
    }
    let Some(of) = whole.first().map(|node| node.of.clone()) else {
        return whole;
    };
    if !is_translated {
        whole.clear();
    }
    // Under no heading: what the notes say best need be no decision, and nobody's task.
    let prose = Kind::End(Matter::Whole);
    match whole.first_mut().filter(|node| node.kind == prose) {
        Some(node) => node.claims.extend(stand_in),
        None => whole.push(Node {
            kind: prose,
            of,
            claims: stand_in,
        }),
    }
    whole
}

/// A line on a document: its first sentence that is borne out, or its first.
fn keep_one_sentence(node: &mut Node) {
    let supported = node.claims.iter().position(Claim::is_supported);
    let place = supported.unwrap_or_default();
    if place < node.claims.len() {
        node.claims = vec![node.claims.swap_remove(place)];
    }
}

/// The notes that are alone in their group and stay as they are, and what the others are merged to.
fn merged(level: &[Node], groups: Vec<Range<usize>>) -> (Vec<Node>, Vec<Order>) {
    let (mut kept, mut orders) = (Vec::new(), Vec::new());
    for group in groups {
        match &level[group] {
            [single] => kept.push(single.clone()),
            nodes => orders.push(Order::of(Kind::Note, nodes)),
        }
    }
    (kept, orders)
}

/// Nodes in the order of what they are on.
fn in_order(mut nodes: Vec<Node>, others: Vec<Node>) -> Vec<Node> {
    nodes.extend(others);
    nodes.sort_by_key(|node| node.of.start);
    nodes
}

/// A note as people are shown it.
fn shown(plan: &Plan, node: &Node) -> SummarySection {
    let sentences = node.claims.iter().map(|claim| SummarySentence {
        text: claim.text.clone(),
        is_quote: claim.is_quote,
        citation: claim.citation().cloned(),
        unknown: claim.unknown(),
    });
    let sentences = sentences.collect();
    if let Kind::End(matter) = node.kind {
        return SummarySection {
            document: None,
            heading: matter.heading(plan.language).map(str::to_owned),
            pages: None,
            of: node.of.clone(),
            sentences,
        };
    }
    let sections = &plan.sections[node.of.clone()];
    let pages = sections.first().zip(sections.last());
    SummarySection {
        document: Some(plan.of(node.of.start).document.id),
        heading: heading(sections.iter().map(|section| section.headings.as_slice())),
        pages: pages.map(|(first, last)| *first.pages().start()..=*last.pages().end()),
        of: node.of.clone(),
        sentences,
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
