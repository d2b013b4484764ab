//! HTML to tags and text, in one pass over it and as leniently as browsers: any text gives something.
//!
//! Time grows with the length alone, whatever stands in it; nothing that it refers to is looked up. Only the
//! attributes that decide what is shown are kept.

use std::borrow::Cow;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// What is met on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Start(Tag),
    /// The name of an element that ends, in lower case.
    End(String),
    Text(Cow<'a, str>),
}

/// An element that begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tag {
    /// In lower case.
    pub(crate) name: String,
    /// The attributes in [`KEPT`].
    attributes: Vec<(&'static str, String)>,
    pub(crate) self_closing: bool,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}

const KEPT: &[&str] = &["alt", "colspan", "hidden", "start", "style"];
/// Longer values are cut.
const VALUE_LIMIT: usize = 2_000;
/// Elements whose content is text up to their end tag.
const RAW: &[&str] = &["script", "style", "xmp", "iframe", "noembed", "noframes"];
/// The same, but with character references.
const ESCAPED_RAW: &[&str] = &["title", "textarea"];

/// Elements that hold another language, whose elements may end themselves.
pub(crate) const FOREIGN: &[&str] = &["svg", "math"];

/// The tokens of a text.
pub(crate) struct Tokens<'a> {
    rest: &'a str,
    /// The element whose content is text up to its end tag, and whether references in it count.
    raw: Option<(String, bool)>,
    /// XHTML: `<title/>` is an element that ends.
    xhtml: bool,
    /// Inside so many elements that hold another language: `<title/>` ends there too.
    foreign: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a str, xhtml: bool) -> Tokens<'a> {
        Tokens {
            rest: text,
            raw: None,
            xhtml,
            foreign: 0,
        }
    }

    fn text(&mut self, length: usize) -> Token<'a> {
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        Token::Text(unescaped(text))
    }

    /// The content of an element that holds only text.
    fn raw_text(&mut self, name: &str, escaped: bool) -> Token<'a> {
        let mut from = 0;
        let end = loop {
            let Some(at) = self.rest[from..].find("</") else {
                break self.rest.len();
            };
            let at = from + at;
            let after = &self.rest.as_bytes()[at + 2..];
            let named = after.len() >= name.len()
                && after[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && after
                    .get(name.len())
                    .is_none_or(|b| !b.is_ascii_alphanumeric());
            if named {
                break at;
            }
            from = at + 2;
        };
        if escaped {
            return self.text(end);
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Text(Cow::Borrowed(text))
    }

    /// Skips up to and including `mark`, or to the end.
    fn skip_past(&mut self, from: usize, mark: &str) {
        let rest = &self.rest[from.min(self.rest.len())..];
        self.rest = rest.find(mark).map_or("", |at| &rest[at + mark.len()..]);
    }

    /// The tag that the rest begins with, which is known to go on with a letter.
    fn start(&mut self) -> Option<Token<'a>> {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        let until = |mut at: usize, stop: &dyn Fn(u8) -> bool| {
            while at < bytes.len() && !stop(bytes[at]) {
                at += 1;
            }
            at
        };
        let name_end = until(at, &|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        let mut tag = Tag {
            name: self.rest[at..name_end].to_ascii_lowercase(),
            ..Tag::default()
        };
        at = name_end;
        loop {
            at = until(at, &|b| !b.is_ascii_whitespace());
            match bytes.get(at) {
                // A tag that does not end is not there.
                None => {
                    self.rest = "";
                    return None;
                }
                Some(b'>') => break,
                Some(b'/') => {
                    tag.self_closing = bytes.get(at + 1) == Some(&b'>');
                    at += 1;
                }
                Some(_) => {
                    let start = at;
                    at = until(at + 1, &|b| {
                        b.is_ascii_whitespace() || matches!(b, b'/' | b'>' | b'=')
                    });
                    let name = &self.rest[start..at];
                    let after = until(at, &|b| !b.is_ascii_whitespace());
                    let mut value = "";
                    if bytes.get(after) == Some(&b'=') {
                        let from = until(after + 1, &|b| !b.is_ascii_whitespace());
                        match bytes.get(from) {
                            Some(&quote @ (b'"' | b'\'')) => {
                                let end = until(from + 1, &|b| b == quote);
                                value = &self.rest[from + 1..end];
                                at = (end + 1).min(bytes.len());
                            }
                            _ => {
                                at = until(from, &|b| b.is_ascii_whitespace() || b == b'>');
                                value = &self.rest[from..at];
                            }
                        }
                    }
                    let kept = KEPT.iter().find(|kept| kept.eq_ignore_ascii_case(name));
                    if let Some(kept) = kept
                        && tag.attribute(kept).is_none()
                    {
                        let value = &value[..value.floor_char_boundary(VALUE_LIMIT)];
                        tag.attributes.push((kept, unescaped(value).into_owned()));
                    }
                }
            }
        }
        self.rest = &self.rest[at + 1..];
        if !tag.self_closing && FOREIGN.contains(&tag.name.as_str()) {
            self.foreign += 1;
        }
        if !(tag.self_closing && (self.xhtml || self.foreign > 0)) {
            let raw = RAW.contains(&tag.name.as_str());
            if raw || ESCAPED_RAW.contains(&tag.name.as_str()) {
                self.raw = Some((tag.name.clone(), !raw));
            }
        }
        Some(Token::Start(tag))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some((name, escaped)) = self.raw.take() {
            let text = self.raw_text(&name, escaped);
            return Some(text);
        }
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let bytes = self.rest.as_bytes();
            if bytes[0] != b'<' {
                let length = self.rest.find('<').unwrap_or(self.rest.len());
                return Some(self.text(length));
            }
            match bytes.get(1) {
                Some(b'/') if bytes.get(2).is_some_and(u8::is_ascii_alphabetic) => {
                    let name_end = bytes[2..]
                        .iter()
                        .position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
                        .map_or(bytes.len(), |at| at + 2);
                    let name = self.rest[2..name_end].to_ascii_lowercase();
                    self.skip_past(name_end, ">");
                    if FOREIGN.contains(&name.as_str()) {
                        self.foreign = self.foreign.saturating_sub(1);
                    }
                    return Some(Token::End(name));
                }
                Some(b) if b.is_ascii_alphabetic() => return self.start(),
                Some(b'!') if self.rest.starts_with("<!-->") => self.rest = &self.rest[5..],
                Some(b'!') if self.rest.starts_with("<!--->") => self.rest = &self.rest[6..],
                Some(b'!') if self.rest.starts_with("<!--") => self.skip_past(4, "-->"),
                Some(b'!') if self.xhtml && self.rest.starts_with("<![CDATA[") => {
                    let text = &self.rest[9..];
                    let end = text.find("]]>").unwrap_or(text.len());
                    self.rest = text.get(end + 3..).unwrap_or("");
                    return Some(Token::Text(Cow::Borrowed(&text[..end])));
                }
                Some(b'!') if self.rest[2..].starts_with('[') || doctype_with_subset(self.rest) => {
                    self.skip_past(2, "]>");
                }
                Some(b'!' | b'?' | b'/') => self.skip_past(2, ">"),
                _ => {
                    let length = self.rest[1..]
                        .find('<')
                        .map_or(self.rest.len(), |at| at + 1);
                    return Some(self.text(length));
                }
            }
        }
    }
}

