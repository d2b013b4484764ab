//! A conversation as Markdown: its questions, its answers, and each citation with document, page and quote.
//!
//! A program that shows Markdown may run its HTML and load its images from anywhere. Text of models and documents
//! must not reach the network this way, so both are defused; the JSON beside it has every text as it was.

use std::fmt::Write as _;

use crate::answer::{Citation, Ending};
use crate::conversation::{Conversation, Message};
use crate::language::Language;

/// The whole conversation. `link` gives the path from the conversation's file to a document's original.
pub(super) fn conversation(
    conversation: &Conversation,
    messages: &[Message],
    language: Language,
    link: &dyn Fn(&Citation) -> Option<String>,
) -> String {
    let say = |english, french| match language {
        Language::English => english,
        Language::French => french,
    };
    let mut text = String::new();
    let date = date_and_time(conversation.began);
    let began = say("Began", "Commencée le");
    push(
        &mut text,
        &format!("# {}\n\n*{began} {date} UTC*\n", line(&conversation.title)),
    );
    for message in messages {
        match message {
            Message::Lost(number) => {
                let lost = say(
                    "*(messages that do not open any more: #)*",
                    "*(messages qui ne s'ouvrent plus : #)*",
                );
                push(
                    &mut text,
                    &format!("\n{}\n", lost.replace('#', &number.to_string())),
                );
            }
            Message::Question(question) => {
                let heading = say("Question", "Question");
                let question = defused(question).trim().replace('\n', "\n> ");
                push(&mut text, &format!("\n## {heading}\n\n> {question}\n"));
            }
            Message::Answer(answer) => {
                let heading = say("Answer", "Réponse");
                let answered = defused(&answer.text);
                push(
                    &mut text,
                    &format!("\n## {heading}\n\n{}\n", answered.trim()),
                );
                match answer.ending {
                    Ending::Stopped => push(
                        &mut text,
                        say("\n*(stopped here)*\n", "\n*(arrêtée ici)*\n"),
                    ),
                    Ending::Interrupted => push(
                        &mut text,
                        say("\n*(interrupted here)*\n", "\n*(interrompue ici)*\n"),
                    ),
                    Ending::Length => {
                        push(&mut text, say("\n*(cut off here)*\n", "\n*(coupée ici)*\n"))
                    }
                    Ending::Complete | Ending::NotAsked => (),
                }
                let (heading, listed) = match answer.refused {
                    false => (say("Citations", "Citations"), &answer.citations),
                    true => (
                        say("The nearest passages", "Les passages les plus proches"),
                        &answer.nearest,
                    ),
                };
                if !listed.is_empty() {
                    push(&mut text, &format!("\n### {heading}\n\n"));
                }
                for (number, citation) in (1..).zip(listed) {
                    let standing = match (answer.refused, citation.verified) {
                        (true, _) => "",
                        (false, true) => say(" (verified)", " (vérifié)"),
                        (false, false) => say(
                            " (not found in the source)",
                            " (introuvable dans la source)",
                        ),
                    };
                    let place = place(citation, link(citation).as_deref());
                    let quote = line(&citation.quote);
                    let quote = say("“quote”", "« quote »").replace("quote", &quote);
                    push(
                        &mut text,
                        &format!("{number}. {place}{standing}: {quote}\n"),
                    );
                }
            }
        }
    }
    text
}

fn push(text: &mut String, more: &str) {
    text.push_str(more);
}

/// Document and page, or document and heading; the document's name leads to its original.
fn place(citation: &Citation, link: Option<&str>) -> String {
    let name = line(&citation.name);
    let mut place = match link {
        Some(path) => format!("[{name}]({})", address(path)),
        None => name,
    };
    match (citation.page, citation.anchor.as_deref()) {
        (Some(page), _) => write!(place, ", p. {page}"),
        (None, Some(anchor)) => write!(place, ", {}", line(anchor)),
        (None, None) => Ok(()),
    }
    .expect("a string takes all that is written to it");
    place
}

