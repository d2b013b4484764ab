//! Grammars as written text, in the form that llama.cpp knows as GBNF.
//!
//! A rule is `name ::= …`, and `root` is where a text begins. In it stand `"text"`, `[a-z]`, `[^a-z]`,
//! `.` for any character, names of rules, groups in parentheses and `|` between what may stand for each
//! other; `*`, `+`, `?`, `{2}`, `{2,}` and `{2,5}` say how often. A rule ends with its line, but for a
//! line break within parentheses or after `|`. `#` begins a comment. Escapes are `\n`, `\r`, `\t`,
//! `\xHH`, `\uHHHH`, `\UHHHHHHHH` and a backslash before `"`, `\`, `[`, `]`, `-` or `^`. Tokens by number or
//! name, which llama.cpp can name too, are deliberately absent: a grammar is about text.

use std::collections::HashMap;

use super::{Characters, DEEPEST, Grammar, LONGEST_TEXT, Part, Rule, Rules, ShapeFailure};

/// Reads a grammar.
///
/// # Errors
/// [`ShapeFailure`]: where and why it is none.
pub(crate) fn read(text: &str) -> Result<Grammar, ShapeFailure> {
    if text.len() > LONGEST_TEXT {
        return Err(ShapeFailure::TooLong);
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        rules: Rules::default(),
        names: HashMap::new(),
    };
    reader.skip(Lines::Across);
    while reader.at < text.len() {
        reader.rule()?;
        reader.skip(Lines::Across);
    }
    let undefined = reader.names.values().filter(|name| !name.is_defined);
    if let Some(first) = undefined.map(|name| name.first_at).min() {
        return Err(ShapeFailure::UndefinedRule(line_of(text, first)));
    }
    let root = reader.names.get("root").ok_or(ShapeFailure::NoRoot)?.rule;
    reader.rules.finish(root)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    rules: Rules,
    names: HashMap<&'t str, Name>,
}

struct Name {
    rule: Rule,
    /// Where it is named for the first time.
    first_at: usize,
    is_defined: bool,
}

/// Whether white space goes on over the end of a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Within,
    Across,
}

impl<'t> Reader<'t> {
    fn rule(&mut self) -> Result<(), ShapeFailure> {
        let begin = self.at;
        let name = self
            .name()?
            .ok_or_else(|| self.expected("the name of a rule"))?;
        let rule = self.named(name)?;
        self.skip(Lines::Within);
        if !self.take("::=") {
            return Err(self.expected("`::=`"));
        }
        self.skip(Lines::Across);
        let known = self.names.get_mut(name).expect("it was put there above");
        if std::mem::replace(&mut known.is_defined, true) {
            return Err(ShapeFailure::DefinedTwice(line_of(self.text, begin)));
        }
        let part = self.choice(Lines::Within)?;
        self.rules.define(rule, part)?;
        match self.peek() {
            None | Some('\n' | '\r') => Ok(()),
            Some(_) => Err(self.expected("a part of a rule or the end of the line")),
        }
    }

