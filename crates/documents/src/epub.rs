//! EPUB: the chapters in the order of the spine, each a page with the title that the table of contents gives it. The navigation of the
//! book is a page only where the spine has it among those that are read one after the other.

use std::collections::{HashMap, HashSet};

use aparte_protocol::documents::{DocumentFailure, Page, PageWarning};

use crate::archive::Archive;
use crate::budget::Budget;
use crate::html;
use crate::written::Writer;
use crate::xml::{self, Node};

/// Reads a book; see [`crate::read`].
pub(crate) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Vec<Page>, DocumentFailure> {
    let mut archive = Archive::open(bytes)?;
    let container = archive.part("META-INF/container.xml", budget)?;
    let path = match container {
        Some(container) => root_file(&container)?,
        None => None,
    };
    let path = match path {
        Some(path) => path,
        None => any_package(&archive).ok_or(DocumentFailure::Damaged)?,
    };
    let package = archive
        .part(&path, budget)?
        .ok_or(DocumentFailure::Damaged)?;
    let package = Package::of(&package, &path)?;
    let locked = match archive.part("META-INF/encryption.xml", budget)? {
        Some(encryption) => encrypted(&encryption)?,
        None => HashSet::new(),
    };
    if !package.spine.is_empty() && package.spine.iter().all(|chapter| locked.contains(chapter)) {
        return Err(DocumentFailure::Encrypted);
    }
    let mut titles = HashMap::new();
    for contents in &package.contents {
        if let Some(bytes) = archive.part(contents, budget)? {
            chapter_titles(&bytes, contents, &mut titles)?;
        }
    }
    let mut writer = Writer::new(budget);
    for chapter in &package.spine {
        let known = titles.get(chapter).map(String::as_str);
        writer.begin(known)?;
        let bytes = match locked.contains(chapter) {
            true => None,
            false => archive.part(chapter, writer.budget)?,
        };
        let Some(bytes) = bytes else {
            writer.warn(PageWarning::Damaged);
            continue;
        };
        let named = html::write(&html::decode(&bytes), true, &mut writer)?;
        if known.is_none()
            && let Some(title) = writer.first_heading().or(named)
        {
            writer.title_if_none(&title);
        }
    }
    if package.spine.is_empty() {
        return Err(DocumentFailure::Damaged);
    }
    writer.finish()
}

fn root_file(container: &[u8]) -> Result<Option<String>, DocumentFailure> {
    let mut path = None;
    xml::walk(container, &mut |node| {
        if let Node::Start(element) = node
            && element.name() == "rootfile"
            && path.is_none()
        {
            path = element.attribute("full-path");
        }
        Ok(())
    })?;
    Ok(path)
}

fn any_package(archive: &Archive) -> Option<String> {
    (0..archive.len())
        .filter_map(|index| archive.name(index))
        .find(|name| name.ends_with(".opf"))
}

/// What the package says is in the book.
struct Package {
    /// Where the chapters are, in reading order, without a navigation that is only there to be opened by programs.
    spine: Vec<String>,
    /// Where tables of contents are.
    contents: Vec<String>,
}

