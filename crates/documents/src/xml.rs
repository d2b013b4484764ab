//! Walks through XML without building a tree: elements by their local names, text with the five predefined
//! entities and character references. Entities that a document declares itself are left out, so that none can
//! multiply; nothing that it refers to is looked up.

use std::borrow::Cow;

use aparte_protocol::documents::{DocumentFailure, Limit};
use encoding_rs::{Encoding, UTF_8};
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::budget::NESTING_LIMIT;
use crate::markup;

/// What is met on the way.
pub(crate) enum Node<'a> {
    Start(Element<'a>),
    /// The local name of an element that ends.
    End(&'a str),
    Text(&'a str),
}

/// An element that begins.
pub(crate) struct Element<'a> {
    start: &'a BytesStart<'a>,
}

impl<'a> Element<'a> {
    /// The name without its prefix.
    pub(crate) fn name(&self) -> &'a str {
        local(self.start.name().0)
    }

    /// The value of the attribute of that local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.start.attributes();
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|attribute| local(attribute.key.0) == name)?;
        Some(markup::unescaped(&found.value).into_owned())
    }

    /// An attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Whether XML was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Soundness {
    Whole,
    /// Something stopped the walk; what came before it stands.
    Broken,
}

/// Walks through `bytes`.
pub(crate) fn walk(
    bytes: &[u8],
    visit: &mut dyn FnMut(Node) -> Result<(), DocumentFailure>,
) -> Result<Soundness, DocumentFailure> {
    let text = decoded(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut depth = 0_usize;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) => return Ok(Soundness::Broken),
        };
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > NESTING_LIMIT {
                    return Err(DocumentFailure::Limit(Limit::Nesting));
                }
                visit(Node::Start(Element { start: &start }))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Node::End(local(end.name().0)))?;
            }
            Event::Empty(start) => {
                visit(Node::Start(Element { start: &start }))?;
                visit(Node::End(local(start.name().0)))?;
            }
            Event::Text(text) => visit(Node::Text(&text.xml10_content()))?,
            Event::CData(text) => visit(Node::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    Ok(None) => predefined(&reference.xml10_content()),
                    Err(_) => None,
                };
                if let Some(c) = character {
                    visit(Node::Text(c.encode_utf8(&mut [0; 4])))?;
                }
            }
            Event::Eof if depth > 0 => return Ok(Soundness::Broken),
            Event::Eof => return Ok(Soundness::Whole),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        // XHTML's, and what people use in EPUBs without declaring it.
        "nbsp" => '\u{a0}',
        _ => return None,
    })
}

/// The text, by its byte order mark, its declaration, or as UTF-8.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    let head = &bytes[..bytes.len().min(200)];
    let declared = || {
        let head = std::str::from_utf8(head).ok().or_else(|| {
            let valid = std::str::from_utf8(head).err()?.valid_up_to();
            std::str::from_utf8(&head[..valid]).ok()
        })?;
        let head = head.strip_prefix("<?xml")?.split("?>").next()?;
        let value = head
            .split_once("encoding")?
            .1
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
    };
    declared()
        .unwrap_or(UTF_8)
        .decode_without_bom_handling(bytes)
        .0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(xml: &[u8]) -> Result<(String, Soundness), DocumentFailure> {
        let mut met = String::new();
        let soundness = walk(xml, &mut |node| {
            match node {
                Node::Start(element) => {
                    met.push_str(&format!("<{}>", element.name()));
                    if let Some(value) = element.attribute("a") {
                        met.push_str(&format!("[{value}]"));
                    }
                }
                Node::End(name) => met.push_str(&format!("</{name}>")),
                Node::Text(text) => met.push_str(text),
            }
            Ok(())
        })?;
        Ok((met, soundness))
    }

    #[test]
    fn prefixes_go_and_references_are_resolved() {
        let xml = "<x:r y:a='1 &amp; &#233;&amp;lt;&x;'>é &lt;&#x20AC;&amp;<b/></x:r>";
        let expected = "<r>[1 & é&lt;&x;]é <€&<b></b></r>".to_owned();
        assert_eq!(met(xml.as_bytes()), Ok((expected, Soundness::Whole)));
    }

    #[test]
    fn declared_entities_do_not_multiply() {
        let mut xml = String::from("<!DOCTYPE r [<!ENTITY a \"lol\">");
        for n in 0..20 {
            xml.push_str(&format!(
                "<!ENTITY a{n} \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
            ));
        }
        xml.push_str("<!ENTITY file SYSTEM \"file:///etc/passwd\">]><r>x&a19;&file;y</r>");
        assert_eq!(met(xml.as_bytes()).unwrap().0, "<r>xy</r>");
    }

    #[test]
    fn a_deep_nesting_is_refused() {
        let xml = "<a>".repeat(100_000);
        assert_eq!(
            met(xml.as_bytes()),
            Err(DocumentFailure::Limit(Limit::Nesting))
        );
    }

    #[test]
    fn what_comes_before_a_break_stands() {
        let (text, soundness) = met(b"<r>one<p>two</p><").unwrap();
        assert_eq!(
            (text.as_str(), soundness),
            ("<r>one<p>two</p>", Soundness::Broken)
        );
    }

    #[test]
    fn the_encoding_is_the_one_declared_or_marked() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><r>\xe9t\xe9</r>";
        assert_eq!(met(latin).unwrap().0, "<r>été</r>");
        let wide: Vec<u8> = [0xfeff]
            .into_iter()
            .chain("<r>été</r>".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(met(&wide).unwrap().0, "<r>été</r>");
    }
}
