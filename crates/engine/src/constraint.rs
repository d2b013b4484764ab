//! Holds a reply to a shape, token by token.

use aparte_protocol::engine::Shape;
use llama_cpp_2::token::LlamaToken;

use crate::grammar::matcher::{Matcher, TooManyWays};
use crate::grammar::{Grammar, ShapeFailure, gbnf, schema};
use crate::vocabulary::Vocabulary;

/// Knows which tokens may come next.
#[derive(Debug)]
pub(crate) struct Constraint<'v> {
    matcher: Matcher,
    vocabulary: &'v Vocabulary,
}

impl<'v> Constraint<'v> {
    /// Holds a reply to `shape`; `None` for one that is free.
    ///
    /// # Errors
    /// [`ShapeFailure`]: why nothing can be held to it.
    pub(crate) fn new(
        shape: &Shape,
        vocabulary: impl FnOnce() -> &'v Vocabulary,
    ) -> Result<Option<Constraint<'v>>, ShapeFailure> {
        let grammar: Grammar = match shape {
            Shape::Free => return Ok(None),
            Shape::Grammar(grammar) => gbnf::read(grammar)?,
            Shape::Json(schema) => schema::read(schema)?,
        };
        Ok(Some(Constraint {
            matcher: Matcher::new(grammar).map_err(|TooManyWays| ShapeFailure::TooLarge)?,
            vocabulary: vocabulary(),
        }))
    }

    /// To be called before each token of the reply.
    pub(crate) fn next_token(&mut self) {
        self.matcher.next_token();
    }

    /// Whether nothing but the end of the reply may come.
    pub(crate) fn must_end(&self) -> bool {
        self.matcher.must_end()
    }

    /// Whether the reply may end here.
    pub(crate) fn may_end(&self) -> bool {
        self.matcher.may_end()
    }

    /// Whether `token` ends a reply.
    pub(crate) fn is_end(&self, token: LlamaToken) -> bool {
        self.vocabulary.ends_reply(token)
    }

    /// Whether `token` may come next.
    pub(crate) fn allows(&mut self, token: LlamaToken) -> Result<bool, TooManyWays> {
        match self.vocabulary.ends_reply(token) {
            true => Ok(self.matcher.may_end()),
            false => self.matcher.allows(self.vocabulary.text(token)),
        }
    }

    /// Goes on with a token that is allowed and does not end the reply.
    pub(crate) fn accept(&mut self, token: LlamaToken) -> Result<(), TooManyWays> {
        let is_accepted = self.matcher.accept(self.vocabulary.text(token))?;
        debug_assert!(is_accepted, "it was allowed before");
        Ok(())
    }
}
