//! What a PDF page's content is worth: whether its streams are whole, what they draw, and with which
//! fonts. The parser mends what it can and does not say what it lost.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::panic::catch_unwind;

use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use pdf_oxide::PdfDocument;
use pdf_oxide::decoders;
use pdf_oxide::extractors::TextExtractor;
use pdf_oxide::fonts::cff_encoding::{parse_cff_encoding, parse_cff_gid_mapping};
use pdf_oxide::fonts::{FontInfo, MappingProvenance};
use pdf_oxide::object::{Object, ObjectRef};

use crate::budget::NESTING_LIMIT;

/// More bytes, unpacked, are not read from one page or from one form on it.
const CONTENT_LIMIT: usize = 32 << 20;
/// More operators that concern text are not read from one page.
const TEXT_OPERATORS_LIMIT: usize = 200_000;
/// Longer strings are cut by the parser (ISO 32000-1, annex C).
const STRING_LIMIT: usize = 32_767;
/// A page that draws more forms, counting those in forms, would never be done.
const DRAWS_LIMIT: u64 = 50_000;
/// How deep forms are looked for in forms.
const FORMS_DEPTH: usize = 12;

/// How far content can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Soundness {
    Whole,
    /// Something of it is lost.
    Damaged,
    /// It would cost more than a page may.
    TooLarge,
}

/// What was found out about one page's content.
pub(crate) struct Content {
    pub(crate) soundness: Soundness,
    /// Whether text other than spaces is shown by the page itself, not by a form on it.
    pub(crate) shows_text: bool,
    /// Names of resources that the page takes for fonts and that are none.
    missing_fonts: HashSet<String>,
}

/// Looks at the pages of one document; what pages share is looked at once.
#[derive(Default)]
pub(crate) struct Inspector {
    forms: HashMap<ObjectRef, Form>,
    fonts: HashSet<ObjectRef>,
    readable: HashSet<String>,
    silent: HashSet<String>,
}

/// What is known of a form.
#[derive(Debug, Clone, Copy)]
struct Form {
    soundness: Soundness,
    /// How many forms are drawn when it is drawn once, with itself.
    draws: u64,
}

/// What a resource dictionary offers.
struct Resources {
    /// That of the forms in it.
    soundness: Soundness,
    /// The names that stand for fonts.
    fonts: HashSet<String>,
    /// How many forms are drawn when the one of this name is.
    draws: HashMap<String, u64>,
}

impl Resources {
    /// How many forms content draws that names these.
    fn drawn_by(&self, scan: &Scan) -> u64 {
        let cost = |(name, times): (&String, &u64)| {
            let each = self.draws.get(name).copied().unwrap_or(0);
            each.saturating_mul(*times)
        };
        scan.drawn.iter().map(cost).fold(0, u64::saturating_add)
    }
}

impl Inspector {
    /// Looks at a page before the parser reads it.
    pub(crate) fn page(&mut self, document: &PdfDocument, index: usize) -> Content {
        let mut content = Content {
            soundness: Soundness::Damaged,
            shows_text: false,
            missing_fonts: HashSet::new(),
        };
        let Ok(page) = document.get_page(index) else {
            return content;
        };
        let Some(entries) = page.as_dict() else {
            return content;
        };
        content.soundness = match entries.get("Contents") {
            None | Some(Object::Null) => Soundness::Whole,
            Some(contents) => streams(document, contents).0,
        };
        let resources = self.resources(document, entries.get("Resources"), FORMS_DEPTH);
        content.soundness = content.soundness.max(resources.soundness);
        if content.soundness == Soundness::TooLarge {
            return content;
        }
        let Ok(bytes) = document.get_page_content_data(index) else {
            content.soundness = Soundness::Damaged;
            return content;
        };
        let scan = Scan::of(&bytes);
        content.soundness = content.soundness.max(scan.soundness());
        content.shows_text = scan.shows_text;
        if resources.drawn_by(&scan) > DRAWS_LIMIT {
            content.soundness = Soundness::TooLarge;
        }
        content.missing_fonts = &scan.fonts - &resources.fonts;
        content
    }

