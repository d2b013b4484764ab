//! A document in short: said what it is to be, made while its sections come in, and each source opens its page.

use std::time::Duration;

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{SOON, eventually};

const PASSPHRASE: &str = "a lantern counted twice";
/// For the whole summary of a report of eight pages.
const SUMMARY: Duration = Duration::from_secs(120);

#[test]
fn a_report_is_summarized_and_its_sources_open_their_pages() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.press("document[title^=harbour]");
    app.press("summarize-open");
    app.press("summary-length-choice[data-value=brief]");
    app.press("make-summary");
    eventually(SUMMARY, "the summary is there", || {
        let problems = app.texts("summary-view [role=alert]");
        assert!(problems.is_empty(), "instead of a summary: {problems:?}");
        (app.count("summary-coverage") > 0).then_some(())
    });
    assert!(app.count("summary-sentence") > 0);
    let coverage = app.text("summary-coverage");
    assert!(
        coverage.contains("8 of 8 pages could be read completely"),
        "{coverage}"
    );
    assert_eq!(
        app.count("outlined[data-standing=unread]"),
        0,
        "every section is read: {coverage}"
    );
    app.screenshot("summary-en");
    if app.count("source") > 0 {
        app.press("close-source");
    }
    app.see_gone("source");
    app.press("citation");
    eventually(SOON, "the page is open with the words marked", || {
        let source = app.texts("source").concat();
        (source.contains("verified") && app.count("box") > 0).then_some(())
    });
    // What was read is not read again for another form.
    app.press("change-summary");
    app.press("summary-style-choice[data-value=bullets]");
    app.press("make-summary");
    eventually(SUMMARY, "it is there as a list", || {
        (app.count("summary-text li") > 0).then_some(())
    });
    let took = app.text("summary-coverage");
    assert!(took.contains("known from before"), "{took}");
    app.close();
}
