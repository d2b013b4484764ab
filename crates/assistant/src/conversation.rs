//! Conversations: questions and their answers, kept in the vault in their order.

use std::time::{SystemTime, UNIX_EPOCH};

use aparte_protocol::engine::StateName;
use aparte_vault::{Loss, OwnerId, OwnerKind, Record, Vault};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::error::Error;
use crate::library::DocumentId;
use crate::stored;
use crate::vault_trouble::VaultTrouble;

/// Names a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConversationId(pub(crate) OwnerId);

id_as_text!(ConversationId);

impl ConversationId {
    /// Under which the engine keeps what it computed of it: as random as the id, and all that the engine learns of it.
    pub(crate) fn state_name(self) -> StateName {
        StateName(*self.0.as_bytes())
    }

    /// The conversation of a state.
    pub(crate) fn of_state(name: StateName) -> ConversationId {
        ConversationId(OwnerId::from_bytes(name.0))
    }
}

/// A conversation as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its name in the vault.
    pub id: ConversationId,
    /// What it is about: the beginning of its first question.
    pub title: String,
    /// Milliseconds since 1970 when it began.
    pub began: u64,
    /// The documents that it is about.
    pub documents: Vec<DocumentId>,
    /// It is in memory alone, and gone when the vault is closed.
    pub private: bool,
}

/// One turn. Its stored layout is frozen: see `stored.rs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// What the person asked.
    Question(String),
    /// What they got.
    Answer(Box<Answer>),
    /// So many turns stood here and do not open any more, or are gone. Never stored.
    #[serde(skip)]
    Lost(u32),
}

/// The version under which an answer is kept that was thought about: the message, then what was thought. All others are kept
/// as they ever were.
const WITH_THINKING: u8 = 2;

/// The version under which an answer is kept of which it is known what the model was given: the message, then what was thought, if
/// anything was, and what was given.
const WITH_GIVEN: u8 = 3;

impl Message {
    /// The bytes to seal.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Message::Answer(answer) => match (&answer.thinking, answer.given) {
                (None, None) => stored::encode(self),
                (Some(thinking), None) => stored::encode_as(WITH_THINKING, &(self, thinking)),
                (thinking, Some(given)) => stored::encode_as(WITH_GIVEN, &(self, thinking, given)),
            },
            Message::Question(_) | Message::Lost(_) => stored::encode(self),
        }
    }

    /// A message of any version.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Message, Error> {
        let (message, thinking, given) = match bytes.first() {
            Some(&WITH_GIVEN) => {
                let (message, thinking, given) = stored::decode_as(WITH_GIVEN, bytes)?;
                (message, thinking, Some(given))
            }
            Some(&WITH_THINKING) => {
                let (message, thinking) = stored::decode_as(WITH_THINKING, bytes)?;
                (message, Some(thinking), None)
            }
            _ => return stored::decode(bytes),
        };
        match message {
            Message::Answer(mut answer) => {
                (answer.thinking, answer.given) = (thinking, given);
                Ok(Message::Answer(answer))
            }
            _ => Err(Error::Vault(VaultTrouble::Damaged)),
        }
    }

    /// What it says.
    pub(crate) fn text(&self) -> &str {
        match self {
            Message::Question(text) => text,
            Message::Answer(answer) => &answer.text,
            Message::Lost(_) => "",
        }
    }
}

/// What is sealed of a conversation itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct Head {
    title: String,
    began: u64,
    documents: Vec<DocumentId>,
}

impl Head {
    fn of(self, id: ConversationId) -> Conversation {
        Conversation {
            id,
            private: false,
            title: self.title,
            began: self.began,
            documents: self.documents,
        }
    }
}

/// The longest title, in characters.
const TITLE: usize = 80;

/// Begins a conversation with its first question, which names it. Both are on the disk when this returns.
pub(crate) fn begin(
    vault: &Vault,
    question: &str,
    documents: &[DocumentId],
) -> Result<Conversation, Error> {
    let title: String = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let head = Head {
        title: title.chars().take(TITLE).collect(),
        began: now(),
        documents: documents.to_vec(),
    };
    let asked = Message::Question(question.to_owned());
    let id = vault.write(|change| {
        let id = change.create_owner(OwnerKind::Conversation, &stored::encode(&head))?;
        change.append(id, stored::MESSAGE, &asked.encode())?;
        Ok(id)
    })?;
    Ok(head.of(ConversationId(id)))
}

