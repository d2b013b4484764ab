//! A grammar out of a JSON schema, so that a reply is JSON that fits it.
//!
//! Of JSON Schema (draft 2020-12) this knows: `type`, `properties`, `required`, `additionalProperties`,
//! `items`, `prefixItems`, `minItems`, `maxItems`, `minLength`, `maxLength`, bounds of integers, `minimum: 0`
//! of numbers, `enum`, `const`, `anyOf`, `oneOf`, `allOf` of one, and `$ref` within the schema. Every other
//! keyword that restricts a value is refused, because a reply could break it; keywords that only describe
//! (`title`, `format` …) and unknown ones are passed over, as the standard has it.
//!
//! What is written is a part of what the schema allows: objects have their properties in the order of the
//! schema and no further ones where some are named, numbers have at most 15 digits before and after the
//! point, and white space is short. `oneOf` is taken for `anyOf`: that no value fits two of its schemas is
//! for the schema to see to.

use std::collections::HashMap;

use super::{Characters, DEEPEST, Grammar, LONGEST_TEXT, Part, Rule, Rules, ShapeFailure};

mod common;
mod integers;
mod json;
mod keywords;

use common::{Common, DIGITS};
use json::Json;
use keywords::{Object, Type, counts, get, implied_types, integer_of, types};

/// A grammar of the JSON that fits the schema in `text`.
///
/// # Errors
/// [`ShapeFailure`]: why it is no schema, or what in it cannot be promised.
pub(crate) fn read(text: &str) -> Result<Grammar, ShapeFailure> {
    if text.len() > LONGEST_TEXT {
        return Err(ShapeFailure::TooLong);
    }
    let schema: Json = serde_json::from_str(text).map_err(|_| ShapeFailure::NoJson)?;
    if schema.depth() > DEEPEST {
        return Err(ShapeFailure::TooDeep);
    }
    let mut rules = Rules::default();
    let common = Common::write(&mut rules)?;
    let mut writer = Writer {
        whole: &schema,
        rules,
        common,
        referred: HashMap::new(),
        depth: 0,
    };
    let root = writer.rules.announce()?;
    let part = writer.schema(&schema)?;
    writer.rules.define(root, part)?;
    writer.rules.finish(root)
}

/// Keywords that restrict a value in a way that is not written.
const NOT_KEPT: &[&str] = &[
    "pattern",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "multipleOf",
    "contains",
    "minContains",
    "maxContains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "not",
    "if",
    "$dynamicRef",
    "$recursiveRef",
];

/// Keywords that are kept, and stand for a whole value each.
const WHOLE: &[&str] = &["$ref", "const", "enum", "anyOf", "oneOf", "allOf"];

/// Keywords that are kept, beside each other.
const PARTS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

struct Writer<'s> {
    whole: &'s Json,
    rules: Rules,
    common: Common,
    /// The rule of each place that a `$ref` names.
    referred: HashMap<&'s str, Rule>,
    /// How deep the schema stands that is being read; a `$ref` leads deeper than the text is nested.
    depth: usize,
}

impl<'s> Writer<'s> {
    fn schema(&mut self, schema: &'s Json) -> Result<Part, ShapeFailure> {
        if self.depth == DEEPEST {
            return Err(ShapeFailure::TooDeep);
        }
        self.depth += 1;
        let part = self.part(schema);
        self.depth -= 1;
        part
    }