    /// Whether nothing says which characters a font's glyphs are.
    ///
    /// `font` is what the parser calls the font: its base name, or its resource name if there is no more.
    pub(crate) fn is_silent(&self, content: &Content, font: &str) -> bool {
        content.missing_fonts.contains(font)
            || (self.silent.contains(font) && !self.readable.contains(font))
    }

    /// Notes the fonts of a resource dictionary and of its forms.
    fn resources(
        &mut self,
        document: &PdfDocument,
        resources: Option<&Object>,
        depth: usize,
    ) -> Resources {
        let mut found = Resources {
            soundness: Soundness::Whole,
            fonts: HashSet::new(),
            draws: HashMap::new(),
        };
        let mut incomplete = HashSet::new();
        for (name, font) in entries_of(document, resources, "Font") {
            match self.font(document, &font) {
                Some(Completeness::Whole) => {}
                Some(Completeness::WithoutProgram) => drop(incomplete.insert(name.clone())),
                None => continue,
            }
            found.fonts.insert(name);
        }
        if let Some(resources) = resources
            && !incomplete.is_empty()
        {
            // The parser keeps the fonts that it loads here, and reads the page with them.
            let mut extractor = TextExtractor::new();
            if document
                .load_fonts_public(resources, &mut extractor)
                .is_ok()
            {
                let fonts = extractor.get_font_set().into_iter();
                fonts
                    .filter(|(name, _)| incomplete.contains(name))
                    .for_each(|(_, font)| complete(&font));
            }
        }
        if depth == 0 {
            return found;
        }
        for (name, form) in entries_of(document, resources, "XObject") {
            let Some(reference) = form.as_reference() else {
                continue;
            };
            if let Some(form) = self.form(document, reference, depth) {
                found.soundness = found.soundness.max(form.soundness);
                found.draws.insert(name, form.draws);
            }
        }
        found
    }

    /// What a form is; `None` for what is none.
    fn form(&mut self, document: &PdfDocument, reference: ObjectRef, depth: usize) -> Option<Form> {
        if let Some(known) = self.forms.get(&reference) {
            return Some(*known);
        }
        let loaded = document.load_object(reference).ok()?;
        let entries = loaded.as_dict()?;
        if entries.get("Subtype").and_then(Object::as_name) != Some("Form") {
            return None;
        }
        // Known before it is looked into: a form may be drawn by itself.
        let mut form = Form {
            soundness: Soundness::Whole,
            draws: 1,
        };
        self.forms.insert(reference, form);
        let resources = self.resources(document, entries.get("Resources"), depth - 1);
        let (soundness, bytes) = streams(document, &loaded);
        form.soundness = soundness.max(resources.soundness);
        form.draws = resources.drawn_by(&Scan::of(&bytes)).saturating_add(1);
        self.forms.insert(reference, form);
        Some(form)
    }

    /// Notes whether a font can be read; gives how far the parser has read it, and nothing for what is no font. One that
    /// was looked at before was completed then.
    fn font(&mut self, document: &PdfDocument, font: &Object) -> Option<Completeness> {
        if let Some(reference) = font.as_reference()
            && self.fonts.contains(&reference)
        {
            return Some(Completeness::Whole);
        }
        let loaded = document.resolve_object(font).ok()?;
        let info = FontInfo::from_dict(&loaded, document).ok()?;
        self.fonts.extend(font.as_reference());
        let completeness = Completeness::of(&loaded, &info);
        // A composite font without any way to its characters: its codes would pass for letters.
        let names = match info.best_mapping_provenance() {
            MappingProvenance::Fallback => &mut self.silent,
            _ => &mut self.readable,
        };
        names.insert(info.base_font);
        Some(completeness)
    }
}

/// How much of what says which characters a font's codes are the parser has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Completeness {
    Whole,
    /// Not what the font's program says. The parser looks for that in programs of the older kind only, and compact ones are
    /// embedded as fonts of type 1 too.
    WithoutProgram,
}

impl Completeness {
    fn of(font: &Object, read: &FontInfo) -> Completeness {
        let has_encoding = font
            .as_dict()
            .is_some_and(|entries| entries.contains_key("Encoding"));
        let program = read.embedded_font_data.as_ref();
        let is_compact = program
            .is_some_and(|program| program.first() == Some(&1) || program.starts_with(b"OTTO"));
        match read.subtype == "Type1" && !has_encoding && is_compact {
            true => Completeness::WithoutProgram,
            false => Completeness::Whole,
        }
    }
}

