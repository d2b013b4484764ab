//! How cost grows from a thousand rows to a million. It measures and asserts nothing, takes minutes and a few
//! GB, and is only worth reading from an optimised build on a machine that does nothing else:
//!
//! ```text
//! cargo test --release -p aparte-assistant growth -- --ignored --nocapture
//! ```
//!
//! A row is 80 words, 500 bytes. Four in ten are function words; the others are Zipf's, the n-th of 40,000
//! being 1/n as common as the first, and so are those of the questions: most of them ask for words that are
//! in a great part of all rows. Vectors are random.

use std::{
    fs,
    time::{Duration, Instant},
};

use super::*;

const MESSAGES_A_CONVERSATION: usize = 10;
const PASSAGES_A_DOCUMENT: usize = 250;
const QUESTIONS: usize = 200;
const LIMIT: usize = 20;

#[test]
#[ignore = "a measurement of minutes"]
fn messages() {
    for rows in [1_000, 10_000, 100_000] {
        let mut made = Made::new(rows as u64);
        let start = resident();
        let started = Instant::now();
        let mut index = SearchIndex::new().unwrap();
        for conversation in 0..rows / MESSAGES_A_CONVERSATION {
            let texts: Vec<_> = (0..MESSAGES_A_CONVERSATION).map(|_| made.text()).collect();
            let entries = texts.iter().zip(0..).map(|(text, at)| message(at, text));
            index
                .put_messages(id(conversation), [1; 16], entries)
                .unwrap();
        }
        println!("{rows} messages, made in {:.1?}", started.elapsed());
        let mut index = reload(index, start);
        for length in [1, 2, 5, 10] {
            let questions = made.questions(length);
            let times = questions
                .iter()
                .map(|question| timed(|| index.search_messages(question, LIMIT).unwrap()));
            println!("  {length:2} words   {}", distribution(times.collect()));
        }
        let adding = (0..QUESTIONS).map(|conversation| {
            let text = made.text();
            timed(|| {
                let entries = [message(1000, &text)];
                index
                    .add_messages(id(conversation), [2; 16], entries)
                    .unwrap();
            })
        });
        let adding = adding.collect();
        println!("  adding one {}", distribution(adding));
        erase(&mut index);
    }
}

#[test]
#[ignore = "a measurement of minutes"]
fn passages() {
    for rows in [1_000, 10_000, 100_000, 1_000_000] {
        let mut made = Made::new(rows as u64);
        let start = resident();
        let started = Instant::now();
        let mut index = SearchIndex::new().unwrap();
        for document in 0..rows / PASSAGES_A_DOCUMENT {
            let passages: Vec<_> = (0..PASSAGES_A_DOCUMENT)
                .map(|_| (made.text(), made.random.vector()))
                .collect();
            let entries = passages.iter().zip(0..).map(|((text, vector), at)| Entry {
                vector: Some(vector),
                ..entry(text, at)
            });
            index
                .put_passages(id(document), [1; 16], Language::English, entries)
                .unwrap();
        }
        println!("{rows} passages, made in {:.1?}", started.elapsed());
        let mut index = reload(index, start);
        let meaning = made.random.vector();
        let few = [id(0), id(1), id(2)];
        for length in [1, 2, 5, 10] {
            let questions = made.questions(length);
            let all = |_: Owner| true;
            let ask = |meaning: Option<&Vector>, wanted: &dyn Fn(Owner) -> bool| {
                let times = questions.iter().map(|question| {
                    timed(|| index.search(question, meaning, LIMIT, wanted).unwrap())
                });
                distribution(times.collect())
            };
            println!("  {length:2} words   {}", ask(None, &all));
            println!("   and vectors {}", ask(Some(&meaning), &all));
            println!(
                "   of 3 of all {}",
                ask(None, &|owner| few.contains(&owner))
            );
        }
        let near =
            (0..20).map(|_| timed(|| index.search("", Some(&meaning), LIMIT, |_| true).unwrap()));
        println!("  vectors only {}", distribution(near.collect()));
        erase(&mut index);
    }
}

