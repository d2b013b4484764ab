//! One e-mail as Outlook saves it: a compound file with a stream for each property (MS-OXMSG).

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::path::Path;

use aparte_protocol::documents::{DocumentEvent, DocumentFailure, Format, PageWarning, Withheld};
use cfb::CompoundFile;
use encoding_rs::{Encoding, WINDOWS_1252};
use mail_parser::DateTime;

use crate::budget::Budget;
use crate::encoding;
use crate::files;
use crate::html;
use crate::rtf;
use crate::send;
use crate::written::Writer;

/// A message in a message in a message: not deeper.
const DEPTH_LIMIT: usize = 8;
/// No property is longer, in bytes.
const PROPERTY_LIMIT: u64 = 64 << 20;
/// A message is from 1900 or later and from before 3000, in seconds since 1970.
const TIMES: std::ops::Range<i64> = -2_208_988_800..32_503_680_000;

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// Reads a message; see [`crate::read`].
pub(crate) fn read(
    bytes: &[u8],
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) -> Result<(), DocumentFailure> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| DocumentFailure::Damaged)?;
    let mut writer = Writer::new(budget).with_fresh_outlines();
    let mut attached = Vec::new();
    write(&mut file, "", 0, &mut writer, &mut attached)?;
    send(Format::Outlook, writer.finish()?, emit);
    for (name, page, path) in attached {
        let bytes = |limit, _: &mut u64| contents(&mut file, &path, limit).map(Cow::Owned);
        files::hand_out(&name, page, budget, emit, bytes);
    }
    Ok(())
}

/// What is attached, whole.
fn contents(file: &mut File, path: &str, limit: u64) -> Result<Vec<u8>, Withheld> {
    let stream = file.open_stream(path).map_err(|_| Withheld::Damaged)?;
    if stream.len() > limit {
        return Err(Withheld::TooLarge);
    }
    let mut bytes = Vec::new();
    // What a stream declares is not believed.
    let read = stream.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|_| Withheld::Damaged)?;
    match bytes.len() as u64 > limit {
        true => Err(Withheld::TooLarge),
        false => Ok(bytes),
    }
}

/// Writes the page of the message in a storage, and pages of the messages in it; notes what is attached: its
/// name, its page and where its bytes are.
fn write(
    file: &mut File,
    storage: &str,
    depth: usize,
    writer: &mut Writer,
    attached: &mut Vec<(String, u32, String)>,
) -> Result<(), DocumentFailure> {
    let mut cut = false;
    let properties = Properties::of(file, storage, if depth == 0 { 32 } else { 24 });
    let mut text = |id: u16| properties.text(file, storage, id, &mut cut);
    let subject = text(0x0037).unwrap_or_default();
    let sender = match (text(0x0c1a), text(0x5d01).or_else(|| text(0x0c1f))) {
        (Some(name), Some(address)) if name != address => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address),
    };
    let fields = [
        ("From", sender),
        ("To", text(0x0e04)),
        ("Cc", text(0x0e03)),
        (
            "Date",
            properties.time(0x0039).or_else(|| properties.time(0x0e06)),
        ),
    ];
    writer.begin(Some(&subject))?;
    writer.heading(1, &subject)?;
    let fields: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| {
            Some(format!(
                "{name}: {}",
                value.filter(|value| !value.is_empty())?
            ))
        })
        .collect();
    writer.paragraph(&fields.join("\n"))?;
    let plain = properties
        .text(file, storage, 0x1000, &mut cut)
        .filter(|text| !text.trim().is_empty());
    if let Some(body) = plain {
        writer.prose(&body.replace("\r\n", "\n"))?;
    } else if let Some(body) = bytes_of(file, &stream(storage, 0x1013, 0x0102), &mut cut) {
        html::write(&html::decode(&body), false, writer)?;
    } else if let Some(body) = properties.text(file, storage, 0x1013, &mut cut) {
        html::write(&body, false, writer)?;
    } else if let Some(packed) = bytes_of(file, &stream(storage, 0x1009, 0x0102), &mut cut) {
        match unpacked(&packed, writer.budget)? {
            Some(body) => rtf::write(&body, writer)?,
            None => writer.warn(PageWarning::Damaged),
        }
    }
    if cut {
        writer.warn(PageWarning::Damaged);
    }
    let storages: Vec<String> =
        match file.read_storage(if storage.is_empty() { "/" } else { storage }) {
            Ok(entries) => entries
                .filter(|entry| {
                    entry.is_storage() && entry.name().starts_with("__attach_version1.0_")
                })
                .map(|entry| format!("{storage}/{}", entry.name()))
                .collect(),
            Err(_) => Vec::new(),
        };
    let page = writer.page_number();
    let mut names = Vec::new();
    let mut messages = Vec::new();
    for (number, storage) in storages.into_iter().enumerate() {
        let properties = Properties::of(file, &storage, 8);
        let name = [0x3707, 0x3704, 0x3001]
            .into_iter()
            .find_map(|id| properties.text(file, &storage, id, &mut false));
        let name = name.unwrap_or_else(|| format!("attachment {}", number + 1));
        names.push(files::harmless(&name));
        let inner = format!("{storage}/__substg1.0_3701000D");
        if file.is_storage(&inner) {
            messages.push(inner);
        } else {
            attached.push((name, page, stream(&storage, 0x3701, 0x0102)));
        }
    }
    if !names.is_empty() {
        writer.paragraph(&format!("Attachments: {}", names.join(", ")))?;
    }
    for inner in messages {
        if depth + 1 < DEPTH_LIMIT && file.exists(format!("{inner}/__properties_version1.0")) {
            write(file, &inner, depth + 1, writer, attached)?;
        } else {
            writer.warn(PageWarning::Damaged);
        }
    }
    Ok(())
}