/// Tells a font what its program calls the codes that the document says nothing of: TeX has its ligatures there.
fn complete(font: &FontInfo) {
    let Some(program) = font.embedded_font_data.as_deref() else {
        return;
    };
    // A font that breaks the parser here is as it was.
    let read = || {
        Some((
            parse_cff_encoding(program)?,
            parse_cff_gid_mapping(program)?,
        ))
    };
    let Some((characters, glyphs)) = catch_unwind(read).ok().flatten() else {
        return;
    };
    // Of a program in the standard encoding the parser makes one up, whose codes are the numbers of its glyphs.
    if !characters.keys().all(|code| glyphs.contains_key(code)) {
        return;
    }
    let named = font.to_unicode.as_ref().and_then(|map| map.get());
    let Ok(mut known) = font.type0_unicode_memo.lock() else {
        return;
    };
    for (code, character) in characters {
        let code = u32::from(code);
        if named.as_ref().is_none_or(|map| map.get(&code).is_none()) {
            known.insert(code, Some(character.to_string()));
        }
    }
}

/// The entries of a dictionary among the resources.
fn entries_of(
    document: &PdfDocument,
    resources: Option<&Object>,
    category: &str,
) -> HashMap<String, Object> {
    let found = || {
        let resources = document.resolve_object(resources?).ok()?;
        let category = document
            .resolve_object(resources.as_dict()?.get(category)?)
            .ok()?;
        category.as_dict().cloned()
    };
    found().unwrap_or_default()
}

/// The soundness of a stream, or of an array of streams that are read as one, and what could be unpacked.
fn streams(document: &PdfDocument, contents: &Object) -> (Soundness, Vec<u8>) {
    let Ok(contents) = document.resolve_object(contents) else {
        return (Soundness::Damaged, Vec::new());
    };
    let Some(parts) = contents.as_array() else {
        return match unpacked(document, &contents, CONTENT_LIMIT, &mut 0) {
            Ok(bytes) => (Soundness::Whole, bytes),
            Err(lost) => (lost, Vec::new()),
        };
    };
    let mut soundness = Soundness::Whole;
    let mut all = Vec::new();
    for part in parts.iter().filter(|part| !part.is_null()) {
        let bytes = match document.resolve_object(part) {
            Ok(part) => unpacked(document, &part, CONTENT_LIMIT, &mut 0),
            Err(_) => Err(Soundness::Damaged),
        };
        match bytes {
            Ok(bytes) => {
                all.extend(bytes);
                all.push(b'\n');
            }
            Err(lost) => soundness = soundness.max(lost),
        }
        if all.len() > CONTENT_LIMIT || soundness == Soundness::TooLarge {
            return (Soundness::TooLarge, Vec::new());
        }
    }
    (soundness, all)
}

/// What a stream holds once it is unpacked, at most `limit`; nothing where it is encrypted. Counts the bytes that were
/// unpacked on the way and are not what it holds.
pub(crate) fn unpacked(
    document: &PdfDocument,
    stream: &Object,
    limit: usize,
    in_vain: &mut u64,
) -> Result<Vec<u8>, Soundness> {
    // Only the parser can decrypt it; it says itself if it cannot.
    if document.is_encrypted() && matches!(stream, Object::Stream { .. }) {
        return Ok(Vec::new());
    }
    decoded(document, stream, limit, in_vain)
}