/// Adds a question to the end, and notes which documents the conversation is about from here on. Both are on the
/// disk when this returns. A question that is the last message already is being asked again, and stays the last; gives whether
/// it was new.
pub(crate) fn ask(
    vault: &Vault,
    conversation: ConversationId,
    question: &str,
    documents: &[DocumentId],
) -> Result<bool, Error> {
    let mut head: Head = stored::decode(&head(vault, conversation)?)?;
    match keep_interrupted(vault, conversation) {
        // What is left of an earlier reply does not keep anybody from asking.
        Err(Error::Vault(VaultTrouble::Damaged | VaultTrouble::NewerFormat)) => (),
        kept => kept?,
    }
    let asked = Message::Question(question.to_owned());
    let last = vault.last_record(conversation.0, stored::MESSAGE)?;
    let last = last
        .map(|record| Message::decode(&record.body))
        .transpose()?;
    let is_new = last != Some(asked.clone());
    let looks_elsewhere = head.documents != documents;
    head.documents = documents.to_vec();
    vault.write(|change| {
        if looks_elsewhere {
            change.set_head(conversation.0, &stored::encode(&head))?;
        }
        if is_new {
            change.append(conversation.0, stored::MESSAGE, &asked.encode())?;
        }
        Ok(())
    })?;
    Ok(is_new)
}

/// What a conversation is about, also of one that is about to be erased.
pub(crate) fn title(vault: &Vault, conversation: ConversationId) -> Result<String, Error> {
    let head: Head = stored::decode(&head(vault, conversation)?)?;
    Ok(head.title)
}

/// Whether a conversation lives in this vault.
pub(crate) fn lives_in(vault: &Vault, conversation: ConversationId) -> bool {
    head(vault, conversation).is_ok()
}

/// What a vault lists: what opens, and how much does not.
pub(crate) struct Conversations {
    pub(crate) readable: Vec<Conversation>,
    pub(crate) damaged: usize,
}

/// All conversations but those about to be erased, the latest first.
pub(crate) fn list(vault: &Vault) -> Result<Conversations, Error> {
    let owners = vault.owners(OwnerKind::Conversation)?;
    let mut damaged = owners.damaged.len();
    let mut conversations = Vec::with_capacity(owners.readable.len());
    for owner in owners.readable {
        match stored::decode::<Head>(&owner.head) {
            Ok(_) if owner.hidden => (),
            Ok(head) => conversations.push(head.of(ConversationId(owner.id))),
            Err(_) => damaged += 1,
        }
    }
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.began));
    Ok(Conversations {
        readable: conversations,
        damaged,
    })
}

/// The messages of a conversation, in order. Where some do not open or are gone, their number stands in their place.
pub(crate) fn messages(vault: &Vault, conversation: ConversationId) -> Result<Vec<Message>, Error> {
    head(vault, conversation)?;
    let records = vault.records(conversation.0, stored::MESSAGE)?;
    let mut lost = records.damaged.len() as u32;
    lost += match records.loss {
        Some(Loss::Missing(missing)) => missing,
        Some(Loss::Altered) | None => 0,
    };
    let mut messages = Vec::with_capacity(records.readable.len());
    let mut next = 0;
    for record in records.readable {
        let gap = record.sequence.saturating_sub(next).min(lost);
        if gap > 0 {
            messages.push(Message::Lost(gap));
            lost -= gap;
        }
        next = record.sequence + 1;
        let message = Message::decode(&record.body);
        messages.push(message.unwrap_or(Message::Lost(1)));
    }
    if lost > 0 {
        messages.push(Message::Lost(lost));
    }
    Ok(messages)
}

/// Whether a conversation looked in a document, or cites it.
pub(crate) fn is_about(
    vault: &Vault,
    conversation: &Conversation,
    document: DocumentId,
) -> Result<bool, Error> {
    if conversation.documents.contains(&document) {
        return Ok(true);
    }
    let cites = |message: &Message| match message {
        Message::Answer(answer) => {
            let mut cited = answer.citations.iter().chain(&answer.nearest);
            cited.any(|citation| citation.document == document)
        }
        Message::Question(_) | Message::Lost(_) => false,
    };
    Ok(messages(vault, conversation.id)?.iter().any(cites))
}

