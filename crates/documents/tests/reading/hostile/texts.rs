//! Web pages, rich text and plain text.

use aparte_protocol::documents::Limit;

use super::{Any, Over, Read, after, case, hold};

#[test]
fn texts_that_mean_harm() {
    let mut cases = Vec::new();
    let million = 1_000_000;
    for (what, verdict, text) in [
        (
            "elements that are never closed",
            Any,
            after("<html>", "<div>", million),
        ),
        (
            "tables in tables",
            Over(Limit::Nesting),
            after("<html>", "<table><tr><td>", 100_000),
        ),
        (
            "lists in lists",
            Over(Limit::Nesting),
            after("<html>", "<ul><li>", 100_000),
        ),
        ("comments that begin", Any, after("<html>", "<!--", million)),
        ("declarations", Any, after("<html>", "<!doctype [", 200_000)),
        (
            "marked sections",
            Any,
            after("<html>", "<![CDATA[", million),
        ),
        (
            "references that begin",
            Any,
            after("<html>", "&", 3 * million),
        ),
        (
            "long names of references",
            Any,
            after("<html>", "&abcdefghijklmnopqrstuvwxyz", 200_000),
        ),
        ("tags that begin", Any, after("<html>", "<a ", million)),
        (
            "attributes",
            Read,
            "<html><p ".to_owned()
                + &(0..300_000).map(|n| format!("a{n} ")).collect::<String>()
                + ">x",
        ),
        (
            "quotes in a tag",
            Any,
            after("<html><p a='", "\"<p a='", 300_000),
        ),
        (
            "scripts in scripts",
            Any,
            after("<html>", "<script></scrip", 300_000),
        ),
        ("titles", Any, after("<html>", "<title>x</title>", 300_000)),
        (
            "hidden in hidden",
            Any,
            after("<html>", "<div hidden>x", 300_000),
        ),
        (
            "ends without beginnings",
            Any,
            after("<html>", "</div></table></ul></td>", 200_000),
        ),
        (
            "a span of 10^9 columns",
            Read,
            after("<html><table><tr>", "<td colspan=1000000000>x", 10_000),
        ),
        (
            "a row of cells that are each spread",
            Read,
            after("<html><table><tr>", "<td colspan=64>x", million),
        ),
        (
            "cells without content",
            Read,
            after("<html><table><tr>", "<td>", 3 * million) + "x",
        ),
        (
            "a cell of 16 MB",
            Read,
            after("<html><table><tr><td>a<td>", "word ", 3_300_000) + "<td>b<tr><td>c",
        ),
        (
            "a number of 10^6 digits",
            Any,
            "<html>&#".to_owned()
                + &"9".repeat(million)
                + ";<ol start="
                + &"9".repeat(million)
                + "><li>x",
        ),
    ] {
        cases.push(case(format!("html: {what}"), "html", verdict, move || {
            text.into_bytes()
        }));
    }
    for (what, verdict, text) in [
        (
            "groups in groups",
            Over(Limit::Nesting),
            after("{\\rtf1 ", "{", million),
        ),
        ("groups that end", Any, after("{\\rtf1 x", "}", million)),
        (
            "a picture of 2^31 bytes",
            Any,
            "{\\rtf1 x{\\pict\\bin2147483647 x}y}".to_owned(),
        ),
        (
            "a picture of fewer than no bytes",
            Any,
            "{\\rtf1 x{\\pict\\bin-5 x}y}".to_owned(),
        ),
        (
            "numbers beyond all",
            Any,
            "{\\rtf1 \\u99999999999999999999?\\uc-1 \\u-1\\u-65536\\li-99999999999 x}".to_owned(),
        ),
        (
            "skips without end",
            Any,
            "{\\rtf1 \\uc2147483647\\u65 ".to_owned() + &"x".repeat(1_000) + "}",
        ),
        (
            "paragraphs alone",
            Any,
            "{\\rtf1 ".to_owned() + &"x\\par ".repeat(500_000) + "}",
        ),
        (
            "cells alone",
            Any,
            "{\\rtf1 ".to_owned() + &"x\\cell ".repeat(500_000) + "\\row}",
        ),
        (
            "fonts and styles",
            Any,
            "{\\rtf1{\\fonttbl".to_owned()
                + &(0..200_000)
                    .map(|n| format!("{{\\f{n}\\fcharset238 a;}}"))
                    .collect::<String>()
                + "}x}",
        ),
        (
            "notes in notes",
            Any,
            "{\\rtf1 ".to_owned() + &"{\\footnote x".repeat(900) + &"}".repeat(900) + "}",
        ),
        (
            "half characters",
            Any,
            "{\\rtf1 ".to_owned() + &"\\u-10179?".repeat(300_000) + "}",
        ),
        ("codes cut off", Any, "{\\rtf1 \\'".to_owned()),
        (
            "a long word",
            Any,
            "{\\rtf1\\".to_owned() + &"a".repeat(million) + " x}",
        ),
    ] {
        cases.push(case(format!("rtf: {what}"), "rtf", verdict, move || {
            text.into_bytes()
        }));
    }
    for (what, extension, text) in [
        ("one line of 20 MB", "txt", "x".repeat(20 * million)),
        ("a word of 5 MB", "txt", "é".repeat(2_500_000)),
        ("a million empty lines", "txt", "\n".repeat(million)),
        ("marks on one letter", "txt", after("e", "\u{301}", million)),
        (
            "directions turned around",
            "txt",
            "\u{202e}x\u{202d}".repeat(300_000),
        ),
        ("spaces alone", "txt", " ".repeat(5 * million)),
        ("headings alone", "md", "# x\n".repeat(300_000)),
        ("fences that begin", "md", "```\n~~~\n".repeat(300_000)),
        ("tables alone", "md", "|".repeat(3 * million)),
        ("underlines", "md", "x\n===\n".repeat(300_000)),
        ("quotes in quotes", "md", ">".repeat(million)),
        (
            "braces that open",
            "tex",
            after("\\documentclass{x}\n\\section{", "{", million),
        ),
        (
            "sections alone",
            "tex",
            after("\\documentclass{x}\n", "\\section{x}\n", 200_000),
        ),
        ("code of one line", "js", "x;".repeat(3 * million)),
    ] {
        cases.push(case(
            format!("{extension}: {what}"),
            extension,
            Any,
            move || text.into_bytes(),
        ));
    }
    hold(cases);
}
