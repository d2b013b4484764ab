//! The replies that are being written: at most one in each conversation, in as many conversations as a person likes.
//!
//! How many of them the engine writes at a time is its own affair: those that are too many wait there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aparte_assistant::{ConversationId, Stop};

use crate::session::lock;

/// Who is told when a reply is to end, by its conversation.
#[derive(Default)]
pub struct Replies(Mutex<HashMap<ConversationId, Stop>>);

/// The place of a reply in its conversation, which is free again when this is dropped, however the reply ends.
pub struct ReplyPlace {
    /// Told when the reply is to end.
    pub stop: Stop,
    conversation: ConversationId,
    replies: Arc<Replies>,
}

impl Drop for ReplyPlace {
    fn drop(&mut self) {
        lock(&self.replies.0).remove(&self.conversation);
    }
}

impl Replies {
    /// Takes the place for a reply in a conversation; `None` while another is written there.
    pub fn begin(self: &Arc<Self>, conversation: ConversationId) -> Option<ReplyPlace> {
        let mut replies = lock(&self.0);
        if replies.contains_key(&conversation) {
            return None;
        }
        let stop = Stop::default();
        replies.insert(conversation, stop.clone());
        Some(ReplyPlace {
            stop,
            conversation,
            replies: Arc::clone(self),
        })
    }

    /// Ends the reply of a conversation, if one is being written there.
    pub fn stop(&self, conversation: ConversationId) {
        if let Some(stop) = lock(&self.0).get(&conversation) {
            stop.now();
        }
    }

    /// Ends all of them.
    pub fn stop_all(&self) {
        lock(&self.0).values().for_each(Stop::now);
    }

    /// Whether one is being written anywhere.
    pub fn any(&self) -> bool {
        !lock(&self.0).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(digit: char) -> ConversationId {
        let id = String::from(digit).repeat(32);
        id.parse().expect("these are 32 hexadecimal digits")
    }

    #[test]
    fn each_conversation_has_a_place_for_one_reply() {
        let replies = Arc::new(Replies::default());
        let first = replies
            .begin(conversation('a'))
            .expect("nothing is written");
        assert!(replies.begin(conversation('a')).is_none());
        let second = replies.begin(conversation('b'));
        assert!(second.is_some(), "another conversation has its own");
        drop(first);
        assert!(
            replies.begin(conversation('a')).is_some(),
            "it is free again"
        );
    }

    #[test]
    fn the_word_to_stop_reaches_the_reply_of_one_conversation() {
        let replies = Arc::new(Replies::default());
        let first = replies.begin(conversation('a')).expect("it is free");
        let second = replies.begin(conversation('b')).expect("it is free");
        replies.stop(conversation('c'));
        assert!(!first.stop.is_told() && !second.stop.is_told());
        replies.stop(conversation('b'));
        assert!(!first.stop.is_told() && second.stop.is_told());
        replies.stop_all();
        assert!(first.stop.is_told());
    }

    #[test]
    fn a_stopped_reply_is_there_until_it_ended() {
        let replies = Arc::new(Replies::default());
        let first = replies.begin(conversation('a')).expect("it is free");
        let second = replies.begin(conversation('b')).expect("it is free");
        replies.stop_all();
        drop(first);
        assert!(replies.any());
        drop(second);
        assert!(!replies.any());
    }

    #[test]
    fn a_reply_whose_thread_panicked_leaves_its_place() {
        let replies = Arc::new(Replies::default());
        let place = replies.begin(conversation('a')).expect("it is free");
        let work = std::panic::AssertUnwindSafe(move || {
            let _place = place;
            std::panic::resume_unwind(Box::new("the thread ends here"));
        });
        std::panic::catch_unwind(work).expect_err("it panics");
        assert!(!replies.any());
    }
}
