//! Messages, folders of them and saved pages.

use aparte_protocol::documents::Limit;

use super::{Any, Over, after, case, hold};

#[test]
fn mail_that_means_harm() {
    let mut cases = Vec::new();
    let head = "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    for (what, text) in [
        (
            "parts in parts",
            (0..10_000).fold(head.to_owned(), |text, n| {
                text + &format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")
            }) + "x",
        ),
        (
            "messages in messages",
            after(
                head,
                "Content-Type: message/rfc822\r\n\r\nFrom: x\r\n",
                10_000,
            ),
        ),
        (
            "a hundred thousand parts",
            head.to_owned()
                + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                + &"--b\r\n\r\nx\r\n".repeat(100_000),
        ),
        (
            "a boundary of no characters",
            head.to_owned()
                + "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\nx\r\n----\r\n",
        ),
        (
            "a field of 10 MB",
            head.to_owned() + "X-Long: " + &"x ".repeat(5_000_000) + "\r\n\r\nx",
        ),
        (
            "a hundred thousand fields",
            head.to_owned() + &"X-A: 1\r\n".repeat(100_000) + "\r\nx",
        ),
        (
            "a subject in pieces",
            format!(
                "From: a\r\nTo: b\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\r\nx",
                "=?utf-8?q?=C3=A9?= ".repeat(100_000)
            ),
        ),
        (
            "addresses in groups",
            format!(
                "From: {}\r\nTo: b\r\nSubject: x\r\nDate: x\r\n\r\nx",
                "g: (((((".repeat(100_000)
            ),
        ),
        (
            "comments in comments",
            format!(
                "From: a\r\nTo: b\r\nSubject: x\r\nDate: {}\r\n\r\nx",
                "(".repeat(500_000)
            ),
        ),
        (
            "bytes that are no base64",
            head.to_owned()
                + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + &"=!é".repeat(500_000),
        ),
        (
            "an encoding that nobody knows",
            head.to_owned()
                + "Content-Type: text/plain; charset=\"\u{0}x\"\r\nContent-Transfer-Encoding: x\r\n\r\nx",
        ),
        (
            "parameters in pieces",
            head.to_owned()
                + "Content-Type: text/plain;"
                + &(0..50_000)
                    .map(|n| format!(" name*{n}*=x;"))
                    .collect::<String>()
                + "\r\n\r\nx",
        ),
        ("no body", head.to_owned()),
    ] {
        cases.push(case(format!("eml: {what}"), "eml", Any, move || {
            text.into_bytes()
        }));
    }
    cases.push(case(
        "mbox: a hundred thousand messages",
        "mbox",
        Any,
        || {
            "From a Mon\nFrom: a\nSubject: x\n\ny\n\n"
                .repeat(99_000)
                .into_bytes()
        },
    ));
    cases.push(case(
        "mbox: beginnings alone",
        "mbox",
        Over(Limit::Pages),
        || (after("From a Mon\nFrom: a\nSubject: x\n\n", "From \n\n", 300_000)).into_bytes(),
    ));
    cases.push(case("mht: no page in it", "mht", Any, move || {
        format!("{head}Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--").into_bytes()
    }));
    hold(cases);
}
