//! References to the outside: none is followed. A listener on this machine hears nothing, and what stands in a file
//! that they name does not come into any text.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::read;
use crate::writer::packages::{docx, entries, epub, open_document, xlsx, zipped};
use crate::writer::{Sheet, pdf};

/// What stands in the file that the references name.
const MARK: &str = "a-secret-of-another-file";

/// Ways of HTML to name another thing; `@` stands for its address.
const HTML: &[&str] = &[
    "<img src='@'>",
    "<img srcset='@ 2x'>",
    "<img lowsrc='@' longdesc='@'>",
    "<picture><source srcset='@'></picture>",
    "<link rel=stylesheet href='@'>",
    "<link rel='preload prefetch dns-prefetch preconnect prerender' href='@'>",
    "<link rel=icon href='@'>",
    "<link rel=import href='@'>",
    "<link rel=manifest href='@'>",
    "<script src='@'></script>",
    "<script>fetch('@')</script>",
    "<script type=module>import '@'</script>",
    "<style>@import '@'; p{background:url(@)}</style>",
    "<p style='background:url(@)'>x",
    "<iframe src='@'></iframe>",
    "<iframe srcdoc=\"<img src='@'>\"></iframe>",
    "<frameset><frame src='@'></frameset>",
    "<object data='@'></object>",
    "<embed src='@'>",
    "<applet code='@' codebase='@'></applet>",
    "<audio src='@' autoplay></audio>",
    "<video src='@' poster='@'><track src='@'></video>",
    "<base href='@'><img src=x>",
    "<meta http-equiv=refresh content='0;url=@'>",
    "<meta http-equiv=set-cookie content='x'><meta property='og:image' content='@'>",
    "<form action='@'><input type=image src='@'><button formaction='@'>x</button></form>",
    "<a href='@' ping='@'>x</a>",
    "<area href='@'>",
    "<body background='@'>",
    "<table background='@'><td background='@'>x</table>",
    "<bgsound src='@'>",
    "<blockquote cite='@'>x</blockquote><q cite='@'>x</q><ins cite='@'>x</ins>",
    "<html manifest='@'>",
    "<svg><image href='@'/><use href='@#x'/><script href='@'/><foreignObject><img src='@'></foreignObject></svg>",
    "<svg><style>@import '@'</style><a xlink:href='@'><text>x</text></a><animate href='@'/></svg>",
    "<math href='@'><mi xlink:href='@'>x</mi></math>",
    "<!DOCTYPE html SYSTEM '@'><p>x",
    "<?xml-stylesheet href='@'?><p>x",
    "<xml src='@'></xml><import src='@'/>",
    "<portal src='@'></portal><fencedframe src='@'></fencedframe>",
    "<input list=x><datalist id=x data-src='@'></datalist>",
    "<template><img src='@'></template><noscript><img src='@'></noscript>",
];

/// Relations of a Word document to the outside.
const RELATIONS: &[&str] = &[
    "image",
    "hyperlink",
    "attachedTemplate",
    "oleObject",
    "frame",
    "subDocument",
    "aFChunk",
    "externalLink",
    "externalLinkPath",
    "mailMergeSource",
    "recipientData",
    "video",
    "audio",
    "font",
    "customXml",
    "settings",
    "styles",
    "footnotes",
    "header",
    "theme",
];

/// Ways of a PDF to name another thing, in its catalogue or its page.
const ACTIONS: &[&str] = &[
    "/OpenAction << /S /URI /URI (@) >>",
    "/OpenAction << /S /GoToR /F (@) /D [0 /Fit] >>",
    "/OpenAction << /S /Launch /F (@) >>",
    "/OpenAction << /S /SubmitForm /F (@) >>",
    "/OpenAction << /S /ImportData /F (@) >>",
    "/OpenAction << /S /JavaScript /JS (app.launchURL\\('@'\\)) >>",
    "/OpenAction << /S /Rendition /R << /C << /D (@) >> >> >>",
    "/AA << /WC << /S /URI /URI (@) >> >>",
    "/URI << /Base (@) >>",
    "/Names << /URLS << /Names [(x) << /S (@) >>] >> >>",
    "/AcroForm << /Fields [] /XFA (@) >>",
    "/Metadata << /F (@) >>",
    "/Annots [ << /Subtype /Link /A << /S /URI /URI (@) >> /Rect [0 0 9 9] >> ]",
    "/Annots [ << /Subtype /Movie /Movie << /F (@) >> /Rect [0 0 9 9] >> ]",
    "/Annots [ << /Subtype /FileAttachment /FS << /FS /URL /F (@) >> /Rect [0 0 9 9] >> ]",
    "/Resources << /XObject << /X << /Subtype /Image /F (@) /FFilter [] >> >> >>",
    "/Resources << /XObject << /X << /Subtype /Form /Ref << /F (@) /Page 0 >> >> >> >>",
];

