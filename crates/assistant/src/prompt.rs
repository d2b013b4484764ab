//! What the model is told: instructions, passages in a delimited block, the question.
//!
//! The engine keeps anything in here from being read as control tokens, so a document can say what it
//! likes; the block tells the model which words are the document's.

use aparte_protocol::engine::{ChatMessage, Role};

use crate::language::Language;
use crate::passages::PassageRef;

/// The messages for one question. Passages come before the question, so that a further question on the
/// same passages re-reads only itself.
pub(crate) fn messages(
    question: &str,
    passages: &[PassageRef],
    language: Language,
) -> Vec<ChatMessage> {
    let words = Words::of(language);
    let mut block = format!("{}\n", words.passages);
    for passage in passages {
        block.push_str("\"\"\"\n");
        block.push_str(passage.text());
        block.push_str("\n\"\"\"\n");
    }
    block.push_str(&format!("\n{} {}", words.question, question.trim()));
    vec![
        ChatMessage {
            role: Role::System,
            content: words.instructions.into(),
        },
        ChatMessage {
            role: Role::User,
            content: block,
        },
    ]
}

struct Words {
    instructions: &'static str,
    passages: &'static str,
    question: &'static str,
}

impl Words {
    fn of(language: Language) -> Words {
        match language {
            Language::English => Words {
                instructions: "You answer questions about documents. Use only the passages you are \
                    given, and keep to their words and figures. Answer in one or two sentences.",
                passages: "Passages:",
                question: "Question:",
            },
            Language::French => Words {
                instructions: "Tu réponds à des questions sur des documents. Sers-toi seulement des \
                    passages donnés, de leurs mots et de leurs chiffres. Réponds en français, en une ou \
                    deux phrases.",
                passages: "Passages :",
                question: "Question :",
            },
        }
    }
}
