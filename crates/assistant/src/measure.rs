//! Times what people wait for, through everything that an answer goes through.

use std::cell::Cell;
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use aparte_protocol::engine::{
    ChatMessage, Finished, Generate, Role, Sampling, Shape, Timings, Urgency,
};

use crate::engine::{Ending, Progress, Running, Stop};
use crate::error::Error;
use crate::meaning::Embedder;
use crate::{Assistant, ConversationId};

/// What one reply took.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Counts and times of the one reply.
    pub timings: Timings,
    /// Milliseconds to load the model.
    pub load_ms: u64,
}

/// How soon the first word of the next reply of a long conversation comes.
#[derive(Debug, Clone, Copy)]
pub struct FirstWords {
    /// Tokens of the conversation with its next question.
    pub prompt_tokens: u32,
    /// When nothing of it is computed.
    pub cold: Duration,
    /// When another conversation was asked about in between.
    pub in_memory: Duration,
    /// In a new engine, from what the vault kept; `None` where the vault keeps nothing, as one in memory.
    pub restored: Option<Duration>,
    /// Bytes of what was kept.
    pub state_bytes: u64,
}

impl Assistant {
    /// Times a prompt and a reply of about the given lengths, in tokens.
    pub fn measure(&self, prompt_tokens: u32, generated_tokens: u32) -> Result<Measured, Error> {
        let running = self.engine()?.ready_at_last(&mut |_| {})?;
        let generate = running.long_story(0, prompt_tokens, generated_tokens)?;
        Ok(Measured {
            timings: running.time(generate)?,
            load_ms: running.facts.load_ms,
        })
    }

