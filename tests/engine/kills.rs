//! The worker is killed while it loads, reads, writes its first word or a later one.
//!
//! What was shown of the reply is kept and says that it was interrupted, the next question has an answer, and all of it
//! is there when the vault is opened again.

use std::path::Path;
use std::thread;
use std::time::Duration;

use aparte_assistant::{
    Answer, ConversationId, DocumentId, Ending, Error, Message, ModelTrouble, Progress, Stop, Vault,
};
use aparte_tests::starter;

use super::app::{App, DOCUMENT, QUESTION, is_told_well, turn};
use super::process::{exists, kill};
use crate::campaign::{Dice, Tally, times};

/// The master key of the vault: what a passphrase costs is not the matter here.
const MASTER: [u8; 32] = [0x5a; 32];

/// When the worker is killed.
#[derive(Debug, Clone, Copy)]
struct Moment {
    phase: Phase,
    /// How long after that.
    later: Duration,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// So many percent of the model are loaded.
    Loading(u8),
    /// The prompt is read for the so manieth time that the worker says so.
    Prompt(usize),
    /// So many pieces of text were shown.
    Text(usize),
}

impl Moment {
    fn any(dice: &mut Dice) -> Moment {
        let phase = match dice.below(8) {
            0 => Phase::Loading(dice.below(101) as u8),
            1 => Phase::Prompt(1 + dice.below(4)),
            2 | 3 => Phase::Text(1),
            _ => Phase::Text(2 + dice.below(10)),
        };
        let later = Duration::from_millis(dice.below(30) as u64);
        Moment { phase, later }
    }
}

/// Kills the worker at its moment, and remembers what was shown.
struct Killer {
    moment: Moment,
    done: bool,
    prompts: usize,
    texts: usize,
    shown: String,
}

impl Killer {
    fn at(moment: Moment) -> Killer {
        Killer {
            moment,
            done: false,
            prompts: 0,
            texts: 0,
            shown: String::new(),
        }
    }

    fn hear(&mut self, progress: Progress, app: &App) {
        let is_time = match (progress, self.moment.phase) {
            (Progress::Loading(percent), Phase::Loading(from)) => percent >= from,
            (Progress::Prompt(..), Phase::Prompt(which)) => {
                self.prompts += 1;
                self.prompts == which
            }
            (Progress::Text(text), phase) => {
                self.shown.push_str(&text);
                self.texts += 1;
                matches!(phase, Phase::Text(which) if self.texts == which)
            }
            _ => false,
        };
        if is_time && !self.done {
            self.done = true;
            // Meanwhile the worker goes on, so that it may be killed in the middle of a step.
            thread::sleep(self.moment.later);
            kill(app.engine().expect("something was heard of it"));
        }
    }
}

#[test]
fn a_worker_killed_at_any_moment_costs_no_word_that_was_shown_and_no_other_question() {
    let _turn = turn();
    let ground = tempfile::tempdir().unwrap();
    let folder = ground.path().join("vault");
    let app = App::over(
        Vault::create_for_tests(&folder, &MASTER).unwrap(),
        starter(),
    );
    let document = app.add("ferry.txt", DOCUMENT).unwrap();
    app.close().unwrap();

    let mut tally = Tally::new("kills of the worker");
    let (mut killed, mut interrupted) = (0, 0);
    for round in 0..times(30, 500) {
        let moment = Moment::any(&mut Dice::new(round as u64));
        let round = Round {
            folder: &folder,
            document,
        };
        let ended = round.play(moment);
        if let Ok(seen) = &ended {
            killed += usize::from(seen.was_killed);
            interrupted += usize::from(seen.was_interrupted);
        }
        tally.take(ended.map(drop), format!("{moment:?}"));
    }
    println!("{killed} workers were killed, and {interrupted} answers interrupted");
    tally.end();
    assert!(interrupted > 0, "no kill came while a reply was under way");
}

struct Round<'a> {
    folder: &'a Path,
    document: DocumentId,
}

struct Seen {
    was_killed: bool,
    was_interrupted: bool,
}

