//! What stands before the items of an OpenDocument's lists: a bullet, or the number that the list's style gives.
//!
//! Format: OpenDocument 1.3, part 3, 5.3 (lists) and 16.30 to 16.35 (their styles).

use std::collections::HashMap;

use crate::xml::Element;

/// The levels that a style can tell of.
const LEVELS: usize = 10;
/// Bytes of a style's name at most: each open list keeps one.
const NAME: usize = 256;
const BULLET: &str = "•";

/// The styles of lists, and the lists that are open.
#[derive(Default)]
pub(super) struct Lists {
    styles: HashMap<String, Vec<Option<Numbered>>>,
    /// The style that is being read.
    reading: Option<String>,
    /// The lists around, the innermost last.
    open: Vec<Open>,
    /// Where the outermost lists of each style ended.
    ended: HashMap<String, u64>,
}

/// How the items of a level are numbered.
#[derive(Clone)]
struct Numbered {
    numeral: Numeral,
    prefix: String,
    suffix: String,
    first: u64,
    /// Of how many levels numbers are shown, its own included.
    shown: usize,
}

#[derive(Clone, Copy)]
enum Numeral {
    Decimal,
    Letters { capital: bool },
    Roman { capital: bool },
}

struct Open {
    style: Option<String>,
    /// The number of the last item.
    number: u64,
}

impl Lists {
    /// Learns from the elements that say how lists look.
    pub(super) fn style(&mut self, element: &Element) {
        match element.name() {
            "list-style" => {
                let name = element.attribute("name");
                self.reading = name.filter(|name| name.len() <= NAME);
            }
            "list-level-style-number" => {
                let level = element.number("level").unwrap_or(1) as usize;
                let Some(name) = self.reading.clone() else {
                    return;
                };
                if !(1..=LEVELS).contains(&level) {
                    return;
                }
                let levels = self.styles.entry(name).or_default();
                levels.resize(levels.len().max(level), None);
                levels[level - 1] = Numbered::of(element);
            }
            _ => {}
        }
    }

    /// How many lists are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// A list begins.
    pub(super) fn begin(&mut self, element: &Element) {
        let around = self.open.last().and_then(|open| open.style.clone());
        let own = element.attribute("style-name");
        let style = own.filter(|name| name.len() <= NAME).or(around);
        let goes_on = element.attribute("continue-numbering").as_deref() == Some("true");
        let before = style.as_ref().and_then(|style| self.ended.get(style));
        let first = self.level(&style, self.open.len()).map_or(1, |it| it.first);
        let number = match before {
            Some(before) if goes_on && self.open.is_empty() => *before,
            _ => first.saturating_sub(1),
        };
        self.open.push(Open { style, number });
    }

    pub(super) fn end(&mut self) {
        let Some(Open { style, number }) = self.open.pop() else {
            return;
        };
        if let Some(style) = style
            && self.open.is_empty()
        {
            self.ended.insert(style, number);
        }
    }

    /// An item begins. Gives what stands before it.
    pub(super) fn item(&mut self, element: &Element) -> Option<String> {
        let open = self.open.last_mut()?;
        open.number = match element.number("start-value") {
            Some(number) => number,
            None => open.number.saturating_add(1),
        };
        let depth = self.open.len() - 1;
        let style = &self.open[depth].style;
        let Some(numbered) = self.level(style, depth) else {
            return Some(BULLET.to_owned());
        };
        let from = (depth + 1).saturating_sub(numbered.shown.max(1));
        let numbers = (from..=depth).filter_map(|at| {
            let level = self.level(style, at)?;
            Some(level.numeral.written(self.open[at].number))
        });
        let numbers: Vec<_> = numbers.collect();
        let Numbered { prefix, suffix, .. } = numbered;
        Some(format!("{prefix}{}{suffix}", numbers.join(".")))
    }

    /// How items at this depth, from zero on, are numbered; `None` where they are not.
    fn level(&self, style: &Option<String>, depth: usize) -> Option<&Numbered> {
        self.styles.get(style.as_ref()?)?.get(depth)?.as_ref()
    }
}

impl Numbered {
    /// `None` for a level that shows no number.
    fn of(element: &Element) -> Option<Numbered> {
        let numeral = match element.attribute("num-format")?.as_str() {
            "1" => Numeral::Decimal,
            "a" => Numeral::Letters { capital: false },
            "A" => Numeral::Letters { capital: true },
            "i" => Numeral::Roman { capital: false },
            "I" => Numeral::Roman { capital: true },
            _ => return None,
        };
        let around = |name: &str| {
            let text = element.attribute(name).unwrap_or_default();
            text.chars().take(LEVELS).collect()
        };
        Some(Numbered {
            numeral,
            prefix: around("num-prefix"),
            suffix: around("num-suffix"),
            first: element.number("start-value").unwrap_or(1),
            shown: (element.number("display-levels").unwrap_or(1)).min(LEVELS as u64) as usize,
        })
    }
}

impl Numeral {
    fn written(self, number: u64) -> String {
        /// Roman numerals have no sign for 5,000, and letters beyond three are no numbers to anybody.
        const LAST: u64 = 3_999;
        let (text, capital) = match self {
            Numeral::Letters { capital } if (1..=LAST).contains(&number) => {
                (letters(number), capital)
            }
            Numeral::Roman { capital } if (1..=LAST).contains(&number) => (roman(number), capital),
            _ => return number.to_string(),
        };
        if capital { text.to_uppercase() } else { text }
    }
}

/// a to z, then aa, ab and so on.
fn letters(mut number: u64) -> String {
    let mut text = Vec::new();
    while number > 0 {
        number -= 1;
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    text.iter().rev().collect()
}

fn roman(mut number: u64) -> String {
    const SIGNS: [(u64, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while number >= value {
            text.push_str(sign);
            number -= value;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_figures_letters_and_roman_numerals() {
        let lower = Numeral::Letters { capital: false };
        let written = [1, 26, 27, 28, 703].map(|number| lower.written(number));
        assert_eq!(written, ["a", "z", "aa", "ab", "aaa"]);
        let upper = Numeral::Roman { capital: true };
        let written = [1, 4, 9, 1999].map(|number| upper.written(number));
        assert_eq!(written, ["I", "IV", "IX", "MCMXCIX"]);
        assert_eq!(Numeral::Decimal.written(u64::MAX), u64::MAX.to_string());
        assert_eq!(upper.written(4_000), "4000");
        assert_eq!(lower.written(0), "0");
    }
}
