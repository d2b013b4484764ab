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
        self.tokenize(text, false)
    }

    fn tokenize(&self, text: &str, is_markup: bool) -> Vec<LlamaToken> {
        let tokens = |piece: &str| self.vocab.tokenize(piece.as_bytes(), false, is_markup);
        match self.space_prefix {
            // Each piece would get a space, and no expressions split it.
            true => tokens(text),
            false => pieces(text).into_iter().flat_map(tokens).collect(),
        }
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
            let with_break = self.tokenize(&format!("\n{text}"), is_markup);
            if let Some(rest) = with_break.strip_prefix(self.text("\n").as_slice()) {
                tokens.extend_from_slice(rest);
                return;
            }
        }
        tokens.extend(self.tokenize(text, is_markup));
    }
}

/// Characters of one kind in a row, beyond which a text is cut. llama.cpp splits a text by regular expressions, and follows what
/// such a run matches on the stack: letters without a space end the process if they are many enough.
const LONGEST_RUN: usize = 1024;

/// Whether the text has such a run: no words of any language are.
pub(crate) fn has_endless_run(text: &str) -> bool {
    pieces(text).len() > 1
}

/// The text in pieces none of which has a longer run; nearly always it is one.
fn pieces(text: &str) -> Vec<&str> {
    let kind = |character: char| (character.is_whitespace(), character.is_numeric());
    let (mut pieces, mut start) = (Vec::new(), 0);
    let (mut last, mut run) = (None, 0);
    for (at, character) in text.char_indices() {
        let kind = Some(kind(character));
        run = if kind == last { run + 1 } else { 1 };
        last = kind;
        if run > LONGEST_RUN {
            pieces.push(&text[start..at]);
            (start, run) = (at, 1);
        }
    }
    pieces.push(&text[start..]);
    pieces
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
    fn only_a_text_with_a_run_without_end_is_cut() {
        let usual = "Ärger mit 4.096 Wörtern, 中文。 ".repeat(1_000);
        assert_eq!(pieces(&usual), [usual.as_str()]);
        assert_eq!(pieces(""), [""]);
        for letter in ["a", " ", "1", "文", "e\u{301}"] {
            let run = letter.repeat(LONGEST_RUN);
            let long = run.repeat(3) + "." + "1 ";
            let cut = pieces(&long);
            assert!(cut.len() >= 3, "{letter:?}");
            assert!(
                cut.iter()
                    .all(|piece| piece.chars().count() <= LONGEST_RUN + 3)
            );
            assert_eq!(cut.concat(), long);
        }
    }

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
