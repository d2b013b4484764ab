//! The source beside an answer: a citation opens its page with the quote's words marked, the others follow by keys, words are
//! looked for in the document and in the library, and what is selected is asked about. Hostile originals (X5) run nothing,
//! reach nobody and leave the window as it was.

use aparte_tests::{aparte, english_sample, json};
use serde_json::{Value, json};

use super::app::{App, Start};
use super::listener::Listener;
use super::machine::Machine;
use super::patience::{SOON, eventually};
use super::scans::{assert_drawn, open_document};

const PASSPHRASE: &str = "the third drawer holds the map";

/// As `paper.ts` bounds a canvas: its pixels, and those of a side.
const CANVAS: (f64, f64) = (16_100_000.0, 8192.0);

#[test]
fn a_citation_opens_its_page_with_its_words_marked_and_what_is_found_or_selected_there_leads_on() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    let (file, question) = english_sample();
    app.ask(&question);
    app.await_answers(1);
    let citations = citations(&app);
    app.press("citation");
    assert_marked(&app, &citations[0]);
    app.screenshot("source-en");
    app.press("larger");
    app.press("larger");
    assert_marked(&app, &citations[0]);
    app.screenshot("source-larger-en");
    app.press("smaller");
    app.press("smaller");
    for citation in &citations[1..] {
        press_in_source(&app, "ArrowDown", "altKey");
        assert_marked(&app, citation);
    }
    if citations.len() > 1 {
        app.press("previous-citation");
        assert_marked(&app, &citations[citations.len() - 2]);
    }

    // Accents, capitals and pages that are not drawn make no difference.
    press_in_source(&app, "f", "ctrlKey");
    app.write("lookup", "HÂRBOUR");
    let printed = json(aparte().args(["extract", "--json"]).arg(&file));
    let all = printed["pages"].as_array().unwrap().iter();
    let times: usize = all
        .map(|page| {
            let text = page["text"].as_str().unwrap().to_lowercase();
            text.matches("harbour").count()
        })
        .sum();
    assert!(times > 3, "the sample speaks of it");
    eventually(SOON, "all places are counted", || {
        app.texts("lookup-count")
            .concat()
            .ends_with(&format!("of {times}"))
            .then_some(())
    });
    eventually(SOON, "one of them is looked at", || {
        let marked = words_under(&app, "found-box.here").to_lowercase();
        marked.contains("harbour").then_some(())
    });
    app.screenshot("source-found-en");
    let earlier = app.texts("lookup-count").concat();
    app.press("lookup-next");
    eventually(SOON, "the next place is looked at", || {
        let marked = words_under(&app, "found-box.here").to_lowercase();
        let is_next = app.texts("lookup-count").concat() != earlier;
        (is_next && marked.contains("harbour")).then_some(())
    });
    app.press("lookup-close");
    app.see_gone("found-box");

    // Three words, as a mouse selects them.
    let selected = select_words(&app, 3);
    assert!(selected.split_whitespace().count() >= 3, "{selected}");
    app.screenshot("source-selected-en");
    app.press("ask-about");
    let about = app.text("about");
    assert!(about.contains(&selected), "{about} is about “{selected}”");
    app.ask("What does this say?");
    app.await_answers(2);
    let asked = messages(&app)[2]["text"].as_str().unwrap().to_owned();
    assert!(
        asked.starts_with(&format!("> {selected}\n> — harbour-report-2025.pdf, page "))
            && asked.ends_with("\n\nWhat does this say?"),
        "{asked}"
    );
    app.close();
}

#[test]
fn passages_of_the_library_are_found_by_their_words_and_open_with_those_marked() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.press("library");
    app.press("in-text");
    app.write("filter", "dredging of the north basin");
    let hits = eventually(SOON, "passages are found", || {
        let hits = app.texts("hit");
        (!hits.is_empty()).then_some(hits)
    });
    assert!(hits[0].contains("harbour-report-2025.pdf"), "{}", hits[0]);
    app.press("hit");
    eventually(SOON, "its words are marked on the page", || {
        let marked = words_under(&app, "box");
        marked.contains("dredging").then_some(())
    });
    app.screenshot("search-en");
    app.press("close-source");
    // No sample is a text file.
    app.run(
        "const kind = document.querySelector('[data-part=search-age]');
         kind.value = '7';
         kind.dispatchEvent(new Event('change', { bubbles: true }));",
        &[],
    );
    eventually(SOON, "what was added today is still found", || {
        (app.count("hit") > 0).then_some(())
    });
    app.close();
}

