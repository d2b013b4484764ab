//! The way of a question: search, prompt, reply, citations.
//!
//! Nothing that the model writes is believed. Each of its sentences is laid beside the sentences of the
//! passages that it was given; where one bears it out, that sentence is the citation, looked up once more
//! in the page that it names. Where none does, the documents speak for themselves, or the answer is that
//! they do not say.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;
use std::time::Instant;

use aparte_protocol::documents::TextRange;
use aparte_protocol::engine::{
    ChatMessage, FinishReason, Finished, Generate, Shape, StateName, Timings, Urgency,
};

use crate::Assistant;
use crate::answer::{Answer, AnswerTimings, CORRECTED, Citation, DOUBT, Ending, Lead, Mode};
use crate::conversation::ConversationId;
use crate::engine::{self, Engine, Progress, Running, Stop};
use crate::error::Error;
use crate::extent::{Given, Whole, passage_tokens};
use crate::follow_up;
use crate::language::Language;
use crate::library::DocumentId;
use crate::passages::{PassageRef, joined};
use crate::prompt;
use crate::question;
use crate::quote::{locate, nearest, on_one_line, quotes};
use crate::refusal::{self, Outlook};
use crate::search::Weighed;
use crate::sentences::sentences;
use crate::support::{Candidate, Standing, relevance, standing};
use crate::thinking::Thought;
use crate::turns::{self, Turn, without_marks};

/// How many passages are looked at before the prompt's budget decides.
const PASSAGES_LOOKED_AT: usize = 24;
/// Among so many of the best passages each document gets its turn: what comes later is too far off to be more than filling.
const SPREAD: usize = 8;
/// The longest answer, in tokens.
const ANSWER_TOKENS: u32 = 220;
/// What a reasoning model may think before it, in tokens.
const THINKING_TOKENS: u32 = 1_024;
/// For instructions, a question and the template's own words.
const FRAME_TOKENS: u32 = 512;
/// Bytes of a question from which it is looked at first whether the model holds it.
const LONG_QUESTION: usize = 4_096;
/// How many passages speak when the model cannot, and how many are shown with a refusal.
const LEADING_QUOTES: usize = 3;
/// An answer whose best source speaks of less than this share of what another sentence does is beside the
/// question: small models repeat whatever they read first.
const BESIDE_SHARE: f32 = 0.75;
/// Sentences that speak less than this share of what the best one does are not shown beside it.
const CLOSE_SHARE: f32 = 0.8;

