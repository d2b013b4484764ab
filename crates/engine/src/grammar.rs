//! What a text must look like, as rules that say which characters may follow each other.
//!
//! Grammars come from outside: [`gbnf`] reads them as written text, [`schema`] makes them of a JSON
//! schema. Whatever they hold, a [`Grammar`] that was built is bounded in size and never calls itself
//! without a character in between, so that following it ends. llama.cpp has such a reader too. It is not
//! used: it ends the process on a token that does not fit, misses some rules that never end, has no bound
//! on what an ambiguous grammar costs, and prints a grammar that it refuses.

mod characters;
pub(crate) mod gbnf;
pub(crate) mod matcher;
pub(crate) mod schema;

pub(crate) use characters::Characters;

/// The longest text of a grammar or a schema, in bytes.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;

/// How deep groups may stand in each other.
pub(crate) const DEEPEST: usize = 64;

/// Why a reply cannot be held to a shape. Nothing of the shape's own text is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShapeFailure {
    /// The text of it is too long.
    #[error("its text is longer than {LONGEST_TEXT} bytes")]
    TooLong,
    /// Groups in groups.
    #[error("its parts are nested more than {DEEPEST} deep")]
    TooDeep,
    /// Written out, it has too many steps: mostly repetitions of large numbers.
    #[error("it repeats too much: written out, it has more than {LARGEST} steps")]
    TooLarge,
    /// No grammar.
    #[error(
        "the grammar does not read in line {line}, at character {column}: {expected} is expected"
    )]
    Syntax {
        /// From one on.
        line: usize,
        /// From one on.
        column: usize,
        /// What a grammar would have there.
        expected: &'static str,
    },
    /// A rule is used that is not there.
    #[error("line {0} of the grammar uses a rule that is nowhere defined")]
    UndefinedRule(usize),
    /// Two rules of one name.
    #[error("line {0} of the grammar defines a rule for the second time")]
    DefinedTwice(usize),
    /// Nothing to begin with.
    #[error("the grammar has no rule named root")]
    NoRoot,
    /// A rule that leads back to itself and writes nothing on the way.
    #[error(
        "a rule of it comes back to itself before any character is written, \
         or something that can be empty is repeated without end"
    )]
    EndlessRule,
    /// The schema is not JSON.
    #[error("the schema is not JSON")]
    NoJson,
    /// JSON, but no schema.
    #[error("the schema is not a JSON schema: {0}")]
    NoSchema(&'static str),
    /// A schema that asks for what cannot be promised.
    #[error("the schema uses {0}, which cannot be held to")]
    Unsupported(&'static str),
}

/// The most steps of all rules together.
const LARGEST: usize = 1 << 18;

/// A part of a rule as it is written.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// One of these characters.
    One(Characters),
    /// These characters, one after another.
    Text(String),
    /// Another rule.
    Rule(Rule),
    /// All of these, one after another; none is the empty text.
    Sequence(Vec<Part>),
    /// One of these.
    Choice(Vec<Part>),
    /// The part so many times: at least, and at most where there is an end.
    Repeated(Box<Part>, u32, Option<u32>),
}

/// The number of a rule in its [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule(u32);

/// Rules on the way to a [`Grammar`].
#[derive(Debug, Default)]
pub(crate) struct Rules {
    steps: Vec<Step>,
    /// Where the steps of each way through a rule begin.
    ways: Vec<Vec<u32>>,
    sets: Vec<Characters>,
}

/// Rules that can be followed.
#[derive(Debug)]
pub(crate) struct Grammar {
    steps: Vec<Step>,
    ways: Vec<Vec<u32>>,
    sets: Vec<Characters>,
    root: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A character out of the set of this number.
    One(u32),
    /// Through the rule.
    Rule(Rule),
    /// Back to where the rule was called.
    End,
}