    /// Times so many replies that are written at once, with prompts of about `prompt_tokens` each. The prompts differ in
    /// their ends alone, which one step reads for all: so all replies begin together, and none is timed while another's
    /// prompt is read.
    pub fn measure_together(
        &self,
        replies: u32,
        prompt_tokens: u32,
        generated_tokens: u32,
    ) -> Result<Vec<Timings>, Error> {
        let running = self.engine()?.ready_at_last(&mut |_| {})?;
        let requests = (0..replies as usize)
            .map(|number| {
                let mut request = running.long_story(0, prompt_tokens, generated_tokens)?;
                for message in &mut request.messages {
                    message.content += &format!(" It is number {number}.");
                }
                Ok(request)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        thread::scope(|scope| {
            let replies: Vec<_> = requests
                .into_iter()
                .map(|request| scope.spawn(|| running.time(request)))
                .collect();
            let ended = replies.into_iter().map(|reply| reply.join());
            ended
                .map(|timings| timings.unwrap_or(Err(Error::EngineStopped)))
                .collect()
        })
    }

    /// Times stops: how long after each moment, counted from the question to a new prompt of about `prompt_tokens`, the
    /// reply has ended. A reply that ends before its moment gives none.
    pub fn measure_stops(
        &self,
        prompt_tokens: u32,
        moments: &[Duration],
    ) -> Result<Vec<Duration>, Error> {
        let running = self.engine()?.ready_at_last(&mut |_| {})?;
        let mut stops = Vec::new();
        for (number, &moment) in moments.iter().enumerate() {
            let generate = running.long_story(number, prompt_tokens, 512)?;
            let asked = Instant::now();
            let is_over = || asked.elapsed() >= moment;
            match running.generate(generate, &is_over, &mut |_| {})? {
                Ending::Finished(_) => stops.extend(asked.elapsed().checked_sub(moment)),
                Ending::Died => return Err(Error::EngineStopped),
            }
        }
        Ok(stops)
    }

    /// Times first words in a conversation of about so many tokens.
    pub fn measure_first_words(&self, prompt_tokens: u32) -> Result<FirstWords, Error> {
        let engine = self.engine()?;
        let running = engine.ready_at_last(&mut |_| {})?;
        let conversation = self.begin("A measurement", &[], false)?.id;
        let name = conversation.state_name();
        let mut first = running.long_story(1, prompt_tokens, 16)?;
        first.state = Some(name);
        // Some word must come, whatever the model has to say to such a conversation.
        first.shape = Shape::Grammar(SOME_WORDS.to_owned());
        let next = next_turn(&first);
        let other = running.long_story(2, 64, 16)?;

        running.time(first.clone())?;
        running.forget_states()?;
        let (cold, prompt_tokens) = running.first_word(next.clone())?;

        running.forget_states()?;
        running.time(first)?;
        running.time(other)?;
        let (in_memory, _) = running.first_word(next.clone())?;

        let state_bytes = running.give_state(name, u64::MAX, &mut |_| Ok(()))?;
        let restored = self.restored(&running, conversation, next)?;
        Ok(FirstWords {
            prompt_tokens,
            cold,
            in_memory,
            restored,
            state_bytes,
        })
    }

    /// Keeps the state of a conversation, and times the first word of its next reply in a new engine.
    fn restored(
        &self,
        running: &Running,
        conversation: ConversationId,
        next: Generate,
    ) -> Result<Option<Duration>, Error> {
        let name = conversation.state_name();
        running.note_kept(name, 0);
        running.time(Generate {
            max_tokens: 1,
            ..next.clone()
        })?;
        self.keep_states()?;
        let engine = self.engine()?;
        engine.unload();
        let running = engine.ready_at_last(&mut |_| {})?;
        let start = Instant::now();
        self.bring_state(&running, conversation);
        if !running.knows(name) {
            return Ok(None);
        }
        let bringing = start.elapsed();
        let (first_word, _) = running.first_word(next)?;
        Ok(Some(bringing + first_word))
    }
}

/// How many vectors of texts of about so many tokens are made in a second.
pub fn measure_vectors(embedder: &Embedder, texts: u32, tokens: u32) -> Result<f64, Error> {
    // Eleven tokens of the model that comes with the application, which puts one before a text and one behind it.
    const SENTENCE: &str = "The committee reads every report that it is sent. ";
    let text = SENTENCE.repeat(tokens as usize / 11);
    let stop = Stop::default();
    // Starts the worker.
    embedder.vectors(slice::from_ref(&text), &stop)?;
    let texts = vec![text; texts as usize];
    let start = Instant::now();
    embedder.vectors(&texts, &stop)?;
    Ok(texts.len() as f64 / start.elapsed().as_secs_f64())
}

const SOME_WORDS: &str = "root ::= [a-z ]+";

/// The request after this one in its conversation.
fn next_turn(request: &Generate) -> Generate {
    let mut next = request.clone();
    for (role, content) in [
        (Role::Assistant, "harbour"),
        (Role::User, "And after that?"),
    ] {
        next.messages.push(ChatMessage {
            role,
            content: content.to_owned(),
        });
    }
    next
}

impl Running {
    /// A request to measure with: a prompt of about so many tokens, which begins like no other of another number, and which
    /// small models answer at length.
    fn long_story(
        &self,
        number: usize,
        prompt_tokens: u32,
        max_tokens: u32,
    ) -> Result<Generate, Error> {
        const SENTENCE: &str = "The committee reads every report that it is sent. ";
        const MANY: u32 = 64;
        let many = SENTENCE.repeat(MANY as usize);
        let tokens = self.count_tokens(vec![many])?[0].max(1);
        let sentences = u64::from(prompt_tokens) * u64::from(MANY) / u64::from(tokens);
        let sentences = usize::try_from(sentences).map_err(|_| Error::QuestionTooLong)?;
        let content = format!(
            "{number}. {}Write a story in ten chapters about a harbour. Begin with chapter 1.",
            SENTENCE.repeat(sentences)
        );
        Ok(Generate {
            messages: vec![ChatMessage {
                role: Role::User,
                content,
            }],
            sampling: Sampling::CAREFUL,
            max_tokens,
            urgency: Urgency::Interactive,
            shape: Shape::Free,
            stop_texts: Vec::new(),
            alternatives: None,
            copies: false,
            state: None,
        })
    }

    fn time(&self, generate: Generate) -> Result<Timings, Error> {
        match self.generate(generate, &|| false, &mut |_| {})? {
            Ending::Finished(Finished { timings, .. }) => Ok(timings),
            Ending::Died => Err(Error::EngineStopped),
        }
    }

    /// From a question to its first word, and the tokens of its prompt.
    fn first_word(&self, generate: Generate) -> Result<(Duration, u32), Error> {
        let asked = Instant::now();
        let first = Cell::new(None);
        let is_enough = || first.get().is_some();
        let mut hear = |progress| {
            if let Progress::Text(_) = progress
                && first.get().is_none()
            {
                first.set(Some(asked.elapsed()));
            }
        };
        match self.generate(generate, &is_enough, &mut hear)? {
            Ending::Finished(Finished { timings, .. }) => match first.get() {
                Some(first) => Ok((first, timings.prompt_tokens)),
                None => Err(Error::EngineStopped),
            },
            Ending::Died => Err(Error::EngineStopped),
        }
    }
}
