//! What a PDF says of itself beside its pages: where they are, its outline, its form's fields and the files attached
//! to it. All of these are trees that may lead to themselves; each node is looked at once, and so many of them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use aparte_protocol::documents::Withheld;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use pdf_oxide::PdfDocument;
use pdf_oxide::encryption::EncryptionHandler;
use pdf_oxide::object::{Object, ObjectRef};

use crate::content::{self, Soundness};
use crate::written::one_line;

/// More nodes of a tree are not looked at.
const NODES_LIMIT: usize = 50_000;
/// Nor more entries of their arrays: many nodes may share one.
const ENTRIES_LIMIT: usize = 1_000_000;
/// Titles, names and values are no longer, in characters.
const TEXT_LIMIT: usize = 2_000;
/// Nor are the rows of all fields together, in bytes: with its words a page must fit in a frame.
const FIELDS_LIMIT: usize = 1 << 20;

/// The children of a tree's nodes, each given once.
#[derive(Default)]
struct Kids {
    seen: HashSet<ObjectRef>,
    /// The entries of arrays that were looked at.
    entries: usize,
}

impl Kids {
    /// Those of `references` that were not given before; none once too many were looked at.
    fn fresh(&mut self, references: &[Object]) -> Vec<ObjectRef> {
        if !self.looks_at(references.len()) {
            return Vec::new();
        }
        let references = references.iter().filter_map(Object::as_reference);
        references.filter(|kid| self.seen.insert(*kid)).collect()
    }

    /// Whether so many more entries may be looked at.
    fn looks_at(&mut self, entries: usize) -> bool {
        self.entries = self.entries.saturating_add(entries);
        !self.is_spent()
    }

    /// Whether no node is worth loading any more: its arrays are copied before they are counted.
    fn is_spent(&self) -> bool {
        self.entries > ENTRIES_LIMIT
    }
}

/// The leaves of the page tree in order, at most `limit`; `None` if there is no tree. One that cannot be loaded is
/// a leaf, so that the others keep their numbers.
pub(crate) fn pages(document: &PdfDocument, limit: usize) -> Option<Vec<ObjectRef>> {
    let catalog = document.catalog().ok()?;
    let root = catalog.as_dict()?.get("Pages")?.as_reference()?;
    let mut known = Kids::default();
    known.seen.insert(root);
    let mut open = vec![root];
    let mut leaves = Vec::new();
    while let Some(node) = open.pop() {
        let kids = document.load_object(node).ok().and_then(|object| {
            let kids = entry(document, &object, "Kids")?;
            Some(known.fresh(kids.as_array()?))
        });
        match kids {
            Some(kids) => open.extend(kids.into_iter().rev()),
            None if node == root => return None,
            None => leaves.push(node),
        }
        if leaves.len() >= limit || known.is_spent() {
            break;
        }
    }
    Some(leaves)
}

/// The revision of the standard's security handler that locks the document.
pub(crate) fn lock_revision(document: &PdfDocument) -> Option<i64> {
    let lock = entry(document, document.trailer(), "Encrypt")?;
    entry(document, &lock, "R")?.as_integer()
}

/// How many pages the document says it has.
pub(crate) fn declared_pages(document: &PdfDocument) -> Option<usize> {
    let root = entry(document, &document.catalog().ok()?, "Pages")?;
    let count = entry(document, &root, "Count")?;
    usize::try_from(count.as_integer()?).ok()
}

/// An entry of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// 1 is the highest.
    pub(crate) level: u8,
    pub(crate) title: String,
}

