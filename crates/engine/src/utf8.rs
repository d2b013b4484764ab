//! Text out of the bytes of tokens: a piece never ends inside a character.

/// Collects bytes and gives back the characters that are complete.
#[derive(Debug, Default)]
pub(crate) struct Utf8Pieces {
    /// The beginning of a character, at most three bytes.
    unfinished: Vec<u8>,
}

impl Utf8Pieces {
    /// Adds `bytes` and returns the text that is complete with them, possibly empty. Bytes that can be
    /// part of no character become U+FFFD. What is unfinished when the reply ends is dropped: it was cut
    /// off, not wrong.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.unfinished.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.unfinished.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = after;
                    let Some(invalid) = error.error_len() else {
                        break;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[invalid..];
                }
            }
        }
        self.unfinished = rest.to_vec();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_of_a_text_gives_the_text_back() {
        let text = "né à l’œuvre 🎈 日本";
        for size in 1..=text.len() {
            let mut pieces = Utf8Pieces::default();
            let mut together = String::new();
            for bytes in text.as_bytes().chunks(size) {
                together += &pieces.push(bytes);
            }
            assert_eq!(together, text, "in chunks of {size} bytes");
        }
    }

    #[test]
    fn a_byte_that_begins_nothing_is_replaced_and_the_rest_survives() {
        let mut pieces = Utf8Pieces::default();
        assert_eq!(pieces.push(b"a\xffb\x80c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn a_character_that_never_ends_is_replaced_by_what_follows() {
        let mut pieces = Utf8Pieces::default();
        assert_eq!(pieces.push(b"\xe2\x82"), "");
        assert_eq!(pieces.push(b"x"), "\u{fffd}x");
    }
}