/// Answers a question; `turns` is what came before it in the conversation.
pub(crate) fn ask(
    assistant: &Assistant,
    conversation: ConversationId,
    turns: &[Turn],
    question: &str,
    documents: &[DocumentId],
    stop: &Stop,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Answer, Error> {
    let started = Instant::now();
    let engine = assistant.engine()?;
    if !assistant.has_any(documents) {
        return Err(Error::NoDocuments);
    }
    if question.len() > LONG_QUESTION {
        // What no context holds is not searched for first: it would take long, and be refused for another reason.
        let running = engine.ready(stop, on_progress)?;
        if let Some(running) = running
            && let [tokens] = running.count_tokens(vec![question.to_owned()])?[..]
            && tokens > running.facts.context / 2
        {
            return Err(Error::QuestionTooLong);
        }
    }
    let last_asked_in = turns.last().and_then(|turn| Language::of(&turn.question));
    let reply_language = Language::of(question::asked(question))
        .or(last_asked_in)
        .unwrap_or(assistant.language());
    let query = follow_up::query(turns, question, reply_language);
    let evidence = Evidence::gather(assistant, &query, documents)?;
    let timings = |load_ms: u64, first_word_ms, engine| AnswerTimings {
        load_ms,
        first_word_ms,
        engine,
        total_ms: milliseconds(started).saturating_sub(load_ms),
    };

    let Some(lead) = evidence
        .passages
        .first()
        .filter(|_| evidence.outlook != Outlook::None)
    else {
        return Ok(Answer {
            text: refusal(assistant, documents),
            refused: true,
            citations: Vec::new(),
            nearest: evidence.closest(),
            lead: Lead::Model,
            mode: evidence.mode(),
            ending: Ending::NotAsked,
            timings: timings(0, None, Timings::default()),
            given: None,
            thinking: None,
        });
    };
    if !engine.model().knows(lead.language()) {
        // What a model writes in a language that it does not know only looks like an answer.
        let (text, citations) =
            evidence.speak(Lead::PassagesForLanguage, assistant, lead.language());
        return Ok(Answer {
            text,
            refused: false,
            citations,
            nearest: Vec::new(),
            lead: Lead::PassagesForLanguage,
            mode: evidence.mode(),
            ending: Ending::NotAsked,
            timings: timings(0, None, Timings::default()),
            given: None,
            thinking: None,
        });
    }

    let mut evidence = evidence;
    let asked = Asked {
        assistant,
        conversation,
        turns,
        question,
        documents,
        language: reply_language,
        started,
    };
    let mut reply = asked.reply(engine, &mut evidence, stop, on_progress)?;
    if reply.ending == Ending::Interrupted && reply.written.is_empty() {
        // The engine was dead before it was asked, or died at once: another one may do better, without the state that
        // may have killed it.
        assistant.forget_state(conversation.state_name());
        if let Some(whole) = reply.whole {
            assistant.forget_state(whole);
        }
        reply = asked.reply(engine, &mut evidence, stop, on_progress)?;
    }
    if reply.ending == Ending::Interrupted && reply.written.is_empty() {
        return Err(Error::EngineStopped);
    }
    let Reply {
        written,
        ending,
        load_ms,
        first_word_ms,
        counts,
        thought,
        whole: _,
    } = reply;

    let cut_short = matches!(ending, Ending::Stopped | Ending::Interrupted);
    let written = evidence.with_true_quotes(&without_marks(&written));
    let said = if cut_short {
        whole_sentences(&written)
    } else {
        sentences(&written)
    };
    let cited = evidence.cite(assistant, &written, said, reply_language)?;
    // What was cut short is kept as it is: its support may have been in the part that is missing.
    let is_borne_out = cut_short || cited.answers;
    let refused = !is_borne_out && evidence.outlook == Outlook::Doubtful;
    let (lead, (text, citations)) = if is_borne_out {
        (Lead::Model, (cited.text, cited.citations))
    } else if refused {
        (Lead::Model, (refusal(assistant, documents), Vec::new()))
    } else {
        let lead = Lead::PassagesForSupport;
        (lead, evidence.speak(lead, assistant, reply_language))
    };
    Ok(Answer {
        text,
        refused,
        citations,
        nearest: if refused {
            evidence.closest()
        } else {
            Vec::new()
        },
        lead,
        mode: evidence.mode(),
        ending,
        timings: timings(load_ms, first_word_ms, counts),
        given: Some(evidence.given(assistant, documents)),
        thinking: thought.end(),
    })
}

/// Whether the documents may answer a question, as far as that is told without a model.
#[cfg(feature = "bench")]
pub(crate) fn documents_speak_of(
    assistant: &Assistant,
    question: &str,
    documents: &[DocumentId],
) -> Result<bool, Error> {
    Ok(Evidence::gather(assistant, question, documents)?.outlook != Outlook::None)
}

/// A question on its way to the model.
struct Asked<'a> {
    assistant: &'a Assistant,
    conversation: ConversationId,
    turns: &'a [Turn],
    question: &'a str,
    documents: &'a [DocumentId],
    language: Language,
    started: Instant,
}

/// What the model wrote.
struct Reply {
    written: String,
    ending: Ending,
    load_ms: u64,
    first_word_ms: Option<u64>,
    counts: Timings,
    thought: Thought,
    /// The state of the documents that it was given whole.
    whole: Option<StateName>,
}