/// The entries of the outline by the index of the page that they lead to, in order.
pub(crate) fn outline(document: &PdfDocument, pages: &[ObjectRef]) -> HashMap<usize, Vec<Section>> {
    let mut sections: HashMap<usize, Vec<Section>> = HashMap::new();
    let Ok(catalog) = document.catalog() else {
        return sections;
    };
    let first =
        entry(document, &catalog, "Outlines").and_then(|outline| reference(&outline, "First"));
    let Some(first) = first else { return sections };
    let index: HashMap<ObjectRef, usize> = pages.iter().copied().zip(0..).collect();
    let named = Destinations::of(document, &catalog);
    let mut seen = HashSet::new();
    let mut open = vec![(first, 1_u8)];
    while let Some((node, level)) = open.pop() {
        if !seen.insert(node) || seen.len() > NODES_LIMIT {
            continue;
        }
        let Ok(item) = document.load_object(node) else {
            continue;
        };
        open.extend(reference(&item, "Next").map(|next| (next, level)));
        open.extend(reference(&item, "First").map(|first| (first, level.saturating_add(1).min(6))));
        let title = entry(document, &item, "Title").and_then(|title| text(&title));
        let place = entry(document, &item, "Dest").or_else(|| {
            let action = entry(document, &item, "A")?;
            (entry(document, &action, "S")?.as_name()? == "GoTo").then_some(())?;
            entry(document, &action, "D")
        });
        let page = place
            .and_then(|place| named.page(document, &place, 3))
            .and_then(|page| index.get(&page));
        if let (Some(title), Some(page)) = (title, page) {
            sections
                .entry(*page)
                .or_default()
                .push(Section { level, title });
        }
    }
    sections
}

/// Places that have names.
struct Destinations {
    places: HashMap<Vec<u8>, Object>,
}

impl Destinations {
    fn of(document: &PdfDocument, catalog: &Object) -> Destinations {
        let mut places = HashMap::new();
        if let Some(old) = entry(document, catalog, "Dests")
            && let Some(entries) = old.as_dict()
        {
            let known = entries.iter().take(NODES_LIMIT);
            places.extend(known.map(|(name, place)| (name.as_bytes().to_vec(), place.clone())));
        }
        if let Some(names) = entry(document, catalog, "Names")
            && let Some(root) = entry(document, &names, "Dests")
        {
            places.extend(name_tree(document, root));
        }
        Destinations { places }
    }

    /// The page that a place is on.
    fn page(&self, document: &PdfDocument, place: &Object, hops: u8) -> Option<ObjectRef> {
        let place = document.resolve_object(place).ok()?;
        let name = match &place {
            Object::Array(parts) => return parts.first()?.as_reference(),
            Object::Dictionary(_) => {
                return self.page(
                    document,
                    &entry(document, &place, "D")?,
                    hops.checked_sub(1)?,
                );
            }
            Object::String(name) => name.as_slice(),
            Object::Name(name) => name.as_bytes(),
            _ => return None,
        };
        self.page(document, self.places.get(name)?, hops.checked_sub(1)?)
    }
}

/// The names and values of a tree of names.
fn name_tree(document: &PdfDocument, root: Object) -> Vec<(Vec<u8>, Object)> {
    let mut found = Vec::new();
    let mut known = Kids::default();
    let mut open = vec![root];
    let mut looked = 0;
    while let Some(node) = open.pop() {
        looked += 1;
        if looked > NODES_LIMIT || found.len() > NODES_LIMIT || known.is_spent() {
            break;
        }
        if let Some(names) = entry(document, &node, "Names")
            && let Some(names) = names.as_array()
            && known.looks_at(names.len())
        {
            let pairs = names.chunks_exact(2).filter_map(|pair| {
                let name = document.resolve_object(&pair[0]).ok()?;
                Some((name.as_string()?.to_vec(), pair[1].clone()))
            });
            found.extend(pairs.take(NODES_LIMIT));
        }
        if let Some(kids) = entry(document, &node, "Kids")
            && let Some(kids) = kids.as_array()
        {
            let kids = known.fresh(kids).into_iter().rev();
            open.extend(kids.filter_map(|kid| document.load_object(kid).ok()));
        }
    }
    found
}

/// The filled fields of the document's form on a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Name and value, as two cells.
    pub(crate) rows: Vec<String>,
    /// There are more than are read.
    pub(crate) cut: bool,
}