    fn part(&mut self, schema: &'s Json) -> Result<Part, ShapeFailure> {
        let object = match schema {
            Json::Boolean(true) => return Ok(Part::Rule(self.common.any)),
            Json::Boolean(false) => {
                return Err(ShapeFailure::Unsupported(
                    "`false` as a schema, which nothing fits",
                ));
            }
            Json::Object(object) => object.as_slice(),
            _ => return Err(ShapeFailure::NoSchema("a schema is an object or a boolean")),
        };
        let has = |keyword: &&&'static str| get(object, keyword).is_some();
        if let Some(&keyword) = NOT_KEPT.iter().find(has) {
            return Err(ShapeFailure::Unsupported(keyword));
        }
        if get(object, "uniqueItems").is_some_and(|unique| *unique != Json::Boolean(false)) {
            return Err(ShapeFailure::Unsupported("uniqueItems"));
        }
        let Some(&keyword) = WHOLE.iter().find(has) else {
            return self.value(object);
        };
        let others = WHOLE.iter().chain(PARTS).filter(has);
        // A type beside the values that are listed is taken as read: it is checked below.
        let may_have_type = matches!(keyword, "const" | "enum");
        if others
            .filter(|&&other| !(other == "type" && may_have_type))
            .count()
            > 1
        {
            return Err(ShapeFailure::Unsupported(
                "$ref, const, enum, anyOf, oneOf or allOf beside other restrictions",
            ));
        }
        let operand = get(object, keyword).expect("it was found above");
        match (keyword, operand) {
            ("$ref", Json::String(place)) => self.reference(place),
            ("$ref", _) => Err(ShapeFailure::NoSchema("$ref is a text")),
            ("const", value) => self.listed(std::slice::from_ref(value), object),
            ("enum", Json::Array(values)) => self.listed(values, object),
            ("allOf", Json::Array(schemas)) if schemas.len() > 1 => {
                Err(ShapeFailure::Unsupported("allOf of several schemas"))
            }
            (_, Json::Array(schemas)) if !schemas.is_empty() => {
                let parts: Result<Vec<Part>, _> =
                    schemas.iter().map(|schema| self.schema(schema)).collect();
                Ok(Part::Choice(parts?))
            }
            _ => Err(ShapeFailure::NoSchema(
                "enum, anyOf, oneOf and allOf are lists that are not empty",
            )),
        }
    }

    /// One of the values, of the types that are asked for beside them.
    fn listed(&mut self, values: &[Json], object: &Object) -> Result<Part, ShapeFailure> {
        let types = types(object)?;
        let fitting: Vec<Part> = values
            .iter()
            .filter(|value| types.is_empty() || types.iter().any(|kind| kind.has(value)))
            .map(|value| Part::Text(value.to_string()))
            .collect();
        match fitting.is_empty() {
            true => Err(ShapeFailure::NoSchema(
                "no value of enum or const is of its type",
            )),
            false => Ok(Part::Choice(fitting)),
        }
    }

    fn reference(&mut self, place: &'s str) -> Result<Part, ShapeFailure> {
        if let Some(&rule) = self.referred.get(place) {
            return Ok(Part::Rule(rule));
        }
        let target = self.find(place)?;
        let rule = self.rules.announce()?;
        self.referred.insert(place, rule);
        let part = self.schema(target)?;
        self.rules.define(rule, part)?;
        Ok(Part::Rule(rule))
    }

