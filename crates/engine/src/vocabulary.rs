//! What the tokens of a model say, written down once, so that a look at all of them is quick.

use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

/// The text of every token.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    bytes: Vec<u8>,
    /// Where the text of each token ends.
    ends: Vec<usize>,
    /// Whether the token ends a reply.
    ends_reply: Vec<bool>,
}

impl Vocabulary {
    /// The tokens of a model. Control tokens say nothing.
    pub(crate) fn of(vocab: &LlamaVocab<'_>) -> Vocabulary {
        let mut vocabulary = Vocabulary {
            bytes: Vec::new(),
            ends: Vec::new(),
            ends_reply: Vec::new(),
        };
        for token in vocab.tokens() {
            vocab.token_to_piece_into(token, &mut vocabulary.bytes, false, None);
            vocabulary.ends.push(vocabulary.bytes.len());
            vocabulary.ends_reply.push(vocab.is_eog(token));
        }
        vocabulary
    }

    /// The bytes of a token: none for a control token, and not always whole characters.
    pub(crate) fn text(&self, token: LlamaToken) -> &[u8] {
        let Ok(index) = usize::try_from(token.0) else {
            return &[];
        };
        let start = match index {
            0 => 0,
            index => self.ends.get(index - 1).copied().unwrap_or(0),
        };
        let end = self.ends.get(index).copied().unwrap_or(start);
        &self.bytes[start..end]
    }

    /// Whether a token ends the reply.
    pub(crate) fn ends_reply(&self, token: LlamaToken) -> bool {
        usize::try_from(token.0)
            .ok()
            .and_then(|index| self.ends_reply.get(index))
            .is_some_and(|&ends| ends)
    }
}

#[cfg(test)]
impl Vocabulary {
    /// Tokens that say `texts`, and one after them that ends the reply.
    pub(crate) fn with_end(texts: &[&[u8]]) -> Vocabulary {
        let bytes = texts.concat();
        let mut ends: Vec<usize> = texts
            .iter()
            .scan(0, |end, text| {
                *end += text.len();
                Some(*end)
            })
            .collect();
        ends.push(bytes.len());
        let mut ends_reply = vec![false; texts.len()];
        ends_reply.push(true);
        Vocabulary {
            bytes,
            ends,
            ends_reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_its_own_text_and_others_have_none() {
        let vocabulary = Vocabulary::with_end(&[b"ab", b"", b"\xc3"]);
        let texts = [0, 1, 2, 3, 4, -1].map(|id| vocabulary.text(LlamaToken::new(id)));
        assert_eq!(texts, [&b"ab"[..], b"", b"\xc3", b"", b"", b""]);
        let ends = [2, 3, 4, -1].map(|id| vocabulary.ends_reply(LlamaToken::new(id)));
        assert_eq!(ends, [false, true, false, false]);
    }
}
