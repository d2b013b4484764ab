//! Schemas, and the JSON that fits them.

use super::read;
use crate::grammar::matcher::Matcher;
use crate::grammar::{LONGEST_TEXT, ShapeFailure};

#[track_caller]
fn check(schema: &str, good: &[&str], bad: &[&str]) {
    let takes = |text: &str| {
        let mut matcher = Matcher::new(read(schema).unwrap()).unwrap();
        matcher.accept(text.as_bytes()).unwrap() && matcher.may_end()
    };
    for text in good {
        assert!(takes(text), "{text} is refused");
    }
    for text in bad {
        assert!(!takes(text), "{text} is taken");
    }
}

#[test]
fn an_object_has_its_properties_in_their_order_and_no_others() {
    let schema = r#"{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"},
        "is": {"type": "boolean"}}, "required": ["age"]}"#;
    let good = [
        r#"{"name":"A","age":3,"is":true}"#,
        r#"{"age": 3}"#,
        "{\n  \"age\": -30,\n  \"is\": false\n}",
    ];
    let bad = [
        "{}",
        r#"{"name":"A"}"#,
        r#"{"age":3,"name":"A"}"#,
        r#"{"age":3,}"#,
        r#"{,"age":3}"#,
        r#"{"age":"3"}"#,
        r#"{"age":3,"more":1}"#,
        r#"{"age":3"#,
    ];
    check(schema, &good, &bad);
}

