//! Any bytes as a template and a conversation: what the fuzz target `template` tries, and the test that replays its corpus.
//!
//! Texts with a zero between them: the template, the token that begins a text, the one that ends a turn, and then each
//! message, whose first letter says whose it is (`s`, `u`, `a`).

use aparte_protocol::engine::{ChatMessage, Role};

use crate::template::{ChatTemplate, Piece, SpecialTokens};

/// Compiles and renders. Gives whether the template took the conversation; panics where what was said did not come through
/// it as it was.
pub(crate) fn template(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut texts = text.split('\0');
    let source = texts.next().unwrap_or_default();
    let special = SpecialTokens {
        bos: texts.next().unwrap_or_default().to_owned(),
        eos: texts.next().unwrap_or_default().to_owned(),
    };
    let messages: Vec<ChatMessage> = texts.map(message).collect();
    let Ok(template) = ChatTemplate::new(Some(source)) else {
        return false;
    };
    let Ok(pieces) = template.render(&messages, &special) else {
        return false;
    };
    let contents = pieces.iter().filter_map(|piece| match piece {
        Piece::Content(text) => Some(text.trim()),
        Piece::Markup(_) => None,
    });
    // Turns may be joined and trimmed, which adds and takes white space alone.
    let said: String = contents.clone().flat_map(str::split_whitespace).collect();
    for message in &messages {
        let words: String = message.content.split_whitespace().collect();
        assert!(said.contains(&words), "a turn is not there as it was");
    }
    for content in contents {
        let mut turns = messages.iter().map(|message| message.content.trim());
        let is_a_turn = turns.any(|turn| content == turn);
        assert!(is_a_turn || content.contains("\n\n"), "nobody said that");
    }
    true
}

fn message(text: &str) -> ChatMessage {
    let (role, content) = match text.split_at_checked(1) {
        Some(("s", content)) => (Role::System, content),
        Some(("a", content)) => (Role::Assistant, content),
        Some(("u", content)) => (Role::User, content),
        _ => (Role::User, text),
    };
    ChatMessage {
        role,
        content: content.to_owned(),
    }
}

/// The corpus of the fuzz target (`fuzz/`): what once was found does no harm in any later build.
#[cfg(test)]
#[test]
fn every_input_of_the_fuzz_corpus_is_rendered_or_refused() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/template");
    let (mut rendered, mut refused) = (0, 0);
    for input in std::fs::read_dir(folder).unwrap() {
        match template(&std::fs::read(input.unwrap().path()).unwrap()) {
            true => rendered += 1,
            false => refused += 1,
        }
    }
    assert!(
        rendered > 0 && refused > 0,
        "{rendered} rendered, {refused} refused"
    );
}