/// Markdown whose structure stays and which loads nothing: no `<` begins an element, no `!` an image. An entity is
/// safe where a backslash is not, which another one in front of it would undo.
fn defused(markdown: &str) -> String {
    let mut safe = String::with_capacity(markdown.len());
    let mut characters = markdown.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek();
        match character {
            '<' if next
                .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) =>
            {
                safe.push_str("&lt;");
            }
            '!' if next == Some(&'[') => safe.push_str("&#33;"),
            '\r' => (),
            other => safe.push(other),
        }
    }
    safe
}

/// Text without structure, in one line: nothing in it is Markdown.
pub(crate) fn line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for (number, word) in text.split_whitespace().enumerate() {
        if number > 0 {
            safe.push(' ');
        }
        for character in word.chars() {
            match character {
                '<' => safe.push_str("&lt;"),
                '&' => safe.push_str("&amp;"),
                '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '|' | '~' => {
                    safe.push('\\');
                    safe.push(character);
                }
                other => safe.push(other),
            }
        }
    }
    safe
}

/// A relative path as the destination of a link: every byte that is not plainly harmless is written in hexadecimal.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                address.push(char::from(byte));
            }
            other => write!(address, "%{other:02X}").expect("a string takes all that is written"),
        }
    }
    address
}

/// The day of a time, as `2026-11-23`.
pub(super) fn date(milliseconds: u64) -> String {
    let (year, month, day) = day_of(milliseconds / 86_400_000);
    format!("{year:04}-{month:02}-{day:02}")
}

fn date_and_time(milliseconds: u64) -> String {
    let minutes = milliseconds / 60_000 % (24 * 60);
    format!(
        "{} {:02}:{:02}",
        date(milliseconds),
        minutes / 60,
        minutes % 60
    )
}

/// Year, month and day of a number of days since 1970, by the rules of the Gregorian calendar: in 400 years there are
/// 146,097 days, and a year that begins in March ends with the day that leap years add.
fn day_of(days: u64) -> (u64, u64, u64) {
    let since_march = days + 719_468;
    let (era, day) = (since_march / 146_097, since_march % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (milliseconds, written) in [
            (0, "1970-01-01 00:00"),
            (951_782_340_000, "2000-02-28 23:59"),
            (951_782_400_000, "2000-02-29 00:00"),
            (1_709_164_800_000, "2024-02-29 00:00"),
            (1_735_689_599_999, "2024-12-31 23:59"),
            (4_107_542_400_000, "2100-03-01 00:00"),
        ] {
            assert_eq!(date_and_time(milliseconds), written);
        }
    }

    #[test]
    fn the_text_of_a_model_loads_nothing_and_runs_nothing() {
        for hostile in [
            "![x](http://host/a.png)",
            "\\![x](http://host/a.png)",
            "<img src=http://host/a.png>",
            "\\<img src=x>",
            "<!-- --><script>x</script>",
            "![x][1]\n\n[1]: http://host",
            "<https://host/>",
            "</div>",
        ] {
            let safe = defused(hostile);
            assert!(!safe.contains("!["), "{safe}");
            assert!(!safe.contains('<'), "{safe}");
        }
    }

    #[test]
    fn the_structure_of_an_answer_stays() {
        let answer = "# Cost\n\n- 3 < 4 euros, *really*!\n- [page](#1)\n\n| a | b |\n";
        assert_eq!(defused(answer), answer);
    }

    #[test]
    fn a_name_is_no_markdown_and_no_way_out_of_its_line() {
        assert_eq!(
            line("# a](http://x) <b>\n\n*c* & `d`"),
            "\\# a\\](http://x) &lt;b> \\*c\\* &amp; \\`d\\`"
        );
        assert_eq!(
            address("../documents/a (1) é%.pdf"),
            "../documents/a%20%281%29%20%C3%A9%25.pdf"
        );
    }
}