    /// What a JSON pointer after `#` points to.
    fn find(&self, place: &str) -> Result<&'s Json, ShapeFailure> {
        let pointer = place
            .strip_prefix('#')
            .ok_or(ShapeFailure::Unsupported("$ref to another document"))?;
        let nowhere = ShapeFailure::NoSchema("a $ref leads nowhere");
        if pointer.is_empty() {
            return Ok(self.whole);
        }
        let steps = pointer.strip_prefix('/').ok_or(nowhere.clone())?;
        let mut found = self.whole;
        for step in steps.split('/') {
            let step = step.replace("~1", "/").replace("~0", "~");
            found = match found {
                Json::Object(object) => get(object, &step),
                Json::Array(values) => step.parse().ok().and_then(|at: usize| values.get(at)),
                _ => None,
            }
            .ok_or(nowhere.clone())?;
        }
        Ok(found)
    }

    /// A value that keywords of [`PARTS`] describe.
    fn value(&mut self, object: &'s Object) -> Result<Part, ShapeFailure> {
        let mut types = types(object)?;
        if types.is_empty() {
            // Keywords of one type say nothing of values of another; whoever writes one means the type.
            types = implied_types(object);
        }
        if types.is_empty() {
            return Ok(Part::Rule(self.common.any));
        }
        let parts: Result<Vec<Part>, ShapeFailure> = types
            .into_iter()
            .map(|kind| match kind {
                Type::Null => Ok(text("null")),
                Type::Boolean => Ok(Part::Choice(vec![text("true"), text("false")])),
                Type::Integer => self.integer(object),
                Type::Number => self.number(object),
                Type::String => self.string(object),
                Type::Array => self.array(object),
                Type::Object => self.object(object),
            })
            .collect();
        Ok(Part::Choice(parts?))
    }

    fn integer(&self, object: &Object) -> Result<Part, ShapeFailure> {
        let bound = |keyword, exclusive, step: i64| -> Result<Option<i64>, ShapeFailure> {
            let plain = integer_of(object, keyword)?;
            let beyond = integer_of(object, exclusive)?.map(|bound| bound.saturating_add(step));
            Ok(match (plain, beyond) {
                (Some(plain), Some(beyond)) if step > 0 => Some(plain.max(beyond)),
                (Some(plain), Some(beyond)) => Some(plain.min(beyond)),
                (plain, beyond) => plain.or(beyond),
            })
        };
        let least = bound("minimum", "exclusiveMinimum", 1)?;
        let most = bound("maximum", "exclusiveMaximum", -1)?;
        match (least, most) {
            (None, None) => Ok(Part::Rule(self.common.integer)),
            (least, most) => integers::between(least, most).ok_or(ShapeFailure::NoSchema(
                "no integer of at most 15 digits lies between its bounds",
            )),
        }
    }

    fn number(&self, object: &Object) -> Result<Part, ShapeFailure> {
        let others = ["maximum", "exclusiveMinimum", "exclusiveMaximum"];
        let is_bounded = others.iter().any(|keyword| get(object, keyword).is_some());
        match get(object, "minimum") {
            None if !is_bounded => Ok(Part::Rule(self.common.number)),
            Some(Json::Number(number)) if !is_bounded && number.as_f64() == Some(0.0) => {
                Ok(Part::Rule(self.common.positive_number))
            }
            _ => Err(ShapeFailure::Unsupported(
                "bounds of a number that is no integer",
            )),
        }
    }

    fn string(&self, object: &Object) -> Result<Part, ShapeFailure> {
        let (least, most) = counts(object, "minLength", "maxLength")?;
        if (least, most) == (0, None) {
            return Ok(Part::Rule(self.common.string));
        }
        let characters = Part::Repeated(Box::new(Part::Rule(self.common.character)), least, most);
        Ok(Part::Sequence(vec![text("\""), characters, text("\"")]))
    }

    fn array(&mut self, object: &'s Object) -> Result<Part, ShapeFailure> {
        let (least, most) = counts(object, "minItems", "maxItems")?;
        let first: &[Json] = match get(object, "prefixItems") {
            None => &[],
            Some(Json::Array(first)) => first,
            Some(_) => return Err(ShapeFailure::NoSchema("prefixItems is a list")),
        };
        let item = match get(object, "items") {
            None => Some(Part::Rule(self.common.any)),
            Some(Json::Boolean(false)) => None,
            Some(Json::Array(_)) => {
                return Err(ShapeFailure::Unsupported(
                    "items as a list: prefixItems is its name",
                ));
            }
            Some(schema) => {
                let rule = self.rules.announce()?;
                let part = self.schema(schema)?;
                self.rules.define(rule, part)?;
                Some(Part::Rule(rule))
            }
        };
        // All of the first, then as many of the others as are still wanted.
        let named = u32::try_from(first.len()).map_err(|_| ShapeFailure::TooLarge)?;
        if most.is_some_and(|most| most < named) {
            return Err(ShapeFailure::Unsupported(
                "maxItems below the number of prefixItems",
            ));
        }
        let mut inside = Vec::new();
        for schema in first {
            if !inside.is_empty() {
                inside.push(self.comma());
            }
            inside.push(self.schema(schema)?);
        }
        let least = least.saturating_sub(named);
        let most = most.map(|most| most - named);
        let inside = match item {
            None if least > 0 => {
                return Err(ShapeFailure::NoSchema(
                    "minItems asks for more than items allows",
                ));
            }
            None => Part::Sequence(inside),
            Some(item) => {
                let next = Part::Sequence(vec![self.comma(), item.clone()]);
                if named > 0 {
                    inside.push(Part::Repeated(Box::new(next), least, most));
                    Part::Sequence(inside)
                } else if most == Some(0) {
                    Part::Sequence(Vec::new())
                } else {
                    let most = most.map(|most| most - 1);
                    let next = Part::Repeated(Box::new(next), least.saturating_sub(1), most);
                    let some = Part::Sequence(vec![item, next]);
                    match least {
                        0 => Part::Repeated(Box::new(some), 0, Some(1)),
                        _ => some,
                    }
                }
            }
        };
        let space = Part::Rule(self.common.space);
        Ok(Part::Sequence(vec![
            text("["),
            space.clone(),
            inside,
            space,
            text("]"),
        ]))
    }

    fn object(&mut self, object: &'s Object) -> Result<Part, ShapeFailure> {
        const ANY: &Json = &Json::Boolean(true);
        let further = get(object, "additionalProperties").unwrap_or(ANY);
        let mut named: Vec<(&str, &Json)> = match get(object, "properties") {
            None => Vec::new(),
            Some(Json::Object(properties)) => properties
                .iter()
                .map(|(name, schema)| (name.as_str(), schema))
                .collect(),
            Some(_) => return Err(ShapeFailure::NoSchema("properties is an object")),
        };
        let required: Vec<&str> = match get(object, "required") {
            None => Vec::new(),
            Some(Json::Array(names)) => names
                .iter()
                .map(|name| match name {
                    Json::String(name) => Ok(name.as_str()),
                    _ => Err(ShapeFailure::NoSchema("required is a list of names")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(ShapeFailure::NoSchema("required is a list of names")),
        };
        for name in &required {
            if !named.iter().any(|(known, _)| known == name) {
                named.push((name, further));
            }
        }
        let inside = match named.is_empty() {
            true => self.entries(further)?,
            false => self.properties(&named, &required)?,
        };
        let space = Part::Rule(self.common.space);
        Ok(Part::Sequence(vec![
            text("{"),
            space.clone(),
            inside,
            space,
            text("}"),
        ]))
    }

    /// Any number of entries with names that the reply chooses.
    fn entries(&mut self, value: &'s Json) -> Result<Part, ShapeFailure> {
        if *value == Json::Boolean(false) {
            return Ok(Part::Sequence(Vec::new()));
        }
        let rule = self.rules.announce()?;
        let name = Part::Rule(self.common.string);
        let value = self.schema(value)?;
        self.rules
            .define(rule, Part::Sequence(vec![name, self.colon(), value]))?;
        let next = Part::Sequence(vec![self.comma(), Part::Rule(rule)]);
        let next = Part::Repeated(Box::new(next), 0, None);
        let some = Part::Sequence(vec![Part::Rule(rule), next]);
        Ok(Part::Repeated(Box::new(some), 0, Some(1)))
    }

    /// The properties in their order; those that are not required may be left out.
    fn properties(
        &mut self,
        named: &[(&'s str, &'s Json)],
        required: &[&str],
    ) -> Result<Part, ShapeFailure> {
        // From the last to the first: what may follow when nothing is written so far, and when something is.
        let nothing = Part::Sequence(Vec::new());
        let (mut at_first, mut later) = (nothing.clone(), nothing);
        for (name, schema) in named.iter().rev() {
            let entry = self.rules.announce()?;
            let value = self.schema(schema)?;
            let name_part = text(&Json::String((*name).to_owned()).to_string());
            self.rules
                .define(entry, Part::Sequence(vec![name_part, self.colon(), value]))?;
            let here = vec![Part::Rule(entry), later.clone()];
            let mut after = vec![self.comma()];
            after.extend(here.clone());
            let (mut first_ways, mut later_ways) =
                (vec![Part::Sequence(here)], vec![Part::Sequence(after)]);
            if !required.contains(name) {
                first_ways.push(at_first);
                later_ways.push(later);
            }
            at_first = self.as_rule(Part::Choice(first_ways))?;
            later = self.as_rule(Part::Choice(later_ways))?;
        }
        Ok(at_first)
    }

    fn as_rule(&mut self, part: Part) -> Result<Part, ShapeFailure> {
        let rule = self.rules.announce()?;
        self.rules.define(rule, part)?;
        Ok(Part::Rule(rule))
    }

    fn comma(&self) -> Part {
        Part::Sequence(vec![text(","), Part::Rule(self.common.space)])
    }

    fn colon(&self) -> Part {
        Part::Sequence(vec![text(":"), Part::Rule(self.common.space)])
    }
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn one(ranges: &[(char, char)]) -> Part {
    Part::One(Characters::of(ranges))
}

#[cfg(test)]
mod tests;
