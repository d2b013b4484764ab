//! The filter `tojson`, with the arguments and the layout that Python's `json` has.

use std::fmt::Write;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// Writes `value` as JSON. Known arguments are `indent`, `ensure_ascii`, `separators` and `sort_keys`.
///
/// # Errors
/// For a value that JSON does not have, and for one that is nested deeper than any tool's description.
pub(super) fn tojson(value: &Value, arguments: Kwargs) -> Result<Value, Error> {
    let indent: Option<Value> = arguments.get("indent")?;
    let separators: Option<(String, String)> = match arguments.get::<Option<Value>>("separators")? {
        Some(pair) if !pair.is_none() => {
            let of = |index: i64| {
                pair.get_item(&Value::from(index))
                    .map(|text| text.to_string())
            };
            Some((of(0)?, of(1)?))
        }
        _ => None,
    };
    let indent = match indent {
        Some(indent) if !indent.is_none() => Some(indent.to_string()),
        _ => None,
    };
    let indent = indent.map(|indent| match indent.parse::<usize>() {
        Ok(spaces) => " ".repeat(spaces.min(WIDEST)),
        Err(_) => indent,
    });
    let (between, after_name) = separators.unwrap_or_else(|| {
        let between = if indent.is_some() { "," } else { ", " };
        (between.to_owned(), ": ".to_owned())
    });
    let layout = Layout {
        indent,
        between,
        after_name,
        is_ascii: arguments
            .get::<Option<bool>>("ensure_ascii")?
            .unwrap_or(false),
        is_sorted: arguments.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
    };
    arguments.assert_all_used()?;
    let mut text = String::new();
    layout.write(value, 0, &mut text)?;
    Ok(Value::from(text))
}

struct Layout {
    indent: Option<String>,
    between: String,
    after_name: String,
    is_ascii: bool,
    is_sorted: bool,
}

const WIDEST: usize = 16;
const DEEPEST: usize = 64;

/// The longest JSON that is written, in bytes: fuel does not count what a filter does.
const LONGEST: usize = 1 << 20;

impl Layout {
    fn write(&self, value: &Value, depth: usize, text: &mut String) -> Result<(), Error> {
        if depth > DEEPEST || text.len() > LONGEST {
            return Err(refused("is too large for JSON"));
        }
        match value.kind() {
            ValueKind::None => text.push_str("null"),
            ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => {
                let _never_fails = write!(text, "{value}");
            }
            ValueKind::String => self.quote(value.as_str().unwrap_or_default(), text),
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.take(LONGEST).collect();
                self.list(('[', ']'), &items, depth, text, |item, text| {
                    self.write(item, depth + 1, text)
                })?;
            }
            ValueKind::Map => {
                let mut names: Vec<Value> = value.try_iter()?.take(LONGEST).collect();
                if self.is_sorted {
                    names.sort_by_key(Value::to_string);
                }
                self.list(('{', '}'), &names, depth, text, |name, text| {
                    self.quote(&name.to_string(), text);
                    text.push_str(&self.after_name);
                    self.write(&value.get_item(name)?, depth + 1, text)
                })?;
            }
            _ => return Err(refused("is nothing that JSON has")),
        }
        Ok(())
    }

    fn list(
        &self,
        (open, close): (char, char),
        items: &[Value],
        depth: usize,
        text: &mut String,
        mut write: impl FnMut(&Value, &mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let line = |depth: usize, text: &mut String| {
            if let Some(indent) = &self.indent {
                text.push('\n');
                text.push_str(&indent.repeat(depth));
            }
        };
        text.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(&self.between);
            }
            line(depth + 1, text);
            write(item, text)?;
        }
        if !items.is_empty() {
            line(depth, text);
        }
        text.push(close);
        Ok(())
    }

    fn quote(&self, content: &str, text: &mut String) {
        text.push('"');
        for character in content.chars() {
            match character {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\u{8}' => text.push_str("\\b"),
                '\u{c}' => text.push_str("\\f"),
                plain if plain >= ' ' && (plain.is_ascii() || !self.is_ascii) => text.push(plain),
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        let _never_fails = write!(text, "\\u{unit:04x}");
                    }
                }
            }
        }
        text.push('"');
    }
}

fn refused(what: &'static str) -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        format!("what it writes {what}"),
    )
}
