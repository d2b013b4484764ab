//! Grammars as text, and what fits them.

use super::read;
use crate::grammar::matcher::Matcher;
use crate::grammar::{DEEPEST, LONGEST_TEXT, ShapeFailure};

fn matcher(grammar: &str) -> Matcher {
    Matcher::new(read(grammar).unwrap()).unwrap()
}

/// Whether the grammar takes the whole text, handed over in pieces of each size alike.
fn takes(grammar: &str, text: &str) -> bool {
    let outcomes: Vec<bool> = (1..=text.len().max(1))
        .map(|size| {
            let mut matcher = matcher(grammar);
            let fits = text.as_bytes().chunks(size).all(|piece| {
                let allowed = matcher.allows(piece).unwrap();
                assert_eq!(matcher.accept(piece).unwrap(), allowed);
                allowed
            });
            fits && matcher.may_end()
        })
        .collect();
    assert!(
        outcomes.iter().all(|&outcome| outcome == outcomes[0]),
        "{text}: {outcomes:?}"
    );
    outcomes[0]
}

#[track_caller]
fn check(grammar: &str, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(takes(grammar, text), "{text:?} is refused");
    }
    for text in bad {
        assert!(!takes(grammar, text), "{text:?} is taken");
    }
}

#[test]
fn texts_choices_and_sets_are_what_they_say() {
    check(
        r#"root ::= "yes" | "no""#,
        &["yes", "no"],
        &["", "y", "yesno", "Yes", "nope"],
    );
    check(
        "root ::= [a-cx] [^a-c]",
        &["az", "x\n", "b😀"],
        &["d", "aa", "a", "xc"],
    );
    check("root ::= .", &["a", "é", "漢", "😀", "\n"], &["", "ab"]);
    check(
        r#"root ::= "\x41\u00e9\U0001F600\n\t\"\\" [\]\-\^]"#,
        &["Aé😀\n\t\"\\]", "Aé😀\n\t\"\\-"],
        &["Aé😀"],
    );
    check("root ::= [a-]", &["a", "-"], &["b"]);
}