/// A reply that was cut off with the whole application becomes what it came to: an interrupted answer.
pub(crate) fn keep_interrupted(vault: &Vault, conversation: ConversationId) -> Result<(), Error> {
    let Some(draft) = vault.last_record(conversation.0, stored::REPLY_DRAFT)? else {
        return Ok(());
    };
    let answer = answer_of(&draft)?;
    vault.write(|change| {
        change.append(conversation.0, stored::MESSAGE, &answer.encode())?;
        change.remove_record(conversation.0, draft.id)
    })?;
    Ok(())
}

/// What a reply came to that was cut off with the whole application and is not stored as a message yet.
pub(crate) fn interrupted(vault: &Vault, conversation: ConversationId) -> Option<Message> {
    match vault.last_record(conversation.0, stored::REPLY_DRAFT) {
        Ok(draft) => draft.map(|draft| answer_of(&draft).unwrap_or(Message::Lost(1))),
        Err(_) => Some(Message::Lost(1)),
    }
}

fn answer_of(draft: &Record) -> Result<Message, Error> {
    let text = stored::decode(&draft.body)?;
    Ok(Message::Answer(Box::new(Answer::interrupted(text))))
}

/// The sealed head; an error if the id is that of a document, or of nothing.
fn head(vault: &Vault, conversation: ConversationId) -> Result<Vec<u8>, Error> {
    Ok(vault.head(conversation.0, OwnerKind::Conversation)?)
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str) -> Message {
        Message::Question(text.into())
    }

    #[test]
    fn a_question_that_got_no_answer_is_stored_once_however_often_it_is_asked() {
        let vault = Vault::in_memory().unwrap();
        let conversation = begin(&vault, "Why?", &[]).unwrap().id;
        ask(&vault, conversation, "Why?", &[]).unwrap();
        ask(&vault, conversation, "Why?", &[]).unwrap();
        assert_eq!(messages(&vault, conversation).unwrap(), [question("Why?")]);
        ask(&vault, conversation, "How?", &[]).unwrap();
        let both = [question("Why?"), question("How?")];
        assert_eq!(messages(&vault, conversation).unwrap(), both);
    }

    #[test]
    fn what_was_thought_is_kept_with_its_answer_and_answers_from_before_still_open() {
        let vault = Vault::in_memory().unwrap();
        let conversation = begin(&vault, "Why?", &[]).unwrap().id;
        let without = Message::Answer(Box::new(Answer::interrupted("Because.".into())));
        assert_eq!(without.encode(), stored::encode(&without), "as ever");
        let thinking = crate::thinking::Thinking {
            text: "Let me see.".into(),
            ms: 1_200,
        };
        let with = Message::Answer(Box::new(Answer {
            thinking: Some(thinking.clone()),
            ..Answer::interrupted("Because.".into())
        }));
        // Frozen: the version, the message as it is without, the text behind its length, and the milliseconds.
        let mut bytes = without.encode();
        bytes[0] = 2;
        bytes.push(11);
        bytes.extend(b"Let me see.");
        bytes.extend([0xb0, 0x09]);
        assert_eq!(with.encode(), bytes);
        for message in [&without, &with] {
            vault
                .write(|change| change.append(conversation.0, stored::MESSAGE, &message.encode()))
                .unwrap();
        }
        let kept = messages(&vault, conversation).unwrap();
        assert_eq!(kept, [question("Why?"), without, with.clone()]);
        assert_eq!(with.text(), "Because.", "what was thought is not searched");
        let asked = stored::encode_as(2, &(question("Why?"), thinking));
        let refused = Message::decode(&asked);
        assert_eq!(refused, Err(Error::Vault(VaultTrouble::Damaged)));
    }

    #[test]
    fn what_the_model_was_given_is_kept_with_its_answer() {
        let given = crate::Given {
            passages: 2,
            of_passages: 300,
            pages: 40,
        };
        let plain = Answer::interrupted("Because.".into());
        let thinking = crate::thinking::Thinking {
            text: "Why?".into(),
            ms: 5,
        };
        for (thinking, bytes) in [
            (None, vec![0]),
            (Some(thinking), b"\x01\x04Why?\x05".to_vec()),
        ] {
            let answer = Answer {
                given: Some(given),
                thinking,
                ..plain.clone()
            };
            let message = Message::Answer(Box::new(answer));
            // Frozen: the version, the message as it is without, what was thought, and the three numbers.
            let mut frozen = Message::Answer(Box::new(plain.clone())).encode();
            frozen[0] = 3;
            frozen.extend(bytes);
            frozen.extend([2, 0xac, 0x02, 40]);
            assert_eq!(message.encode(), frozen);
            assert_eq!(Message::decode(&frozen).unwrap(), message);
        }
    }

    #[test]
    fn messages_that_are_gone_leave_their_number_in_their_place() {
        let vault = Vault::in_memory().unwrap();
        let conversation = begin(&vault, "Why?", &[]).unwrap().id;
        for asked in ["How?", "When?"] {
            ask(&vault, conversation, asked, &[]).unwrap();
        }
        let records = vault.records(conversation.0, stored::MESSAGE).unwrap();
        let middle = records.readable[1].id;
        vault
            .write(|change| change.replace(conversation.0, middle, b"\xff"))
            .unwrap();
        let expected = [question("Why?"), Message::Lost(1), question("When?")];
        assert_eq!(messages(&vault, conversation).unwrap(), expected);
    }

    #[test]
    fn a_reply_that_was_cut_off_with_the_application_is_kept_as_interrupted() {
        let vault = Vault::in_memory().unwrap();
        let conversation = begin(&vault, "Why?", &[]).unwrap().id;
        let mut draft = crate::draft::ReplyDraft::new(&vault, conversation);
        draft.hear("Because of");
        draft.flush();
        draft.hear(" the rain");
        draft.flush();
        keep_interrupted(&vault, conversation).unwrap();
        keep_interrupted(&vault, conversation).unwrap();
        let answer = Answer::interrupted("Because of the rain".into());
        let expected = [question("Why?"), Message::Answer(Box::new(answer))];
        assert_eq!(messages(&vault, conversation).unwrap(), expected);
    }

    #[test]
    fn what_does_not_open_of_an_interrupted_reply_costs_nothing_else() {
        let vault = Vault::in_memory().unwrap();
        let assistant =
            crate::Assistant::open(vault, "no-worker".into(), None, crate::Language::English)
                .unwrap();
        let conversation = assistant.begin("Why?", &[], false).unwrap().id;
        assistant
            .vault
            .write(|change| {
                change.append(conversation.0, stored::REPLY_DRAFT, b"\xff")?;
                change.append(conversation.0, stored::INPUT_DRAFT, b"\xff")
            })
            .unwrap();
        let expected = [question("Why?"), Message::Lost(1)];
        assert_eq!(assistant.messages(conversation).unwrap(), expected);
        ask(&assistant.vault, conversation, "How?", &[]).unwrap();
        assert_eq!(assistant.draft(Some(conversation)).unwrap(), "");
        assistant.keep_draft(Some(conversation), "When?").unwrap();
        assert_eq!(assistant.draft(Some(conversation)).unwrap(), "When?");
        let answer = Message::Answer(Box::new(Answer::interrupted("Then.".into())));
        let draft = crate::draft::ReplyDraft::new(&assistant.vault, conversation);
        draft.become_message(&answer).unwrap();
        let expected = [question("Why?"), question("How?"), answer];
        assert_eq!(assistant.messages(conversation).unwrap(), expected);
    }

    #[test]
    fn a_conversation_remembers_where_its_last_question_looked() {
        let vault = Vault::in_memory().unwrap();
        let [first, second] = [1, 2].map(|byte| DocumentId(OwnerId::from_bytes([byte; 16])));
        let conversation = begin(&vault, "Why?", &[first]).unwrap().id;
        ask(&vault, conversation, "Why?", &[first, second]).unwrap();
        assert_eq!(list(&vault).unwrap().readable[0].documents, [first, second]);
    }

    #[test]
    fn a_document_is_not_taken_for_a_conversation() {
        let vault = Vault::in_memory().unwrap();
        let head = begin(&vault, "Why?", &[]).unwrap();
        let head = vault.head(head.id.0, OwnerKind::Conversation).unwrap();
        let document = vault
            .write(|change| change.create_owner(OwnerKind::Document, &head))
            .unwrap();
        let stranger = ConversationId(document);
        let missing = Error::Vault(VaultTrouble::Missing);
        assert_eq!(ask(&vault, stranger, "Why?", &[]), Err(missing.clone()));
        assert_eq!(messages(&vault, stranger), Err(missing));
        assert_eq!(vault.head(document, OwnerKind::Document).unwrap(), head);
    }

    #[test]
    fn a_conversation_that_is_not_there_takes_no_question() {
        let vault = Vault::in_memory().unwrap();
        let stranger = ConversationId(OwnerId::from_bytes([7; 16]));
        assert!(ask(&vault, stranger, "Why?", &[]).is_err());
    }
}