/// Writes a snapshot and reads it, as lock and unlock do.
fn reload(mut index: SearchIndex, start: usize) -> SearchIndex {
    let written = Instant::now();
    let bytes = index.to_bytes().unwrap();
    let written = written.elapsed();
    drop(index);
    // Has the kernel count the peak anew.
    _ = fs::write("/proc/self/clear_refs", "5");
    let loaded = Instant::now();
    let index = SearchIndex::from_bytes(&bytes).unwrap();
    let loaded = loaded.elapsed();
    let (length, peak) = (bytes.len(), in_status("VmHWM"));
    drop(bytes);
    let resident = resident().saturating_sub(start);
    println!(
        "  snapshot of {} written in {written:.1?}, loaded in {loaded:.1?}; resident {} ({:.2} times), {} while loading",
        mb(length),
        mb(resident),
        resident as f64 / length as f64,
        mb(peak.saturating_sub(start)),
    );
    index
}

fn erase(index: &mut SearchIndex) {
    let started = Instant::now();
    index.remove(id(1)).unwrap();
    let removed = started.elapsed();
    let mut longest = Duration::ZERO;
    loop {
        let part = Instant::now();
        let done = index.erase_some().unwrap();
        longest = longest.max(part.elapsed());
        if done {
            break;
        }
    }
    let erased = started.elapsed();
    println!(
        "  removed one in {removed:.1?}, erased in {erased:.1?}, the longest part {longest:.1?}"
    );
}

fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

fn distribution(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!(
        "p50 {:.1?}, p95 {:.1?}, max {:.1?}",
        at(0.5),
        at(0.95),
        at(1.0)
    )
}

fn mb(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn id(number: usize) -> Owner {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).to_le_bytes());
    id
}

fn message(message: u32, text: &str) -> MessageEntry<'_> {
    MessageEntry {
        message,
        language: Language::English,
        text,
    }
}

fn resident() -> usize {
    in_status("VmRSS")
}

/// A size that Linux tells of this process in kB; 0 elsewhere.
fn in_status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1024
}

/// Makes texts and questions.
struct Made {
    random: Random,
    words: Vec<String>,
}

impl Made {
    fn new(seed: u64) -> Made {
        const BEFORE: [&str; 16] = [
            "b", "br", "c", "d", "f", "g", "gr", "l", "m", "n", "p", "r", "s", "t", "tr", "v",
        ];
        const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ou", "ea"];
        const AFTER: [&str; 8] = ["n", "r", "l", "m", "t", "x", "nd", "rk"];
        let mut random = Random(seed);
        let words = (0..40_000).map(|_| {
            let mut word = String::new();
            for _ in 0..2 + random.below(2) {
                word += BEFORE[random.below(16)];
                word += VOWELS[random.below(8)];
            }
            word + AFTER[random.below(8)]
        });
        let words = words.collect();
        Made { random, words }
    }

    fn word(&mut self) -> &str {
        let part = self.random.below(1 << 30) as f64 / f64::from(1 << 30);
        &self.words[(self.words.len() as f64).powf(part) as usize - 1]
    }

    fn text(&mut self) -> String {
        const FUNCTION: [&str; 8] = ["the", "of", "and", "to", "in", "is", "that", "for"];
        let mut text = String::new();
        for _ in 0..80 {
            if self.random.below(10) < 4 {
                text += FUNCTION[self.random.below(8)];
            } else {
                text += self.word();
            }
            text += " ";
        }
        text
    }

    fn questions(&mut self, words: usize) -> Vec<String> {
        let mut question = || {
            let asked: Vec<_> = (0..words).map(|_| self.word().to_owned()).collect();
            format!("What is the {} of it?", asked.join(" "))
        };
        (0..QUESTIONS).map(|_| question()).collect()
    }
}