impl Round<'_> {
    fn play(&self, moment: Moment) -> Result<Seen, String> {
        let app = self.open();
        let documents = [self.document];
        let begun = app.begin(QUESTION, &documents).map_err(told)?.id;
        let mut killer = Killer::at(moment);
        let stop = Stop::default();
        let first = app.ask(begun, QUESTION, &documents, &stop, &mut |progress| {
            killer.hear(progress, &app);
        });
        check(&first, &killer)?;
        let next = app
            .ask_for_pieces(begun, QUESTION, &documents, 2)
            .map_err(|error| format!("the next question: {error:?}"))?;
        if !matches!(next.ending, Ending::Stopped | Ending::Complete) || next.text.is_empty() {
            return Err(format!("the next question ended as {next:?}"));
        }
        let engine = app.engine();
        let was_interrupted = matches!(&first, Ok(answer) if answer.ending == Ending::Interrupted);
        let expected = self.messages(first.ok(), next);
        same(&app, begun, &expected, "before the vault was closed")?;
        // As it ends when the application does, and not in good order.
        drop(app);
        if engine.is_some_and(exists) {
            return Err("a worker outlived the session".to_owned());
        }
        let again = self.open();
        same(&again, begun, &expected, "after the vault was opened again")?;
        again.close().map_err(told)?;
        Ok(Seen {
            was_killed: killer.done,
            was_interrupted,
        })
    }

    fn open(&self) -> App {
        let vault = Vault::unlock_for_tests(self.folder, &MASTER);
        App::over(vault.expect("the vault opens"), starter())
    }

    /// A question that got no answer is not stored twice when it is asked again.
    fn messages(&self, first: Option<Answer>, next: Answer) -> Vec<Message> {
        let answers = first.into_iter().chain([next]);
        let turn = |answer| {
            [
                Message::Question(QUESTION.to_owned()),
                Message::Answer(Box::new(answer)),
            ]
        };
        answers.flat_map(turn).collect()
    }
}

fn told(error: Error) -> String {
    format!("{error:?}")
}

/// Whether the reply to a killed worker is what it must be.
fn check(ended: &Result<Answer, Error>, killer: &Killer) -> Result<(), String> {
    match ended {
        Ok(answer) if answer.ending == Ending::Interrupted => {
            match is_kept(&answer.text, &killer.shown) {
                true => Ok(()),
                false => Err(format!(
                    "{:?} was shown and {:?} kept",
                    killer.shown, answer.text
                )),
            }
        }
        // It was done before it was killed, or killed before its first word and asked again.
        Ok(answer) if matches!(answer.ending, Ending::Complete | Ending::Length) => Ok(()),
        Err(
            error @ (Error::EngineStopped
            | Error::Model {
                trouble: ModelTrouble::StoppedTheEngine,
                ..
            }),
        ) if killer.done && killer.shown.is_empty() && is_told_well(error) => Ok(()),
        other => Err(format!("it ended as {other:?}")),
    }
}

/// Whether a text is what was shown: without marks, and without what was said again where it began to go in circles.
fn is_kept(kept: &str, shown: &str) -> bool {
    let (kept, shown) = (words(kept), words(shown));
    match shown.strip_prefix(kept.as_str()) {
        Some("") => true,
        Some(rest) => !kept.is_empty() && kept.contains(&rest[..rest.len().min(12)]),
        None => false,
    }
}

/// The letters and digits of a text outside of marks like `[3]`.
fn words(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        words.extend(before.chars().filter(|c| c.is_alphanumeric()));
        rest = match after.split_once(']') {
            Some((number, later)) if number.bytes().all(|byte| byte.is_ascii_digit()) => later,
            _ => after,
        };
    }
    words.extend(rest.chars().filter(|c| c.is_alphanumeric()));
    words
}

fn same(
    app: &App,
    conversation: ConversationId,
    expected: &[Message],
    when: &str,
) -> Result<(), String> {
    let messages = app.messages(conversation).map_err(told)?;
    match messages == expected {
        true => Ok(()),
        false => Err(format!(
            "{when} the messages are {messages:?}, and not {expected:?}"
        )),
    }
}