/// Whether a declaration holds declarations of its own, in brackets.
fn doctype_with_subset(rest: &str) -> bool {
    // Looked for within a bound, so that many such declarations do not cost their square.
    let head = &rest[..rest.floor_char_boundary(20_000)];
    head.len() > 9
        && head.as_bytes()[2..9].eq_ignore_ascii_case(b"doctype")
        && head.find('[').is_some_and(|at| {
            head.find('>').is_none_or(|end| at < end) && head[at..].contains("]>")
        })
}

/// The text with its character references resolved.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    while !rest.is_empty() {
        let length = match reference(rest) {
            Some((length, characters)) => {
                plain.extend(characters.into_iter().flatten());
                length
            }
            None => {
                plain.push('&');
                1
            }
        };
        rest = &rest[length..];
        let next = rest.find('&').unwrap_or(rest.len());
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(plain)
}

/// The reference that `text` begins with: its length and the characters that it stands for.
fn reference(text: &str) -> Option<(usize, [Option<char>; 2])> {
    let after = &text[1..];
    if let Some(number) = after.strip_prefix('#') {
        let (digits, radix, before) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16, 3),
            None => (number, 10, 2),
        };
        let length = digits
            .bytes()
            .take_while(|b| (*b as char).is_digit(radix))
            .count();
        if length == 0 {
            return None;
        }
        let code = u32::from_str_radix(&digits[..length], radix).unwrap_or(u32::MAX);
        let c = match code {
            0x80..=0x9f => C1_REPLACEMENTS[code as usize - 0x80].or(char::from_u32(code)),
            0 => None,
            code => char::from_u32(code),
        };
        let ended = usize::from(digits[length..].starts_with(';'));
        return Some((
            before + length + ended,
            [Some(c.unwrap_or('\u{fffd}')), None],
        ));
    }
    // The longest name that is known; some need no semicolon.
    let length = after
        .bytes()
        .take(40)
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let with_end = length + usize::from(after[length..].starts_with(';'));
    (2..=with_end).rev().find_map(|length| {
        let (first, second) = *NAMED_ENTITIES.get(&after[..length])?;
        // Beginnings of names are in the table too, with nothing behind them.
        let first = char::from_u32(first).filter(|c| *c != '\0')?;
        let second = char::from_u32(second).filter(|c| *c != '\0');
        Some((length + 1, [Some(first), second]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        Tokens::new(html, false)
            .map(|token| match token {
                Token::Start(tag) => format!("<{}>", tag.name),
                Token::End(name) => format!("</{name}>"),
                Token::Text(text) => text.into_owned(),
            })
            .collect()
    }

    #[test]
    fn tags_text_and_references_are_told_apart() {
        assert_eq!(
            shown(
                "<P Class=x>a &lt; b &amp;c &eacute&euro;&#233;&#x2019;&#150; &nosuch; 1 < 2</p >"
            ),
            "<p>a < b &c é€é’– &nosuch; 1 < 2</p>"
        );
    }

    #[test]
    fn comments_declarations_and_unended_tags_show_nothing() {
        assert_eq!(
            shown("a<!-- <b> -->b<!doctype html>c<?php x ?>d<!---->e<b"),
            "abcde"
        );
        assert_eq!(shown("a<!-- never ended"), "a");
    }

    #[test]
    fn scripts_are_text_up_to_their_end() {
        assert_eq!(
            shown("<script>if (a<b) '</p>' </scripty></SCRIPT>x"),
            "<script>if (a<b) '</p>' </scripty></script>x"
        );
        assert_eq!(
            shown("<title>a &amp; <b></title>"),
            "<title>a & <b></title>"
        );
    }

    #[test]
    fn attributes_are_kept_where_they_decide_something() {
        let mut tokens = Tokens::new(
            "<td colspan=3 hidden style='display: none' onclick=\"a>b\" x/>y",
            false,
        );
        let Some(Token::Start(tag)) = tokens.next() else {
            panic!("a tag");
        };
        assert_eq!(tag.attribute("colspan"), Some("3"));
        assert_eq!(tag.attribute("hidden"), Some(""));
        assert_eq!(tag.attribute("style"), Some("display: none"));
        assert_eq!(tag.attribute("onclick"), None);
        assert_eq!(tokens.next(), Some(Token::Text("y".into())));
    }

    #[test]
    fn any_text_ends() {
        let alphabet = [
            "<",
            ">",
            "&",
            "</",
            "<!--",
            "-->",
            "a",
            "é",
            "=",
            "\"",
            "'",
            " ",
            "/",
            "<script",
            "&#",
            "x",
            ";",
            "<!",
            "]]>",
            "<![CDATA[",
        ];
        let mut state = 9_u32;
        for round in 0..400 {
            let mut text = String::new();
            for _ in 0..round {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(alphabet[(state >> 16) as usize % alphabet.len()]);
            }
            for xhtml in [false, true] {
                assert!(Tokens::new(&text, xhtml).count() <= text.len() + 1);
            }
        }
    }
}