impl Asked<'_> {
    fn reply(
        &self,
        engine: &Engine,
        evidence: &mut Evidence,
        stop: &Stop,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Reply, Error> {
        let before = milliseconds(self.started);
        let running = engine.ready(stop, on_progress)?;
        let load_ms = milliseconds(self.started).saturating_sub(before);
        let mut reply = Reply {
            written: String::new(),
            ending: Ending::Interrupted,
            load_ms,
            first_word_ms: None,
            counts: Timings::default(),
            thought: Thought::default(),
            whole: None,
        };
        let Some(running) = running else {
            reply.ending = Ending::Stopped;
            return Ok(reply);
        };
        self.assistant.bring_state(&running, self.conversation);
        let (messages, whole) = match self.messages(&running, &engine.model().name, evidence) {
            Err(Error::EngineStopped) => return Ok(reply),
            messages => messages?,
        };
        reply.whole = whole.as_ref().map(|whole| whole.name);
        let generate = Generate {
            messages,
            sampling: self.assistant.sampling()?,
            max_tokens: reply_tokens(&running),
            urgency: Urgency::Interactive,
            shape: Shape::Free,
            stop_texts: Vec::new(),
            alternatives: None,
            copies: false,
            state: Some(self.conversation.state_name()),
        };
        let circling = Cell::new(false);
        let enough = || stop.is_told() || circling.get();
        let Reply {
            written,
            first_word_ms,
            thought,
            ..
        } = &mut reply;
        let ended = running.generate(generate, &enough, &mut |progress| {
            thought.hear(&progress);
            if let Progress::Thinking(_) = &progress {
                circling.set(goes_in_circles(thought.text()));
            }
            if let Progress::Text(text) = &progress {
                first_word_ms
                    .get_or_insert_with(|| milliseconds(self.started).saturating_sub(load_ms));
                written.push_str(text);
                circling.set(repetition(written).is_some());
            }
            on_progress(progress);
        })?;
        if let Some(again) = repetition(&reply.written) {
            reply.written.truncate(again);
        }
        if let engine::Ending::Finished(Finished { reason, timings }) = ended {
            reply.ending = if circling.get() {
                Ending::Complete
            } else {
                reason.into()
            };
            reply.counts = timings;
            let conversation = self.conversation.state_name();
            match (whole, reply.first_word_ms) {
                (Some(whole), Some(_)) => {
                    whole.note_used(&running, conversation, timings.reused_tokens)
                }
                _ => running.note_head(conversation, None),
            }
        }
        Ok(reply)
    }

    /// What the model is told: the documents whole and what was asked about them, or else their best passages for this question.
    fn messages(
        &self,
        running: &Running,
        model: &str,
        evidence: &mut Evidence,
    ) -> Result<(Vec<ChatMessage>, Option<Whole>), Error> {
        let Asked {
            assistant,
            conversation,
            turns,
            question,
            documents,
            language,
            ..
        } = *self;
        let whole = assistant.whole_at_once(running, conversation, documents, question)?;
        let Some(mut whole) = whole else {
            evidence.keep_within_budget(running, model)?;
            let told = told(running, conversation, turns, room_for_turns(running))?;
            let question = prompt::question(question, &evidence.passages, language);
            return Ok((prompt::conversation(told, Some(question), language), None));
        };
        evidence.take_all(std::mem::take(&mut whole.passages));
        let room = whole.room_for_turns(running, question)?;
        let told = told(running, conversation, turns, room)?;
        let answer_in = (language != whole.language).then_some(language);
        let messages = prompt::about(&whole.block, told, question, whole.language, answer_in);
        Ok((messages, Some(whole)))
    }
}

/// The turns that the model is told: those that fit in so many tokens.
pub(crate) fn told<'t>(
    running: &Running,
    conversation: ConversationId,
    turns: &'t [Turn],
    room: u32,
) -> Result<&'t [Turn], Error> {
    let tokens = running.count_turns(conversation.state_name(), turns)?;
    Ok(&turns[turns::left_out(&tokens, room)..])
}

/// How many tokens of a conversation's turns have room beside passages, a question and its answer.
pub(crate) fn room_for_turns(running: &Running) -> u32 {
    let others = passage_room(running) + reply_tokens(running) + FRAME_TOKENS;
    running.facts.context.saturating_sub(others)
}

/// How many tokens of passages the model is given.
fn passage_room(running: &Running) -> u32 {
    let facts = &running.facts;
    passage_tokens(running.pace(), facts.parameters, facts.context)
}

