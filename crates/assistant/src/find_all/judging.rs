//! What words do not decide, the model judges: passage by passage, several at once, with nothing but yes or no to say.
//!
//! Each judgement is kept, in memory and sealed in the vault as a cache, so that what was stopped goes on where it was. Kept are a
//! digest and one bit: what was asked and of which passage is in neither.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use aparte_protocol::engine::{
    ChatMessage, FinishReason, Finished, Generate, Role, Sampling, Shape, Urgency,
};
use aparte_vault::Vault;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::request::Sought;
use super::{Asked, Collected, Coverage, FindingProgress, PageRef, scan};
use crate::engine::{Ending, Progress, Running, Stop};
use crate::error::Error;
use crate::language::Language;
use crate::words::terms;
use crate::{Assistant, lock, stored};

/// So many passages are judged at a time: the engine's cache has room for twice as many, and others ask too.
const AT_ONCE: usize = 8;
/// Documents with no more passages than this have all of them judged.
const FEW: usize = 64;
/// No question has more judged.
const MOST: usize = 400;
/// What a reasoning model may think about one passage, in tokens.
const THINKING_TOKENS: u32 = 512;
/// So many judgements are kept; those about another question drive the others out.
const KEPT: usize = 100_000;

/// What was judged before, and how long it took. Its stored layout is frozen: see `stored.rs`.
#[derive(Debug, Default)]
pub(crate) struct Judgements {
    kept: HashMap<[u8; 16], bool>,
    /// Those about documents that are in memory alone.
    private: HashSet<[u8; 16]>,
    /// Whether what the vault keeps is among them.
    is_read: bool,
    /// Milliseconds for a passage, as last measured.
    pace: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    kept: Vec<([u8; 16], bool)>,
    pace: Option<f64>,
}

impl Judgements {
    fn read(&mut self, vault: &Vault) {
        if self.is_read {
            return;
        }
        self.is_read = true;
        let bytes = vault.cache(stored::JUDGEMENTS);
        if let Some(Stored { kept, pace }) = bytes.and_then(|bytes| stored::decode(&bytes).ok()) {
            self.kept.extend(kept);
            self.pace = self.pace.or(pace);
        }
    }

    /// That it could not be kept costs no more than judging again.
    fn keep(&self, vault: &Vault) {
        let kept = self
            .kept
            .iter()
            .filter(|(name, _)| !self.private.contains(*name));
        let stored = Stored {
            kept: kept.map(|(name, is)| (*name, *is)).collect(),
            pace: self.pace,
        };
        let _ = vault.keep_cache(stored::JUDGEMENTS, &stored::encode(&stored));
    }

    /// Makes room for those that are left of some candidates: only what is not about these is forgotten for it.
    fn make_room(&mut self, candidates: &[Candidate], left: usize) {
        if self.kept.len() + left <= KEPT {
            return;
        }
        let wanted: HashSet<_> = candidates.iter().map(|candidate| candidate.name).collect();
        self.kept.retain(|name, _| wanted.contains(name));
        self.private.retain(|name| wanted.contains(name));
    }

    fn put(&mut self, candidate: &Candidate, is: bool) {
        self.kept.insert(candidate.name, is);
        if candidate.at.document.private {
            self.private.insert(candidate.name);
        }
    }
}

/// Something that the model is to judge.
struct Candidate {
    at: PageRef,
    /// Its passage, in the page's text.
    passage: Range<usize>,
    /// What words found in it; without it the passage as a whole is meant.
    found: Option<scan::Match>,
    language: Language,
    /// A digest of all that decides the judgement.
    name: [u8; 16],
}

impl Candidate {
    fn new(
        at: PageRef,
        passage: Range<usize>,
        found: Option<scan::Match>,
        asked: (&str, &str),
    ) -> Candidate {
        let mut digest = Sha256::new();
        for part in [asked.0, asked.1, &at.document.id.to_string()] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let range = found.as_ref().map_or(&passage, |found| &found.range);
        for number in [
            at.page.number as usize,
            passage.start,
            passage.end,
            range.start,
            range.end,
        ] {
            digest.update((number as u64).to_le_bytes());
        }
        let text = at.page.text.get(passage.clone());
        digest.update(text.unwrap_or_default());
        let digest: [u8; 32] = digest.finalize().into();
        let mut name = [0; 16];
        name.copy_from_slice(&digest[..16]);
        Candidate {
            language: at.document.language.unwrap_or(Language::English),
            at,
            passage,
            found,
            name,
        }
    }

