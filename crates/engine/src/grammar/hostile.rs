//! Grammars and schemas that nobody would write: whatever they are, they are read or refused, and what is
//! read can be followed.

use super::matcher::Matcher;
use super::{Grammar, ShapeFailure, gbnf, schema};

/// Numbers without pattern, the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn text(&mut self, words: &[&str], most: usize) -> String {
        let count = self.below(most);
        (0..count).map(|_| words[self.below(words.len())]).collect()
    }
}

/// Goes through a text of the dice as far as the grammar lets it; how far that was.
fn follow(grammar: Grammar, dice: &mut Dice) -> usize {
    let Ok(mut matcher) = Matcher::new(grammar) else {
        return 0;
    };
    let texts: [&[u8]; 9] = [
        b"a",
        b"b",
        b"1",
        b"\"",
        b"{",
        b"[]",
        b": ",
        "é".as_bytes(),
        b"\xc3",
    ];
    let mut steps = 0;
    for _ in 0..20 {
        matcher.next_token();
        let ends = (matcher.may_end(), matcher.must_end());
        assert!(ends.0 || !ends.1, "what must end may end");
        let first = dice.below(texts.len());
        let text = (0..texts.len())
            .map(|index| texts[(first + index) % texts.len()])
            .find(|text| matcher.allows(text) == Ok(true));
        let Some(text) = text else {
            break;
        };
        assert!(!ends.1, "nothing comes after what must end");
        assert_eq!(matcher.accept(text), Ok(true));
        steps += 1;
        if dice.below(4) == 0 {
            let before = (matcher.may_end(), matcher.allows(b"a"));
            matcher.forget();
            assert_eq!((matcher.may_end(), matcher.allows(b"a")), before);
        }
    }
    steps
}

#[test]
fn no_grammar_does_harm() {
    let words = [
        "root",
        "::=",
        " ",
        " ",
        "\n",
        "a",
        "b",
        "\"a\"",
        "\"\"",
        "[ab]",
        "[^a-c]",
        "(",
        ")",
        "|",
        "*",
        "+",
        "?",
        "{2}",
        "{0,3}",
        "{2,}",
        "{",
        "}",
        "\"",
        "[",
        "]",
        "\\",
        "#",
        ".",
        "é",
        "-",
        "::= a | \"b\"\n",
        "a ::= \"1\"\n",
        "b ::= a* \"b\"\n",
        "root ::= ",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut steps) = (0, 0);
    for _ in 0..30_000 {
        let text = "root ::= ".to_owned()
            + &dice.text(&words, 14)
            + "\na ::= \"a\" \"b\"?\nb ::= [1é] b | a\n";
        if let Ok(grammar) = gbnf::read(&text) {
            read += 1;
            steps += follow(grammar, &mut dice);
        }
    }
    // So that the test does not pass because all of them are refused.
    assert!(
        read > 500 && steps > 500,
        "{read} were read, {steps} steps taken"
    );
}

#[test]
fn no_schema_does_harm() {
    let words = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"type\":",
        "\"object\"",
        "\"string\"",
        "\"integer\"",
        "\"array\"",
        "true",
        "false",
        "null",
        "1",
        "-3",
        "1e9",
        "\"properties\":{",
        "\"a\":",
        "\"items\":",
        "\"minLength\":",
        "\"maxItems\":",
        "\"enum\":[",
        "\"$ref\":\"#\"",
        "\"anyOf\":[",
        "{\"type\":\"null\"}",
        "\"required\":[\"a\"]",
        "\"minimum\":",
    ];
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut read, mut steps) = (0, 0);
    for _ in 0..60_000 {
        let text = "{".to_owned() + &dice.text(&words, 9) + "}";
        match schema::read(&text) {
            Ok(grammar) => {
                read += 1;
                steps += follow(grammar, &mut dice);
            }
            Err(failure) => assert_ne!(failure, ShapeFailure::TooLong),
        }
    }
    assert!(
        read > 500 && steps > 500,
        "{read} were read, {steps} steps taken"
    );
}
