//! Names of files that are made of titles and names which are not ours.
//!
//! Whatever the title, the name is a single part of a path that every system takes: nothing leads out of the
//! folder, nothing is hidden, nothing names a device, and no two names are one file where letters of both
//! cases, composed or not, are the same.

use std::collections::HashMap;

/// The longest name in bytes, number and extension included: systems take 255, encrypted ones only 143.
const LONGEST: usize = 140;
/// The longest ending that is taken for an extension, in bytes.
const LONGEST_EXTENSION: usize = 16;
/// Kept free for a number that tells files of one title apart.
const NUMBER: usize = 16;

/// The names that are taken in one folder.
#[derive(Default)]
pub(super) struct Names {
    /// How many files asked for a name, by its folded form.
    asked: HashMap<String, u32>,
}

impl Names {
    /// A name for `title` that was not given before; `extension` comes with its dot.
    pub(super) fn give(&mut self, title: &str, extension: &str) -> String {
        let stem = part(title, LONGEST - NUMBER - extension.len());
        loop {
            let key = fold(&format!("{stem}{extension}"));
            let asked = self.asked.entry(key).or_default();
            *asked += 1;
            let name = match *asked {
                1 => return format!("{stem}{extension}"),
                number => format!("{stem} ({number}){extension}"),
            };
            // Somebody's title may end with this very number.
            if let std::collections::hash_map::Entry::Vacant(free) = self.asked.entry(fold(&name)) {
                free.insert(1);
                return name;
            }
        }
    }

    /// A name for a file that has one, whose extension stays.
    pub(super) fn give_like(&mut self, name: &str) -> String {
        match name.rsplit_once('.') {
            Some((stem, extension))
                if !stem.trim_matches(is_edge).is_empty()
                    && (1..=LONGEST_EXTENSION).contains(&extension.len())
                    && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                self.give(stem, &format!(".{extension}"))
            }
            _ => self.give(name, ""),
        }
    }
}

/// A title as one part of a path, of at most `limit` bytes.
fn part(title: &str, limit: usize) -> String {
    let mut text = String::new();
    for word in title.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|&c| !is_unseen(c)).collect();
        if !word.is_empty() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.extend(word.chars().map(|c| if is_refused(c) { '_' } else { c }));
        }
    }
    let text = text.trim_start_matches(is_edge);
    let end = (0..=limit.min(text.len()))
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or_default();
    let text = text[..end].trim_end_matches(is_edge);
    if text.is_empty() || is_device(text) {
        format!("_{text}")
    } else {
        text.to_owned()
    }
}

/// What some system gives a meaning of its own.
fn is_refused(c: char) -> bool {
    matches!(
        c,
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | char::REPLACEMENT_CHARACTER
    )
}

/// What nobody sees, and what turns the direction of the writing: `exe.pdf` could be read backwards.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// At the start a dot hides a file and a hyphen makes it an option; at the end Windows drops both dots and spaces.
fn is_edge(c: char) -> bool {
    matches!(c, '.' | ' ' | '-')
}

/// The names that Windows keeps for devices, whatever follows a dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            let mut rest = rest.chars();
            matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none()
        })
    };
    matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || numbered("COM")
        || numbered("LPT")
}

/// One form of all names that some system takes for the same file: letters without case and without marks.
fn fold(name: &str) -> String {
    crate::words::fold(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(title: &str) -> String {
        Names::default().give(title, ".md")
    }

    #[test]
    fn no_title_leads_out_of_the_folder() {
        for title in [
            "../../etc/passwd",
            "..",
            ".",
            "/",
            "\\\\server\\share",
            "C:\\boot.ini",
            "a/b",
            "\0",
            "..\u{200b}/x",
            "~/.ssh/config",
        ] {
            let name = given(title);
            assert!(
                !name.contains(['/', '\\', ':', '\0']) && !name.starts_with(['.', '-']),
                "{title:?} became {name:?}"
            );
            let path = std::path::Path::new(&name);
            assert_eq!(
                path.components().count(),
                1,
                "{title:?} is not one part of a path"
            );
        }
    }

    #[test]
    fn a_name_that_windows_keeps_for_a_device_is_changed() {
        for title in [
            "con",
            "NUL",
            "com1",
            "Lpt9",
            "CON.notes",
            "COM¹",
            "aux ",
            "conin$",
        ] {
            assert!(given(title).starts_with('_'), "{title}");
        }
        assert_eq!(given("Conference"), "Conference.md");
        assert_eq!(given("COM10"), "COM10.md");
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        assert_eq!(given("invoice\u{202e}fdp.exe"), "invoicefdp.exe.md");
        assert_eq!(given("a\u{0}\u{1b}[31mb\n\tc"), "a [31mb c.md");
    }

    #[test]
    fn an_empty_title_has_a_name_all_the_same() {
        let mut names = Names::default();
        assert_eq!(names.give("", ".md"), "_.md");
        assert_eq!(names.give("\u{200b} \n", ".md"), "_ (2).md");
        assert_eq!(names.give("...", ".md"), "_ (3).md");
    }

    #[test]
    fn a_long_title_is_cut_between_letters_and_keeps_its_extension() {
        let mut names = Names::default();
        for title in ["é".repeat(300), "ﷺ".repeat(300), "🦭".repeat(300)] {
            for _ in 0..3 {
                let name = names.give(&title, ".md");
                assert!(name.len() <= LONGEST && name.ends_with(".md"), "{name}");
            }
        }
        let name = names.give_like(&format!("{}.pdf", "long ".repeat(80)));
        assert!(
            name.len() <= LONGEST && name.ends_with("long.pdf"),
            "{name}"
        );
    }

    #[test]
    fn no_two_files_have_one_name_on_a_system_that_folds_letters() {
        let mut names = Names::default();
        assert_eq!(names.give("Café", ".md"), "Café.md");
        assert_eq!(names.give("CAFE\u{301}", ".md"), "CAFE\u{301} (2).md");
        assert_eq!(names.give("café (2)", ".md"), "café (2) (2).md");
        assert_eq!(names.give("Café", ".md"), "Café (3).md");
        let titles = [
            "a",
            "A",
            "a (2)",
            "a (2) (2)",
            "a (3)",
            "a",
            "a",
            "á",
            "a (2)",
        ];
        let mut folded: Vec<_> = titles
            .iter()
            .map(|title| fold(&names.give(title, "")))
            .collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), titles.len());
    }

    #[test]
    fn a_file_keeps_its_extension_and_nothing_else_is_taken_for_one() {
        let mut names = Names::default();
        assert_eq!(names.give_like("report.pdf"), "report.pdf");
        assert_eq!(names.give_like("Report.PDF"), "Report (2).PDF");
        assert_eq!(names.give_like("notes"), "notes");
        assert_eq!(names.give_like(".profile"), "profile");
        assert_eq!(names.give_like("vol. 2, part/1"), "vol. 2, part_1");
        assert_eq!(names.give_like("nul.txt"), "_nul.txt");
    }
}
