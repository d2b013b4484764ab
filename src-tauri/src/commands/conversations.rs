//! Commands about conversations: those that are there, and the next question.

use std::sync::Arc;

use aparte_assistant::Mode;
use tauri::ipc::Channel;

use super::{Outcome, Running, domain, on_a_thread};
use crate::reply::Teller;
use crate::view::{
    Answer, AppError, ContextUse, Conversation, ConversationId, DocumentId, Found, Message,
    ReplyNews,
};

/// A person looks through no more of what was found.
const FOUND: usize = 50;

/// All conversations, the latest first.
#[tauri::command]
#[specta::specta]
pub async fn conversations(session: Running<'_>) -> Outcome<Vec<Conversation>> {
    domain(&session, |assistant| {
        let conversations = assistant.conversations()?;
        Ok(conversations.into_iter().map(Conversation::from).collect())
    })
    .await
}

/// The messages of a conversation, in order.
#[tauri::command]
#[specta::specta]
pub async fn messages(session: Running<'_>, conversation: ConversationId) -> Outcome<Vec<Message>> {
    domain(&session, move |assistant| {
        let messages = assistant.messages(conversation.known())?;
        Ok(messages.into_iter().map(Message::from).collect())
    })
    .await
}

/// The messages that speak of what is looked for, the best first.
#[tauri::command]
#[specta::specta]
pub async fn find(session: Running<'_>, question: String) -> Outcome<Vec<Found>> {
    domain(&session, move |assistant| {
        let found = assistant.find(&question, FOUND)?;
        Ok(found.into_iter().map(Found::from).collect())
    })
    .await
}

/// Begins a conversation that its first question names. A private one is never on the disk.
#[tauri::command]
#[specta::specta]
pub async fn begin(
    session: Running<'_>,
    question: String,
    documents: Vec<DocumentId>,
    privately: bool,
) -> Outcome<Conversation> {
    domain(&session, move |assistant| {
        let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
        assistant
            .begin(&question, &documents, privately)
            .map(Conversation::from)
    })
    .await
}

/// Asks the next question of a conversation. The answer is stored when it comes back.
#[tauri::command]
#[specta::specta]
pub async fn ask(
    session: Running<'_>,
    conversation: ConversationId,
    question: String,
    documents: Vec<DocumentId>,
    reply: Channel<ReplyNews>,
) -> Outcome<Answer> {
    session.touch();
    let assistant = session.assistant()?;
    let place = session.begin_reply(conversation.known())?;
    let documents: Vec<_> = documents.iter().map(DocumentId::known).collect();
    let teller = Teller::new(&session, &assistant, reply);
    let behind = Arc::clone(&session);
    on_a_thread(&session, move || {
        let mut teller = teller;
        let answered = assistant.ask(
            conversation.known(),
            &question,
            &documents,
            &place.stop,
            &mut |progress| teller.hear(progress),
        );
        teller.finish(&answered);
        drop(place);
        let parts = matches!(&answered, Ok(answer) if answer.mode == Mode::Parts);
        let working = Arc::clone(&assistant);
        // Nobody waits for it: without it the next start of the application reads the conversation again, and the next question
        // about the same documents is answered from their passages too.
        std::thread::spawn(move || {
            let _ = working.keep_states();
            if parts {
                // A vault that is locked waits for whoever holds the domain.
                let _ = working.prepare(conversation.known(), &documents, &|| !behind.is_open());
            }
        });
        answered
            .map(Answer::from)
            .map_err(|error| AppError::of(&error, assistant.language()))
    })
    .await
}

/// How much of the model's context a conversation takes; nothing while no model is loaded. The page asks by itself when
/// an answer is there, so that this is no sign of a person.
#[tauri::command]
#[specta::specta]
pub async fn context_use(
    session: Running<'_>,
    conversation: ConversationId,
) -> Outcome<Option<ContextUse>> {
    let assistant = session.assistant()?;
    on_a_thread(&session, move || {
        let context = assistant.context_use(conversation.known());
        context
            .map(|context| context.map(ContextUse::from))
            .map_err(|error| AppError::of(&error, assistant.language()))
    })
    .await
}

/// Ends the reply of a conversation. What was written so far is its answer.
#[tauri::command]
#[specta::specta]
pub fn stop(session: Running<'_>, conversation: ConversationId) {
    session.touch();
    session.replies.stop(conversation.known());
}

/// Keeps what is written and not sent, in a conversation or before one.
#[tauri::command]
#[specta::specta]
pub async fn keep_draft(
    session: Running<'_>,
    conversation: Option<ConversationId>,
    text: String,
) -> Outcome<()> {
    domain(&session, move |assistant| {
        assistant.keep_draft(conversation.map(|id| id.known()), &text)
    })
    .await
}

/// What was written and not sent.
#[tauri::command]
#[specta::specta]
pub async fn draft(session: Running<'_>, conversation: Option<ConversationId>) -> Outcome<String> {
    domain(&session, move |assistant| {
        assistant.draft(conversation.map(|id| id.known()))
    })
    .await
}
