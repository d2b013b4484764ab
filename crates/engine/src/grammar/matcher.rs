//! Following a grammar through a text, piece by piece.
//!
//! A place in the text is a set of stacks: each the step that is next, and the steps to come back to when
//! its rule is over. Equal stacks are one, places are numbered, and what a character leads to from a place
//! is remembered: so the many words that a long list of tokens begins alike with cost little. What an
//! ambiguous grammar can make of this is bounded by an allowance for each token.

use std::collections::{HashMap, HashSet};

use super::{Grammar, Step};

/// What follows a grammar.
#[derive(Debug)]
pub(crate) struct Matcher {
    grammar: Grammar,
    /// A step and the stack under it.
    stacks: Vec<(u32, u32)>,
    numbers: HashMap<(u32, u32), u32>,
    places: Vec<Box<[u32]>>,
    place_numbers: HashMap<Box<[u32]>, u32>,
    /// The place that a character leads to from another.
    known: HashMap<(u32, char), u32>,
    here: Position,
    allowance: usize,
}

/// The grammar allows more ways at once than can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyWays;

/// How far a text is followed: a place, and the bytes of a character that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    place: u32,
    cut: Cut,
}

/// The beginning of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cut {
    /// The bits that are known.
    bits: u32,
    /// How many bytes are missing.
    missing: u32,
    /// The lowest character that may be written with so many bytes.
    lowest: u32,
}

/// The stack with nothing on it: the text may end.
const DONE: u32 = u32::MAX;

/// The most stacks of one place.
const MOST_STACKS: usize = 1 << 13;

/// How many stacks may be looked at for one token of the reply: well below a second, and 128 MiB.
const ALLOWANCE: usize = 1 << 22;

/// What is remembered at the most before all but the current place is forgotten.
const MOST_KNOWN: usize = 1 << 19;

impl Matcher {
    /// At the beginning of a text.
    pub(crate) fn new(grammar: Grammar) -> Result<Matcher, TooManyWays> {
        let mut matcher = Matcher {
            grammar,
            stacks: Vec::new(),
            numbers: HashMap::new(),
            places: Vec::new(),
            place_numbers: HashMap::new(),
            known: HashMap::new(),
            here: Position {
                place: 0,
                cut: Cut::default(),
            },
            allowance: ALLOWANCE,
        };
        let mut next = Vec::new();
        matcher.enter(matcher.grammar.root.0, DONE, &mut next);
        matcher.here.place = matcher.place(next)?;
        Ok(matcher)
    }

    /// To be called before each token: gives a new allowance.
    pub(crate) fn next_token(&mut self) {
        self.allowance = ALLOWANCE;
        if self.stacks.len() + self.known.len() > MOST_KNOWN {
            self.forget();
        }
    }

    /// Whether the text may go on with these bytes. None do not count as going on.
    pub(crate) fn allows(&mut self, bytes: &[u8]) -> Result<bool, TooManyWays> {
        Ok(!bytes.is_empty() && self.follow(bytes)?.is_some())
    }

