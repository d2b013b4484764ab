//! A conversation in the form that the model was trained on, by the chat template in its file.
//!
//! The template is a program by strangers in Jinja. It never sees what anybody wrote: each message is
//! rendered as a mark, and the text is put in the mark's place afterwards. So no text can pass for the
//! template's own markup, and no error of the template can carry text away. Fuel bounds its time and
//! memory, and what it writes.

use std::thread;

use aparte_protocol::engine::{ChatMessage, Role};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, context};

use crate::template::calendar::strftime_now;

mod calendar;
mod json;
mod kinds;
pub(crate) mod known;
mod sums;

/// A part of a rendered conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Written by the template; control tokens in it are meant.
    Markup(String),
    /// Written by a person or a model; nothing in it is a control token.
    Content(String),
}

/// How a model wants to read conversations.
#[derive(Debug)]
pub(crate) enum ChatTemplate {
    /// By the template in its file.
    Own(Box<Environment<'static>>),
    /// By [`plain`], for base models, which have none.
    Plain,
}

/// What tokens the template may write by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpecialTokens {
    /// The text of the token that begins a text; empty when there is none.
    pub(crate) bos: String,
    /// The text of the token that ends a turn; empty when there is none.
    pub(crate) eos: String,
}

impl ChatTemplate {
    /// Compiles `source`, or takes the plain form when the model has no template.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(crate) fn new(source: Option<&str>) -> Result<ChatTemplate, String> {
        let Some(source) = source else {
            return Ok(ChatTemplate::Plain);
        };
        let mut environment = Environment::new();
        // As the library in which these templates are written and tested does it.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| error.to_string())?;
        let source = without_generation_marks(source);
        sums::check(&source, &syntax).map_err(|error| error.to_string())?;
        environment.set_syntax(syntax);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        kinds::add(&mut environment);
        sums::bound(&mut environment);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.set_fuel(Some(FUEL));
        environment
            .add_template_owned(NAME, source)
            .map_err(|error| error.to_string())?;
        Ok(ChatTemplate::Own(Box::new(environment)))
    }

    /// Renders `messages` up to where the model is to speak. A template that refuses a system message
    /// or two turns of one speaker in a row gets them folded into one turn.
    ///
    /// # Errors
    /// Why the template refuses the conversation; no text of the conversation is in it.
    pub(crate) fn render(
        &self,
        messages: &[ChatMessage],
        special: &SpecialTokens,
    ) -> Result<Vec<Piece>, String> {
        let ChatTemplate::Own(environment) = self else {
            return Ok(plain(messages));
        };
        render(environment, messages, special).or_else(|refusal| {
            let folded = folded(messages);
            if folded == messages {
                return Err(refusal);
            }
            render(environment, &folded, special).map_err(|_| refusal)
        })
    }

    /// The text that ends a reply where the model has no token for it.
    pub(crate) fn stop_text(&self) -> Option<&'static str> {
        match self {
            ChatTemplate::Own(_) => None,
            ChatTemplate::Plain => Some(PLAIN_STOP),
        }
    }
}

/// Pays for conversations of a thousand turns, and for a few seconds and 128 MiB at the most.
const FUEL: u64 = 500_000;

/// The longest text that a template may write around what was said, in bytes: more than fits any context that is opened.
const LONGEST: usize = 1 << 20;

const NAME: &str = "chat";

/// Around the number of a message; of a private-use plane, so that no template treats them in its own way.
const MARK: (char, char) = ('\u{F8F0}', '\u{F8F1}');

/// White space that no template writes, on both sides of a mark. Where it is gone, the template trimmed.
const PAD: char = '\u{2005}';

fn render(
    environment: &Environment<'_>,
    messages: &[ChatMessage],
    special: &SpecialTokens,
) -> Result<Vec<Piece>, String> {
    let marked: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(index, message)| {
            let content = if message.content.is_empty() {
                String::new()
            } else {
                format!("{PAD}{}{index}{}{PAD}", MARK.0, MARK.1)
            };
            context! { role => role_name(message.role), content => content }
        })
        .collect();
    let values = context! {
        messages => marked,
        add_generation_prompt => true,
        bos_token => &special.bos,
        eos_token => &special.eos,
        tools => (),
        documents => (),
    };
    let rendered = on_a_deep_stack(|| {
        // An error holds values of the template.
        sums::render(environment, NAME, values).map_err(|error| error.to_string())
    })??;
    if rendered.len() > LONGEST {
        return Err("it writes too much".to_owned());
    }
    fill(&rendered, messages)
}