    fn choice(&mut self, lines: Lines) -> Result<Part, ShapeFailure> {
        let mut parts = vec![self.sequence(lines)?];
        while self.take("|") {
            self.skip(Lines::Across);
            parts.push(self.sequence(lines)?);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Part::Choice(parts),
        })
    }

    fn sequence(&mut self, lines: Lines) -> Result<Part, ShapeFailure> {
        let mut parts = Vec::new();
        while let Some(part) = self.single()? {
            self.skip(lines);
            parts.push(self.repeated(part, lines)?);
        }
        Ok(Part::Sequence(parts))
    }

    /// One part, without what says how often; `None` where none begins.
    fn single(&mut self) -> Result<Option<Part>, ShapeFailure> {
        let part = match self.peek() {
            Some('"') => self.quoted()?,
            Some('[') => self.set()?,
            Some('.') => {
                self.take(".");
                Part::One(Characters::not_of(&[]))
            }
            Some('(') => self.group()?,
            Some(_) => match self.name()? {
                Some(name) => Part::Rule(self.named(name)?),
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        Ok(Some(part))
    }

    fn group(&mut self) -> Result<Part, ShapeFailure> {
        self.take("(");
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ShapeFailure::TooDeep);
        }
        self.skip(Lines::Across);
        let part = self.choice(Lines::Across)?;
        if !self.take(")") {
            return Err(self.expected("`)`"));
        }
        self.depth -= 1;
        Ok(part)
    }

    fn quoted(&mut self) -> Result<Part, ShapeFailure> {
        self.take("\"");
        let mut text = String::new();
        while !self.take("\"") {
            text.push(self.character()?);
        }
        Ok(Part::Text(text))
    }

    fn set(&mut self) -> Result<Part, ShapeFailure> {
        self.take("[");
        let is_rest = self.take("^");
        let mut ranges = Vec::new();
        while !self.take("]") {
            let first = self.character()?;
            let is_range = self.rest().starts_with('-') && !self.rest().starts_with("-]");
            let last = match is_range && self.take("-") {
                true => self.character()?,
                false => first,
            };
            if last < first {
                return Err(self.expected("a range from a lower to a higher character"));
            }
            ranges.push((first, last));
        }
        Ok(Part::One(match is_rest {
            true => Characters::not_of(&ranges),
            false => Characters::of(&ranges),
        }))
    }

    /// The part as often as what follows says.
    fn repeated(&mut self, mut part: Part, lines: Lines) -> Result<Part, ShapeFailure> {
        let mut times = 0;
        loop {
            let (least, most) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => self.counts()?,
                _ => return Ok(part),
            };
            if most.is_some_and(|most| most < least) {
                return Err(self.expected("a number that is not smaller than the first"));
            }
            self.at += 1;
            self.skip(lines);
            times += 1;
            if times > DEEPEST {
                return Err(ShapeFailure::TooDeep);
            }
            part = Part::Repeated(Box::new(part), least, most);
        }
    }

    /// The numbers between braces, up to the closing one.
    fn counts(&mut self) -> Result<(u32, Option<u32>), ShapeFailure> {
        self.take("{");
        self.skip(Lines::Within);
        let least = self.number()?.ok_or_else(|| self.expected("a number"))?;
        self.skip(Lines::Within);
        let most = match self.take(",") {
            false => Some(least),
            true => {
                self.skip(Lines::Within);
                self.number()?
            }
        };
        self.skip(Lines::Within);
        match self.peek() {
            Some('}') => Ok((least, most)),
            _ => Err(self.expected("`}`")),
        }
    }

    fn number(&mut self) -> Result<Option<u32>, ShapeFailure> {
        let digits = self.while_it_is(|character| character.is_ascii_digit());
        match digits {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| ShapeFailure::TooLarge),
        }
    }

    fn name(&mut self) -> Result<Option<&'t str>, ShapeFailure> {
        let name =
            self.while_it_is(|character| character.is_ascii_alphanumeric() || character == '-');
        Ok((!name.is_empty()).then_some(name))
    }

    fn named(&mut self, name: &'t str) -> Result<Rule, ShapeFailure> {
        if let Some(known) = self.names.get(name) {
            return Ok(known.rule);
        }
        let name_of = Name {
            rule: self.rules.announce()?,
            first_at: self.at,
            is_defined: false,
        };
        let rule = name_of.rule;
        self.names.insert(name, name_of);
        Ok(rule)
    }

    /// One character of a text or a set, written out or with a backslash.
    fn character(&mut self) -> Result<char, ShapeFailure> {
        let next = |reader: &mut Reader<'t>| {
            let character = reader.peek().filter(|&character| character != '\n');
            let character =
                character.ok_or_else(|| reader.expected("a character, or what closes it"))?;
            reader.at += character.len_utf8();
            Ok(character)
        };
        match next(self)? {
            '\\' => match next(self)? {
                'n' => Ok('\n'),
                'r' => Ok('\r'),
                't' => Ok('\t'),
                'x' => self.hexadecimal(2),
                'u' => self.hexadecimal(4),
                'U' => self.hexadecimal(8),
                plain @ ('"' | '\\' | '[' | ']' | '-' | '^') => Ok(plain),
                unknown => {
                    self.at -= unknown.len_utf8();
                    Err(self.expected("an escape that is known"))
                }
            },
            character => Ok(character),
        }
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, ShapeFailure> {
        let character = self
            .rest()
            .get(..digits)
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|text| u32::from_str_radix(text, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| self.expected("the number of a character, with all its digits"))?;
        self.at += digits;
        Ok(character)
    }

    fn skip(&mut self, lines: Lines) {
        loop {
            self.while_it_is(|character| match character {
                ' ' | '\t' => true,
                '\n' | '\r' => lines == Lines::Across,
                _ => false,
            });
            if self.peek() != Some('#') {
                return;
            }
            self.while_it_is(|character| character != '\n');
        }
    }

    fn while_it_is(&mut self, is_it: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest
            .find(|character| !is_it(character))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn expected(&self, expected: &'static str) -> ShapeFailure {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        ShapeFailure::Syntax {
            line: line_of(self.text, self.at),
            column: before[line_start..].chars().count() + 1,
            expected,
        }
    }
}

/// In which line a place is, from one on. It takes as long as the text before it.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests;