fn stream(storage: &str, id: u16, kind: u16) -> String {
    format!("{storage}/__substg1.0_{id:04X}{kind:04X}")
}

/// The bytes of a property. Sets `cut` where it is longer, or cannot be read to its end.
fn bytes_of(file: &mut File, path: &str, cut: &mut bool) -> Option<Vec<u8>> {
    beginning(file.open_stream(Path::new(path)).ok()?, PROPERTY_LIMIT, cut)
}

/// What can be read of a stream, at most `limit` bytes. What a stream declares is not believed.
fn beginning(stream: impl Read, limit: u64, cut: &mut bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = stream.take(limit + 1).read_to_end(&mut bytes);
    if read.is_err() && bytes.is_empty() {
        return None;
    }
    *cut |= read.is_err() || bytes.len() as u64 > limit;
    bytes.truncate(limit as usize);
    Some(bytes)
}

/// The properties of fixed length of a storage.
struct Properties {
    entries: Vec<(u32, u64)>,
    encoding: &'static Encoding,
}

impl Properties {
    fn of(file: &mut File, storage: &str, header: usize) -> Properties {
        let bytes = bytes_of(
            file,
            &format!("{storage}/__properties_version1.0"),
            &mut false,
        )
        .unwrap_or_default();
        let entries: Vec<(u32, u64)> = bytes
            .get(header..)
            .unwrap_or_default()
            .chunks_exact(16)
            .map(|entry| {
                let tag = u32::from_le_bytes(entry[..4].try_into().expect("four bytes"));
                let value = u64::from_le_bytes(entry[8..].try_into().expect("eight bytes"));
                (tag, value)
            })
            .collect();
        let page = entries
            .iter()
            .find(|(tag, _)| matches!(tag, 0x3ffd_0003 | 0x3fde_0003));
        let encoding = page.and_then(|(_, page)| encoding::of_code_page(*page as u32));
        Properties {
            entries,
            encoding: encoding.unwrap_or(WINDOWS_1252),
        }
    }