impl Rules {
    /// A rule to be defined later. Left undefined, nothing fits it.
    ///
    /// # Errors
    /// [`ShapeFailure::TooLarge`].
    pub(crate) fn announce(&mut self) -> Result<Rule, ShapeFailure> {
        if self.ways.len() >= LARGEST {
            return Err(ShapeFailure::TooLarge);
        }
        self.ways.push(Vec::new());
        Ok(Rule(self.ways.len() as u32 - 1))
    }

    /// Gives a rule another way through it.
    ///
    /// # Errors
    /// [`ShapeFailure::TooLarge`].
    pub(crate) fn define(&mut self, rule: Rule, part: Part) -> Result<(), ShapeFailure> {
        let ways = match part {
            Part::Choice(parts) => parts,
            part => vec![part],
        };
        for way in ways {
            let mut steps = Vec::new();
            self.write(&way, &mut steps)?;
            self.add_way(rule, &steps)?;
        }
        Ok(())
    }

    /// The rules, to be followed from `root` on.
    ///
    /// # Errors
    /// [`ShapeFailure::EndlessRule`].
    pub(crate) fn finish(self, root: Rule) -> Result<Grammar, ShapeFailure> {
        let grammar = Grammar {
            steps: self.steps,
            ways: self.ways,
            sets: self.sets,
            root,
        };
        match grammar.comes_back_to_itself() {
            true => Err(ShapeFailure::EndlessRule),
            false => Ok(grammar),
        }
    }

    fn add_way(&mut self, rule: Rule, steps: &[Step]) -> Result<(), ShapeFailure> {
        if self.steps.len() + steps.len() >= LARGEST {
            return Err(ShapeFailure::TooLarge);
        }
        self.ways[rule.0 as usize].push(self.steps.len() as u32);
        self.steps.extend_from_slice(steps);
        self.steps.push(Step::End);
        Ok(())
    }

    fn write(&mut self, part: &Part, steps: &mut Vec<Step>) -> Result<(), ShapeFailure> {
        if steps.len() >= LARGEST {
            return Err(ShapeFailure::TooLarge);
        }
        match part {
            Part::One(characters) => {
                let step = self.one(characters.clone())?;
                steps.push(step);
            }
            Part::Text(text) => {
                for character in text.chars() {
                    let step = self.one(Characters::only(character))?;
                    steps.push(step);
                }
            }
            Part::Rule(rule) => steps.push(Step::Rule(*rule)),
            Part::Sequence(parts) => {
                for part in parts {
                    self.write(part, steps)?;
                }
            }
            Part::Choice(parts) => {
                let rule = self.announce()?;
                self.define(rule, Part::Choice(parts.clone()))?;
                steps.push(Step::Rule(rule));
            }
            Part::Repeated(part, least, most) => self.write_repeated(part, *least, *most, steps)?,
        }
        Ok(())
    }

    fn write_repeated(
        &mut self,
        part: &Part,
        least: u32,
        most: Option<u32>,
        steps: &mut Vec<Step>,
    ) -> Result<(), ShapeFailure> {
        if least.max(most.unwrap_or(0)) as usize >= LARGEST {
            return Err(ShapeFailure::TooLarge);
        }
        let mut unit = Vec::new();
        self.write(part, &mut unit)?;
        let unit = match unit[..] {
            [] => return Ok(()),
            [step] => step,
            // So that the steps of a long part are there once.
            _ => {
                let rule = self.announce()?;
                self.add_way(rule, &unit)?;
                Step::Rule(rule)
            }
        };
        steps.extend((0..least).map(|_| unit));
        match most {
            None => {
                let again = self.announce()?;
                self.add_way(again, &[unit, Step::Rule(again)])?;
                self.add_way(again, &[])?;
                steps.push(Step::Rule(again));
            }
            Some(most) => {
                let mut rest: Option<Rule> = None;
                for _ in least..most {
                    let rule = self.announce()?;
                    let after = rest.map(Step::Rule);
                    let way: Vec<Step> = [unit].into_iter().chain(after).collect();
                    self.add_way(rule, &way)?;
                    self.add_way(rule, &[])?;
                    rest = Some(rule);
                }
                steps.extend(rest.map(Step::Rule));
            }
        }
        Ok(())
    }

