//! Several replies written at once, each of which gives way to whoever waits for an answer.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use aparte_protocol::engine::{
    ChatMessage, FinishReason, Finished, Generate, Sampling, Shape, Timings, Urgency,
};

use super::notes::Key;
use crate::ask::{repetition, whole_sentences};
use crate::engine::{Ending, Engine, Progress, Stop};
use crate::error::Error;

/// Writes replies with one engine.
pub(crate) struct Writer<'a> {
    pub engine: &'a Engine,
    pub sampling: Sampling,
    pub stop: &'a Stop,
    /// How many at once.
    pub at_once: u32,
}

/// What a reply is to be written to.
pub(crate) struct Task {
    pub messages: Vec<ChatMessage>,
    /// The longest reply, in tokens.
    pub most: u32,
    pub key: Key,
    /// What was written to it before.
    pub known: Option<String>,
}

/// What is heard of the replies, by their number.
pub(crate) enum News {
    /// So many tokens of a prompt are read.
    Read(usize, u32),
    /// A token or a few more were written.
    Said(usize),
    /// A reply is whole.
    Written(usize, Written),
    /// None could be written.
    Failed(Error),
}

/// A reply.
pub(crate) struct Written {
    pub key: Key,
    pub text: String,
    /// What it took; `None` where it was known.
    pub timings: Option<Timings>,
}

/// An engine that died under a reply is started anew for it, once: another death is the reply's own fault.
const ATTEMPTS: usize = 2;

impl Writer<'_> {
    /// Writes `count` replies to what `task` gives, which is asked in order. It ends early, with what was written until then,
    /// when the stop was told or `on_news` gives an error, which is given back.
    pub fn write(
        &self,
        count: usize,
        task: &(dyn Fn(usize) -> Result<Task, Error> + Sync),
        on_news: &mut dyn FnMut(News) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let is_enough = AtomicBool::new(false);
        let (sender, news) = channel();
        std::thread::scope(|scope| {
            for _ in 0..(self.at_once as usize).min(count) {
                let sender = sender.clone();
                let (next, is_enough) = (&next, &is_enough);
                scope.spawn(move || {
                    let ended = || self.stop.is_told() || is_enough.load(Ordering::Relaxed);
                    while !ended() {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return;
                        }
                        let written =
                            task(number).and_then(|task| self.reply(number, task, &ended, &sender));
                        let _ = match written {
                            Ok(Some(written)) => sender.send(News::Written(number, written)),
                            Ok(None) => return,
                            Err(error) => sender.send(News::Failed(error)),
                        };
                    }
                });
            }
            drop(sender);
            let mut heard = Ok(());
            for news in news {
                if heard.is_ok() {
                    heard = on_news(news);
                    is_enough.store(heard.is_err(), Ordering::Relaxed);
                }
            }
            heard
        })
    }

    /// One reply; `None` if it was ended before it was whole.
    fn reply(
        &self,
        number: usize,
        task: Task,
        ended: &dyn Fn() -> bool,
        sender: &Sender<News>,
    ) -> Result<Option<Written>, Error> {
        if let Some(text) = task.known {
            return Ok(Some(Written {
                key: task.key,
                text,
                timings: None,
            }));
        }
        for _ in 0..ATTEMPTS {
            let Some(running) = self.engine.ready(self.stop, &mut |_| ())? else {
                return Ok(None);
            };
            let generate = Generate {
                messages: task.messages.clone(),
                sampling: self.sampling,
                max_tokens: task.most,
                urgency: Urgency::Background,
                shape: Shape::Free,
                stop_texts: Vec::new(),
                alternatives: None,
                copies: false,
                state: None,
            };
            let mut text = String::new();
            let is_circling = Cell::new(false);
            let is_enough = || ended() || is_circling.get();
            let ending =
                running.generate(generate, &is_enough, &mut |progress| match progress {
                    Progress::Prompt(done, _) => drop(sender.send(News::Read(number, done))),
                    Progress::Thinking(_) => drop(sender.send(News::Said(number))),
                    Progress::Text(piece) => {
                        text.push_str(&piece);
                        is_circling.set(repetition(&text).is_some());
                        let _ = sender.send(News::Said(number));
                    }
                    Progress::Loading(_) | Progress::Likelihood(_) => {}
                })?;
            let Ending::Finished(Finished { reason, timings }) = ending else {
                continue;
            };
            if let Some(again) = repetition(&text) {
                text.truncate(again);
            } else if reason == FinishReason::Stopped {
                return Ok(None);
            } else if reason == FinishReason::Length {
                // Half a sentence says nothing that could be checked. Where there is no other it is better than nothing.
                let end = whole_sentences(&text).last().map(|sentence| sentence.end);
                text.truncate(end.unwrap_or(text.len()));
            }
            return Ok(Some(Written {
                key: task.key,
                text: text.trim().to_owned(),
                timings: Some(timings),
            }));
        }
        Err(Error::EngineStopped)
    }
}
