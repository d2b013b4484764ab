//! Tokens out of the pieces of a rendered conversation.
//!
//! Control tokens are recognised in the template's own markup and nowhere else.

use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;

use crate::template::Piece;

/// A model's vocabulary, and how it joins texts.
#[derive(Debug)]
pub(crate) struct Tokenizer<'m> {
    pub(crate) vocab: LlamaVocab<'m>,
    /// Whether a space is put before each text that is tokenized.
    pub(crate) space_prefix: bool,
}

impl Tokenizer<'_> {
    /// The tokens of a whole prompt. The token that begins a text is put first where the model wants it
    /// and the template did not write it.
    pub(crate) fn prompt(&self, pieces: Vec<Piece>) -> Vec<LlamaToken> {
        let mut tokens = Vec::new();
        for piece in spaces_moved(pieces) {
            match piece {
                Piece::Markup(text) => self.append(&mut tokens, &text, true),
                Piece::Content(text) => self.append(&mut tokens, &text, false),
            }
        }
        let bos = self.vocab.bos();
        if self.vocab.should_add_bos() && bos.0 >= 0 && tokens.first() != Some(&bos) {
            tokens.insert(0, bos);
        }
        tokens
    }

    /// The tokens of a text that stands alone.
    pub(crate) fn text(&self, text: &str) -> Vec<LlamaToken> {
        self.vocab.tokenize(text.as_bytes(), false, false)
    }

    fn append(&self, tokens: &mut Vec<LlamaToken>, text: &str, is_markup: bool) {
        if text.is_empty() {
            return;
        }
        let continues = tokens
            .last()
            .is_some_and(|&last| !self.vocab.is_control(last));
        if self.space_prefix && continues {
            // Inside a text the tokenizer must not put its space. It puts it before a line break that
            // goes in front, and is cut off again with it.
            let with_break = self
                .vocab
                .tokenize(format!("\n{text}").as_bytes(), false, is_markup);
            if let Some(rest) = with_break.strip_prefix(self.text("\n").as_slice()) {
                tokens.extend_from_slice(rest);
                return;
            }
        }
        tokens.extend(self.vocab.tokenize(text.as_bytes(), false, is_markup));
    }
}

/// Moves spaces at the end of markup to the beginning of the text that follows: a tokenizer joins a
/// space to the word after it, and spaces alone forge nothing.
fn spaces_moved(mut pieces: Vec<Piece>) -> Vec<Piece> {
    for index in 1..pieces.len() {
        let (before, from) = pieces.split_at_mut(index);
        if let (Some(Piece::Markup(markup)), Piece::Content(content)) =
            (before.last_mut(), &mut from[0])
        {
            let kept = markup.trim_end_matches(' ').len();
            content.insert_str(0, &markup[kept..]);
            markup.truncate(kept);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_goes_with_the_word_after_it() {
        let pieces = vec![
            Piece::Markup("User: ".to_owned()),
            Piece::Content("Hi".to_owned()),
            Piece::Markup("\n ".to_owned()),
        ];
        let moved = [
            Piece::Markup("User:".to_owned()),
            Piece::Content(" Hi".to_owned()),
            Piece::Markup("\n ".to_owned()),
        ];
        assert_eq!(spaces_moved(pieces), moved);
    }
}