/// The same of a stream that is not encrypted, or not any more.
pub(crate) fn decoded(
    document: &PdfDocument,
    stream: &Object,
    limit: usize,
    in_vain: &mut u64,
) -> Result<Vec<u8>, Soundness> {
    let Object::Stream { dict, data } = stream else {
        return Err(Soundness::Damaged);
    };
    let filter = dict.get("Filter").map(|filter| {
        document
            .resolve_object(filter)
            .map_err(|_| Soundness::Damaged)
    });
    let filters: Vec<String> = match filter.transpose()? {
        Some(Object::Name(name)) => vec![name],
        Some(Object::Array(names)) => names
            .iter()
            .filter_map(|name| name.as_name().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let mut bytes = data.to_vec();
    for filter in filters {
        *in_vain += bytes.len() as u64;
        bytes = match filter.as_str() {
            "FlateDecode" | "Fl" => inflated(&bytes, limit, in_vain)?,
            _ => decoders::decode_stream(&bytes, &[filter]).map_err(|_| Soundness::Damaged)?,
        };
        if bytes.len() > limit {
            *in_vain += bytes.len() as u64;
            return Err(Soundness::TooLarge);
        }
    }
    Ok(bytes)
}

fn inflated(packed: &[u8], limit: usize, in_vain: &mut u64) -> Result<Vec<u8>, Soundness> {
    let limit = limit as u64 + 1;
    let mut bytes = Vec::new();
    if packed.is_empty()
        || ZlibDecoder::new(packed)
            .take(limit)
            .read_to_end(&mut bytes)
            .is_ok()
    {
        return Ok(bytes);
    }
    // Only the checksum at the end may be cut off: then nothing of the content is lost.
    *in_vain += bytes.len() as u64;
    bytes.clear();
    let mut decoder = DeflateDecoder::new(packed.get(2..).ok_or(Soundness::Damaged)?);
    let read = decoder.by_ref().take(limit).read_to_end(&mut bytes);
    if read.is_ok() && decoder.total_in() + 2 + 4 > packed.len() as u64 {
        return Ok(bytes);
    }
    *in_vain += bytes.len() as u64;
    Err(Soundness::Damaged)
}

/// Whether arrays and dictionaries outside of streams stand in each other more deeply than the parser, which
/// calls itself for each, has stack for.
pub(crate) fn is_too_deep(file: &[u8]) -> bool {
    let mut rest = file;
    let mut depth = 0_usize;
    let mut ended = true;
    let mut strings = true;
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'%' => &rest[length_until(rest, |b| matches!(b, b'\r' | b'\n'))..],
            b'(' if strings => match literal(rest) {
                (length, _, true) => &rest[length..],
                // One that does not end is none, and neither is any after it.
                _ => {
                    strings = false;
                    after
                }
            },
            b'[' => {
                depth += 1;
                after
            }
            b'<' if after.first() == Some(&b'<') => {
                depth += 1;
                &after[1..]
            }
            b']' => {
                depth = depth.saturating_sub(1);
                after
            }
            b'>' if after.first() == Some(&b'>') => {
                depth = depth.saturating_sub(1);
                &after[1..]
            }
            b's' if rest.starts_with(b"stream") => {
                depth = 0;
                // The end is looked for once: without one there is no other stream to skip.
                match ended.then(|| position(rest, b"endstream")).flatten() {
                    Some(at) => &rest[at + 9..],
                    None => {
                        ended = false;
                        &after[5..]
                    }
                }
            }
            b'e' if rest.starts_with(b"endobj") => {
                depth = 0;
                &rest[6..]
            }
            _ => after,
        };
        if depth > NESTING_LIMIT {
            return true;
        }
    }
    false
}

/// What stands in a content stream.
#[derive(Default)]
struct Scan {
    /// How many arrays are open, and whether ever too many were.
    arrays: usize,
    too_deep: bool,
    text_operators: usize,
    shows_text: bool,
    /// The names that are taken for fonts.
    fonts: HashSet<String>,
    /// The names that are drawn, and how often.
    drawn: HashMap<String, u64>,
    /// A string goes past what the parser reads, or does not end.
    lost_string: bool,
    /// Something stands where an operator should.
    unknown_operator: bool,
}