    /// Goes on with these bytes; false, and stays, where they do not fit.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> Result<bool, TooManyWays> {
        let after = self.follow(bytes)?;
        if let Some(after) = after {
            self.here = after;
        }
        Ok(after.is_some())
    }

    /// Whether the text may end here.
    pub(crate) fn may_end(&self) -> bool {
        self.here.cut.missing == 0 && self.places[self.here.place as usize].contains(&DONE)
    }

    /// Whether the text may end here and cannot go on.
    pub(crate) fn must_end(&self) -> bool {
        self.here.cut.missing == 0 && *self.places[self.here.place as usize] == [DONE]
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<Option<Position>, TooManyWays> {
        let Position { mut place, mut cut } = self.here;
        for &byte in bytes {
            let Some(next) = cut.with(byte) else {
                return Ok(None);
            };
            cut = next;
            if cut.missing > 0 {
                continue;
            }
            let Some(character) = char::from_u32(cut.bits) else {
                return Ok(None);
            };
            cut = Cut::default();
            place = self.after(place, character)?;
            if self.places[place as usize].is_empty() {
                return Ok(None);
            }
        }
        let fits = cut.missing == 0 || self.can_be_completed(place, cut);
        Ok(fits.then_some(Position { place, cut }))
    }

    /// Whether a character that begins so may come next.
    fn can_be_completed(&self, place: u32, cut: Cut) -> bool {
        let (first, last) = cut.range();
        self.places[place as usize].iter().any(|&stack| {
            stack != DONE
                && matches!(self.top(stack), Step::One(set)
                    if self.grammar.sets[set as usize].has_some(first, last))
        })
    }

    fn after(&mut self, place: u32, character: char) -> Result<u32, TooManyWays> {
        if let Some(&after) = self.known.get(&(place, character)) {
            return Ok(after);
        }
        let mut next = Vec::new();
        for index in 0..self.places[place as usize].len() {
            let stack = self.places[place as usize][index];
            if stack == DONE {
                continue;
            }
            self.allowance = self.allowance.checked_sub(1).ok_or(TooManyWays)?;
            if let Step::One(set) = self.top(stack)
                && self.grammar.sets[set as usize].has(character)
            {
                let (step, under) = self.stacks[stack as usize];
                next.push(self.on(step + 1, under));
            }
        }
        let after = self.place(next)?;
        self.known.insert((place, character), after);
        Ok(after)
    }

    fn top(&self, stack: u32) -> Step {
        self.grammar.steps[self.stacks[stack as usize].0 as usize]
    }

    /// The stack `under` with this step on it, or `under` itself where the step ends its rule.
    fn on(&mut self, step: u32, under: u32) -> u32 {
        if self.grammar.steps[step as usize] == Step::End {
            return under;
        }
        *self.numbers.entry((step, under)).or_insert_with(|| {
            self.stacks.push((step, under));
            self.stacks.len() as u32 - 1
        })
    }

    fn enter(&mut self, rule: u32, under: u32, stacks: &mut Vec<u32>) {
        for index in 0..self.grammar.ways[rule as usize].len() {
            let way = self.grammar.ways[rule as usize][index];
            stacks.push(self.on(way, under));
        }
    }

    /// The place of these stacks, with rules replaced by their ways until a character is next in each.
    fn place(&mut self, mut open: Vec<u32>) -> Result<u32, TooManyWays> {
        let mut seen = HashSet::new();
        let mut ready = Vec::new();
        while let Some(stack) = open.pop() {
            if !seen.insert(stack) {
                continue;
            }
            self.allowance = self.allowance.checked_sub(1).ok_or(TooManyWays)?;
            if stack == DONE {
                ready.push(stack);
                continue;
            }
            match self.top(stack) {
                Step::Rule(rule) => {
                    let (step, under) = self.stacks[stack as usize];
                    let back = self.on(step + 1, under);
                    self.enter(rule.0, back, &mut open);
                }
                Step::One(_) | Step::End => ready.push(stack),
            }
            if ready.len() > MOST_STACKS {
                return Err(TooManyWays);
            }
        }
        ready.sort_unstable();
        let ready = ready.into_boxed_slice();
        if let Some(&place) = self.place_numbers.get(&ready) {
            return Ok(place);
        }
        let place = self.places.len() as u32;
        self.places.push(ready.clone());
        self.place_numbers.insert(ready, place);
        Ok(place)
    }

    /// Keeps nothing but the current place.
    pub(super) fn forget(&mut self) {
        let stacks = std::mem::take(&mut self.stacks);
        let place = std::mem::take(&mut self.places).swap_remove(self.here.place as usize);
        self.numbers.clear();
        self.place_numbers.clear();
        self.known.clear();
        let mut kept: Vec<u32> = place
            .iter()
            .map(|&stack| self.again(&stacks, stack))
            .collect();
        kept.sort_unstable();
        let kept = kept.into_boxed_slice();
        self.here.place = 0;
        self.places.push(kept.clone());
        self.place_numbers.insert(kept, 0);
    }

    /// Puts a stack of before there again.
    fn again(&mut self, before: &[(u32, u32)], stack: u32) -> u32 {
        let mut steps = Vec::new();
        let mut rest = stack;
        while rest != DONE {
            let (step, under) = before[rest as usize];
            steps.push(step);
            rest = under;
        }
        let steps = steps.into_iter().rev();
        steps.fold(DONE, |under, step| self.on(step, under))
    }
}

impl Cut {
    /// One byte more; whole when none is missing. `None` where no character goes on so.
    fn with(self, byte: u8) -> Option<Cut> {
        let cut = |bits: u8, missing, lowest| Cut {
            bits: u32::from(bits),
            missing,
            lowest,
        };
        if self.missing == 0 {
            return match byte {
                0x00..=0x7f => Some(cut(byte, 0, 0)),
                0xc2..=0xdf => Some(cut(byte & 0x1f, 1, 0x80)),
                0xe0..=0xef => Some(cut(byte & 0x0f, 2, 0x800)),
                0xf0..=0xf4 => Some(cut(byte & 0x07, 3, 0x1_0000)),
                _ => None,
            };
        }
        if byte & 0xc0 != 0x80 {
            return None;
        }
        let next = Cut {
            bits: self.bits << 6 | u32::from(byte & 0x3f),
            missing: self.missing - 1,
            lowest: self.lowest,
        };
        let (first, last) = next.range();
        (first <= last && !(0xd800 <= first && last <= 0xdfff)).then_some(next)
    }

    /// The characters that it can become.
    fn range(self) -> (u32, u32) {
        let first = self.bits << (6 * self.missing);
        let last = first | ((1 << (6 * self.missing)) - 1);
        (first.max(self.lowest), last.min(char::MAX as u32))
    }
}
