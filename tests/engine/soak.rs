//! A long life of one engine: memory, handles and threads of the worker and of the application stay what they were.

use std::path::Path;

use aparte_assistant::{DocumentId, Ending, Error, Item, Progress, Stop, Vault};
use aparte_tests::starter;

use super::app::{App, DOCUMENT, QUESTION, turn};
use super::process::Held;
use crate::campaign::{Dice, Tally, times};

/// The master key of the vault: what a passphrase costs is not the matter here.
const MASTER: [u8; 32] = [0x5a; 32];

/// How much more memory a later time may take than an earlier one: as much as allocators and caches sway by.
const TOLERANCE: u64 = 4 << 20;

/// What the two processes hold after a request.
#[derive(Debug, Clone, Copy)]
struct Sample {
    app: Held,
    worker: Held,
}

#[test]
fn an_engine_that_answers_for_a_long_time_takes_no_more_than_at_first() {
    let _turn = turn();
    let ground = tempfile::tempdir().unwrap();
    let life = Life::begin(&ground.path().join("vault"));
    let requests = times(100, 2_000);
    let mut tally = Tally::new("requests to one engine");
    let mut samples = Vec::new();
    for number in 0..requests {
        let ended = life.request(number);
        tally.take(ended, format!("request {number}"));
        samples.push(life.sample());
    }
    let tenth = requests / 10;
    // What is made once is made in the first tenth. Of the rest, the first third and the last are compared.
    let third = (requests - tenth) / 3;
    let earlier = medians(&samples[tenth..tenth + third]);
    let later = medians(&samples[requests - third..]);
    println!("{earlier:?}\n{later:?}");
    tally.note(is_flat(earlier.app, later.app), || {
        format!("the application: {:?} became {:?}", earlier.app, later.app)
    });
    tally.note(is_flat(earlier.worker, later.worker), || {
        format!("the worker: {:?} became {:?}", earlier.worker, later.worker)
    });
    tally.end();
}

fn is_flat(earlier: Held, later: Held) -> bool {
    later.memory <= earlier.memory + TOLERANCE
        && later.handles <= earlier.handles
        && later.threads <= earlier.threads
}

fn medians(samples: &[Sample]) -> Sample {
    let held = |of: fn(&Sample) -> Held| Held {
        memory: median(samples, |sample| of(sample).memory),
        handles: median(samples, |sample| of(sample).handles),
        threads: median(samples, |sample| of(sample).threads),
    };
    Sample {
        app: held(|sample| sample.app),
        worker: held(|sample| sample.worker),
    }
}

fn median<T: Ord>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> T {
    let mut values: Vec<T> = samples.iter().map(of).collect();
    let middle = values.len() / 2;
    values.sort_unstable();
    values.swap_remove(middle)
}

/// One session with one engine, in which nothing that is said is kept for long.
struct Life {
    app: App,
    document: DocumentId,
    engine: u32,
}

impl Life {
    fn begin(folder: &Path) -> Life {
        let vault = Vault::create_for_tests(folder, &MASTER).unwrap();
        let app = App::over(vault, starter());
        let document = app.add("ferry.txt", DOCUMENT).unwrap();
        app.load().unwrap();
        Life {
            engine: app.engine().expect("it was loaded"),
            document,
            app,
        }
    }

    fn sample(&self) -> Sample {
        Sample {
            app: Held::by(std::process::id()),
            worker: Held::by(self.engine),
        }
    }

    /// Makes the request that has this number: the same at every run.
    fn request(&self, number: usize) -> Result<(), String> {
        let mut dice = Dice::new(number as u64);
        let done = match dice.below(10) {
            0..=2 => self.ask_for_pieces(QUESTION, self.document, 1 + dice.below(3)),
            3 => self.ask_for_pieces(&long_question(&mut dice), self.document, 1),
            4 => self.ask_for_pieces(QUESTION, self.document, usize::MAX),
            5 | 6 => self.stop_while_reading(&long_question(&mut dice)),
            7 => self.app.count_and_read(20 + dice.below(300) as u32),
            _ => self.ask_of_another_document(number),
        };
        match done {
            Err(error) => Err(format!("{error:?}")),
            Ok(()) if self.app.engine() != Some(self.engine) => {
                Err("another engine was started".to_owned())
            }
            Ok(()) => Ok(()),
        }
    }

    fn ask_for_pieces(
        &self,
        question: &str,
        document: DocumentId,
        pieces: usize,
    ) -> Result<(), Error> {
        let begun = self.app.begin(question, &[document])?.id;
        let answer = self
            .app
            .ask_for_pieces(begun, question, &[document], pieces)?;
        assert_ne!(answer.ending, Ending::Interrupted, "{answer:?}");
        self.app.erase(Item::Conversation(begun))
    }

    fn stop_while_reading(&self, question: &str) -> Result<(), Error> {
        let begun = self.app.begin(question, &[self.document])?.id;
        let stop = Stop::default();
        self.app
            .ask(begun, question, &[self.document], &stop, &mut |progress| {
                if matches!(progress, Progress::Prompt(..)) {
                    stop.now();
                }
            })?;
        self.app.erase(Item::Conversation(begun))
    }

    fn ask_of_another_document(&self, number: usize) -> Result<(), Error> {
        let text = format!("{DOCUMENT}It is boat number {number}.\n").repeat(3);
        let document = self.app.add(&format!("boat-{number}.txt"), &text)?;
        self.ask_for_pieces(QUESTION, document, 1)?;
        self.app.erase(Item::Document(document))
    }
}

/// A question of some hundred words.
fn long_question(dice: &mut Dice) -> String {
    let words = [
        "ferry", "island", "letters", "bread", "dusk", "leave", "carries",
    ];
    let many: Vec<_> = (0..100 + dice.below(100))
        .map(|_| *dice.one(&words))
        .collect();
    format!(
        "When does the ferry leave, of all these: {}?",
        many.join(" ")
    )
}
