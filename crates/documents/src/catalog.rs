//! What a PDF says of itself beside its pages: where they are, its outline, its form's fields and the files attached
//! to it. All of these are trees that may lead to themselves; each node is looked at once, and so many of them.

use std::collections::{HashMap, HashSet};

use aparte_protocol::documents::DOCUMENT_LIMIT;
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use pdf_oxide::PdfDocument;
use pdf_oxide::object::{Object, ObjectRef};

use crate::content::{self, Soundness};

/// More nodes of a tree are not looked at.
const NODES_LIMIT: usize = 50_000;
/// Titles, names and values are no longer, in characters.
const TEXT_LIMIT: usize = 2_000;

/// The leaves of the page tree in order, at most `limit`; `None` if there is no tree. One that cannot be loaded is
/// a leaf, so that the others keep their numbers.
pub(crate) fn pages(document: &PdfDocument, limit: usize) -> Option<Vec<ObjectRef>> {
    let catalog = document.catalog().ok()?;
    let root = catalog.as_dict()?.get("Pages")?.as_reference()?;
    let mut seen: HashSet<ObjectRef> = HashSet::new();
    let mut open = vec![root];
    let mut leaves = Vec::new();
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        let kids = document.load_object(node).ok().and_then(|object| {
            let kids = entry(document, &object, "Kids")?;
            let kids: Vec<_> = kids
                .as_array()?
                .iter()
                .filter_map(Object::as_reference)
                .collect();
            Some(kids)
        });
        match kids {
            Some(kids) => open.extend(kids.into_iter().rev()),
            None if node == root => return None,
            None => leaves.push(node),
        }
        if leaves.len() >= limit {
            break;
        }
    }
    Some(leaves)
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
    let mut seen = HashSet::new();
    let mut open = vec![root];
    let mut looked = 0;
    while let Some(node) = open.pop() {
        looked += 1;
        if looked > NODES_LIMIT || found.len() > NODES_LIMIT {
            break;
        }
        if let Some(names) = entry(document, &node, "Names")
            && let Some(names) = names.as_array()
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
            let fresh = kids
                .iter()
                .rev()
                .filter_map(Object::as_reference)
                .filter(|kid| seen.insert(*kid));
            let kids: Vec<ObjectRef> = fresh.collect();
            open.extend(
                kids.into_iter()
                    .filter_map(|kid| document.load_object(kid).ok()),
            );
        }
    }
    found
}

/// A field of the document's form that is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The filled fields by the index of the page that they are on; those that say no page are on the first.
pub(crate) fn fields(document: &PdfDocument, pages: &[ObjectRef]) -> HashMap<usize, Vec<Field>> {
    let mut fields: HashMap<usize, Vec<Field>> = HashMap::new();
    let form = document
        .catalog()
        .ok()
        .and_then(|catalog| entry(document, &catalog, "AcroForm"));
    let roots = form.and_then(|form| entry(document, &form, "Fields"));
    let Some(roots) = roots.as_ref().and_then(Object::as_array) else {
        return fields;
    };
    let index: HashMap<ObjectRef, usize> = pages.iter().copied().zip(0..).collect();
    let mut seen = HashSet::new();
    // A field's node with the name and the value of those above it.
    let mut open: Vec<(ObjectRef, String, Option<String>)> = Vec::new();
    open.extend(
        roots
            .iter()
            .rev()
            .filter_map(Object::as_reference)
            .map(|root| (root, String::new(), None)),
    );
    while let Some((node, above, inherited)) = open.pop() {
        if !seen.insert(node) || seen.len() > NODES_LIMIT {
            continue;
        }
        let Ok(field) = document.load_object(node) else {
            continue;
        };
        let part = entry(document, &field, "T").and_then(|part| text(&part));
        let name = match (&part, above.is_empty()) {
            (None, _) => above,
            (Some(part), true) => part.clone(),
            (Some(part), false) => shortened(&format!("{above}.{part}")),
        };
        let value = entry(document, &field, "V")
            .and_then(|value| value_of(document, &value))
            .or(inherited);
        let kids = entry(document, &field, "Kids");
        let kids: Vec<ObjectRef> = kids
            .as_ref()
            .and_then(Object::as_array)
            .map(|kids| kids.iter().filter_map(Object::as_reference).collect())
            .unwrap_or_default();
        // Kids without names are where the field shows, not fields.
        let named = |kid: &&ObjectRef| {
            document
                .load_object(**kid)
                .is_ok_and(|kid| entry(document, &kid, "T").is_some())
        };
        if kids.iter().take(1).any(|kid| named(&kid)) {
            open.extend(
                kids.into_iter()
                    .rev()
                    .map(|kid| (kid, name.clone(), value.clone())),
            );
            continue;
        }
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
            continue;
        };
        let shown = kids.first().and_then(|kid| document.load_object(*kid).ok());
        let page = reference(&field, "P").or_else(|| reference(&shown?, "P"));
        let page = page.and_then(|page| index.get(&page).copied()).unwrap_or(0);
        fields.entry(page).or_default().push(Field { name, value });
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
            Some(values.collect::<Vec<_>>().join(", "))
        }
        value => text(value),
    }
}

/// A file attached to the document.
pub(crate) struct Attachment {
    pub(crate) name: String,
    /// `None` where they cannot be unpacked.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Calls `take` with each attached file; it says how many bytes of the next one may be unpacked.
pub(crate) fn attachments(
    document: &PdfDocument,
    take: &mut dyn FnMut(Attachment),
    room: &dyn Fn() -> u64,
) {
    if document.is_encrypted() {
        // Only the parser can decrypt them, all at once.
        for (name, bytes) in document.extract_embedded_files().unwrap_or_default() {
            take(Attachment {
                name: shortened(&name),
                bytes: Some(bytes),
            });
        }
        return;
    }
    let names = document
        .catalog()
        .ok()
        .and_then(|catalog| entry(document, &catalog, "Names"));
    let Some(root) = names.and_then(|names| entry(document, &names, "EmbeddedFiles")) else {
        return;
    };
    for (key, file) in name_tree(document, root) {
        let Ok(file) = document.resolve_object(&file) else {
            continue;
        };
        let name = ["UF", "F"]
            .iter()
            .find_map(|name| text(&entry(document, &file, name)?));
        let name = name.unwrap_or_else(|| text(&Object::String(key)).unwrap_or_default());
        let stream = entry(document, &file, "EF")
            .and_then(|held| entry(document, &held, "UF").or_else(|| entry(document, &held, "F")));
        let limit = room().min(DOCUMENT_LIMIT) as usize;
        let bytes = stream.map(|stream| content::unpacked(document, &stream, limit));
        let bytes = match bytes {
            Some(Ok(bytes)) => Some(bytes),
            // So large that whoever takes it sees that it is over its limit.
            Some(Err(Soundness::TooLarge)) => Some(vec![0; limit + 1]),
            _ => None,
        };
        take(Attachment { name, bytes });
    }
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