/// The longest reply, with what is thought before it.
pub(crate) fn reply_tokens(running: &Running) -> u32 {
    let thinks = (running.facts.template.as_ref()).is_some_and(|template| template.thinks);
    ANSWER_TOKENS + if thinks { THINKING_TOKENS } else { 0 }
}

/// What the documents hold on a question.
struct Evidence {
    question: Weighed,
    /// The passages for the model, best first.
    passages: Vec<PassageRef>,
    /// How many passages the documents have.
    all: usize,
    /// Whether the passages may answer the question, as far as words can tell.
    outlook: Outlook,
}

/// A sentence of a passage, with its place in the page.
struct Source<'a> {
    passage: &'a PassageRef,
    range: TextRange,
    candidate: Candidate,
    /// How much of the question it speaks of, 0 to 1.
    relevance: f32,
}

/// The model's text with its marks.
struct Cited {
    text: String,
    citations: Vec<Citation>,
    /// Whether a citation speaks of the question as much as anything that the model was given.
    answers: bool,
}

/// What a sentence of the model's rests on.
enum Support<'a> {
    By(&'a Source<'a>),
    Missing,
    /// It claims nothing.
    NotNeeded,
}

impl Cited {
    /// Takes up what the model wrote as far as a source bears it out; `best` is how much the best source speaks of the question.
    fn take(&mut self, written: &str, source: &Source<'_>, best: f32) {
        self.text.push_str(written);
        let number = mark(&mut self.citations, source.citation());
        self.text.push_str(&format!(" [{number}]"));
        self.answers |= source.relevance >= BESIDE_SHARE * best;
    }
}

impl Evidence {
    fn gather(
        assistant: &Assistant,
        question: &str,
        documents: &[DocumentId],
    ) -> Result<Evidence, Error> {
        let language = Language::of(question).unwrap_or(assistant.language());
        let (weighed, unknown_weight) = {
            let library = assistant.library();
            let index = library.index();
            (index.weigh(question, language)?, index.unknown_weight())
        };
        let all = assistant.count_passages(documents);
        if !weighed.has_matter() {
            // "What is this about?" is asked of a document's beginning.
            let passages = assistant.first_passages(documents, PASSAGES_LOOKED_AT)?;
            return Ok(Evidence {
                question: weighed,
                passages,
                all,
                outlook: Outlook::Good,
            });
        }
        let sought = question::sought(question);
        let meaning = assistant.meaning_of(&question::meant(question));
        let found =
            assistant.passages_near(&sought, meaning.as_ref(), documents, PASSAGES_LOOKED_AT)?;
        let passages: Vec<_> = found.into_iter().map(|(passage, _)| passage).collect();
        let candidates: Vec<_> = passages
            .iter()
            .map(|it| {
                (
                    Candidate::passage(it.text(), &it.context(), it.language()),
                    it.text(),
                )
            })
            .collect();
        let found = refusal::Found {
            passages: &candidates,
            nearness: meaning.and_then(|meaning| assistant.nearness(&meaning, documents)),
            unknown_weight,
        };
        let outlook = refusal::outlook(question::asked(question), &weighed, &found);
        Ok(Evidence {
            question: weighed,
            passages: spread(passages),
            all,
            outlook,
        })
    }

    fn mode(&self) -> Mode {
        let given: usize = self.passages.iter().map(PassageRef::count).sum();
        if given == self.all {
            Mode::Whole
        } else {
            Mode::Parts
        }
    }

    /// What of the documents the model was given.
    fn given(&self, assistant: &Assistant, documents: &[DocumentId]) -> Given {
        let library = assistant.library();
        let documents = || documents.iter().filter_map(|id| library.get(*id));
        let pages = documents().map(|document| document.pages).sum();
        let have_pages = documents().all(|document| document.format.has_pages());
        let count = |passages: usize| u32::try_from(passages).unwrap_or(u32::MAX);
        Given {
            passages: count(self.passages.iter().map(PassageRef::count).sum()),
            of_passages: count(self.all),
            pages: if have_pages { pages } else { 0 },
        }
    }

