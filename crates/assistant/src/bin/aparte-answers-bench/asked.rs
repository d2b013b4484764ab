//! What comes of the questions when they are asked: with the model, whose wording is not judged, but what is refused, what is cited, and
//! how soon the first word is there.

use std::collections::HashMap;
use std::time::Instant;

use aparte_assistant::bench_support::{Failure, count_tokens, page_text, sentence};
use aparte_assistant::{Answer, Assistant, ConversationId, DocumentId, Mode, Stop};
use serde::Serialize;

use crate::{Question, bare};

/// What came of a question.
#[derive(Serialize)]
pub struct Outcome {
    id: String,
    refused: bool,
    /// Whether a page that answers is cited.
    page_cited: bool,
    /// Whether anything is.
    cited: bool,
    /// Citations that are marked as verified, and those of them that do not stand on their page.
    verified: usize,
    wrong: usize,
}

/// How soon first words come on a document that was read and indexed.
#[derive(Serialize)]
pub struct FirstWords {
    /// From passages: from the question to the first word, over what the model itself took for this prompt and a token.
    parts_ratio: Vec<f64>,
    /// Milliseconds to read a whole document that is short, in the background: a small model is given no long one.
    prepare_ms: f64,
    /// Milliseconds from a question to the first word once it was read.
    prepared_ms: Vec<f64>,
    /// Tokens that a further question of the same conversation had the model read, without those of its own text.
    further_tokens: Vec<f64>,
}

/// Asks each question in a conversation of its own.
pub fn all(
    assistant: &Assistant,
    questions: &[Question],
    names: &HashMap<String, DocumentId>,
) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for (number, question) in questions.iter().enumerate() {
        eprintln!("asked {number} of {}", questions.len());
        let document = known(names, &question.document)?;
        let (_, answer) = first(assistant, document, &question.question)?;
        let mut outcome = Outcome {
            id: question.id.clone(),
            refused: answer.refused,
            page_cited: false,
            cited: !answer.citations.is_empty(),
            verified: 0,
            wrong: 0,
        };
        for citation in &answer.citations {
            let page = citation.page.unwrap_or(1);
            outcome.page_cited |= question.pages.contains(&page);
            if citation.verified {
                let text = page_text(assistant, document, page)?;
                let stands = bare(&text).contains(&bare(&citation.quote));
                outcome.verified += 1;
                outcome.wrong += usize::from(!stands);
            }
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Times first words on a document with questions that it answers, and then on a short part of it.
pub fn first_words(
    assistant: &Assistant,
    document: DocumentId,
    short: DocumentId,
    questions: &[String],
) -> Result<FirstWords, Failure> {
    let mut words = FirstWords {
        parts_ratio: Vec::new(),
        prepare_ms: 0.0,
        prepared_ms: Vec::new(),
        further_tokens: Vec::new(),
    };
    let begun = assistant.begin("A measurement", &[short], false);
    let conversation = begun.map_err(sentence)?.id;
    for question in questions {
        let (_, answer) = first(assistant, document, question)?;
        let timings = &answer.timings;
        let token = timings
            .engine
            .generation_tokens_per_s()
            .map(|speed| 1e3 / speed);
        if let (Some(first), Some(token), Mode::Parts) = (timings.first_word_ms, token, answer.mode)
        {
            let alone = timings.engine.prompt_ms + token;
            words.parts_ratio.push(first as f64 / alone);
        }
    }
    let start = Instant::now();
    let is_prepared = assistant
        .prepare(conversation, &[short], &|| false)
        .map_err(sentence)?;
    words.prepare_ms = crate::milliseconds(start);
    if !is_prepared {
        return Err("a document that fits the context was not prepared".into());
    }
    for pair in questions.windows(2) {
        let (conversation, answer) = first(assistant, short, &pair[0])?;
        // The part may not speak of it, so that no model is asked.
        if answer.given.is_none() {
            continue;
        }
        if answer.mode != Mode::Whole {
            return Err("a document that was prepared was not given whole".into());
        }
        (words.prepared_ms).extend(answer.timings.first_word_ms.map(|first| first as f64));
        let further = next(assistant, conversation, short, &pair[1])?;
        if further.given.is_none() {
            continue;
        }
        let counts = further.timings.engine;
        let read = counts.prompt_tokens - counts.reused_tokens;
        let own = count_tokens(assistant, &pair[1])?;
        words.further_tokens.push(f64::from(read) - f64::from(own));
    }
    Ok(words)
}

fn known(names: &HashMap<String, DocumentId>, name: &str) -> Result<DocumentId, Failure> {
    let known = names.get(name).copied();
    known.ok_or_else(|| format!("{name} was not given").into())
}

fn first(
    assistant: &Assistant,
    document: DocumentId,
    question: &str,
) -> Result<(ConversationId, Answer), Failure> {
    let begun = assistant.begin(question, &[document], false);
    let conversation = begun.map_err(sentence)?.id;
    let answer = next(assistant, conversation, document, question)?;
    Ok((conversation, answer))
}

fn next(
    assistant: &Assistant,
    conversation: ConversationId,
    document: DocumentId,
    question: &str,
) -> Result<Answer, Failure> {
    let stop = Stop::default();
    let answer = assistant.ask(conversation, question, &[document], &stop, &mut |_| {});
    answer.map_err(sentence)
}