impl Package {
    fn of(bytes: &[u8], path: &str) -> Result<Package, DocumentFailure> {
        let mut items: HashMap<String, String> = HashMap::new();
        let mut order = Vec::new();
        let mut contents = Vec::new();
        let mut navigation = None;
        xml::walk(bytes, &mut |node| {
            let Node::Start(element) = node else {
                return Ok(());
            };
            match element.name() {
                "item" => {
                    let (Some(id), Some(href)) =
                        (element.attribute("id"), element.attribute("href"))
                    else {
                        return Ok(());
                    };
                    let place = resolved(path, &href);
                    let is_navigation = element
                        .attribute("properties")
                        .is_some_and(|p| p.split(' ').any(|p| p == "nav"));
                    let is_contents = is_navigation
                        || element.attribute("media-type").as_deref()
                            == Some("application/x-dtbncx+xml");
                    if is_contents && contents.len() < 4 {
                        contents.push(place.clone());
                    }
                    if is_navigation {
                        navigation = Some(place.clone());
                    }
                    items.insert(id, place);
                }
                "itemref" => {
                    if let Some(id) = element.attribute("idref") {
                        let linear = element.attribute("linear").as_deref() != Some("no");
                        order.push((id, linear));
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        // A chapter is read once, however often the spine names it.
        let mut seen = HashSet::new();
        let spine = order
            .into_iter()
            .filter_map(|(id, linear)| Some((items.get(&id)?.clone(), linear)))
            .filter(|(place, linear)| *linear || navigation.as_ref() != Some(place))
            .map(|(place, _)| place)
            .filter(|place| seen.insert(place.clone()))
            .collect();
        Ok(Package { spine, contents })
    }
}

/// Where `href` leads from the file at `base`, inside the archive.
fn resolved(base: &str, href: &str) -> String {
    let href = href.split(['#', '?']).next().unwrap_or_default();
    let plain = percent_decoded(href);
    let mut folders: Vec<&str> = match plain.starts_with('/') {
        true => Vec::new(),
        false => base.split('/').collect(),
    };
    folders.pop();
    for part in plain.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop();
            }
            part => folders.push(part),
        }
    }
    folders.join("/")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The titles that a table of contents gives: of the older kind (`navPoint`) or a page of links.
fn chapter_titles(
    bytes: &[u8],
    path: &str,
    titles: &mut HashMap<String, String>,
) -> Result<(), DocumentFailure> {
    let mut label = String::new();
    let mut link: Option<String> = None;
    xml::walk(bytes, &mut |node| {
        match node {
            Node::Start(element) => match element.name() {
                "navLabel" => label.clear(),
                "content" => {
                    if let Some(source) = element.attribute("src") {
                        titles
                            .entry(resolved(path, &source))
                            .or_insert_with(|| std::mem::take(&mut label));
                    }
                }
                "a" => {
                    label.clear();
                    link = element.attribute("href");
                }
                _ => {}
            },
            Node::Text(text) if label.len() < 1_000 => label.push_str(text),
            Node::Text(_) => {}
            Node::End("a") => {
                if let Some(link) = link.take() {
                    titles
                        .entry(resolved(path, &link))
                        .or_insert_with(|| std::mem::take(&mut label));
                }
            }
            Node::End(_) => {}
        }
        Ok(())
    })?;
    titles.retain(|_, title| !title.trim().is_empty());
    Ok(())
}

/// What is encrypted of the book, other than fonts, which are only obfuscated.
fn encrypted(bytes: &[u8]) -> Result<HashSet<String>, DocumentFailure> {
    let mut locked = HashSet::new();
    let mut fonts = false;
    xml::walk(bytes, &mut |node| {
        if let Node::Start(element) = node {
            match element.name() {
                "EncryptedData" => fonts = false,
                "EncryptionMethod" => {
                    let method = element.attribute("Algorithm").unwrap_or_default();
                    fonts = method.ends_with("#RC") || method.ends_with("2008/embedding");
                }
                "CipherReference" if !fonts => {
                    let place = element.attribute("URI").unwrap_or_default();
                    locked.insert(resolved("", &place));
                }
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(locked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_inside_the_book() {
        assert_eq!(
            resolved("OEBPS/content.opf", "text/a%20b.xhtml#x"),
            "OEBPS/text/a b.xhtml"
        );
        assert_eq!(
            resolved("OEBPS/content.opf", "../../../etc/passwd"),
            "etc/passwd"
        );
        assert_eq!(resolved("content.opf", "/a.xhtml"), "a.xhtml");
    }

    #[test]
    fn references_in_the_name_of_an_encrypted_part_are_resolved_once() {
        let xml = br#"<encryption><EncryptedData><CipherReference URI="a&amp;amp;b.xhtml"/></EncryptedData></encryption>"#;
        let locked = encrypted(xml).unwrap();
        assert_eq!(locked, HashSet::from(["a&amp;b.xhtml".to_owned()]));
    }
}