    fn prompt(&self, question: &str) -> String {
        let text = self
            .at
            .page
            .text
            .get(self.passage.clone())
            .unwrap_or_default();
        let question = question.trim();
        match (self.language, &self.found) {
            (Language::English, None) => format!(
                "\"\"\"\n{text}\n\"\"\"\n\nRequest: {question}\nDoes this passage hold something that belongs in the answer to the request? Reply yes or no."
            ),
            (Language::English, Some(found)) => format!(
                "\"\"\"\n{text}\n\"\"\"\n\nRequest: {question}\nDoes \"{}\" in this passage belong in the answer to the request? Reply yes or no.",
                found.text
            ),
            (Language::French, None) => format!(
                "\"\"\"\n{text}\n\"\"\"\n\nDemande : {question}\nCe passage contient-il quelque chose qui répond à la demande ? Répondez oui ou non."
            ),
            (Language::French, Some(found)) => format!(
                "\"\"\"\n{text}\n\"\"\"\n\nDemande : {question}\nDans ce passage, « {} » répond-il à la demande ? Répondez oui ou non.",
                found.text
            ),
        }
    }

    /// What is found where the passage as a whole is meant: its sentence that shares the most words with the question.
    fn closest_sentence(&self, question: &str) -> Option<scan::Match> {
        let text = self.at.page.text.get(self.passage.clone())?;
        let stems = |text: &str| -> HashSet<String> {
            let terms = terms(text, self.language).into_iter();
            terms
                .filter(|term| !term.stop && !term.filler)
                .map(|term| term.stem)
                .collect()
        };
        let asked = stems(question);
        let sentences = crate::sentences::sentences(text).into_iter();
        // The first of those that share the most.
        let range = sentences
            .rev()
            .max_by_key(|range| stems(&text[range.clone()]).intersection(&asked).count())?;
        let line = scan::one_line(&text[range.clone()]);
        Some(scan::Match {
            key: line.clone(),
            text: line,
            range: self.passage.start + range.start..self.passage.start + range.end,
        })
    }
}

