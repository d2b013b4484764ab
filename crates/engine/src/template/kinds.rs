//! The tests of Jinja that ask what kind a value is, where they are others in Python.

use minijinja::Environment;
use minijinja::value::{Value, ValueKind};

/// Makes `iterable`, `sequence` and `number` answer as Python does.
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_test("iterable", is_iterable);
    environment.add_test("sequence", is_sequence);
    environment.add_test("number", is_number);
}

/// Nothing, which is what templates without tools get, cannot be gone through.
fn is_iterable(value: &Value) -> bool {
    is_sequence(value) || value.kind() == ValueKind::Iterable
}

/// Whatever has a length and things at places or names; what is undefined counts as empty.
fn is_sequence(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Undefined
            | ValueKind::String
            | ValueKind::Bytes
            | ValueKind::Seq
            | ValueKind::Map
    )
}

fn is_number(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
}