    /// Takes up every passage of the documents: behind those that were found, the others in their order.
    fn take_all(&mut self, all: Vec<PassageRef>) {
        let is_new = |passage: &PassageRef| !self.passages.iter().any(|it| it.begins_as(passage));
        let others: Vec<_> = all.into_iter().filter(is_new).collect();
        self.passages.extend(others);
    }

    /// Keeps the best passages that the prompt has room for, at least one.
    fn keep_within_budget(&mut self, running: &Running, model: &str) -> Result<(), Error> {
        let texts = self
            .passages
            .iter()
            .map(|passage| passage.text().to_owned())
            .collect();
        let counts = running.count_tokens(texts)?;
        let Some(kept) = fitting(&counts, passage_room(running), running.facts.context) else {
            return Err(Error::ContextTooSmall(model.to_owned()));
        };
        self.passages.truncate(kept);
        // What follows each other is read as one.
        let kept = std::mem::take(&mut self.passages);
        let joined = joined(kept.into_iter().map(|passage| (passage, 0.0)).collect());
        self.passages = joined.into_iter().map(|(passage, _)| passage).collect();
        Ok(())
    }

    fn sources(&self) -> Vec<Source<'_>> {
        let mut sources = Vec::new();
        for passage in &self.passages {
            let text = passage.text();
            for (range, candidate) in
                Candidate::sentences(text, &passage.context(), passage.language())
            {
                let at = |offset: usize| u32::try_from(passage.start() + offset);
                if let (Ok(start), Ok(end)) = (at(range.start), at(range.end)) {
                    sources.push(Source {
                        passage,
                        range: TextRange { start, end },
                        relevance: relevance(&self.question, &candidate).unwrap_or(0.0),
                        candidate,
                    });
                }
            }
        }
        sources
    }

    /// The model's text with a mark after each of its sentences that a passage bears out.
    fn cite(
        &self,
        assistant: &Assistant,
        written: &str,
        said: Vec<Range<usize>>,
        language: Language,
    ) -> Result<Cited, Error> {
        let mut sources = self.sources();
        sources.retain(Source::says_something);
        let best = sources
            .iter()
            .map(|source| source.relevance)
            .fold(0.0, f32::max);
        let mut cited = Cited {
            text: String::new(),
            citations: Vec::new(),
            answers: false,
        };
        let support = |claim: &str| -> Result<Support<'_>, Error> {
            if self.misquotes(claim) {
                return Ok(Support::Missing);
            }
            let weighed = assistant.library().index().weigh(claim, language)?;
            let candidates = sources.iter().map(|source| &source.candidate);
            match standing(claim, &weighed, &self.question, candidates) {
                Standing::Supported { candidate, .. } => Ok(Support::By(&sources[candidate])),
                Standing::Unsupported => Ok(Support::Missing),
                Standing::Filler => Ok(Support::NotNeeded),
            }
        };
        let mut copied = 0;
        for range in said {
            let (start, end) = (range.start, range.end);
            let found = support(&written[range.clone()])?;
            if let (Support::Missing, Some(clause)) = (&found, first_clause(&written[range])) {
                // What comes after it is doubted: without its subject it could be taken for anything's.
                let clause = start..start + clause;
                if let Support::By(source) = support(&written[clause.clone()])? {
                    cited.take(&written[copied..clause.end], source, best);
                    copied = clause.end;
                }
            }
            match found {
                Support::By(source) => cited.take(&written[copied..end], source, best),
                Support::Missing => {
                    cited.text.push_str(&written[copied..end]);
                    cited.text.push_str(&format!(" {DOUBT}"));
                }
                Support::NotNeeded => continue,
            }
            copied = end;
        }
        cited.text.push_str(&written[copied..]);
        cited.text.truncate(cited.text.trim_end().len());
        Ok(cited)
    }

    /// The model's text with each of its quotes as the document has it, where one was written a little otherwise.
    fn with_true_quotes(&self, written: &str) -> String {
        let pages = || {
            self.passages
                .iter()
                .map(|passage| passage.page().text.as_str())
        };
        let mut text = String::with_capacity(written.len());
        let mut copied = 0;
        for quote in quotes(written) {
            let quoted = &written[quote.clone()];
            if pages().any(|page| locate(quoted, page).is_some()) {
                continue;
            }
            let nearest = pages().filter_map(|page| Some((page, nearest(quoted, page)?)));
            let Some((page, nearest)) = nearest.min_by_key(|(_, nearest)| nearest.changes) else {
                continue;
            };
            let stands = on_one_line(nearest.range.of(page).unwrap_or_default());
            if unmarked(&stands) != stands {
                // What the document has in brackets could be taken for a mark of ours.
                continue;
            }
            text.push_str(&written[copied..quote.start]);
            text.push_str(&stands);
            // After the mark that closes it.
            let rest = written[quote.end..].trim_start();
            let close = rest.chars().next().map_or(0, char::len_utf8);
            copied = written.len() - rest.len() + close;
            text.push_str(&written[quote.end..copied]);
            text.push_str(&format!(" {CORRECTED}"));
        }
        text.push_str(&written[copied..]);
        text
    }

    /// Whether a sentence holds a quote that stands nowhere.
    fn misquotes(&self, sentence: &str) -> bool {
        quotes(sentence).into_iter().any(|quote| {
            let stands = |passage: &PassageRef| {
                locate(&sentence[quote.clone()], &passage.page().text).is_some()
            };
            !self.passages.iter().any(stands)
        })
    }

    /// The documents' own words on the question, introduced by why the model's are not given.
    fn speak(
        &self,
        lead: Lead,
        assistant: &Assistant,
        language: Language,
    ) -> (String, Vec<Citation>) {
        let mut citations = Vec::new();
        let mut text = introduction(lead, assistant, language);
        for citation in self.closest() {
            let quote = citation
                .quote
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let number = mark(&mut citations, citation);
            text.push_str(&format!("\n\n> {} [{number}]", unmarked(&quote)));
        }
        (text, citations)
    }

    /// The sentences that speak most of the question, best first.
    fn closest(&self) -> Vec<Citation> {
        let mut sources = self.sources();
        sources.retain(Source::says_something);
        sources.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        let best = sources.first().map_or(0.0, |source| source.relevance);
        let close = sources
            .iter()
            .filter(|source| source.relevance >= CLOSE_SHARE * best);
        close.take(LEADING_QUOTES).map(Source::citation).collect()
    }
}