impl Scan {
    fn of(bytes: &[u8]) -> Scan {
        let mut scan = Scan::default();
        let mut rest = bytes;
        let mut name: &[u8] = b"";
        // Whether a string since the last operator has more in it than spaces.
        let mut written = false;
        // Between BX and EX unknown operators are allowed.
        let mut lenient = 0_usize;
        while let Some((&first, after)) = rest.split_first() {
            match first {
                b'%' => rest = &rest[length_until(rest, |b| matches!(b, b'\r' | b'\n'))..],
                b'(' => {
                    let (length, visible, ended) = literal(rest);
                    scan.lost_string |= !ended || length > STRING_LIMIT;
                    written |= visible;
                    rest = &rest[length..];
                }
                b'<' if after.first() != Some(&b'<') => {
                    let length = length_until(rest, |b| b == b'>');
                    let digits = length - 1;
                    scan.lost_string |= length == rest.len() || digits > 2 * STRING_LIMIT;
                    written |= digits > 0;
                    rest = &rest[length..];
                }
                b'/' => {
                    let length = length_until(after, |b| !is_regular(b));
                    name = &after[..length];
                    rest = &after[length..];
                }
                b'[' => {
                    scan.arrays += 1;
                    scan.too_deep |= scan.arrays > NESTING_LIMIT;
                    rest = after;
                }
                b']' => {
                    scan.arrays = scan.arrays.saturating_sub(1);
                    rest = after;
                }
                _ if !is_regular(first) => rest = after,
                _ => {
                    let length = length_until(rest, |b| !is_regular(b));
                    let (word, after) = rest.split_at(length);
                    rest = after;
                    match word {
                        b"BX" => lenient += 1,
                        b"EX" => lenient = lenient.saturating_sub(1),
                        b"ID" => rest = &rest[image_length(rest)..],
                        b"Tf" => {
                            scan.fonts
                                .insert(String::from_utf8_lossy(name).into_owned());
                        }
                        b"Do" => {
                            let name = String::from_utf8_lossy(name).into_owned();
                            *scan.drawn.entry(name).or_default() += 1;
                        }
                        b"Tj" | b"TJ" | b"'" | b"\"" => scan.shows_text |= written,
                        _ if is_operand(word) => continue,
                        _ => scan.unknown_operator |= lenient == 0 && !is_operator(word),
                    }
                    scan.text_operators += usize::from(is_of_text(word));
                    written = false;
                }
            }
        }
        scan
    }

    fn soundness(&self) -> Soundness {
        if self.text_operators > TEXT_OPERATORS_LIMIT || self.too_deep {
            Soundness::TooLarge
        } else if self.lost_string || self.unknown_operator {
            Soundness::Damaged
        } else {
            Soundness::Whole
        }
    }
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

fn length_until(bytes: &[u8], stop: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&b| stop(b)).unwrap_or(bytes.len())
}

/// Whether a byte is neither white space nor a delimiter.
fn is_regular(byte: u8) -> bool {
    !matches!(
        byte,
        b'\0'
            | b'\t'
            | b'\n'
            | b'\x0c'
            | b'\r'
            | b' '
            | b'('
            | b')'
            | b'<'
            | b'>'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'/'
            | b'%'
    )
}

/// The length of the literal string that `bytes` begin with, whether anything in it shows, and whether
/// it ends.
fn literal(bytes: &[u8]) -> (usize, bool, bool) {
    let (mut depth, mut escaped, mut visible) = (0_usize, false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        let parenthesis = !escaped && matches!(byte, b'(' | b')');
        match byte {
            b'(' if parenthesis => depth += 1,
            b')' if parenthesis => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (at + 1, visible, true);
        }
        visible |= at > 0 && !byte.is_ascii_whitespace();
        escaped = !escaped && byte == b'\\';
    }
    (bytes.len(), visible, false)
}

/// The length of an inline image's data, up to its end mark.
fn image_length(bytes: &[u8]) -> usize {
    let ends = |window: &[u8]| !is_regular(window[0]) && &window[1..3] == b"EI";
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(3).position(ends) {
        let end = from + at + 1;
        if bytes.get(end + 2).is_none_or(|&b| !is_regular(b)) {
            return end;
        }
        from = end;
    }
    bytes.len()
}

fn is_operand(word: &[u8]) -> bool {
    matches!(word[0], b'0'..=b'9' | b'+' | b'-' | b'.')
        || matches!(word, b"true" | b"false" | b"null")
}

fn is_of_text(word: &[u8]) -> bool {
    matches!(word, b"BT" | b"ET" | b"'" | b"\"") || word.starts_with(b"T")
}

