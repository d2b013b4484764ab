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
    let first = passages.first().map(|passage| passage.document.id);
    // Of one document the name says nothing; several can be told apart by it, and named in the answer.
    let are_of_several = passages.iter().any(|it| Some(it.document.id) != first);
    for passage in passages {
        let name = are_of_several.then_some(passage.document.name.as_str());
        // Figures of a table mean nothing without the names of its columns.
        let names = passage.column_names();
        block.push_str(&quoted(name, names.as_deref(), passage.text(), words));
    }
    block.push_str(&format!("\n{} {}", words.question, question.trim()));
    ChatMessage {
        role: Role::User,
        content: block,
    }
}

/// A passage between its marks, under the name of its document and those of its columns.
fn quoted(document: Option<&str>, columns: Option<&str>, text: &str, words: &Words) -> String {
    let mut block = String::from("\"\"\"\n");
    if let Some(name) = document {
        let name: Vec<_> = name.split_whitespace().collect();
        block.push_str(&format!("{} {}\n", words.document, name.join(" ")));
    }
    for part in columns.into_iter().chain([text]) {
        block.push_str(part);
        block.push('\n');
    }
    block.push_str("\"\"\"\n");
    block
}

struct Words {
    instructions: &'static str,
    passages: &'static str,
    document: &'static str,
    question: &'static str,
}

impl Words {
    const fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &Words {
                instructions: "You answer questions about documents. Use only the passages you are \
                    given, and keep to their words and figures. Answer in one or two sentences.",
                passages: "Passages:",
                document: "Document:",
                question: "Question:",
            },
            Language::French => &Words {
                instructions: "Tu réponds à des questions sur des documents. Sers-toi seulement des \
                    passages donnés, de leurs mots et de leurs chiffres. Réponds en français, en une ou \
                    deux phrases.",
                passages: "Passages :",
                document: "Document :",
                question: "Question :",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_told_with_its_document_where_there_are_several() {
        let words = Words::of(Language::English);
        let told = quoted(
            Some("harbour\nreport.pdf"),
            Some("Year\tCost"),
            "2024\t12",
            words,
        );
        assert_eq!(
            told,
            "\"\"\"\nDocument: harbour report.pdf\nYear\tCost\n2024\t12\n\"\"\"\n"
        );
        assert_eq!(
            quoted(None, None, "It is so.", words),
            "\"\"\"\nIt is so.\n\"\"\"\n"
        );
    }
}