impl Source<'_> {
    fn text(&self) -> &str {
        self.range.of(&self.passage.page().text).unwrap_or_default()
    }

    /// Headings and captions name a matter and say nothing of it.
    fn says_something(&self) -> bool {
        let text = self.text();
        text.contains(|c: char| c.is_ascii_digit()) || text.split_whitespace().count() > 4
    }

    fn citation(&self) -> Citation {
        let Source { passage, range, .. } = self;
        let quote = self.text().to_owned();
        // Looked up afresh: what says "verified" is the page, not the way we came.
        let verified = locate(&quote, &passage.page().text).is_some();
        Citation {
            document: passage.document.id,
            name: passage.document.name.clone(),
            page: passage.page_number(),
            anchor: passage.anchor(),
            range: *range,
            quote,
            verified,
        }
    }
}

/// How many of the first passages have so much room in a context, by their tokens: at least one, or `None` where the first alone would take
/// more than half, which the question and the reply need.
fn fitting(tokens: &[u32], room: u32, context: u32) -> Option<usize> {
    if tokens.first().is_some_and(|&first| first > context / 2) {
        return None;
    }
    let mut left = room;
    let mut kept = 0;
    for &count in tokens {
        match left.checked_sub(count) {
            Some(rest) => left = rest,
            None if kept == 0 => left = 0,
            None => break,
        }
        kept += 1;
    }
    Some(kept)
}

/// The passages of several documents in an order in which the first few are not all of one: of the best ones, two of each
/// document, and two more of each. The order is otherwise kept.
fn spread(mut passages: Vec<PassageRef>) -> Vec<PassageRef> {
    let rest = passages.split_off(passages.len().min(SPREAD));
    let turns = turns_of(passages.iter().map(|passage| passage.document.id));
    let mut best: Vec<_> = turns.into_iter().zip(passages).collect();
    // Stable.
    best.sort_by_key(|(turn, _)| *turn);
    best.into_iter()
        .map(|(_, passage)| passage)
        .chain(rest)
        .collect()
}