/// The filled fields by the index of the page that they are on; those that say no page are on the first.
pub(crate) fn fields(document: &PdfDocument, pages: &[ObjectRef]) -> HashMap<usize, Fields> {
    let mut fields: HashMap<usize, Fields> = HashMap::new();
    let mut length = 0;
    let form = document
        .catalog()
        .ok()
        .and_then(|catalog| entry(document, &catalog, "AcroForm"));
    let roots = form.and_then(|form| entry(document, &form, "Fields"));
    let Some(roots) = roots.as_ref().and_then(Object::as_array) else {
        return fields;
    };
    let index: HashMap<ObjectRef, usize> = pages.iter().copied().zip(0..).collect();
    let mut known = Kids::default();
    let mut looked = 0;
    // A field's node with the name and the value of those above it, which all below them share.
    let mut open: Vec<(ObjectRef, Rc<str>, Option<Rc<str>>)> = Vec::new();
    let nameless: Rc<str> = "".into();
    let roots = known.fresh(roots).into_iter().rev();
    open.extend(roots.map(|root| (root, Rc::clone(&nameless), None)));
    while let Some((node, above, inherited)) = open.pop() {
        looked += 1;
        if looked > NODES_LIMIT || known.is_spent() {
            fields.entry(0).or_default().cut = true;
            break;
        }
        let Ok(field) = document.load_object(node) else {
            continue;
        };
        let part = entry(document, &field, "T").and_then(|part| text(&part));
        let name = match (&part, above.is_empty()) {
            (None, _) => above,
            (Some(part), true) => part.as_str().into(),
            (Some(part), false) => shortened(&format!("{above}.{part}")).into(),
        };
        let value = entry(document, &field, "V")
            .and_then(|value| value_of(document, &value))
            .map(Rc::from)
            .or(inherited);
        let kids = entry(document, &field, "Kids");
        let kids = kids.as_ref().and_then(Object::as_array);
        let kids = kids.map(|kids| known.fresh(kids)).unwrap_or_default();
        // Kids without names are where the field shows, not fields.
        let named = |kid: &&ObjectRef| {
            document
                .load_object(**kid)
                .is_ok_and(|kid| entry(document, &kid, "T").is_some())
        };
        if kids.iter().take(1).any(|kid| named(&kid)) {
            let kids = kids.into_iter().rev();
            open.extend(kids.map(|kid| (kid, Rc::clone(&name), value.clone())));
            continue;
        }
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        let shown = kids.first().and_then(|kid| document.load_object(*kid).ok());
        let page = reference(&field, "P").or_else(|| reference(&shown?, "P"));
        let page = page.and_then(|page| index.get(&page).copied()).unwrap_or(0);
        let row = format!("{}\t{}", one_line(&name), one_line(&value));
        let fields = fields.entry(page).or_default();
        length += row.len();
        match length > FIELDS_LIMIT {
            true => fields.cut = true,
            false => fields.rows.push(row),
        }
    }
    fields
}

fn value_of(document: &PdfDocument, value: &Object) -> Option<String> {
    match value {
        Object::Name(name) if name == "Off" => None,
        Object::Name(name) => Some(shortened(name)),
        Object::Array(values) => {
            let values = values
                .iter()
                .take(100)
                .filter_map(|value| text(&document.resolve_object(value).ok()?));
            Some(shortened(&values.collect::<Vec<_>>().join(", ")))
        }
        value => text(value),
    }
}

/// What decrypts an encrypted document. The parser decrypts streams itself, but only together with unpacking them, which it
/// does without a bound.
pub(crate) struct Key(EncryptionHandler);