#[test]
fn hostile_originals_run_nothing_reach_nobody_and_the_next_page_is_drawn() {
    let listener = Listener::new();
    let address = format!("http://127.0.0.1:{}/x", listener.port());
    let machine = Machine::new();
    let run =
        r"window.ran = true; app.alert\('ran'\); app.launchURL\('@'\);".replace('@', &address);
    let act = |action: &str| format!("/OpenAction << {action} >> /AA << /WC << {action} >> >>");
    let documents = [
        (
            "script.pdf",
            pdf(
                &format!(
                    "{} /Names << /JavaScript << /Names [(a) << /S /JavaScript /JS ({run}) >>] >> >>
                     /AcroForm << /Fields [4 0 R] /XFA (<script>{address}</script>) >>",
                    act(&format!("/S /JavaScript /JS ({run})"))
                ),
                &format!(
                    "/Annots [ << /Subtype /Link /Rect [0 0 595 842] /A << /S /URI /URI ({address}) >>
                     /AA << /PO << /S /JavaScript /JS ({run}) >> >> >>
                     << /Subtype /Screen /Rect [0 0 9 9] /A << /S /Rendition /R << /C << /D ({address}) >> >> >> >>
                     << /Subtype /FileAttachment /Rect [0 0 9 9] /FS << /FS /URL /F ({address}) >> >> ]"
                ),
                "0 0 595 842",
            ),
        ),
        ("launch.pdf", pdf(&act("/S /Launch /F (/bin/true)"), "", "0 0 595 842")),
        (
            "elsewhere.pdf",
            pdf(
                &act(&format!("/S /GoToR /F ({address}) /D [0 /Fit]")),
                &format!("/AA << /O << /S /SubmitForm /F ({address}) >> >>"),
                "0 0 595 842",
            ),
        ),
        ("huge.pdf", pdf("", "/UserUnit 75000", "0 0 200000 300000")),
        ("thin.pdf", pdf("", "", "0 0 200 900000")),
        ("bomb.png", picture(60_000, 60_000)),
    ];
    let mut start = Start::default();
    for (name, bytes) in &documents {
        let file = machine.desk().join(name);
        std::fs::write(&file, bytes).unwrap();
        start.files.push(file);
    }
    let app = App::first(&machine, &start, PASSPHRASE);
    eventually(SOON, "all of them are in the library or refused", || {
        (app.count("document") + app.count("incoming") >= 2 + documents.len()).then_some(())
    });
    for (name, _) in &documents {
        open_document(&app, name);
        let seen = eventually(SOON, &format!("{name} is drawn, or said not to be"), || {
            let seen = app.run(
                "const source = document.querySelector('[data-part=source]');
                 if (!source?.textContent.includes(arguments[0])) return null;
                 const canvas = source.querySelector('[data-part=paper][data-page] canvas');
                 const trouble = source.querySelector('[data-part=look-trouble]');
                 if (!canvas && !trouble) return null;
                 const own = ['canvas', 'div', 'p', 'span'];
                 return {
                     size: canvas ? [canvas.width, canvas.height] : [1, 1],
                     others: [...source.querySelectorAll('.body *')].map((part) => part.localName)
                         .filter((name) => !own.includes(name)),
                     ran: window.ran === true,
                     place: location.href,
                     frames: window.length,
                 }",
                &[json!(name)],
            );
            (!seen.is_null()).then_some(seen)
        });
        let side = |at: usize| seen["size"][at].as_f64().unwrap();
        assert!(
            side(0) * side(1) <= CANVAS.0 && side(0).max(side(1)) <= CANVAS.1,
            "{name}: {seen}"
        );
        assert_eq!(
            (&seen["others"], &seen["ran"]),
            (&json!([]), &json!(false)),
            "{name}"
        );
        assert_eq!(seen["frames"], 0, "{name}");
        app.assert_alive();
        app.press("close-source");
    }
    open_document(&app, "harbour-report-2025.pdf");
    assert_drawn(&app, 1);
    listener.assert_nobody_came();
    app.close();
}

/// The kept messages of the latest conversation.
fn messages(app: &App) -> Vec<Value> {
    let conversations = app.invoke("conversations", json!({}));
    let messages = app.invoke("messages", json!({"conversation": conversations[0]["id"]}));
    messages.as_array().cloned().unwrap_or_default()
}

fn citations(app: &App) -> Vec<Value> {
    let citations = messages(app)[1]["answer"]["citations"].clone();
    let citations = citations.as_array().cloned().unwrap_or_default();
    assert!(!citations.is_empty(), "the answer is cited");
    citations
}

