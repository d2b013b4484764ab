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

/// All of the text of documents, each with its name where there are several, as it stands at the head of a prompt.
pub(crate) fn documents(documents: &[(String, String)], language: Language) -> String {
    let words = Words::of(language);
    let mut block = format!("{}\n", words.passages);
    let are_several = documents.len() > 1;
    for (name, text) in documents {
        let name = are_several.then_some(name.as_str());
        block.push_str(&quoted(name, None, text.trim(), words));
    }
    block
}

/// What a prompt on whole documents begins with, up to a first question.
pub(crate) fn beginning(block: &str, question: &str, language: Language) -> Vec<ChatMessage> {
    about(block, &[], question, language, None)
}

/// A conversation on documents that are given whole: they come first, then what was asked and said, then the question. Each begins as
/// the one before it did, so that a further question re-reads only itself. `answer_in` is a language for the answer that is not that
/// of the documents.
pub(crate) fn about(
    block: &str,
    turns: &[Turn],
    question: &str,
    language: Language,
    answer_in: Option<Language>,
) -> Vec<ChatMessage> {
    let mut messages = conversation(turns, None, language);
    let question = question.trim();
    let asked = match answer_in {
        Some(other) => format!("{question}\n{}", Words::of(other).answer_in),
        None => question.to_owned(),
    };
    messages.push(ChatMessage {
        role: Role::User,
        content: asked,
    });
    // The first one after the instructions.
    let first = &mut messages[1].content;
    let asked = match first.is_empty() {
        true => String::new(),
        false => format!("\n{} {first}", Words::of(language).question),
    };
    *first = format!("{block}{asked}");
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
    answer_in: &'static str,
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
                answer_in: "Answer in English.",
            },
            Language::French => &Words {
                instructions: "Tu réponds à des questions sur des documents. Sers-toi seulement des \
                    passages donnés, de leurs mots et de leurs chiffres. Réponds en français, en une ou \
                    deux phrases.",
                passages: "Passages :",
                document: "Document :",
                question: "Question :",
                answer_in: "Réponds en français.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_on_a_whole_document_begins_with_it_and_goes_on_where_the_last_one_ended() {
        let french = Language::French;
        let block = documents(
            &[("bail.pdf".into(), "Le loyer est de 900 euros.".into())],
            french,
        );
        let asked = |turns: &[Turn], question: &str| {
            let messages = about(&block, turns, question, french, None);
            messages
                .into_iter()
                .map(|it| it.content)
                .collect::<Vec<_>>()
        };
        let first = asked(&[], "Quel est le loyer ? ");
        assert!(first[1].starts_with("Passages"), "{first:?}");
        assert!(first[1].ends_with("Quel est le loyer ?"), "{first:?}");
        assert!(!first[1].contains("bail.pdf"), "the only one needs no name");
        let turn = Turn {
            question: "Quel est le loyer ?".into(),
            said: "900 euros.".into(),
        };
        let second = asked(&[turn], "Et les charges ?");
        assert_eq!(second[..2], first[..]);
        assert_eq!(second[2..], ["900 euros.", "Et les charges ?"]);
        let begun = &beginning(&block, "", french)[1].content;
        assert!(first[1].starts_with(begun.as_str()));
        let in_english = about(
            &block,
            &[],
            "What is the rent?",
            french,
            Some(Language::English),
        );
        assert!(
            in_english[1]
                .content
                .ends_with("What is the rent?\nAnswer in English.")
        );
    }

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
