//! Hands the files out that a document holds, within the limits, under names that do no harm.

use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentFailure, PIECE_LIMIT, Withheld,
};

use crate::budget::Budget;

/// A name is no longer, in characters, and no deeper, in folders.
const NAME_LIMIT: usize = 200;
const FOLDERS_LIMIT: usize = 32;

/// Hands out a file whose bytes are there, or says why not.
pub(crate) fn hand_out(
    name: &str,
    page: u32,
    bytes: &[u8],
    budget: &mut Budget,
    emit: &mut dyn FnMut(DocumentEvent),
) {
    let name = harmless(name);
    if let Err(reason) = may(budget) {
        emit(DocumentEvent::Withheld { name, reason });
        return;
    }
    if bytes.len() as u64 > DOCUMENT_LIMIT || budget.unpacked(bytes.len() as u64).is_err() {
        let reason = Withheld::TooLarge;
        emit(DocumentEvent::Withheld { name, reason });
        return;
    }
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
    match budget.file() {
        Ok(()) => Ok(()),
        Err(DocumentFailure::Limit(_)) | Err(_) => Err(Withheld::TooMany),
    }
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