/// Whether a word is an operator of ISO 32000-1, annex A.
fn is_operator(word: &[u8]) -> bool {
    const OPERATORS: &str = "b B b* B* BDC BI BMC BT BX c cm CS cs d d0 d1 Do DP EI EMC ET EX f F f* G g gs h i ID j J K k \
        l m M MP n q Q re RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \"";
    OPERATORS
        .split(' ')
        .any(|operator| operator.as_bytes() == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn soundness(content: &[u8]) -> Soundness {
        Scan::of(content).soundness()
    }

    #[test]
    fn ordinary_content_is_whole() {
        let content = b"q 1 0 0 -1 .5 -3 cm /GS1 gs % a remark ((\n/P <</MCID 0 /T (a\\)b)>> BDC BT /F1 9 Tf \
            [(a (nested) one) -20 <00AF>] TJ T* (x) ' ET EMC BX new EX Q \
            BI /W 2 /H 2 ID \x01(EI\xff( EI f*";
        let scan = Scan::of(content);
        assert_eq!(scan.soundness(), Soundness::Whole);
        assert!(scan.shows_text);
        assert_eq!(scan.fonts, HashSet::from(["F1".to_owned()]));
    }

    #[test]
    fn what_is_no_content_is_damaged() {
        assert_eq!(soundness(b"BT (never closed Tj ET"), Soundness::Damaged);
        assert_eq!(soundness(b"BT <00410042 Tj ET"), Soundness::Damaged);
        assert_eq!(soundness(b"BT (a) Tj ET \x9c\xa7kk q"), Soundness::Damaged);
    }

    #[test]
    fn a_string_that_would_be_cut_is_damage() {
        let string = |length: usize| format!("BT ({}) Tj ET", "x".repeat(length));
        assert_eq!(soundness(string(30_000).as_bytes()), Soundness::Whole);
        assert_eq!(soundness(string(33_000).as_bytes()), Soundness::Damaged);
    }

    #[test]
    fn only_so_many_operators_of_text_are_read() {
        let content = "BT ".repeat(TEXT_OPERATORS_LIMIT + 1);
        assert_eq!(soundness(content.as_bytes()), Soundness::TooLarge);
        let content = "0 0 m 9 9 l S ".repeat(TEXT_OPERATORS_LIMIT);
        assert_eq!(soundness(content.as_bytes()), Soundness::Whole);
    }

    #[test]
    fn spaces_show_nothing() {
        assert!(!Scan::of(b"BT /F1 9 Tf ( ) Tj () Tj ET").shows_text);
        assert!(!Scan::of(b"(a title) pop BT ( ) Tj ET").shows_text);
    }

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).expect("memory takes everything");
        encoder.finish().expect("memory takes everything")
    }

    #[test]
    fn a_flipped_bit_or_a_cut_in_a_packed_stream_is_noticed() {
        let content: String = (0..200).map(|n| format!("(line {n}) Tj T* ")).collect();
        let whole = packed(content.as_bytes());
        assert_eq!(
            inflated(&whole, CONTENT_LIMIT, &mut 0).unwrap(),
            content.as_bytes()
        );
        for at in (2..whole.len()).step_by(13) {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            assert_eq!(
                inflated(&flipped, CONTENT_LIMIT, &mut 0),
                Err(Soundness::Damaged),
                "byte {at}"
            );
        }
        for end in (3..whole.len() - 8).step_by(13) {
            assert_eq!(
                inflated(&whole[..end], CONTENT_LIMIT, &mut 0),
                Err(Soundness::Damaged),
                "cut at {end}"
            );
        }
    }

    #[test]
    fn a_stream_without_its_checksum_is_whole() {
        let whole = packed(b"BT (nothing of it is lost) Tj ET");
        let content = inflated(&whole[..whole.len() - 4], CONTENT_LIMIT, &mut 0).unwrap();
        assert_eq!(content, b"BT (nothing of it is lost) Tj ET");
    }

    #[test]
    fn a_stream_is_unpacked_no_further_than_a_page_may_hold() {
        let bomb = packed(&vec![b' '; 2 * CONTENT_LIMIT]);
        assert_eq!(
            inflated(&bomb, CONTENT_LIMIT, &mut 0).unwrap().len(),
            CONTENT_LIMIT + 1
        );
    }
}