/// In which turn each of them comes, when two of a kind are in every one.
fn turns_of<T: Eq + Hash>(kinds: impl Iterator<Item = T>) -> Vec<usize> {
    let mut seen = HashMap::new();
    kinds
        .map(|kind| {
            let before = seen.entry(kind).or_insert(0);
            *before += 1;
            (*before - 1) / 2
        })
        .collect()
}

/// The number of a citation, which is added if it is new.
fn mark(citations: &mut Vec<Citation>, citation: Citation) -> usize {
    match citations.iter().position(|earlier| *earlier == citation) {
        Some(position) => position + 1,
        None => {
            citations.push(citation);
            citations.len()
        }
    }
}

/// Where the first clause of a sentence ends that goes on with another. What is too short to say something, or is a part of
/// a list, is none.
fn first_clause(sentence: &str) -> Option<usize> {
    let joints = [", and ", ", but ", "; ", ", et ", ", mais "];
    let end = joints
        .iter()
        .filter_map(|joint| sentence.find(joint))
        .min()?;
    let clause = sentence[..end].trim_end();
    let says_something = clause.split_whitespace().count() > 3 && !clause.contains(", ");
    says_something.then_some(clause.len())
}

/// Text of a document in which nothing can be taken for a mark of ours.
fn unmarked(quote: &str) -> String {
    let mut shown = String::with_capacity(quote.len());
    for (at, sign) in quote.char_indices() {
        let may_be_mark = sign == '['
            && quote[at + 1..].starts_with(|c: char| c.is_ascii_digit() || matches!(c, '?' | '~'));
        if may_be_mark {
            shown.push('\\');
        }
        shown.push(sign);
    }
    shown
}

/// The sentences of a text that may end in the middle of one, without that one.
pub(crate) fn whole_sentences(text: &str) -> Vec<Range<usize>> {
    let mut sentences = sentences(text);
    let text = text.trim_end();
    sentences.pop_if(|last| last.end == text.len() && !text.ends_with(['.', '!', '?']));
    sentences
}

