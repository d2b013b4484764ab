//! Asking about all of it: a list that words decide is there at once, with its count, and each place in it opens its page.

use super::app::{App, Start};
use super::machine::Machine;
use super::patience::{SOON, eventually};

const PASSPHRASE: &str = "a lantern counted twice";

#[test]
fn every_amount_over_a_thousand_is_listed_and_opens_its_page() {
    let machine = Machine::new();
    let app = App::first(&machine, &Start::default(), PASSPHRASE);
    app.write("question", "list every amount over 1 000");
    app.see("list-all");
    app.press("send");
    let listed = eventually(SOON, "the list is there", || {
        let listed = app.texts("listed .text");
        (!listed.is_empty()).then_some(listed)
    });
    for amount in ["412,000 euros", "1.9 million euros", "2,559,000"] {
        assert!(
            listed.iter().any(|text| text == amount),
            "{amount} is not in {listed:?}"
        );
    }
    assert!(
        !listed.iter().any(|text| text == "146,000"),
        "tonnes are no amount"
    );
    let count = format!("{} found", listed.len());
    assert!(app.text("count").starts_with(&count), "{count}");
    let coverage = app.text("coverage");
    assert!(coverage.contains("16 of 16 pages"), "{coverage}");
    app.screenshot("list-en");
    let dredging = listed
        .iter()
        .position(|text| text == "412,000 euros")
        .unwrap();
    app.press(&format!("listed:nth-of-type({}) button", dredging + 1));
    eventually(SOON, "the page is open with the amount marked", || {
        let source = app.texts("source").concat().to_lowercase();
        (source.contains("page 3") && app.count("box") > 0).then_some(())
    });
    assert_eq!(app.count("answer"), 0, "no model was asked");
    app.close();
}