impl Assistant {
    /// Has the model judge what is left, and takes in what it agrees with.
    pub(super) fn judge_all<'a>(
        &self,
        asked: &Asked<'a>,
        coverage: &mut Coverage,
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
    ) -> Result<Collected<'a>, Error> {
        let question = asked.question;
        let candidates = self.candidates(asked, stop)?;
        let mut found = Collected::new(asked.request);
        coverage.to_judge = candidates.len();
        let judged = self.judge(question, &candidates, candidates.len(), stop, on_progress);
        lock(&self.judgements).keep(&self.vault);
        judged?;
        let knows = |language| {
            self.engine
                .as_ref()
                .is_some_and(|engine| engine.model().knows(language))
        };
        for candidate in &candidates {
            let is = lock(&self.judgements).kept.get(&candidate.name).copied();
            coverage.judged += usize::from(is.is_some());
            coverage.foreign += usize::from(is.is_none() && !knows(candidate.language));
            // What words found in a language that the model does not know is shown: nobody else can judge it.
            let shown = is.unwrap_or(candidate.found.is_some() && !knows(candidate.language));
            if shown
                && let Some(one) = candidate
                    .found
                    .clone()
                    .or_else(|| candidate.closest_sentence(question))
            {
                found.take(&candidate.at, one);
            }
        }
        Ok(found)
    }

    /// How many passages are left to judge, and the milliseconds that this will take.
    pub(super) fn plan_judging(
        &self,
        asked: &Asked<'_>,
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
    ) -> Result<(usize, u64), Error> {
        let candidates = self.candidates(asked, stop)?;
        lock(&self.judgements).read(&self.vault);
        if lock(&self.judgements).pace.is_none() {
            self.judge(
                asked.question,
                &candidates,
                AT_ONCE,
                stop,
                &mut |progress| {
                    // How far these few are is no progress that anybody waits for.
                    if let FindingProgress::Loading(_) = progress {
                        on_progress(progress);
                    }
                },
            )?;
        }
        let judgements = lock(&self.judgements);
        let left = candidates
            .iter()
            .filter(|one| self.is_left(&judgements, one))
            .count();
        Ok((left, (judgements.pace.unwrap_or(0.0) * left as f64) as u64))
    }

    fn is_left(&self, judgements: &Judgements, candidate: &Candidate) -> bool {
        let known = self
            .engine
            .as_ref()
            .is_some_and(|engine| engine.model().knows(candidate.language));
        known && !judgements.kept.contains_key(&candidate.name)
    }

    /// What the model has to judge: what words found or, where they find nothing, the passages that come nearest; all of them where
    /// there are few. In the order of the documents.
    fn candidates(&self, asked: &Asked<'_>, stop: &Stop) -> Result<Vec<Candidate>, Error> {
        let Asked {
            question,
            documents,
            request,
        } = *asked;
        let model = self.engine()?.model().id.clone();
        let all = self.count_passages(documents);
        let near: Option<HashSet<_>> = match request.sought {
            Sought::Matter if all > FEW => {
                let limit = (all / 4).clamp(FEW, MOST);
                let best = self.best_passages(question, documents, limit)?;
                let places = best.iter().map(|(passage, _)| {
                    (passage.document.id, passage.page().number, passage.start())
                });
                Some(places.collect())
            }
            _ => None,
        };
        let mut candidates = Vec::new();
        self.look_through(documents, stop, &mut |_| {}, &mut |at, language| {
            let asked = (question.trim(), model.as_str());
            let passages = at
                .page
                .passages
                .iter()
                .map(|passage| passage.range.start as usize..passage.range.end as usize);
            let passages: Vec<Range<usize>> = passages.collect();
            if request.sought == Sought::Matter {
                for passage in passages {
                    let place = (at.document.id, at.page.number, passage.start);
                    if near.as_ref().is_none_or(|near| near.contains(&place)) {
                        candidates.push(Candidate::new(at.clone(), passage, None, asked));
                    }
                }
                return;
            }
            for found in scan::matches(request, &at.page, language) {
                let holds = |passage: &&Range<usize>| {
                    passage.start <= found.range.start && found.range.end <= passage.end
                };
                // What stands across two passages is judged by itself.
                let passage = passages
                    .iter()
                    .find(holds)
                    .cloned()
                    .unwrap_or(found.range.clone());
                candidates.push(Candidate::new(at.clone(), passage, Some(found), asked));
            }
        })?;
        Ok(candidates)
    }

    /// Judges what is left of some candidates, at most so many.
    fn judge(
        &self,
        question: &str,
        candidates: &[Candidate],
        most: usize,
        stop: &Stop,
        on_progress: &mut dyn FnMut(FindingProgress),
    ) -> Result<(), Error> {
        let (left, mut pace) = {
            let mut judgements = lock(&self.judgements);
            judgements.read(&self.vault);
            let left = candidates
                .iter()
                .filter(|one| self.is_left(&judgements, one));
            let left: Vec<_> = left.take(most).collect();
            judgements.make_room(candidates, left.len());
            (left, judgements.pace)
        };
        let before = candidates.len() - left.len();
        if left.is_empty() || stop.is_told() {
            return Ok(());
        }
        let running = self.engine()?.ready(stop, &mut |progress| {
            if let Progress::Loading(percent) = progress {
                on_progress(FindingProgress::Loading(percent));
            }
        })?;
        let Some(running) = running else {
            return Ok(());
        };
        let began = Instant::now();
        let next = AtomicUsize::new(0);
        // One that failed is enough: the others end too.
        let failed = Stop::default();
        let (tell, told) = mpsc::channel();
        let mut failure = None;
        thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(left.len()) {
                let (tell, left, next, running, failed) =
                    (tell.clone(), &left, &next, &running, &failed);
                scope.spawn(move || {
                    while let Some(candidate) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let enough = || stop.is_told() || failed.is_told();
                        if enough() {
                            return;
                        }
                        let judged = belongs(running, question, candidate, &enough);
                        if judged.is_err() {
                            failed.now();
                        }
                        if tell.send((*candidate, judged)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(tell);
            let mut done = 0;
            for (candidate, judged) in told {
                match judged {
                    Ok(Some(is)) => {
                        done += 1;
                        let each = began.elapsed().as_secs_f64() * 1e3 / done as f64;
                        pace = Some(each);
                        let mut judgements = lock(&self.judgements);
                        judgements.put(candidate, is);
                        drop(judgements);
                        let rest = (left.len() - done) as f64 * each;
                        on_progress(FindingProgress::Judged(
                            before + done,
                            before + left.len(),
                            rest as u64,
                        ));
                    }
                    // Stopped on the way.
                    Ok(None) => {}
                    Err(error) => failure = Some(error),
                }
            }
        });
        lock(&self.judgements).pace = pace;
        match failure {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// Whether the model says yes; `None` if it was stopped before it said anything.
fn belongs(
    running: &Running,
    question: &str,
    candidate: &Candidate,
    is_enough: &dyn Fn() -> bool,
) -> Result<Option<bool>, Error> {
    let thinks = running
        .facts
        .template
        .as_ref()
        .is_some_and(|template| template.thinks);
    let (yes, no) = match candidate.language {
        Language::English => ("yes", "no"),
        Language::French => ("oui", "non"),
    };
    let generate = Generate {
        messages: vec![ChatMessage {
            role: Role::User,
            content: candidate.prompt(question),
        }],
        sampling: Sampling::CAREFUL,
        max_tokens: 8 + if thinks { THINKING_TOKENS } else { 0 },
        urgency: Urgency::Background,
        shape: Shape::Grammar(format!("root ::= \"{yes}\" | \"{no}\"")),
        stop_texts: Vec::new(),
        alternatives: None,
        copies: false,
        state: None,
    };
    let mut said = String::new();
    let ended = running.generate(generate, is_enough, &mut |progress| {
        if let Progress::Text(text) = progress {
            said.push_str(&text);
        }
    })?;
    match ended {
        Ending::Died => Err(Error::EngineStopped),
        Ending::Finished(Finished {
            reason: FinishReason::Stopped,
            ..
        }) => Ok(None),
        // What thought to its end without a word did not say yes.
        Ending::Finished(_) => Ok(Some(said.trim() == yes)),
    }
}
