//! How alike two texts are: the F1 of their words, as often as each occurs and in whatever order.

use std::collections::HashMap;

/// The words of a text, and how often each occurs.
#[derive(Default)]
pub struct Words {
    counts: HashMap<String, usize>,
    total: usize,
}

impl Words {
    /// Runs of letters and digits, in small letters. Ligatures are their letters, and a soft hyphen is nothing.
    pub fn of(text: &str) -> Words {
        let mut words = Words::default();
        let mut word = String::new();
        for character in text.chars() {
            match ligature(character) {
                Some(letters) => word.push_str(letters),
                None if character.is_alphanumeric() => word.extend(character.to_lowercase()),
                None => words.take(&mut word),
            }
        }
        words.take(&mut word);
        words
    }

    /// How many there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Twice the words that both have, of all words of both; 1 for two texts without words.
    pub fn f1(&self, other: &Words) -> f64 {
        let all = self.total + other.total;
        if all == 0 {
            return 1.0;
        }
        let shared = |(word, count): (&String, &usize)| {
            other.counts.get(word).map_or(0, |there| *there.min(count))
        };
        let shared: usize = self.counts.iter().map(shared).sum();
        2.0 * shared as f64 / all as f64
    }

    fn take(&mut self, word: &mut String) {
        if !word.is_empty() {
            *self.counts.entry(std::mem::take(word)).or_default() += 1;
            self.total += 1;
        }
    }
}

fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{fb00}' => "ff",
        '\u{fb01}' => "fi",
        '\u{fb02}' => "fl",
        '\u{fb03}' => "ffi",
        '\u{fb04}' => "ffl",
        '\u{00ad}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f1(one: &str, other: &str) -> f64 {
        Words::of(one).f1(&Words::of(other))
    }

    #[test]
    fn the_order_of_words_and_what_stands_between_them_do_not_count() {
        assert_eq!(f1("The north basin, 2025.", "2025 basin (north) THE"), 1.0);
        assert_eq!(f1("_of\u{fb01}ce_", "office"), 1.0);
        assert_eq!(f1("ba\u{ad}sin", "basin"), 1.0);
    }

    #[test]
    fn a_word_counts_as_often_as_both_have_it() {
        assert_eq!(f1("a a a b", "a b"), 2.0 * 2.0 / 6.0);
        assert_eq!(f1("one", "two"), 0.0);
        assert_eq!(f1("one", ""), 0.0);
        assert_eq!(f1("", " "), 1.0);
    }
}
