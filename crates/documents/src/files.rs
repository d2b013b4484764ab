//! Hands the files out that a document holds, within the limits, under names that do no harm.

use std::borrow::Cow;

use aparte_protocol::documents::{DOCUMENT_LIMIT, DocumentEvent, PIECE_LIMIT, Withheld};

use crate::budget::Budget;

/// A name is no longer, in characters, and no deeper, in folders.
const NAME_LIMIT: usize = 200;
const FOLDERS_LIMIT: usize = 32;

/// Hands out a file, or says why not. Its `bytes` are only asked for where there is room for another file: they get
/// how many there may be, and count those that they unpacked in vain.
pub(crate) fn hand_out<'b>(
    name: &str,
    page: u32,
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
    bytes: impl FnOnce(u64, &mut u64) -> Result<Cow<'b, [u8]>, Withheld>,
) {
    let name = harmless(name);
    let limit = budget.unpacked_left().min(DOCUMENT_LIMIT);
    let mut in_vain = 0;
    let bytes = may(budget).and_then(|()| bytes(limit, &mut in_vain));
    let bytes = bytes.and_then(|bytes| match bytes.len() as u64 > limit {
        true => Err(Withheld::TooLarge),
        false => Ok(bytes),
    });
    let spent = bytes.as_ref().map_or(in_vain, |bytes| bytes.len() as u64);
    budget
        .unpacked(spent.min(limit))
        .expect("the limit is no more than what is left");
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(reason) => return emit(DocumentEvent::Withheld { name, reason }),
    };
    emit(DocumentEvent::File { name, page });
    for piece in bytes.chunks(PIECE_LIMIT) {
        emit(DocumentEvent::FileBytes(piece.to_vec()));
    }
    emit(DocumentEvent::FileEnd);
}

/// Whether another file may be handed out.
pub(crate) fn may(budget: &mut Budget) -> Result<(), Withheld> {
    if budget.depth() == 0 {
        return Err(Withheld::TooDeep);
    }
    budget.file().map_err(|_| Withheld::TooMany)
}

/// A name that names nothing outside of where it is put: no root, no drive, no `..`, no device, nothing that a
/// terminal or a reader is deceived by.
pub(crate) fn harmless(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter_map(part).collect::<Vec<_>>();
    let first = parts.len().saturating_sub(FOLDERS_LIMIT);
    match parts[first..].join("/") {
        name if name.is_empty() => "unnamed".to_owned(),
        name => name,
    }
}

fn part(part: &str) -> Option<String> {
    let seen = |c: char| match c {
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '_',
        ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        c if c.is_control() => '_',
        c => c,
    };
    let plain: String = part.chars().map(seen).collect();
    let plain = plain.trim_matches([' ', '.']);
    // Names that one system takes for devices, whatever follows the first dot.
    let stem = plain
        .split('.')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || numbered("COM")
        || numbered("LPT");
    let plain = match device {
        true => format!("_{plain}"),
        false => plain.to_owned(),
    };
    if plain.is_empty() {
        return None;
    }
    // The end is kept: it tells the kind.
    let length = plain.chars().count();
    Some(match length > NAME_LIMIT {
        true => plain.chars().skip(length - NAME_LIMIT).collect(),
        false => plain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aparte_protocol::documents::Limits;

    #[test]
    fn what_there_is_no_room_for_is_not_asked_for_and_what_was_in_vain_is_counted() {
        let mut budget = Budget::new(Limits {
            unpacked: 10,
            files: 3,
            ..Limits::default()
        });
        let mut events = Vec::new();
        let mut hand = |budget: &mut Budget, found: Result<&'static [u8], Withheld>, vain| {
            let mut asked = None;
            let bytes = |limit, in_vain: &mut u64| {
                asked = Some(limit);
                *in_vain = vain;
                found.map(Cow::Borrowed)
            };
            hand_out("a", 0, budget, &mut |event| events.push(event), bytes);
            asked
        };
        assert_eq!(hand(&mut budget, Err(Withheld::Damaged), 4), Some(10));
        assert_eq!(hand(&mut budget, Ok(b"abcdefg"), 0), Some(6));
        assert_eq!(hand(&mut budget, Ok(b"abc"), 0), Some(6));
        assert_eq!(hand(&mut budget, Ok(b"abc"), 0), None);
        assert_eq!(budget.unpacked_left(), 3);
        let withheld = |reason| DocumentEvent::Withheld {
            name: "a".to_owned(),
            reason,
        };
        assert_eq!(events[0], withheld(Withheld::Damaged));
        assert_eq!(events[1], withheld(Withheld::TooLarge));
        assert_eq!(events[3], DocumentEvent::FileBytes(b"abc".to_vec()));
        assert_eq!(events[5], withheld(Withheld::TooMany));
    }

    #[test]
    fn names_lead_nowhere_else() {
        for (name, expected) in [
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("C:\\Windows\\win.ini", "C_/Windows/win.ini"),
            ("\\\\server\\share\\x", "server/share/x"),
            ("a/./b/../c.pdf", "a/b/c.pdf"),
            ("...", "unnamed"),
            ("", "unnamed"),
            ("con.txt", "_con.txt"),
            ("lpt1", "_lpt1"),
            ("a\nb\u{202e}fdp.exe", "a_b_fdp.exe"),
            ("été 2026.pdf", "été 2026.pdf"),
            ("x. ", "x"),
        ] {
            assert_eq!(harmless(name), expected, "{name:?}");
        }
        assert_eq!(
            harmless(&format!("{}.pdf", "x".repeat(300))).len(),
            NAME_LIMIT
        );
        assert!(harmless(&"a/".repeat(500)).split('/').count() <= FOLDERS_LIMIT);
    }
}
