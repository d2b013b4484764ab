//! A summary as people read it: its sentences with marks, what they rest on, and what the whole rests on and leaves out.

use std::fmt::Write;
use std::ops::RangeInclusive;

use aparte_assistant::{
    Citation, Coverage, Ending, PageWarning, Summary, SummarySection, SummarySentence, SummaryStyle,
};

use crate::output::Output;

/// The whole text; `inside` files lie in the document and are not summarized.
pub fn of(summary: &Summary, style: SummaryStyle, inside: usize, output: &Output) -> String {
    let mut text = String::new();
    let title = output.say("Summary of", "Résumé de");
    let _ = writeln!(text, "# {title} {}\n", output.quoted(&summary.name));
    if summary.ending != Ending::Complete {
        let cut = output.say(
            "This summary is not whole: it was ended before its end.",
            "Ce résumé n'est pas entier\u{202f}: il a été arrêté avant la fin.",
        );
        let _ = writeln!(text, "**{cut}**\n");
    }
    let mut citations = Vec::new();
    for section in &summary.sections {
        if let Some(heading) = heading(section, output) {
            let _ = writeln!(text, "## {heading}\n");
        }
        let bullets = style == SummaryStyle::Bullets;
        let sentences = section.sentences.iter().map(|sentence| {
            let marked = marked(sentence, &mut citations, output);
            if bullets {
                format!("- {marked}")
            } else {
                marked
            }
        });
        let sentences: Vec<_> = sentences.collect();
        let between = if bullets { "\n" } else { " " };
        let _ = writeln!(text, "{}\n", sentences.join(between));
    }
    if !citations.is_empty() {
        let _ = writeln!(text, "## {}\n", output.say("Sources", "Sources"));
        for (number, citation) in (1..).zip(&citations) {
            let place = output.place(&citation.name, citation.page, citation.anchor.as_deref());
            let standing = match citation.verified {
                true => output.say("verified", "vérifié"),
                false => output.say("not found in the source", "introuvable dans la source"),
            };
            let quote = output.quoted(&citation.quote);
            let _ = writeln!(text, "[{number}] {place} ({standing})\n    {quote}\n");
        }
    }
    let _ = writeln!(text, "## {}\n", output.say("Coverage", "Étendue"));
    text.push_str(&coverage(&summary.coverage, inside, output));
    text
}

/// The mark of a citation, which is numbered if it is new; nothing for a sentence without one.
pub fn mark<'c>(citations: &mut Vec<&'c Citation>, citation: Option<&'c Citation>) -> String {
    let Some(citation) = citation else {
        return String::new();
    };
    let known = citations.iter().position(|earlier| *earlier == citation);
    let number = known.unwrap_or_else(|| {
        citations.push(citation);
        citations.len() - 1
    });
    format!(" [{}]", number + 1)
}

fn marked<'c>(
    sentence: &'c SummarySentence,
    citations: &mut Vec<&'c Citation>,
    output: &Output,
) -> String {
    let mut marked = match &sentence.citation {
        Some(citation) => format!("{}{}", sentence.text, mark(citations, Some(citation))),
        None => {
            let unsupported = output.say("unsupported", "non étayé");
            format!("*{}* [{unsupported}]", sentence.text)
        }
    };
    if !sentence.unknown.is_empty() {
        let words = sentence.unknown.join(", ");
        marked.push_str(&output.say_with(
            || format!(" [not in the document: {words}]"),
            || format!(" [absent du document\u{202f}: {words}]"),
        ));
    }
    marked
}

fn heading(section: &SummarySection, output: &Output) -> Option<String> {
    let pages = section.pages.as_ref()?;
    let place = self::pages(pages, output);
    Some(match &section.heading {
        Some(heading) => format!("{heading} ({place})"),
        None => place,
    })
}

fn pages(pages: &RangeInclusive<u32>, output: &Output) -> String {
    let (first, last) = (pages.start(), pages.end());
    match first == last {
        true => format!("p. {first}"),
        false => output.say_with(
            || format!("pp. {first}–{last}"),
            || format!("p. {first}–{last}"),
        ),
    }
}

/// What was read, what could not be, and what is not in the summary: exactly, so that no part passes for the whole.
fn coverage(coverage: &Coverage, inside: usize, output: &Output) -> String {
    let Coverage {
        read,
        total,
        pages,
        unread,
        shown,
        left_out,
    } = coverage;
    let mut text = output.say_with(
        || format!("Sections read: {read} of {total} ({pages} pages). Sections that the sentences above are drawn from: {shown} of {total}.\n"),
        || format!("Parties lues\u{202f}: {read} sur {total} ({pages} pages). Parties dont proviennent les phrases ci-dessus\u{202f}: {shown} sur {total}.\n"),
    );
    if !unread.is_empty() {
        let listed = unread
            .iter()
            .map(|page| format!("{} ({})", page.number, why(page.why, output)));
        let listed = listed.collect::<Vec<_>>().join(", ");
        text.push_str(&output.say_with(
            || format!("\nPages that could not be read, or not completely: {listed}.\n"),
            || {
                format!(
                    "\nPages qui n'ont pas pu être lues, ou pas entièrement\u{202f}: {listed}.\n"
                )
            },
        ));
    }
    if !left_out.is_empty() {
        let listed = left_out.iter().map(|section| {
            let place = self::pages(&section.pages, output);
            match &section.heading {
                Some(heading) => format!("- {heading} ({place})\n"),
                None => format!("- {place}\n"),
            }
        });
        text.push_str(output.say(
            "\nNot in this summary (left out by its length, or not supported):\n",
            "\nAbsentes de ce résumé (omises par sa longueur, ou non étayées)\u{202f}:\n",
        ));
        text.extend(listed);
    }
    if inside > 0 {
        text.push_str(&output.say_with(
            || format!("\nFiles in this document that are not summarized: {inside}.\n"),
            || format!("\nFichiers contenus dans ce document qui ne sont pas résumés\u{202f}: {inside}.\n"),
        ));
    }
    text.truncate(text.trim_end().len());
    text
}

fn why(warning: PageWarning, output: &Output) -> &str {
    match warning {
        PageWarning::OnlyImages => output.say("an image", "une image"),
        PageWarning::Blank => output.say("blank", "vierge"),
        PageWarning::Damaged => output.say("damaged", "endommagée"),
        PageWarning::Unmapped => output.say("fonts without characters", "polices sans caractères"),
    }
}
