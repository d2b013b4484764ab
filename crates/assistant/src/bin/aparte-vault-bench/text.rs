//! Text that nobody wrote, but with the statistics of text: what an index costs depends on them.
//!
//! Words are drawn by Zipf's law from a vocabulary whose most frequent words are those of English; one in fifty is a
//! number or a reference of its own, so that the vocabulary goes on growing with the text, as it does for people.
//! Everything comes from one seed: a run can be repeated.

use std::fmt::Write as _;

/// How many different words there are, beside numbers and references.
const VOCABULARY: usize = 60_000;
/// The exponent of Zipf's law; for English it is near one.
const EXPONENT: f64 = 1.05;
/// One word in so many is a number or a reference.
const RARE: u64 = 50;

const FREQUENT: &str = "the of and to in a is that for it as was with be by on not he his but at are this have from or \
    had an they which one you were all her she there would their we him been has when who will no more if out so what \
    up said about than into them can only other time new some could these two may first then do any like now my such \
    over our man me even most made after also did many off before must well back through years where much your way";

/// Draws numbers and text.
pub struct Writer {
    state: u64,
    words: Vec<String>,
    /// The share of all draws that falls to a word or one before it.
    shares: Vec<f64>,
}

impl Writer {
    /// A writer who writes the same from the same seed.
    pub fn new(seed: u64) -> Writer {
        // One vocabulary for all: what one writes another can ask for.
        let mut writer = Writer {
            state: 0,
            words: FREQUENT.split_whitespace().map(str::to_owned).collect(),
            shares: Vec::with_capacity(VOCABULARY),
        };
        while writer.words.len() < VOCABULARY {
            let word = writer.invent();
            writer.words.push(word);
        }
        let mut total = 0.0;
        for rank in 1..=VOCABULARY {
            total += (rank as f64).powf(-EXPONENT);
            writer.shares.push(total);
        }
        writer.shares.iter_mut().for_each(|share| *share /= total);
        writer.state = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
        writer
    }

    /// The next number (SplitMix64).
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// Sentences of together about `length` bytes.
    pub fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        let mut in_sentence = 0;
        while text.len() < length {
            if in_sentence > 0 {
                text.push(' ');
            }
            self.push_word(&mut text);
            in_sentence += 1;
            if in_sentence > 6 && self.below(10) == 0 {
                text.push_str(". ");
                in_sentence = 0;
            }
        }
        text.push('.');
        text
    }

    /// A question of a few words as people ask it: one common word, the others rarer.
    pub fn question(&mut self) -> String {
        let mut question = String::from("What about");
        for _ in 0..2 + self.below(3) {
            question.push(' ');
            let rank = 100 + self.below(5_000) as usize;
            question.push_str(&self.words[rank].clone());
        }
        question.push('?');
        question
    }

    /// A vector near one of a thousand directions, as the texts of a library are about a thousand things.
    pub fn vector(&mut self) -> [i8; 384] {
        let mut direction = Direction(self.below(1_000));
        let mut vector = [0; 384];
        for component in &mut vector {
            let noise = (self.number() >> 32) as i32 % 40;
            *component = (direction.next() + noise).clamp(-127, 127) as i8;
        }
        vector
    }

    fn push_word(&mut self, text: &mut String) {
        if self.below(RARE) == 0 {
            let number = self.number();
            match number % 3 {
                0 => write!(text, "{}", number >> 44),
                1 => write!(text, "AB-{}", number >> 40),
                _ => write!(text, "{}", self.invent()),
            }
            .expect("a string takes all that is written");
            return;
        }
        let draw = (self.number() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = self.shares.partition_point(|&share| share < draw);
        text.push_str(&self.words[rank.min(VOCABULARY - 1)]);
    }

    /// A word of two to four syllables, with an English ending now and then.
    fn invent(&mut self) -> String {
        const BEGIN: [&str; 16] = [
            "b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pl",
        ];
        const MIDDLE: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "ai", "ou"];
        const END: [&str; 12] = [
            "", "", "", "n", "r", "l", "st", "s", "ed", "ing", "er", "tion",
        ];
        let mut word = String::new();
        for _ in 0..2 + self.below(3) {
            word.push_str(BEGIN[self.below(BEGIN.len() as u64) as usize]);
            word.push_str(MIDDLE[self.below(MIDDLE.len() as u64) as usize]);
        }
        word.push_str(END[self.below(END.len() as u64) as usize]);
        word
    }
}

/// The components of one of the directions, the same ones every time.
struct Direction(u64);

impl Direction {
    fn next(&mut self) -> i32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i32 % 90
    }
}
