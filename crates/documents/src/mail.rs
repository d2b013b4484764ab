//! E-mail: one message, a folder of them, and web pages saved as one. Attachments are named in the text of their
//! message and handed out as files; pictures and links of a message are not looked at.

use aparte_protocol::documents::{DocumentEvent, DocumentFailure, Format, Page, PageWarning};
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::budget::Budget;
use crate::files;
use crate::html;
use crate::send;
use crate::written::Writer;

/// Header fields that are told, in the order in which they are.
const FIELDS: &[&str] = &["From", "To", "Cc", "Date"];

/// Reads one message; see [`crate::read`].
pub(crate) fn read_message(
    bytes: &[u8],
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(DocumentFailure::Damaged)?;
    let mut writer = Writer::new(budget).with_fresh_outlines();
    write(&message, &mut writer)?;
    send(Format::Email, writer.finish()?, emit);
    attachments(&message, bytes, 1, budget, emit);
    Ok(())
}

/// Reads a folder of messages; see [`crate::read`].
pub(crate) fn read_folder(
    bytes: &[u8],
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    let messages = messages(bytes);
    if messages.is_empty() {
        return Err(DocumentFailure::Damaged);
    }
    let mut firsts = Vec::with_capacity(messages.len());
    let mut writer = Writer::new(budget).with_fresh_outlines();
    for message in &messages {
        match MessageParser::default().parse(*message) {
            Some(message) => firsts.push(write(&message, &mut writer)?),
            None => {
                writer.begin(None)?;
                writer.warn(PageWarning::Damaged);
                firsts.push(writer.page_number());
            }
        }
    }
    send(Format::Mbox, writer.finish()?, emit);
    for (bytes, first) in messages.iter().zip(firsts) {
        // Once more: a folder's attachments do not fit in memory together.
        if let Some(message) = MessageParser::default().parse(*bytes) {
            attachments(&message, bytes, first, budget, emit);
        }
    }
    Ok(())
}

/// Reads a web page that was saved with what it shows; see [`crate::read`].
pub(crate) fn read_page(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Page>, DocumentFailure> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or(DocumentFailure::Damaged)?;
    let mut writer = Writer::new(budget);
    let mut found = false;
    for part in &message.parts {
        if let PartType::Html(text) = &part.body {
            // Frames of the page follow it as parts of their own.
            found = true;
            html::write(text, false, &mut writer)?;
        }
    }
    if !found {
        write(&message, &mut writer)?;
    }
    writer.finish()
}

/// Whether a file begins as a folder of messages does.
pub(crate) fn is_folder(bytes: &[u8]) -> bool {
    let mut lines = bytes.split_inclusive(|&b| b == b'\n');
    lines
        .find(|line| !line.trim_ascii().is_empty())
        .is_some_and(|first| first.starts_with(b"From "))
}

/// The messages of a folder: each begins with a line `From …` after an empty one.
fn messages(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    let mut after_empty = true;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        if after_empty && line.starts_with(b"From ") {
            starts.push((at, at + line.len()));
        }
        after_empty = line.iter().all(u8::is_ascii_whitespace);
        at += line.len();
    }
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([bytes.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|((_, body), end)| &bytes[*body..end])
        .collect()
}

/// Writes the pages of a message; gives the number of the first.
fn write(message: &Message, writer: &mut Writer) -> Result<u32, DocumentFailure> {
    let subject = message.subject().unwrap_or_default();
    writer.begin(Some(subject))?;
    let first = writer.page_number();
    writer.heading(1, subject)?;
    let fields: Vec<String> = FIELDS
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", field(message, name)?)))
        .collect();
    writer.paragraph(&fields.join("\n"))?;
    for part in message.text_bodies() {
        match &part.body {
            PartType::Html(text) => {
                html::write(text, false, writer)?;
            }
            PartType::Text(text) => writer.prose(&text.replace("\r\n", "\n"))?,
            _ => {}
        }
    }
    let names: Vec<String> = message
        .attachments()
        .enumerate()
        .map(|(n, part)| files::harmless(&name(part, n)))
        .collect();
    if !names.is_empty() {
        writer.paragraph(&format!("Attachments: {}", names.join(", ")))?;
    }
    Ok(first)
}

fn field(message: &Message, name: &'static str) -> Option<String> {
    let addresses = match name {
        "From" => message.from(),
        "To" => message.to(),
        "Cc" => message.cc(),
        _ => {
            let written = message.header_raw(name)?.trim();
            return (!written.is_empty()).then(|| written.to_owned());
        }
    };
    let shown: Vec<String> = addresses?
        .iter()
        .filter_map(|address| match (address.name(), address.address()) {
            (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
            (None, None) => None,
        })
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// What an attachment is called.
fn name(part: &MessagePart, number: usize) -> String {
    if let Some(name) = part.attachment_name() {
        return name.to_owned();
    }
    let number = number + 1;
    match &part.body {
        PartType::Message(message) => match message.subject() {
            Some(subject) => format!("{}.eml", subject.replace(['/', '\\'], " ")),
            None => format!("message {number}.eml"),
        },
        PartType::Html(_) => format!("attachment {number}.html"),
        PartType::Text(_) => format!("attachment {number}.txt"),
        _ => {
            let kind = part.content_type().and_then(|kind| kind.subtype());
            format!("attachment {number}.{}", kind.unwrap_or("bin"))
        }
    }
}

/// Hands out what is attached to a message that begins at the start of `bytes`.
fn attachments(
    message: &Message,
    bytes: &[u8],
    page: u32,
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) {
    for (number, part) in message.attachments().enumerate() {
        let name = name(part, number);
        let contents = match &part.body {
            PartType::Message(inner) if part.encoding == Encoding::None => {
                let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
                bytes.get(range).unwrap_or_else(|| inner.raw_message())
            }
            PartType::Message(inner) => inner.raw_message(),
            _ => part.contents(),
        };
        files::hand_out(&name, page, budget, emit, |_, _| Ok(contents.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_parted_at_lines_that_follow_an_empty_one() {
        let folder = b"From a@b Mon\nSubject: One\n\nText\nFrom here on\n\nFrom c@d Tue\nSubject: Two\n\nx\n";
        let parts = messages(folder);
        assert_eq!(parts.len(), 2);
        assert!(parts[0].starts_with(b"Subject: One") && parts[0].ends_with(b"From here on\n\n"));
    }

    #[test]
    fn a_folder_without_messages_is_damaged() {
        let mut budget = Budget::new(aparte_protocol::documents::Limits::default());
        let read = read_folder(b" From a@b Mon\nSubject: One\n", &mut budget, &mut |_| {});
        assert_eq!(read, Err(DocumentFailure::Damaged));
    }
}
