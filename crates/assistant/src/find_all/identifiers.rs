//! What a text names by signs: addresses, options of commands, files, references to articles and sections, codes.

use std::ops::Range;

use crate::words::{fold, is_space};

/// What can be told by its signs alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identifier {
    /// An e-mail address.
    Email,
    /// An address of the web.
    Url,
    /// An option of a command: `--foo`, `-x`.
    Option,
    /// A command of TeX: `\foo`.
    Macro,
    /// A file name that ends in this, lower case without the point; any ending where there is none.
    File(Option<String>),
    /// A reference to an article, a section and so on, by the words for it.
    Reference(Part),
    /// A telephone number.
    Phone,
    /// An international bank account number.
    Iban,
}

/// A part of a document that others refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Article,
    Section,
    Clause,
    Chapter,
}

impl Part {
    /// The words and signs for it, folded.
    fn names(self) -> &'static [&'static str] {
        match self {
            Part::Article => &["article", "articles", "art"],
            Part::Section => &[
                "section",
                "sections",
                "sect",
                "sec",
                "§",
                "§§",
                "paragraphe",
            ],
            Part::Clause => &["clause", "clauses"],
            Part::Chapter => &["chapter", "chapters", "chapitre", "chapitres", "chap"],
        }
    }
}

impl Identifier {
    /// Where a text has such ones, in order.
    pub fn all(&self, text: &str) -> Vec<Range<usize>> {
        match self {
            Identifier::Reference(part) => references(text, part.names()),
            Identifier::Phone => phones(text),
            Identifier::Iban => ibans(text),
            _ => chunks(text)
                .filter_map(|chunk| self.in_chunk(text, chunk))
                .collect(),
        }
    }

    /// The part of a run without white space that is one.
    fn in_chunk(&self, text: &str, chunk: Range<usize>) -> Option<Range<usize>> {
        let word = &text[chunk.clone()];
        let at = |range: Range<usize>| chunk.start + range.start..chunk.start + range.end;
        match self {
            Identifier::Email => email(word).map(at),
            Identifier::Url => url(word).map(at),
            Identifier::Option => option(word).map(at),
            Identifier::Macro => macro_name(word).map(at),
            Identifier::File(ending) => file(word, ending.as_deref()).map(at),
            Identifier::Reference(_) | Identifier::Phone | Identifier::Iban => None,
        }
    }

    /// What two of them are the same by.
    pub fn key(&self, found: &str) -> String {
        match self {
            // In these capitals tell apart.
            Identifier::Option | Identifier::Macro | Identifier::File(_) => found.to_owned(),
            Identifier::Phone | Identifier::Iban => {
                found.chars().filter(char::is_ascii_alphanumeric).collect()
            }
            Identifier::Reference(_) => {
                let number = found.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
                // "Article 3" and "art. 3" are one; so are "article L. 12" and "article L12".
                let letters = found[..number]
                    .split_whitespace()
                    .nth(1)
                    .unwrap_or_default();
                let key = fold(&format!("{letters}{}", &found[number..]));
                key.replace([' ', '.', '\u{a0}', '\u{202f}'], "")
            }
            Identifier::Email => fold(found),
            Identifier::Url => found.trim_end_matches('/').to_owned(),
        }
    }
}

/// The runs without white space, brackets and quotation marks around them.
fn chunks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let parts = |c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '“' | '”' | '«' | '»' | '<' | '>' | '‘' | '’' | '`')
            || matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '|' | ';' | ',')
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(|c| !parts(c))?;
        let length = text[start..].find(parts).unwrap_or(text.len() - start);
        at = start + length;
        Some(start..at)
    })
}

/// The end without the signs that close a sentence.
fn trimmed(word: &str, range: Range<usize>) -> Range<usize> {
    let kept = word[range.clone()].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '…']);
    range.start..range.start + kept.len()
}

fn email(word: &str) -> Option<Range<usize>> {
    let at = word.find('@')?;
    let local = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let before = word[..at].chars().rev().take_while(|&c| local(c));
    let start = at - before.map(char::len_utf8).sum::<usize>();
    let domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let after = word[at + 1..].chars().take_while(|&c| domain(c));
    let end = at + 1 + after.map(char::len_utf8).sum::<usize>();
    let range = trimmed(word, start..end);
    let (_, host) = word[range.clone()].split_once('@')?;
    let ending = host.rsplit_once('.')?;
    let whole = !ending.0.is_empty() && ending.1.len() >= 2 && start < at;
    (whole && ending.1.chars().all(char::is_alphabetic)).then_some(range)
}

fn url(word: &str) -> Option<Range<usize>> {
    let start = ["https://", "http://", "ftp://", "www."]
        .into_iter()
        .filter_map(|scheme| Some((word.find(scheme)?, scheme.len())))
        .min()?;
    let range = trimmed(word, start.0..word.len());
    (range.len() > start.1).then_some(range)
}