#[test]
fn an_object_without_named_properties_is_a_map() {
    let schema = r#"{"type": "object", "additionalProperties": {"type": "null"}}"#;
    check(
        schema,
        &["{}", r#"{"a":null, "b":null}"#],
        &[r#"{"a":1}"#, r#"{a:null}"#],
    );
    check(
        r#"{"additionalProperties": false}"#,
        &["{}", "{ }"],
        &[r#"{"a":1}"#],
    );
    check(r#"{"required": ["é"]}"#, &[r#"{"é":[1]}"#], &["{}"]);
}

#[test]
fn arrays_have_as_many_items_as_they_must() {
    let items = |rest: &str| format!(r#"{{"type": "array", "items": {{"enum": [1, "a"]}}{rest}}}"#);
    check(
        &items(""),
        &["[]", "[1]", r#"["a", 1,1]"#],
        &["[2]", "[1,]", "[,1]", "1"],
    );
    check(
        &items(r#", "minItems": 2"#),
        &["[1,1]", "[1,1,1]"],
        &["[]", "[1]"],
    );
    check(
        &items(r#", "maxItems": 2"#),
        &["[]", "[1]", "[1,1]"],
        &["[1,1,1]"],
    );
    check(
        &items(r#", "minItems": 1, "maxItems": 1"#),
        &["[1]"],
        &["[]", "[1,1]"],
    );
    check(&items(r#", "maxItems": 0"#), &["[]"], &["[1]"]);
    let pair = r#"{"prefixItems": [{"type": "string"}, {"type": "null"}], "items": false}"#;
    check(pair, &[r#"["a",null]"#], &[r#"["a"]"#, r#"["a",null,1]"#]);
    let more = r#"{"prefixItems": [{"type": "string"}], "items": {"type": "null"}, "minItems": 2, "maxItems": 3}"#;
    check(
        more,
        &[r#"["a",null]"#, r#"["a",null,null]"#],
        &[r#"["a"]"#, r#"["a",null,null,null]"#],
    );
}

#[test]
fn texts_are_json_and_as_long_as_they_must() {
    let text = r#"{"type": "string"}"#;
    let good = [r#""""#, r#""é😀""#, r#""\n\"\\\/""#, r#""\u00e9\uD7ff""#];
    check(
        text,
        &good,
        &["\"\n\"", r#""\x""#, r#""\ud800""#, r#""\u12""#, "\"a", "a"],
    );
    let two = r#"{"type": "string", "minLength": 2, "maxLength": 3}"#;
    check(
        two,
        &[r#""ab""#, r#""é😀a""#, r#""\n\n""#],
        &[r#""a""#, r#""abcd""#],
    );
}

#[test]
fn every_integer_between_the_bounds_fits_and_none_outside() {
    for (least, most) in [
        (1, 5),
        (0, 0),
        (-7, 13),
        (95, 1_204),
        (-230, -18),
        (-1, 1_000),
    ] {
        let schema = format!(r#"{{"type": "integer", "minimum": {least}, "maximum": {most}}}"#);
        for number in -1_400..=1_400 {
            let mut matcher = Matcher::new(read(&schema).unwrap()).unwrap();
            let fits = matcher.accept(number.to_string().as_bytes()).unwrap() && matcher.may_end();
            assert_eq!(
                fits,
                (least..=most).contains(&number),
                "{number} in {least}..={most}"
            );
        }
        check(&schema, &[], &["01", "-0", "+1", ""]);
    }
    let above = r#"{"type": "integer", "exclusiveMinimum": 9}"#;
    check(
        above,
        &["10", "999999999999999"],
        &["9", "-10", "1000000000000000"],
    );
    check(
        r#"{"type": "integer", "maximum": -10}"#,
        &["-10", "-99"],
        &["-9", "0", "10"],
    );
    check(
        r#"{"type": "integer"}"#,
        &["0", "-12"],
        &["00", "1.0", "1e3"],
    );
}

#[test]
fn numbers_are_those_of_json() {
    let number = r#"{"type": "number"}"#;
    check(
        number,
        &["0", "-1.5", "2e10", "0.25E-3"],
        &["01", ".5", "1.", "+1", "1e", "NaN"],
    );
    check(
        r#"{"type": "number", "minimum": 0}"#,
        &["0", "1.5"],
        &["-1.5"],
    );
}

#[test]
fn a_choice_is_one_of_its_values_or_schemas() {
    check(
        r#"{"enum": ["a\"b", 1, null, [1, {"b": 2}]]}"#,
        &[r#""a\"b""#, "1", "null", r#"[1,{"b":2}]"#],
        &["2", "a"],
    );
    check(
        r#"{"type": "string", "enum": ["a", 1]}"#,
        &[r#""a""#],
        &["1"],
    );
    check(r#"{"const": true}"#, &["true"], &["false"]);
    check(
        r#"{"anyOf": [{"type": "null"}, {"const": 1}]}"#,
        &["null", "1"],
        &["2"],
    );
    check(
        r#"{"type": ["null", "boolean"]}"#,
        &["null", "true"],
        &["1"],
    );
    check(
        "{}",
        &["{\"a\": [1, {}], \"b\": \"x\"}", "1", "[]", "null"],
        &["", "{", "[1"],
    );
    check("true", &["{}"], &["x"]);
}

#[test]
fn a_schema_may_refer_to_its_parts_and_to_itself() {
    let tree = r##"{"type": "object", "properties": {"name": {"$ref": "#/$defs/a~1b"},
        "children": {"type": "array", "items": {"$ref": "#"}}}, "required": ["name", "children"],
        "$defs": {"a/b": {"type": "string", "maxLength": 1}}}"##;
    let good = r#"{"name":"a","children":[{"name":"b","children":[]}]}"#;
    check(
        tree,
        &[good],
        &[
            r#"{"name":"ab","children":[]}"#,
            r#"{"name":"a","children":[1]}"#,
        ],
    );
}

#[test]
fn what_cannot_be_promised_is_refused_by_its_name() {
    let failure = |schema: &str| read(schema).unwrap_err();
    for keyword in super::NOT_KEPT {
        let schema = format!(r#"{{"type": "string", "{keyword}": {{}}}}"#);
        assert_eq!(failure(&schema), ShapeFailure::Unsupported(keyword));
    }
    for schema in [
        r#"{"type": "array", "uniqueItems": true}"#,
        r#"{"type": "number", "maximum": 4}"#,
        r#"{"allOf": [{"type": "string"}, {"maxLength": 3}]}"#,
        r##"{"$ref": "#/$defs/a", "maxLength": 3, "$defs": {"a": true}}"##,
        r#"{"$ref": "other.json"}"#,
        r#"{"type": "integer", "minimum": 1.5}"#,
    ] {
        assert!(
            matches!(failure(schema), ShapeFailure::Unsupported(_)),
            "{schema}"
        );
    }
}

#[test]
fn what_is_no_schema_is_refused() {
    let failure = |schema: &str| read(schema).unwrap_err();
    assert_eq!(failure("{"), ShapeFailure::NoJson);
    assert_eq!(failure(""), ShapeFailure::NoJson);
    assert_eq!(failure(&"[".repeat(50_000)), ShapeFailure::NoJson);
    assert_eq!(
        failure(&" ".repeat(LONGEST_TEXT + 1)),
        ShapeFailure::TooLong
    );
    let deep = format!("{}true{}", r#"{"items":"#.repeat(100), "}".repeat(100));
    assert_eq!(failure(&deep), ShapeFailure::TooDeep);
    let chain: String = (0..2_000)
        .map(|link| format!(r##""{link}":{{"$ref":"#/{}"}},"##, link + 1))
        .collect();
    let chain = format!(r##"{{{chain}"2000":true,"$ref":"#/0"}}"##);
    assert_eq!(
        failure(&chain),
        ShapeFailure::TooDeep,
        "by references alone"
    );
    assert_eq!(failure(r##"{"$ref": "#"}"##), ShapeFailure::EndlessRule);
    assert_eq!(
        failure(r#"{"type": "array", "maxItems": 4000000000}"#),
        ShapeFailure::TooLarge
    );
    assert_eq!(failure(r#"{"minLength": 900000}"#), ShapeFailure::TooLarge);
    for schema in [
        "1",
        r#"{"type": "text"}"#,
        r#"{"type": 1}"#,
        r#"{"properties": []}"#,
        r#"{"required": "a"}"#,
        r#"{"enum": []}"#,
        r#"{"anyOf": {}}"#,
        r#"{"minLength": -1}"#,
        r#"{"minLength": 3, "maxLength": 2}"#,
        r##"{"$ref": "#/$defs/none"}"##,
        r#"{"type": "integer", "minimum": 3, "maximum": 2}"#,
    ] {
        assert!(
            matches!(failure(schema), ShapeFailure::NoSchema(_)),
            "{schema}"
        );
    }
}

#[test]
fn no_word_of_a_schema_is_in_what_is_said_about_it() {
    let schema = r#"{"properties": {"secret": {"type": "secret", "enum": ["secret"]}}}"#;
    assert!(!read(schema).unwrap_err().to_string().contains("secret"));
}