/// Where a text begins to say a whole sentence again, or to ask itself the next question: small models go in
/// circles, and nothing from there on is new. The sentence under way is not looked at.
pub(crate) fn repetition(text: &str) -> Option<usize> {
    let mut said = HashSet::new();
    let repeated = whole_sentences(text)
        .into_iter()
        .find(|range| !said.insert(&text[range.clone()]));
    let next_question = ["\nQuestion", "\nPassages"]
        .iter()
        .filter_map(|sign| text.find(sign))
        .min();
    match (repeated.map(|range| range.start), next_question) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether what is thought has said one sentence so often that nothing else will come. Who thinks may say a thing twice.
fn goes_in_circles(thought: &str) -> bool {
    const TIMES: usize = 5;
    let mut said = HashMap::new();
    whole_sentences(thought).into_iter().any(|range| {
        let times = said.entry(&thought[range]).or_insert(0);
        *times += 1;
        *times >= TIMES
    })
}

fn refusal(assistant: &Assistant, documents: &[DocumentId]) -> String {
    let (refused, unready) = match assistant.language() {
        Language::English => (
            "This is not in these documents.",
            "They are still being indexed: what is found by its meaning is not complete yet. Ask again when that is done.",
        ),
        Language::French => (
            "Ce n'est pas dans ces documents.",
            "Leur indexation n'est pas finie\u{202f}: ce qui se trouve par le sens n'est pas encore complet. Reposez la \
             question ensuite.",
        ),
    };
    match assistant.is_indexed(documents) {
        true => refused.into(),
        false => format!("{refused} {unready}"),
    }
}

fn introduction(lead: Lead, assistant: &Assistant, language: Language) -> String {
    let model = assistant.model_name();
    match (assistant.language(), lead) {
        (Language::English, Lead::PassagesForLanguage) => {
            let language = match language {
                Language::English => "English",
                Language::French => "French",
            };
            format!("The model {model} does not know {language}. The documents say:")
        }
        (Language::French, Lead::PassagesForLanguage) => {
            let language = match language {
                Language::English => "l'anglais",
                Language::French => "le français",
            };
            format!("Le modèle {model} ne connaît pas {language}. Les documents disent :")
        }
        (Language::English, Lead::Model | Lead::PassagesForSupport) => {
            "The model's own words do not answer this from the documents and are left out. The \
             documents say:"
                .into()
        }
        (Language::French, Lead::Model | Lead::PassagesForSupport) => {
            "Ce que le modèle a écrit ne répond pas à la question d'après les documents et n'est donc pas montré. Les \
             documents disent :"
                .into()
        }
    }
}

impl From<FinishReason> for Ending {
    fn from(reason: FinishReason) -> Ending {
        match reason {
            FinishReason::Complete => Ending::Complete,
            FinishReason::Length => Ending::Length,
            FinishReason::Stopped => Ending::Stopped,
        }
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_are_given_as_far_as_there_is_room_and_one_at_least() {
        assert_eq!(fitting(&[200, 200, 200], 500, 4_096), Some(2));
        assert_eq!(fitting(&[700, 10], 500, 4_096), Some(1));
        assert_eq!(fitting(&[200, 200], 256, 512), Some(1));
        assert_eq!(fitting(&[], 256, 512), Some(0));
    }

    #[test]
    fn a_context_smaller_than_a_passage_is_too_small() {
        assert_eq!(fitting(&[300], 256, 512), None);
        let error = Error::ContextTooSmall("Tiny".into());
        for (language, words) in [
            (
                Language::English,
                "The model Tiny reads less text at a time than one passage",
            ),
            (
                Language::French,
                "Le modèle Tiny lit moins de texte à la fois",
            ),
        ] {
            let sentence = error.sentence(language);
            assert!(sentence.contains(words), "{sentence}");
        }
    }

    #[test]
    fn no_document_of_several_takes_all_the_room_and_the_best_passage_stays_first() {
        let turns = turns_of(["a", "a", "a", "b", "a", "a", "c"].into_iter());
        assert_eq!(turns, [0, 0, 1, 0, 1, 2, 0]);
    }

    #[test]
    fn a_sentence_said_again_is_where_a_text_begins_to_go_in_circles() {
        let text = "The basin is deep. It was dredged. The basin is deep. It was";
        assert_eq!(repetition(text), text.rfind("The basin"));
        assert_eq!(repetition("The basin is deep. The basin is"), None);
        assert_eq!(repetition("The basin is deep. It was dredged."), None);
    }

    #[test]
    fn a_thought_may_come_back_to_a_sentence_but_not_for_ever() {
        let wait = "Wait, is it so? Let me see. ";
        assert!(!goes_in_circles(&format!("{}It is.", wait.repeat(4))));
        assert!(goes_in_circles(&wait.repeat(6)));
    }

    #[test]
    fn a_sentence_that_goes_on_with_another_claim_has_a_clause_of_its_own_before_it() {
        let clause = |sentence: &'static str| first_clause(sentence).map(|end| &sentence[..end]);
        let both = "The dredging cost 412,000 euros, and the total was 955,000 euros.";
        assert_eq!(clause(both), Some("The dredging cost 412,000 euros"));
        assert_eq!(
            clause("Le loyer est de 50 euros, et il a augmenté."),
            Some("Le loyer est de 50 euros")
        );
        for whole in [
            "Sand and gravel were dredged.",
            "Sand, gravel, and silt were dredged in the north basin.",
            "In 2021, and again in 2022, the rent doubled.",
        ] {
            assert_eq!(clause(whole), None);
        }
    }

    #[test]
    fn a_mark_in_a_document_is_none_of_ours() {
        assert_eq!(
            unmarked("So it is [1][23], [a] [?]."),
            "So it is \\[1]\\[23], [a] \\[?]."
        );
    }

    #[test]
    fn half_a_sentence_claims_nothing() {
        let whole = |text: &str| {
            whole_sentences(text)
                .into_iter()
                .last()
                .map(|last| last.end)
        };
        assert_eq!(whole("The basin is deep. The dredging of the "), Some(18));
        assert_eq!(whole("The basin is deep. "), Some(18));
        assert_eq!(whole("The dredging of the"), None);
    }
}
