//! What every schema may use: white space, texts, numbers and any value of JSON.

use super::{Characters, Part, Rule, Rules, ShapeFailure, integers, one, text};

/// Rules that every schema may use.
pub(super) struct Common {
    pub(super) space: Rule,
    pub(super) character: Rule,
    pub(super) string: Rule,
    pub(super) number: Rule,
    pub(super) positive_number: Rule,
    pub(super) integer: Rule,
    pub(super) any: Rule,
}

impl Common {
    /// Writes them down, before those of the schema.
    pub(super) fn write(rules: &mut Rules) -> Result<Common, ShapeFailure> {
        let common = Common {
            space: rules.announce()?,
            character: rules.announce()?,
            string: rules.announce()?,
            number: rules.announce()?,
            positive_number: rules.announce()?,
            integer: rules.announce()?,
            any: rules.announce()?,
        };
        let optional = |part| Part::Repeated(Box::new(part), 0, Some(1));
        // As much as an indented text needs, and never without end.
        let indent = Part::Repeated(Box::new(text(" ")), 0, Some(16));
        let line = Part::Sequence(vec![text("\n"), indent]);
        let space = vec![Part::Sequence(Vec::new()), text(" "), line];
        rules.define(common.space, Part::Choice(space))?;

        let plain =
            Characters::not_of(&[('\0', '\x1f'), ('"', '"'), ('\\', '\\'), ('\x7f', '\x7f')]);
        let digits = |times| Part::Repeated(Box::new(one(HEXADECIMAL)), times, Some(times));
        // All but the halves of a pair, which alone are no character.
        let not_d = one(&[('0', '9'), ('a', 'c'), ('A', 'C'), ('e', 'f'), ('E', 'F')]);
        let d = vec![
            one(&[('d', 'd'), ('D', 'D')]),
            one(&[('0', '7')]),
            digits(2),
        ];
        let number = Part::Choice(vec![
            Part::Sequence(vec![not_d, digits(3)]),
            Part::Sequence(d),
        ]);
        let escapes: Vec<(char, char)> = "\"\\/bfnrt".chars().map(|c| (c, c)).collect();
        let escaped = Part::Choice(vec![one(&escapes), Part::Sequence(vec![text("u"), number])]);
        let escaped = Part::Sequence(vec![text("\\"), escaped]);
        rules.define(
            common.character,
            Part::Choice(vec![Part::One(plain), escaped]),
        )?;
        let characters = Part::Repeated(Box::new(Part::Rule(common.character)), 0, None);
        let string = Part::Sequence(vec![text("\""), characters, text("\"")]);
        rules.define(common.string, string)?;

        let whole = integers::between(Some(0), None).expect("there is one from zero on");
        let minus = optional(text("-"));
        rules.define(
            common.integer,
            Part::Sequence(vec![minus.clone(), whole.clone()]),
        )?;
        let fraction = Part::Repeated(Box::new(one(DIGITS)), 1, Some(15));
        let fraction = optional(Part::Sequence(vec![text("."), fraction]));
        let sign = optional(one(&[('+', '+'), ('-', '-')]));
        let exponent = Part::Repeated(Box::new(one(DIGITS)), 1, Some(2));
        let exponent = optional(Part::Sequence(vec![
            one(&[('e', 'e'), ('E', 'E')]),
            sign,
            exponent,
        ]));
        rules.define(
            common.positive_number,
            Part::Sequence(vec![whole, fraction, exponent]),
        )?;
        let number = Part::Sequence(vec![minus, Part::Rule(common.positive_number)]);
        rules.define(common.number, number)?;

        let rule = Part::Rule;
        let space = rule(common.space);
        let comma = Part::Sequence(vec![text(","), space.clone()]);
        let list_of = |rules: &mut Rules, item: Part, open: &str, close: &str| {
            let next = Part::Sequence(vec![comma.clone(), item.clone()]);
            let next = Part::Repeated(Box::new(next), 0, None);
            let items = optional(Part::Sequence(vec![item, next]));
            let list = vec![text(open), space.clone(), items, space.clone(), text(close)];
            rules.announce().and_then(|list_rule| {
                rules.define(list_rule, Part::Sequence(list))?;
                Ok(Part::Rule(list_rule))
            })
        };
        let array = list_of(rules, rule(common.any), "[", "]")?;
        let colon = Part::Sequence(vec![text(":"), space.clone()]);
        let entry = Part::Sequence(vec![rule(common.string), colon, rule(common.any)]);
        let object = list_of(rules, entry, "{", "}")?;
        let words = ["true", "false", "null"].map(text);
        let mut any = vec![object, array, rule(common.string), rule(common.number)];
        any.extend(words);
        rules.define(common.any, Part::Choice(any))?;
        Ok(common)
    }
}

pub(super) const DIGITS: &[(char, char)] = &[('0', '9')];
const HEXADECIMAL: &[(char, char)] = &[('0', '9'), ('a', 'f'), ('A', 'F')];