#[test]
fn no_reference_to_the_outside_is_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret.txt");
    std::fs::write(&secret, MARK).unwrap();
    let addresses = [
        format!("http://127.0.0.1:{port}/x"),
        format!("//127.0.0.1:{port}/x"),
        format!("file://{}", secret.display()),
        secret.display().to_string(),
        format!("\\\\127.0.0.1@{port}\\x"),
    ];
    let mut kinds = 0;
    let mut read_all = |make: &dyn Fn(&str) -> Vec<u8>, extension: &str| {
        kinds += 1;
        for address in &addresses {
            let read = read::file(&make(address), extension);
            assert!(!read.text().contains(MARK), "{extension}: {address}");
            assert!(
                read.files
                    .iter()
                    .all(|(_, _, bytes)| !bytes.windows(MARK.len()).any(|w| w == MARK.as_bytes()))
            );
        }
    };
    for html in HTML {
        read_all(
            &|address| format!("<!doctype html>{}", html.replace('@', address)).into_bytes(),
            "html",
        );
    }
    let svg = "<?xml version='1.0'?><!DOCTYPE svg SYSTEM '@'><svg xmlns='http://www.w3.org/2000/svg'><image href='@'/></svg>";
    read_all(&|address| svg.replace('@', address).into_bytes(), "svg");
    for relation in RELATIONS {
        read_all(&|address| related(relation, address), "docx");
    }
    for field in [
        "INCLUDETEXT",
        "INCLUDEPICTURE",
        "LINK",
        "DDE",
        "DDEAUTO",
        "RD",
        "IMPORT",
        "DATABASE",
    ] {
        let make = |address: &str| {
            docx(&format!(
                "<w:p><w:fldSimple w:instr=' {field} \"{address}\" '><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p><w:altChunk r:id='h'/>"
            ))
        };
        read_all(&make, "docx");
    }
    read_all(
        &|address| {
            xlsx(&[(
                "x",
                &format!("<row r='1'><c r='A1'><f>WEBSERVICE(\"{address}\")</f><v>1</v></c></row>"),
            )])
        },
        "xlsx",
    );
    read_all(
        &|address| {
            open_document(
                "text",
                &format!(
                    "<text:section><text:section-source xlink:href='{address}'/></text:section><draw:image xlink:href='{address}'/><text:p>x</text:p>"
                ),
            )
        },
        "odt",
    );
    read_all(
        &|address| {
            epub(&[
                ("a.xhtml", "x", &format!("<p>x<img src='{address}'/></p>")),
                (address, "y", "<p>y</p>"),
            ])
        },
        "epub",
    );
    read_all(
        &|address| {
            format!("{{\\rtf1{{\\field{{\\*\\fldinst INCLUDETEXT \"{address}\"}}{{\\fldrslt x}}}}{{\\*\\template {address}}}}}").into_bytes()
        },
        "rtf",
    );
    read_all(
        &|address| {
            format!("\\documentclass{{x}}\n\\input{{{address}}}\n\\includegraphics{{{address}}}\n")
                .into_bytes()
        },
        "tex",
    );
    read_all(
        &|address| format!("![x]({address})\n[x]: {address}\n<{address}>\n").into_bytes(),
        "md",
    );
    let mail = "From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: message/external-body; access-type=URL; URL=\"@\"\r\n\r\nContent-Type: text/plain\r\n\r\n";
    read_all(&|address| mail.replace('@', address).into_bytes(), "eml");
    for action in ACTIONS {
        let make = |address: &str| {
            let whole = pdf(&[Sheet::a4().text(72.0, 700.0, 12.0, "x")]);
            let address = address.replace('\\', "\\\\");
            let action = action.replace('@', &address);
            let (from, to) = match action.starts_with("/Annots") || action.starts_with("/Resources")
            {
                true => (
                    "/Type /Page /Parent",
                    format!("/Type /Page {action} /Parent"),
                ),
                false => ("/Type /Catalog", format!("/Type /Catalog {action}")),
            };
            String::from_utf8(whole)
                .unwrap()
                .replacen(from, &to, 1)
                .into_bytes()
        };
        read_all(&make, "pdf");
    }
    assert!(kinds >= 60, "{kinds}");
    let heard = listener.accept().err().map(|error| error.kind());
    assert_eq!(heard, Some(ErrorKind::WouldBlock), "nobody called");
}

/// A Word document with a relation to the outside.
fn related(kind: &str, address: &str) -> Vec<u8> {
    let mut entries = entries(&docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>"));
    let relation = format!(
        "<Relationship Id=\"x\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{address}\" TargetMode=\"External\"/></Relationships>"
    );
    for (_, bytes) in entries
        .iter_mut()
        .filter(|(name, _)| name == "word/_rels/document.xml.rels")
    {
        let text = std::str::from_utf8(bytes).unwrap();
        *bytes = text.replace("</Relationships>", &relation).into_bytes();
    }
    zipped(&entries)
}