impl Key {
    /// The key that one of the passwords gives.
    pub(crate) fn of(document: &PdfDocument, passwords: &[Vec<u8>]) -> Option<Key> {
        let trailer = document.trailer();
        let mut lock = entry(document, trailer, "Encrypt")?.as_dict()?.clone();
        for value in lock.values_mut() {
            *value = document.resolve_object(value).ok()?;
        }
        let identifier = entry(document, trailer, "ID")
            .and_then(|parts| Some(parts.as_array()?.first()?.as_string()?.to_vec()));
        let lock = Object::Dictionary(lock);
        let mut key = EncryptionHandler::new(&lock, identifier.unwrap_or_default()).ok()?;
        passwords
            .iter()
            .any(|password| key.authenticate(password).unwrap_or(false))
            .then_some(Key(key))
    }

    /// The stream that stands at a place, decrypted.
    fn decrypt(&self, stream: Object, place: ObjectRef) -> Option<Object> {
        let Object::Stream { dict, data } = stream else {
            return None;
        };
        let plain = self.0.decrypt_stream(&data, place.id, place.r#gen.into());
        Some(Object::Stream {
            dict,
            data: plain.ok()?.into(),
        })
    }
}

/// A file attached to the document.
pub(crate) struct Attachment {
    pub(crate) name: String,
    /// Where its bytes are, by the kinds of its name.
    held: Option<Object>,
}

impl Attachment {
    /// Its bytes, at most `limit`; counts those that were unpacked in vain. Those of an encrypted document need its key.
    pub(crate) fn bytes(
        &self,
        document: &PdfDocument,
        key: Option<&Key>,
        limit: usize,
        in_vain: &mut u64,
    ) -> Result<Vec<u8>, Withheld> {
        let file = self.held.as_ref().ok_or(Withheld::Damaged)?;
        let found = ["UF", "F"]
            .into_iter()
            .find_map(|name| Some((reference(file, name), entry(document, file, name)?)));
        let (place, mut stream) = found.ok_or(Withheld::Damaged)?;
        if document.is_encrypted() {
            let decrypt = || key?.decrypt(stream, place?);
            stream = decrypt().ok_or(Withheld::Damaged)?;
        }
        content::decoded(document, &stream, limit, in_vain).map_err(|lost| match lost {
            Soundness::TooLarge => Withheld::TooLarge,
            _ => Withheld::Damaged,
        })
    }
}

/// The files attached to a document.
pub(crate) fn attachments(document: &PdfDocument) -> Vec<Attachment> {
    let names = document
        .catalog()
        .ok()
        .and_then(|catalog| entry(document, &catalog, "Names"));
    let Some(root) = names.and_then(|names| entry(document, &names, "EmbeddedFiles")) else {
        return Vec::new();
    };
    let files = name_tree(document, root).into_iter();
    let attachment = |(key, file): (Vec<u8>, Object)| {
        let file = document.resolve_object(&file).ok()?;
        let name = ["UF", "F"]
            .iter()
            .find_map(|name| text(&entry(document, &file, name)?));
        Some(Attachment {
            name: name.unwrap_or_else(|| text(&Object::String(key)).unwrap_or_default()),
            held: entry(document, &file, "EF"),
        })
    };
    files.filter_map(attachment).collect()
}

fn entry(document: &PdfDocument, object: &Object, name: &str) -> Option<Object> {
    let found = document.resolve_object(object.as_dict()?.get(name)?).ok()?;
    (!found.is_null()).then_some(found)
}

fn reference(object: &Object, name: &str) -> Option<ObjectRef> {
    object.as_dict()?.get(name)?.as_reference()
}

/// A text string: UTF-16 or UTF-8 where it is marked, else nearly Latin 1.
fn text(object: &Object) -> Option<String> {
    let bytes = object.as_string()?;
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => UTF_8.decode_without_bom_handling(rest).0.into_owned(),
        bytes => bytes
            .iter()
            .map(|&byte| of_document_encoding(byte))
            .collect(),
    };
    Some(shortened(&text))
}

/// A character of PDFDocEncoding (ISO 32000-1, annex D).
fn of_document_encoding(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => LOW[usize::from(byte) - 0x18],
        0x80..=0xa0 => HIGH[usize::from(byte) - 0x80],
        byte => char::from(byte),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(TEXT_LIMIT).collect()
}