/// Runs what may call itself once for each of a template's lists in lists, of which fuel pays for some ten
/// thousand. The stack takes memory only as far as it is used.
fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    const BYTES: usize = 256 << 20;
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(BYTES);
        let thread = thread
            .spawn_scoped(scope, work)
            .map_err(|error| format!("it cannot be rendered: {error}"))?;
        thread
            .join()
            .map_err(|_| "it breaks the renderer".to_owned())
    })
}

/// Puts the messages in the place of their marks. A template that says them again and again writes too much, however short the
/// marks are.
fn fill(rendered: &str, messages: &[ChatMessage]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let said: usize = messages.iter().map(|message| message.content.len()).sum();
    let mut room = LONGEST + said;
    let mut seen = vec![false; messages.len()];
    let mut rest = rendered;
    while let Some((markup, after)) = rest.split_once(MARK.0) {
        let (index, after) = after.split_once(MARK.1).ok_or_else(changed)?;
        let index: usize = index.parse().map_err(|_| changed())?;
        let message = messages.get(index).ok_or_else(changed)?;
        seen[index] = true;
        room = room
            .checked_sub(message.content.len())
            .ok_or("it writes too much")?;
        let mut content = message.content.as_str();
        let markup = markup.strip_suffix(PAD).unwrap_or_else(|| {
            content = content.trim_start();
            markup
        });
        rest = after.strip_prefix(PAD).unwrap_or_else(|| {
            content = content.trim_end();
            after
        });
        push(&mut pieces, Piece::Markup(markup.to_owned()));
        push(&mut pieces, Piece::Content(content.to_owned()));
    }
    push(&mut pieces, Piece::Markup(rest.to_owned()));
    if rest.contains([MARK.1, PAD]) {
        return Err(changed());
    }
    match (0..messages.len()).find(|&index| !seen[index] && !messages[index].content.is_empty()) {
        Some(left_out) => Err(format!(
            "it leaves out what the {} said",
            role_name(messages[left_out].role)
        )),
        None => Ok(pieces),
    }
}

fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    let (Piece::Markup(text) | Piece::Content(text)) = &piece;
    if !text.is_empty() {
        pieces.push(piece);
    }
}

fn changed() -> String {
    "it changes what was said".to_owned()
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// The same conversation without system messages and with turns that alternate: what the system says
/// begins the next turn of the user.
fn folded(messages: &[ChatMessage]) -> Vec<ChatMessage> {
    let mut folded: Vec<ChatMessage> = Vec::new();
    for message in messages {
        let role = match message.role {
            Role::System => Role::User,
            role => role,
        };
        match folded.last_mut() {
            Some(last) if last.role == role => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
            }
            _ => folded.push(ChatMessage {
                role,
                content: message.content.clone(),
            }),
        }
    }
    folded
}

const PLAIN_STOP: &str = "\nUser:";

/// System text, an empty line, then `User:` and `Assistant:` before what each says.
fn plain(messages: &[ChatMessage]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for message in messages {
        let (before, after) = match message.role {
            Role::System => ("", "\n\n"),
            Role::User => ("User: ", "\n"),
            Role::Assistant => ("Assistant: ", "\n"),
        };
        push(&mut pieces, Piece::Markup(before.to_owned()));
        push(&mut pieces, Piece::Content(message.content.clone()));
        push(&mut pieces, Piece::Markup(after.to_owned()));
    }
    pieces.push(Piece::Markup("Assistant:".to_owned()));
    pieces
}

fn raise_exception(message: String) -> Result<String, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Turns the tags that mark replies for training, which only their own library knows, into blocks that
/// do nothing and treat the white space around them alike.
fn without_generation_marks(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let inside = start + "{%".len();
        // What begins a tag does not end it too: `{%}` has no end yet.
        let Some(end) = rest[inside..].find("%}").map(|end| inside + end) else {
            break;
        };
        let tag = &rest[inside..end];
        let name = tag.trim_matches(['-', '+']).trim();
        let harmless = match name {
            "generation" => Some("if true"),
            "endgeneration" => Some("endif"),
            _ => None,
        };
        result.push_str(&rest[..inside]);
        match harmless {
            Some(harmless) => result.push_str(&tag.replace(name, &format!(" {harmless} "))),
            None => result.push_str(tag),
        }
        rest = &rest[end..];
    }
    result + rest
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;