fn option(word: &str) -> Option<Range<usize>> {
    let dashes = word.len() - word.trim_start_matches('-').len();
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let length = word[dashes..]
        .find(|c| !name(c))
        .unwrap_or(word.len() - dashes);
    let range = 0..word[..dashes + length].trim_end_matches('-').len();
    let letter = word[dashes..].starts_with(|c: char| c.is_ascii_alphabetic());
    match dashes {
        2 if letter && length >= 2 => Some(range),
        1 if letter && length == 1 => Some(range),
        _ => None,
    }
}

fn macro_name(word: &str) -> Option<Range<usize>> {
    let start = word.find('\\')?;
    let letters = |c: char| c.is_ascii_alphabetic() || c == '@';
    let name = &word[start + 1..];
    let length = name.find(|c| !letters(c)).unwrap_or(name.len());
    (length > 0).then_some(start..start + 1 + length)
}

fn file(word: &str, ending: Option<&str>) -> Option<Range<usize>> {
    let named =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '/' | '\\' | '~');
    // A label may stand before it, "file:notes.txt", and signs around it.
    let mut range = 0..0;
    for part in word.split(|c| !named(c)) {
        let start = part.as_ptr() as usize - word.as_ptr() as usize;
        let found = trimmed(word, start..start + part.len());
        let name = &word[found.clone()];
        let Some((stem, end)) = name.rsplit_once('.') else {
            continue;
        };
        let stem = stem.rsplit(['/', '\\']).next().unwrap_or_default();
        // Newsgroups are written like files.
        let group = [
            "comp.", "alt.", "rec.", "sci.", "soc.", "news.", "misc.", "fr.comp.",
        ];
        if group.iter().any(|hierarchy| name.starts_with(hierarchy)) && !name.contains('/') {
            continue;
        }
        let fits = match ending {
            Some(ending) => end.eq_ignore_ascii_case(ending),
            None => KNOWN_ENDINGS.contains(&end.to_ascii_lowercase().as_str()),
        };
        if fits && stem.contains(char::is_alphanumeric) && !name.starts_with("//") {
            range = found;
        }
    }
    (!range.is_empty()).then_some(range)
}

/// Endings that make a word with a point the name of a file.
const KNOWN_ENDINGS: [&str; 60] = [
    "7z", "bash", "bat", "bib", "bmp", "bz2", "c", "cfg", "class", "cls", "conf", "cpp", "css",
    "csv", "db", "deb", "doc", "docx", "dtx", "dvi", "eps", "epub", "exe", "gif", "gz", "h", "htm",
    "html", "ini", "iso", "jar", "java", "jpeg", "jpg", "js", "json", "log", "md", "mod", "odt",
    "pdf", "png", "ppt", "pptx", "ps", "py", "rtf", "sh", "sql", "sty", "svg", "tar", "tex",
    "tiff", "txt", "xls", "xlsx", "xml", "yaml", "zip",
];

/// "Article 12", "art. L. 121-1", "§ 4.2".
fn references(text: &str, names: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(start) = rest
            .find(|c: char| c.is_alphabetic() || c == '§')
            .map(|to| at + to)
        else {
            break;
        };
        let sign = text[start..].starts_with('§');
        let belongs = |c: char| if sign { c == '§' } else { c.is_alphanumeric() };
        let length = text[start..]
            .find(|c| !belongs(c))
            .unwrap_or(text.len() - start);
        let end = start + length;
        at = end;
        if !names.contains(&fold(&text[start..end]).as_str()) {
            continue;
        }
        if let Some(end) = reference_number(text, end) {
            found.push(start..end);
            at = end;
        }
    }
    found
}

/// Where the number of a reference ends that stands after its word.
fn reference_number(text: &str, end: usize) -> Option<usize> {
    let space = |c: char| is_space(c) || c == '\n';
    let rest = text[end..]
        .strip_prefix('.')
        .unwrap_or(&text[end..])
        .trim_start_matches(space);
    let mut at = text.len() - rest.len();
    // "L. 121-1", "R123"
    let letter = rest
        .chars()
        .next()
        .filter(|c| matches!(c, 'L' | 'R' | 'D' | 'A'));
    if letter.is_some() {
        let after = rest[1..].strip_prefix('.').unwrap_or(&rest[1..]);
        let after = after.trim_start_matches(space);
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            at = text.len() - after.len();
        }
    }
    let number = &text[at..];
    let length = number
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'))
        .unwrap_or(number.len());
    let number = number[..length].trim_end_matches(['.', '-']);
    // "Article M" names an article by a letter.
    let roman = !number.is_empty()
        && number.chars().all(|c| "IVXLCDM".contains(c))
        && (number.len() > 1 || "IVX".contains(number));
    let fits = number.starts_with(|c: char| c.is_ascii_digit()) || roman;
    fits.then_some(at + number.len())
}

fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(to) = text[at..].find(|c: char| c == '+' || c.is_ascii_digit()) {
        let start = at + to;
        let belongs =
            |c: char| c.is_ascii_digit() || is_space(c) || matches!(c, '+' | '.' | '-' | '(' | ')');
        let length = text[start..]
            .find(|c| !belongs(c))
            .unwrap_or(text.len() - start);
        let run = text[start..start + length].trim_end_matches(|c: char| !c.is_ascii_digit());
        at = start + if run.is_empty() { length } else { run.len() };
        let digits = run.chars().filter(char::is_ascii_digit).count();
        let international = run.starts_with('+') && (8..=15).contains(&digits);
        let french = run.starts_with('0') && digits == 10 && run.len() > 10;
        let american = digits == 10 && run.matches('-').count() == 2 && !run.contains(is_space);
        let alone = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '.')
            && !text[at..].starts_with(char::is_alphanumeric);
        if alone && (international || french || american) {
            found.push(start..start + run.len());
        }
    }
    found
}

fn ibans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let starts = text.char_indices().filter(|(_, c)| c.is_ascii_uppercase());
    let mut end = 0;
    for (start, _) in starts {
        if start < end || text[..start].ends_with(char::is_alphanumeric) {
            continue;
        }
        // Groups of four that go on until the check digits are right.
        let mut signs = String::new();
        for (offset, c) in text[start..].char_indices() {
            if is_space(c) {
                continue;
            }
            if !(c.is_ascii_uppercase() || c.is_ascii_digit()) || signs.len() == 34 {
                break;
            }
            signs.push(c);
            let next = start + offset + 1;
            let ends = !text[next..].starts_with(|c: char| c.is_alphanumeric());
            if ends && signs.len() >= 15 && is_iban(&signs) {
                found.push(start..next);
                end = next;
                break;
            }
        }
    }
    found
}

fn is_iban(signs: &str) -> bool {
    let (head, body) = signs.split_at(4);
    let shaped = head[..2].bytes().all(|b| b.is_ascii_uppercase())
        && head[2..].bytes().all(|b| b.is_ascii_digit());
    let value = |c: char| c.to_digit(36).unwrap_or(0);
    let rest = body.chars().chain(head.chars()).fold(0, |rest, c| {
        let value = value(c);
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    });
    shaped && rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(identifier: &Identifier, text: &'a str) -> Vec<&'a str> {
        identifier
            .all(text)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn identifiers_are_told_by_their_signs() {
        let text = "Write to <a.b@example.org>, see https://example.org/x?y=1. or www.example.com; not a@b.";
        assert_eq!(found(&Identifier::Email, text), ["a.b@example.org"]);
        assert_eq!(
            found(&Identifier::Url, text),
            ["https://example.org/x?y=1", "www.example.com"]
        );
        let text = "Use --dry-run, -v or `--file=x`; well-known -- not this, nor -5.";
        assert_eq!(
            found(&Identifier::Option, text),
            ["--dry-run", "-v", "--file"]
        );
        let text = "\\qedhere{} and (\\begin{x}); \\1.";
        assert_eq!(found(&Identifier::Macro, text), ["\\qedhere", "\\begin"]);
        let text =
            "See cfgguide.tex, modguide.TEX. and a/b.tex; .tex files, notes.text, comp.text.tex.";
        let tex = Identifier::File(Some("tex".into()));
        assert_eq!(
            found(&tex, text),
            ["cfgguide.tex", "modguide.TEX", "a/b.tex"]
        );
        assert_eq!(found(&Identifier::File(None), "e.g. run.sh"), ["run.sh"]);
        let text = "Call +33 1 23 45 67 89, 01 23 45 67 89 or 555-123-4567, not 12 345.";
        assert_eq!(
            found(&Identifier::Phone, text),
            ["+33 1 23 45 67 89", "01 23 45 67 89", "555-123-4567"]
        );
        let text = "IBAN GB82 WEST 1234 5698 7654 32 and GB82 WEST 1234 5698 7654 33.";
        assert_eq!(
            found(&Identifier::Iban, text),
            ["GB82 WEST 1234 5698 7654 32"]
        );
    }

    #[test]
    fn references_are_the_same_however_they_are_written() {
        let article = Identifier::Reference(Part::Article);
        let text = "Article 12, art. 12 and article L. 121-1; the article says. Articles IV.";
        let all = found(&article, text);
        assert_eq!(
            all,
            ["Article 12", "art. 12", "article L. 121-1", "Articles IV"]
        );
        assert_eq!(article.key(all[0]), article.key(all[1]));
        let section = Identifier::Reference(Part::Section);
        assert_eq!(
            found(&section, "§ 4.2 and Section 3."),
            ["§ 4.2", "Section 3"]
        );
    }
}