    fn one(&mut self, characters: Characters) -> Result<Step, ShapeFailure> {
        if self.sets.len() >= LARGEST {
            return Err(ShapeFailure::TooLarge);
        }
        // Neighbours are often alike; a search through all would take too long.
        let from = self.sets.len().saturating_sub(8);
        let known = self.sets[from..].iter().position(|set| *set == characters);
        let number = match known {
            Some(position) => from + position,
            None => {
                self.sets.push(characters);
                self.sets.len() - 1
            }
        };
        Ok(Step::One(number as u32))
    }
}

impl Grammar {
    /// Whether a rule can be reached from itself with no character in between. In time that grows as
    /// the grammar does, and without recursion.
    fn comes_back_to_itself(&self) -> bool {
        let can_be_empty = self.can_be_empty();
        let mut calls: Vec<Vec<u32>> = vec![Vec::new(); self.ways.len()];
        let mut called = vec![0_u32; self.ways.len()];
        for (rule, ways) in self.ways.iter().enumerate() {
            for step in ways
                .iter()
                .flat_map(|&way| self.first_steps(way, &can_be_empty))
            {
                if let Step::Rule(next) = step {
                    calls[rule].push(next.0);
                    called[next.0 as usize] += 1;
                }
            }
        }
        // Rules that nobody calls are taken away until none is left, or only circles are.
        let mut free: Vec<usize> = (0..called.len())
            .filter(|&rule| called[rule] == 0)
            .collect();
        let mut taken = 0;
        while let Some(rule) = free.pop() {
            taken += 1;
            for &next in &calls[rule] {
                called[next as usize] -= 1;
                if called[next as usize] == 0 {
                    free.push(next as usize);
                }
            }
        }
        taken < self.ways.len()
    }

    /// The steps of a way up to the first that writes a character for certain.
    fn first_steps<'a>(
        &'a self,
        way: u32,
        can_be_empty: &'a [bool],
    ) -> impl Iterator<Item = Step> + 'a {
        let mut is_over = false;
        self.steps[way as usize..]
            .iter()
            .copied()
            .take_while(move |step| {
                let was_over = is_over;
                is_over = match step {
                    Step::Rule(rule) => !can_be_empty[rule.0 as usize],
                    Step::One(_) | Step::End => true,
                };
                !was_over
            })
    }

    /// For each rule, whether it can be followed without a character.
    fn can_be_empty(&self) -> Vec<bool> {
        // The ways that consist of rules alone, with how many of these are not yet known to be empty.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); self.ways.len()];
        let mut empty = vec![false; self.ways.len()];
        let mut found = Vec::new();
        for (rule, ways) in self.ways.iter().enumerate() {
            for &way in ways {
                let steps = self.steps[way as usize..].iter();
                let steps = steps.take_while(|step| **step != Step::End);
                if steps.clone().any(|step| matches!(step, Step::One(_))) {
                    continue;
                }
                let rules = steps.filter_map(|step| match step {
                    Step::Rule(rule) => Some(rule.0 as usize),
                    Step::One(_) | Step::End => None,
                });
                let mut count = 0;
                for needed in rules {
                    waiting[needed].push(open.len());
                    count += 1;
                }
                open.push((rule, count));
                if count == 0 {
                    found.push(rule);
                }
            }
        }
        while let Some(rule) = found.pop() {
            if std::mem::replace(&mut empty[rule], true) {
                continue;
            }
            for &way in &waiting[rule] {
                open[way].1 -= 1;
                if open[way].1 == 0 {
                    found.push(open[way].0);
                }
            }
        }
        empty
    }
}

#[cfg(test)]
mod hostile;