    fn text(&self, file: &mut File, storage: &str, id: u16, cut: &mut bool) -> Option<String> {
        if let Some(bytes) = bytes_of(file, &stream(storage, id, 0x001f), cut) {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
                .collect();
            return Some(
                String::from_utf16_lossy(&units)
                    .trim_end_matches('\0')
                    .to_owned(),
            );
        }
        let bytes = bytes_of(file, &stream(storage, id, 0x001e), cut)?;
        let (text, _) = self.encoding.decode_without_bom_handling(&bytes);
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// A time, as 100 nanoseconds since 1601, to the minute.
    fn time(&self, id: u32) -> Option<String> {
        let (_, value) = self
            .entries
            .iter()
            .find(|(tag, _)| *tag == ((id << 16) | 0x0040))?;
        let seconds = i64::try_from(value / 10_000_000)
            .ok()?
            .checked_sub(11_644_473_600)?;
        TIMES.contains(&seconds).then(|| {
            let DateTime {
                year,
                month,
                day,
                hour,
                minute,
                ..
            } = DateTime::from_timestamp(seconds);
            format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
        })
    }
}

/// Compressed RTF (MS-OXRTFCP): runs that repeat what is in a window of 4,096 bytes.
fn unpacked(packed: &[u8], budget: &mut Budget) -> Result<Option<Vec<u8>>, DocumentFailure> {
    const DICTIONARY: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
    let Some((header, mut rest)) = packed.split_at_checked(16) else {
        return Ok(None);
    };
    match &header[8..12] {
        b"MELA" => {
            budget.unpacked(rest.len() as u64)?;
            return Ok(Some(rest.to_vec()));
        }
        b"LZFu" => {}
        _ => return Ok(None),
    }
    let mut window = [0_u8; 4_096];
    window[..DICTIONARY.len()].copy_from_slice(DICTIONARY);
    let mut at = DICTIONARY.len();
    let mut bytes = Vec::new();
    while let Some((&flags, after)) = rest.split_first() {
        rest = after;
        budget.unpacked(8 * 17)?;
        for bit in 0..8 {
            if (flags >> bit) & 1 == 0 {
                let Some((&byte, after)) = rest.split_first() else {
                    return Ok(Some(bytes));
                };
                rest = after;
                window[at] = byte;
                at = (at + 1) % window.len();
                bytes.push(byte);
                continue;
            }
            let Some((pair, after)) = rest.split_at_checked(2) else {
                return Ok(Some(bytes));
            };
            rest = after;
            let pair = (usize::from(pair[0]) << 8) | usize::from(pair[1]);
            let (offset, length) = (pair >> 4, (pair & 15) + 2);
            if offset == at {
                return Ok(Some(bytes));
            }
            for step in 0..length {
                let byte = window[(offset + step) % window.len()];
                window[at] = byte;
                at = (at + 1) % window.len();
                bytes.push(byte);
            }
        }
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aparte_protocol::documents::Limits;

    #[test]
    fn compressed_text_is_unpacked_as_the_specification_shows() {
        // MS-OXRTFCP, 3.1.1 and 3.1.2.
        let packed = [
            0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5,
            0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42,
            0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0,
            0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        let mut budget = Budget::new(Limits::default());
        let text = unpacked(&packed, &mut budget).unwrap().unwrap();
        assert_eq!(text, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    }

    #[test]
    fn a_property_that_is_too_long_or_breaks_off_is_cut_and_said() {
        let read = |stream: &mut dyn Read| {
            let mut cut = false;
            let bytes = beginning(stream, 4, &mut cut);
            (bytes, cut)
        };
        assert_eq!(read(&mut &b"four"[..]), (Some(b"four".to_vec()), false));
        assert_eq!(read(&mut &b"fives"[..]), (Some(b"five".to_vec()), true));
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::InvalidData.into())
            }
        }
        assert_eq!(
            read(&mut (&b"is"[..]).chain(Broken)),
            (Some(b"is".to_vec()), true)
        );
        assert_eq!(read(&mut Broken), (None, false));
    }

    #[test]
    fn times_are_told_to_the_minute_and_only_likely_ones() {
        let told = |seconds: i64| {
            let value = ((seconds + 11_644_473_600) * 10_000_000) as u64;
            let properties = Properties {
                entries: vec![(0x0039_0040, value)],
                encoding: WINDOWS_1252,
            };
            properties.time(0x0039)
        };
        assert_eq!(told(0).as_deref(), Some("1970-01-01 00:00 UTC"));
        assert_eq!(
            told(19_782 * 86_400 + 3_661).as_deref(),
            Some("2024-02-29 01:01 UTC")
        );
        assert_eq!(told(-1).as_deref(), Some("1969-12-31 23:59 UTC"));
        assert_eq!(told(TIMES.start - 1), None);
        assert_eq!(told(TIMES.end), None);
    }
}
