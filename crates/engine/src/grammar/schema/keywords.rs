//! What the keywords of a schema say, read one by one.

use super::json::Json;
use crate::grammar::ShapeFailure;

/// The keywords of a schema, in their order.
pub(super) type Object = [(String, Json)];

/// A type of JSON's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    fn named(name: &Json) -> Result<Type, ShapeFailure> {
        let Json::String(name) = name else {
            return Err(ShapeFailure::NoSchema("type is a name or a list of names"));
        };
        match name.as_str() {
            "null" => Ok(Type::Null),
            "boolean" => Ok(Type::Boolean),
            "integer" => Ok(Type::Integer),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            "array" => Ok(Type::Array),
            "object" => Ok(Type::Object),
            _ => Err(ShapeFailure::NoSchema("type names no type of JSON")),
        }
    }

    pub(super) fn has(self, value: &Json) -> bool {
        match value {
            Json::Null => self == Type::Null,
            Json::Boolean(_) => self == Type::Boolean,
            Json::Number(number) => {
                self == Type::Number || self == Type::Integer && !number.is_f64()
            }
            Json::String(_) => self == Type::String,
            Json::Array(_) => self == Type::Array,
            Json::Object(_) => self == Type::Object,
        }
    }
}

/// The types that are asked for; none when any will do.
pub(super) fn types(object: &Object) -> Result<Vec<Type>, ShapeFailure> {
    match get(object, "type") {
        None => Ok(Vec::new()),
        Some(Json::Array(names)) if !names.is_empty() => names.iter().map(Type::named).collect(),
        Some(name) => Ok(vec![Type::named(name)?]),
    }
}

/// The types that the keywords speak of.
pub(super) fn implied_types(object: &Object) -> Vec<Type> {
    let has = |keywords: &[&str]| {
        keywords
            .iter()
            .any(|keyword| get(object, keyword).is_some())
    };
    let mut types = Vec::new();
    if has(&["properties", "required", "additionalProperties"]) {
        types.push(Type::Object);
    }
    if has(&["items", "prefixItems", "minItems", "maxItems"]) {
        types.push(Type::Array);
    }
    if has(&["minLength", "maxLength"]) {
        types.push(Type::String);
    }
    if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]) {
        types.push(Type::Number);
    }
    types
}

/// What two keywords say about how many there are, at least and at most.
pub(super) fn counts(
    object: &Object,
    least: &str,
    most: &str,
) -> Result<(u32, Option<u32>), ShapeFailure> {
    let count = |keyword| match integer_of(object, keyword)? {
        None => Ok(None),
        Some(count) if count < 0 => Err(ShapeFailure::NoSchema("a count is never negative")),
        Some(count) => u32::try_from(count)
            .map(Some)
            .map_err(|_| ShapeFailure::TooLarge),
    };
    let (least, most) = (count(least)?.unwrap_or(0), count(most)?);
    match most.is_some_and(|most| most < least) {
        true => Err(ShapeFailure::NoSchema("a maximum is below its minimum")),
        false => Ok((least, most)),
    }
}

/// The integer that a keyword names.
pub(super) fn integer_of(object: &Object, keyword: &str) -> Result<Option<i64>, ShapeFailure> {
    let Some(value) = get(object, keyword) else {
        return Ok(None);
    };
    let Json::Number(number) = value else {
        return Err(ShapeFailure::NoSchema("bounds and counts are numbers"));
    };
    let whole = number
        .as_f64()
        .filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    match number.as_i64().or(whole.map(|whole| whole as i64)) {
        Some(integer) => Ok(Some(integer)),
        None => Err(ShapeFailure::Unsupported(
            "bounds of an integer that are none themselves",
        )),
    }
}

/// What a keyword says; the last one counts where it is there twice.
pub(super) fn get<'o>(object: &'o Object, keyword: &str) -> Option<&'o Json> {
    let mut entries = object.iter().rev();
    entries
        .find(|(name, _)| name == keyword)
        .map(|(_, value)| value)
}