/// Waits until the words under the boxes are those of a citation's quote, with ink below them.
fn assert_marked(app: &App, citation: &Value) {
    let quote = letters(citation["quote"].as_str().unwrap());
    let page = &citation["page"];
    assert_drawn(app, u32::try_from(page.as_u64().unwrap()).unwrap());
    eventually(SOON, &format!("“{quote}” is marked"), || {
        (letters(&words_under(app, "box")) == quote).then_some(())
    });
    let ink = app.run(
        "const canvas = document.querySelector('[data-part=paper] canvas');
         const sheet = canvas.getBoundingClientRect();
         const scale = canvas.width / sheet.width;
         const context = canvas.getContext('2d');
         return [...document.querySelectorAll('[data-part=box]')].map((box) => {
             const { left, top, width, height } = box.getBoundingClientRect();
             const { data } = context.getImageData((left - sheet.left) * scale, (top - sheet.top) * scale,
                 Math.max(1, width * scale), Math.max(1, height * scale));
             let dark = 0;
             for (let place = 0; place < data.length; place += 4) if (data[place] < 128) dark += 1;
             return dark / (data.length / 4);
         })",
        &[],
    );
    let shares: Vec<f64> = serde_json::from_value(ink).unwrap();
    assert!(
        shares.iter().all(|share| (0.01..0.6).contains(share)),
        "each box lies over letters: {shares:?}"
    );
    let in_view = app.run(
        "const box = document.querySelector('[data-part=box]').getBoundingClientRect();
         const body = document.querySelector('[data-part=source] .body').getBoundingClientRect();
         return box.top >= body.top && box.bottom <= body.bottom",
        &[],
    );
    assert_eq!(in_view, json!(true), "and is in view");
}

/// The words of the page whose middle lies under boxes of a kind.
fn words_under(app: &App, boxes: &str) -> String {
    let (part, class) = boxes.split_once('.').unwrap_or((boxes, ""));
    let words = app.run(
        "const boxes = [...document.querySelectorAll(`[data-part='${arguments[0]}']`)]
             .filter((box) => !arguments[1] || box.classList.contains(arguments[1]))
             .map((box) => box.getBoundingClientRect());
         return [...document.querySelectorAll('[data-part=words] span:not(.lead)')].filter((word) => {
             const { left, top, width, height } = word.getBoundingClientRect();
             const [x, y] = [left + width / 2.5, top + height / 2];
             return boxes.some((box) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom);
         }).map((word) => word.textContent).join(' ')",
        &[json!(part), json!(class)],
    );
    words.as_str().unwrap_or_default().to_owned()
}

/// Letters and digits alone.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Presses a key in the source, with another held.
fn press_in_source(app: &App, key: &str, held: &str) {
    app.run(
        "const body = document.querySelector('[data-part=source] .body');
         body.focus();
         body.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], [arguments[1]]: true, bubbles: true }));",
        &[json!(key), json!(held)],
    );
}

/// Drags the mouse over some words in the middle of the page, and gives what is selected then.
fn select_words(app: &App, count: usize) -> String {
    let select = || {
        let selected = app.run(
        "const words = [...document.querySelectorAll('[data-part=words] span:not(.lead)')];
         if (words.length < 2 * arguments[0]) return null;
         const from = Math.floor(words.length / 2);
         const first = words[from].getBoundingClientRect();
         const last = words[from + arguments[0] - 1].getBoundingClientRect();
         const at = (x, y) => ({ clientX: x, clientY: y, bubbles: true, cancelable: true, button: 0, detail: 1 });
         words[from].dispatchEvent(new MouseEvent('mousedown', at(first.left + 0.5, first.top + first.height / 2)));
         window.dispatchEvent(new MouseEvent('mousemove', at(last.right, last.top + last.height / 2)));
         window.dispatchEvent(new MouseEvent('mouseup', at(last.right, last.top + last.height / 2)));
         return getSelection().toString()",
        &[json!(count)],
        );
        selected.as_str().map(str::to_owned)
    };
    let selected = eventually(SOON, "the words of the page are laid over it", select);
    app.see("selection");
    selected.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A PDF of one page with some words, and more in its catalogue and its page. Format: ISO 32000-1, 7.5.
fn pdf(catalog: &str, page: &str, size: &str) -> Vec<u8> {
    let text = "BT /F 12 Tf 20 20 Td (Nothing of this runs.) Tj ET";
    let objects = [
        format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>"),
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [{size}] /Contents 5 0 R \
             /Resources << /Font << /F 6 0 R >> >> {page} >>"
        ),
        "<< /FT /Tx /T (field) /Subtype /Widget /Rect [0 0 99 20] /AA << /C << /S /JavaScript /JS (window.ran = true) >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut bytes = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", bytes.len());
        bytes += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = bytes.len();
    bytes += &format!(
        "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    bytes.into_bytes()
}

/// The head of a PNG that claims to be that large.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes.extend([0; 64]);
    bytes
}
