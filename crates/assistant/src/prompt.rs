//! What the model is told: instructions, passages in a delimited block, the question.
//!
//! The engine keeps anything in here from being read as control tokens, so a document can say what it
//! likes; the block tells the model which words are the document's.

use aparte_protocol::engine::{ChatMessage, Role};

use crate::language::Language;
use crate::passages::PassageRef;
use crate::turns::Turn;

/// A conversation as the model is told it: instructions, what came before, and the next question. What came before stays
/// as it was, so that a further question re-reads only itself.
pub(crate) fn conversation(
    turns: &[Turn],
    question: Option<ChatMessage>,
    language: Language,
) -> Vec<ChatMessage> {
    let mut messages = vec![ChatMessage {
        role: Role::System,
        content: Words::of(language).instructions.into(),
    }];
    messages.extend(turns.iter().flat_map(Turn::messages));
    messages.extend(question);
    messages
}

/// A question with the passages that it is to be answered from.
pub(crate) fn question(question: &str, passages: &[PassageRef], language: Language) -> ChatMessage {
    let words = Words::of(language);
    let mut block = format!("{}\n", words.passages);
    for passage in passages {
        block.push_str("\"\"\"\n");
        // Figures of a table mean nothing without the names of its columns.
        if let Some(names) = passage.column_names() {
            block.push_str(&names);
            block.push('\n');
        }
        block.push_str(passage.text());
        block.push_str("\n\"\"\"\n");
    }
    block.push_str(&format!("\n{} {}", words.question, question.trim()));
    ChatMessage {
        role: Role::User,
        content: block,
    }
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