#[test]
fn how_often_is_counted() {
    check(r#"root ::= "a"*"#, &["", "a", "aaaa"], &["b", "ab"]);
    check(r#"root ::= "ab"+"#, &["ab", "abab"], &["", "a", "aba"]);
    check(r#"root ::= "a"? "b""#, &["b", "ab"], &["a", "aab"]);
    check(r#"root ::= "a"{2}"#, &["aa"], &["a", "aaa"]);
    check(r#"root ::= [ab]{2,}"#, &["ab", "abba"], &["", "a"]);
    check(
        r#"root ::= ("a" | "bc"){1,3}"#,
        &["a", "abc", "bcbcbc"],
        &["", "b", "aaaa"],
    );
    check(r#"root ::= ("a"{2}){2}"#, &["aaaa"], &["aa", "aaa"]);
}

#[test]
fn rules_call_each_other_and_themselves() {
    let nested = "root ::= value # a list\n\
                  value ::= \"(\" (value\n    (\",\" value)*)? \")\" |\n  leaf\n\n\
                  leaf ::= [0-9]+\r\n";
    check(
        nested,
        &["()", "(1,(2,()),33)", "7"],
        &["(", "(1,)", "(1))", ""],
    );
    // Calls itself last: nothing piles up, however long the text is.
    check(
        "root ::= \"a\" root | \"\"",
        &["", &"a".repeat(300)],
        &["ab"],
    );
}

#[test]
fn a_text_may_and_must_end_where_the_grammar_does() {
    let mut matcher = matcher(r#"root ::= "a" "b"?"#);
    assert!(!matcher.may_end());
    assert!(matcher.accept(b"a").unwrap() && matcher.may_end() && !matcher.must_end());
    assert!(!matcher.accept(b"c").unwrap() && matcher.may_end());
    assert!(matcher.accept(b"b").unwrap() && matcher.must_end());
    assert!(!matcher.allows(b"b").unwrap() && !matcher.allows(b"").unwrap());
}

#[test]
fn a_character_that_is_cut_is_let_through_only_where_it_can_be_completed() {
    let mut matcher = matcher("root ::= [é-ö]+");
    assert!(matcher.allows(b"\xc3").unwrap());
    // C4 begins characters from U+0100 on; the others begin none.
    for bytes in [
        &b"\xc4"[..],
        b"\xa9",
        b"\xc0\xa9",
        b"\xff",
        b"\xf5\x80",
        b"\xed\xa0",
    ] {
        assert!(!matcher.allows(bytes).unwrap(), "{bytes:x?}");
    }
    assert!(matcher.accept(b"\xc3").unwrap() && !matcher.may_end());
    assert!(!matcher.allows(b"\xbf").unwrap() && !matcher.allows(b"a").unwrap());
    assert!(matcher.accept(b"\xa9\xc3").unwrap() && !matcher.may_end());
    assert!(matcher.accept(b"\xb6").unwrap() && matcher.may_end());
}

#[test]
fn what_is_no_grammar_is_refused_with_the_place() {
    let syntax = |line, column| {
        move |failure: &ShapeFailure| {
            matches!(failure,
        ShapeFailure::Syntax { line: l, column: c, .. } if (*l, *c) == (line, column))
        }
    };
    let failure = |grammar: &str| read(grammar).unwrap_err();
    assert!(syntax(1, 6)(&failure("root = \"a\"")));
    assert!(syntax(2, 10)(&failure("\nroot ::= ) \"a\"")));
    assert!(syntax(1, 12)(&failure("root ::= \"a")));
    assert!(syntax(1, 14)(&failure("root ::= (\"a\"")));
    assert!(syntax(1, 12)(&failure("root ::= \"\\q\"")));
    assert!(syntax(1, 13)(&failure("root ::= \"\\ud800\"")));
    assert!(syntax(1, 10)(&failure("root ::= *")));
    assert!(syntax(1, 14)(&failure("root ::= \"a\"{,2}")));
    assert!(syntax(1, 17)(&failure("root ::= \"a\"{2,1}")));
    assert!(syntax(1, 10)(&failure("root ::= <think>")));
    assert_eq!(
        failure("root ::= a\na ::= b | missing\nb ::= \"\""),
        ShapeFailure::UndefinedRule(2)
    );
    assert_eq!(
        failure("root ::= \"a\"\nroot ::= \"b\""),
        ShapeFailure::DefinedTwice(2)
    );
    assert_eq!(failure(""), ShapeFailure::NoRoot);
    assert_eq!(failure("start ::= \"a\""), ShapeFailure::NoRoot);
}

#[test]
fn a_rule_that_comes_back_to_itself_is_refused_in_every_disguise() {
    for grammar in [
        "root ::= root \"a\" | \"b\"",
        "root ::= \"\" root",
        "root ::= a\na ::= b\nb ::= a",
        // The rules before the call are empty only through others.
        "root ::= a root \"x\" | \"y\"\na ::= b\nb ::= c c\nc ::= \"z\"?",
        "root ::= (\"a\"?)*",
        "root ::= (\"a\"*)+",
        "root ::= \"ok\"\nnever ::= never",
    ] {
        assert_eq!(
            read(grammar).unwrap_err(),
            ShapeFailure::EndlessRule,
            "{grammar}"
        );
    }
}

#[test]
fn a_hostile_grammar_is_refused_before_it_costs_anything() {
    assert_eq!(
        read(&"#".repeat(LONGEST_TEXT + 1)).unwrap_err(),
        ShapeFailure::TooLong
    );
    let nested = |depth: usize| format!("root ::= {}\"a\"{}", "(".repeat(depth), ")".repeat(depth));
    assert!(read(&nested(DEEPEST)).is_ok());
    assert_eq!(
        read(&nested(DEEPEST + 1)).unwrap_err(),
        ShapeFailure::TooDeep
    );
    assert_eq!(read(&nested(30_000)).unwrap_err(), ShapeFailure::TooDeep);
    for grammar in [
        "root ::= \"a\"{1000000}".to_owned(),
        "root ::= \"a\"{0,1000000}".to_owned(),
        "root ::= \"a\"{99999999999999999999}".to_owned(),
        format!("root ::= {}", "\"a\"{200000} ".repeat(5_000)),
    ] {
        assert_eq!(read(&grammar).unwrap_err(), ShapeFailure::TooLarge);
    }
    assert_eq!(
        read(&format!("root ::= \"a\"{}", "?".repeat(60_000))).unwrap_err(),
        ShapeFailure::TooDeep
    );
    // Thousands of rules that each lead to the next are no trouble.
    let chain: String = (0..4_000)
        .map(|n| format!("r{n} ::= r{}\n", n + 1))
        .collect();
    assert!(read(&format!("root ::= r0\n{chain}r4000 ::= \"a\"")).is_ok());
}

#[test]
fn a_grammar_that_can_be_read_in_too_many_ways_is_given_up() {
    let both =
        "root ::= s\ns ::= \"a\" s s | \"a\" s t | \"a\"\nt ::= \"a\" s t | \"a\" t t | \"a\"";
    let mut matcher = matcher(both);
    let given_up = (0..60).any(|_| {
        matcher.next_token();
        matcher.accept(b"a").is_err()
    });
    assert!(given_up);
}

#[test]
fn what_was_remembered_can_be_forgotten_at_any_place() {
    let mut matcher = matcher("root ::= \"(\" root \")\" | [a-z]*");
    for piece in ["((", "((a", "bc", ")", ")))"] {
        matcher.forget();
        assert!(matcher.accept(piece.as_bytes()).unwrap(), "{piece}");
    }
    assert!(matcher.must_end());
}
