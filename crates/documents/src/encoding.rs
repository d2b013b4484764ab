//! Bytes to text: finds out the encoding, and refuses what is no text.

use aparte_protocol::documents::DocumentFailure;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How many of the first bytes are looked at to guess an encoding.
const SAMPLE: usize = 64 << 10;

/// First bytes of formats that are no text although they may begin with a readable run.
const SIGNATURES: &[&[u8]] = &[
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"GGUF",
    b"\x7fELF",
    b"MZ\x90",
    b"\x1f\x8b",
    b"BZh9",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"RIFF",
    b"OggS",
    b"ID3",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format 3",
    b"{\\rtf",
    b"%!PS",
];

/// The text of `bytes` with `\n` line ends and without a byte order mark.
///
/// # Errors
///
/// [`DocumentFailure::UnknownFormat`] if the bytes are no text in any encoding.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, DocumentFailure> {
    let encoding = encoding_of_text(bytes, bytes.len())?;
    let (text, _, _) = encoding.decode(bytes);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if looks_binary(&text) {
        return Err(DocumentFailure::UnknownFormat);
    }
    Ok(text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), " "))
}

/// The first `length` bytes as text, to tell what it is.
///
/// # Errors
///
/// As [`decode`].
pub(crate) fn sample(bytes: &[u8], length: usize) -> Result<String, DocumentFailure> {
    let encoding = encoding_of_text(bytes, SAMPLE)?;
    let (text, _, _) = encoding.decode(&bytes[..bytes.len().min(length)]);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The encoding of what is text, as far as its first `length` bytes tell.
fn encoding_of_text(bytes: &[u8], length: usize) -> Result<&'static Encoding, DocumentFailure> {
    let is_other = SIGNATURES.iter().any(|start| bytes.starts_with(start));
    let encoding = encoding_of(&bytes[..bytes.len().min(length)]);
    encoding
        .filter(|_| !is_other)
        .ok_or(DocumentFailure::UnknownFormat)
}

/// The text of a part that says itself how it is encoded: by a byte order mark, by `label`, or else as
/// [`decode`] finds out. Whatever it is, it is text.
pub(crate) fn decode_labelled(bytes: &[u8], label: Option<&str>) -> String {
    let labelled = label.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = marked
        .or_else(|| labelled.filter(|encoding| *encoding != UTF_8))
        .or_else(|| encoding_of(bytes))
        .unwrap_or(UTF_8);
    encoding.decode(bytes).0.replace("\r\n", "\n")
}

/// The encoding that Windows has under a number.
pub(crate) fn of_code_page(page: u32) -> Option<&'static Encoding> {
    let label = match page {
        866 => "ibm866",
        932 => "shift_jis",
        936 => "gbk",
        949 => "euc-kr",
        950 => "big5",
        10_000 => "macintosh",
        65_001 => "utf-8",
        page => return Encoding::for_label(format!("windows-{page}").as_bytes()),
    };
    Encoding::for_label(label.as_bytes())
}

fn encoding_of(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Some(encoding);
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.contains(&0) {
        return utf_16_without_mark(sample);
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return Some(UTF_8),
        // A character that is cut off at the end.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => return Some(UTF_8),
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, sample.len() == bytes.len());
    Some(detector.guess(None, Utf8Detection::Allow))
}

/// UTF-16 text has a zero in nearly every other byte wherever it is Latin.
fn utf_16_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    if odd > pairs / 2 && even < pairs / 16 {
        Some(UTF_16LE)
    } else if even > pairs / 2 && odd < pairs / 16 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether so many characters cannot be read that this was no text.
fn looks_binary(text: &str) -> bool {
    let mut all = 0_usize;
    let mut unreadable = 0_usize;
    for c in text.chars() {
        all += 1;
        let control = c.is_control() && !matches!(c, '\n' | '\t' | '\u{c}');
        unreadable += usize::from(control || c == '\u{fffd}');
    }
    unreadable * 50 > all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_text_survives_every_usual_encoding() {
        let text = "Le cœur de l’été coûte 12 € : « déjà réglé » à la signature.\n".repeat(4);
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            windows.to_vec(),
            marked(b"\xff\xfe", &little),
            marked(b"\xfe\xff", &big),
            little,
            big,
        ] {
            assert_eq!(decode(&bytes).unwrap(), text);
        }
    }

    #[test]
    fn line_ends_become_one_character() {
        assert_eq!(decode(b"a\r\nb\rc\n").unwrap(), "a\nb\nc\n");
    }

    #[test]
    fn binary_bytes_are_refused() {
        let noise: Vec<u8> = (0..4000_u32)
            .map(|i| (i.wrapping_mul(2654435761) >> 13) as u8)
            .collect();
        for bytes in [
            b"PK\x03\x04 mostly readable".as_slice(),
            b"GGUF and a header of words",
            b"\x89PNG\r\n\x1a\n",
            b"a\0b\0\0\0c",
            &noise,
            &[1, 2, 3, 4, 5, 6, 7],
        ] {
            assert_eq!(decode(bytes), Err(DocumentFailure::UnknownFormat));
        }
    }
}
