//! Accents that were drawn by themselves, before the letter that they stand on: so TeX writes where its fonts have no accented
//! letters (OT1, D. Knuth's encoding of 1982).

use unicode_normalization::char::compose;

/// A word with such accents on their letters. What could be something else, as a quotation mark before a word, stays.
pub(crate) fn composed(word: &str) -> Option<String> {
    if !word.chars().any(|c| mark(c).is_some()) {
        return None;
    }
    let mut text = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    while let Some(c) = letters.next() {
        let on = |&letter: &char| {
            // Below the dot is no place for an accent, and these have none.
            let letter = match letter {
                'ı' => 'i',
                'ȷ' => 'j',
                letter => letter,
            };
            // The grave accent is a quotation mark too, of which words begin.
            if c == '`' && text.is_empty() && word.chars().count() > 2 {
                return None;
            }
            compose(letter, mark(c)?)
        };
        match letters.peek().and_then(on) {
            Some(whole) => {
                letters.next();
                text.push(whole);
            }
            None => text.push(c),
        }
    }
    Some(text)
}

/// The combining form of an accent that stands by itself.
fn mark(accent: char) -> Option<char> {
    Some(match accent {
        '`' => '\u{300}',
        '´' => '\u{301}',
        'ˆ' => '\u{302}',
        '˜' => '\u{303}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => '\u{327}',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_come_onto_the_letters_behind_them() {
        for (drawn, read) in [
            ("proc´ed´e", "procédé"),
            ("tr`es", "très"),
            ("connaˆıtre", "connaître"),
            ("fa¸con", "façon"),
            ("¨Uber", "Über"),
            ("`a", "à"),
        ] {
            assert_eq!(composed(drawn).as_deref(), Some(read));
        }
    }

    #[test]
    fn what_may_mean_something_else_stays() {
        assert_eq!(composed("plain"), None);
        for word in ["`about", "ˆx", "5´", "`", "``quoted"] {
            assert_eq!(composed(word).as_deref(), Some(word));
        }
    }
}
