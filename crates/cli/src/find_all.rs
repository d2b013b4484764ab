//! `aparte find-all QUESTION FILE...`

use std::path::PathBuf;
use std::time::Instant;

use aparte_assistant::{
    Assistant, Counted, Coverage, Decided, DocumentId, Error, FindingProgress, FoundAll, FoundItem,
    Language, Mention, Model, Stop,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::{Global, inputs};

#[derive(clap::Args)]
pub struct Arguments {
    /// What you want all of: "list every amount over 1 000", "how many times is X mentioned".
    question: String,
    /// Documents to look through; - is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    inputs::check(&arguments.files)?;
    // Where words decide, no model is needed.
    let model = Model::find(&global.model, global.models.as_deref());
    let assistant = global.session(model.as_ref().ok().cloned(), output)?;
    let documents = inputs::add_all(&assistant, &arguments.files, global, output)?;
    let began = Instant::now();
    let shown = output.progress();
    let found = find(&assistant, &arguments.question, &documents, output, &shown);
    shown.clear();
    let found = match (found, model) {
        (Err(Error::Model { .. }), Err(missing)) => return Err(missing.into()),
        (found, _) => found?,
    };
    let names = Names(&assistant);
    if output.json {
        output.object(&Object::of(&found, &names, began));
    } else {
        print(&found, &names, output);
    }
    assistant.close()?;
    Ok(())
}

/// Tells what it will take before it begins.
fn find(
    assistant: &Assistant,
    question: &str,
    documents: &[DocumentId],
    output: &Output,
    shown: &Progress,
) -> Result<FoundAll, Error> {
    let stop = Stop::default();
    let mut on_progress = |progress| show(progress, output, shown);
    let plan = assistant.plan_find_all(question, documents, &stop, &mut on_progress)?;
    if let Some(expected) = plan.expected_ms.filter(|_| plan.to_judge > 0) {
        let (to_judge, passages) = (plan.to_judge, plan.passages);
        let time = duration(expected, output.language);
        shown.clear();
        output.remark(&output.say_with(
            || format!("Words alone do not decide this. The model has {to_judge} of {passages} passages to judge: {time}."),
            || format!("Les mots seuls n'en décident pas. Le modèle a {to_judge} passages sur {passages} à juger\u{202f}: {time}."),
        ));
    }
    assistant.find_all(question, documents, &stop, &mut on_progress)
}

fn show(progress: FindingProgress, output: &Output, shown: &Progress) {
    match progress {
        FindingProgress::Loading(percent) => {
            let loading = output.say("Loading the model", "Chargement du modèle");
            shown.show(&format!("{loading} {percent} %"));
        }
        FindingProgress::Looked(page, pages) => {
            let looking = output.say("Looking through page", "Parcours de la page");
            shown.show(&format!("{looking} {page}/{pages}"));
        }
        FindingProgress::Judged(done, all, left) => {
            let judging = output.say("Judging passage", "Jugement du passage");
            shown.show(&format!(
                "{judging} {done}/{all} ({})",
                duration(left, output.language)
            ));
        }
    }
}

/// A time to wait, as people say it.
fn duration(ms: u64, language: Language) -> String {
    let seconds = ms.div_ceil(1000).max(1);
    match (language, seconds) {
        (Language::English, 0..=90) => format!("about {seconds} s"),
        (Language::French, 0..=90) => format!("environ {seconds} s"),
        (Language::English, _) => format!("about {} min", seconds.div_ceil(60)),
        (Language::French, _) => format!("environ {} min", seconds.div_ceil(60)),
    }
}

fn print(found: &FoundAll, names: &Names<'_>, output: &Output) {
    for item in &found.items {
        output.line(&item.text);
        for mention in &item.mentions {
            let citation = &mention.citation;
            let standing = match citation.verified {
                true => output.say(" (verified)", " (vérifié)"),
                false => output.say(
                    " (not found in the source)",
                    " (introuvable dans la source)",
                ),
            };
            let place = output.place(&citation.name, citation.page, citation.anchor.as_deref());
            output.line(&format!(
                "    {place}{standing}\n    {}",
                output.quoted(&citation.quote)
            ));
        }
    }
    if !found.items.is_empty() {
        output.line("");
    }
    output.line(&count(found, output));
    if found.unlisted > 0 {
        let unlisted = found.unlisted;
        output.line(&output.say_with(
            || format!("{unlisted} more mentions are counted and not listed. Ask for less, an amount over a larger sum for example."),
            || format!("{unlisted} autres mentions sont comptées sans être listées. Demandez-en moins, par exemple les montants au-dessus d'une somme plus grande."),
        ));
    }
    for sentence in coverage(found, names, output) {
        output.line(&sentence);
    }
}

/// How many were found, in a sentence.
fn count(found: &FoundAll, output: &Output) -> String {
    let listed: usize = found.items.iter().map(|item| item.mentions.len()).sum();
    let mentions = listed + found.unlisted;
    let (count, french) = (found.count, output.language == Language::French);
    let one = count == 1 || french && count == 0;
    let noun = match (found.counted, french, one) {
        (Counted::Items, false, _) => "found",
        (Counted::Items, true, true) => "élément trouvé",
        (Counted::Items, true, false) => "éléments trouvés",
        (Counted::Mentions, false, true) => "mention",
        (Counted::Mentions, false, false) => "mentions",
        (Counted::Mentions, true, true) => "mention",
        (Counted::Mentions, true, false) => "mentions",
        (Counted::Sentences, false, true) => "sentence",
        (Counted::Sentences, false, false) => "sentences",
        (Counted::Sentences, true, true) => "phrase",
        (Counted::Sentences, true, false) => "phrases",
        (Counted::Sections, _, true) => "section",
        (Counted::Sections, _, false) => "sections",
        (Counted::Pages, _, true) => "page",
        (Counted::Pages, _, false) => "pages",
    };
    match found.counted {
        Counted::Items if mentions > count => output.say_with(
            || format!("{count} {noun}, {mentions} mentions."),
            || format!("{count} {noun}, {mentions} mentions."),
        ),
        _ => format!("{count} {noun}."),
    }
}

/// What that covers, in sentences.
fn coverage(found: &FoundAll, names: &Names<'_>, output: &Output) -> Vec<String> {
    let Coverage {
        pages,
        unread,
        passages,
        to_judge,
        judged,
        foreign,
    } = &found.coverage;
    let read = *pages as usize - unread.len().min(*pages as usize);
    let mut said = vec![output.say_with(
        || format!("Looked through {read} of {pages} pages."),
        || format!("{read} pages parcourues sur {pages}."),
    )];
    match found.decided {
        Decided::ByWords => said.push(
            output
                .say(
                    "Words and numbers decided it, over every page.",
                    "Les mots et les nombres en ont décidé, sur toutes les pages.",
                )
                .to_owned(),
        ),
        Decided::ByModelAmongFound => said.push(output.say_with(
            || format!("The model judged {judged} of the {to_judge} that words found."),
            || format!("Le modèle a jugé {judged} des {to_judge} que les mots ont trouvés."),
        )),
        Decided::ByModel => said.push(output.say_with(
            || format!("The model judged {judged} of {to_judge} passages that came nearest, out of {passages}."),
            || format!("Le modèle a jugé {judged} des {to_judge} passages les plus proches, sur {passages}."),
        )),
    }
    if *foreign > 0 {
        said.push(output.say_with(
            || format!("{foreign} of them are in a language that the model does not know, and were not judged."),
            || format!("{foreign} d'entre eux sont dans une langue que le modèle ne connaît pas, et n'ont pas été jugés."),
        ));
    }
    if !unread.is_empty() {
        let list: Vec<_> = unread
            .iter()
            .map(|(document, page)| output.place(&names.of(*document), Some(*page), None))
            .collect();
        let list = list.join("\u{202f}; ");
        said.push(output.say_with(
            || {
                format!(
                    "Not read, or not completely: {}.",
                    list.replace('\u{202f}', "")
                )
            },
            || format!("Pas lu, ou pas entièrement\u{202f}: {list}."),
        ));
    }
    said
}

/// What documents are called.
struct Names<'a>(&'a Assistant);

impl Names<'_> {
    fn of(&self, id: DocumentId) -> String {
        let name = self.0.with_document(id, |document| document.name.clone());
        name.unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Object<'a> {
    hits: Vec<Hit<'a>>,
    items: Vec<Item<'a>>,
    count: usize,
    /// Mentions that are counted and not among the hits.
    unlisted: usize,
    counted: &'static str,
    decided: &'static str,
    coverage: Covered,
    timings: Timings,
}

#[derive(Serialize)]
struct Hit<'a> {
    document: &'a str,
    page: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<&'a str>,
    quote: &'a str,
    verified: bool,
    /// Which of the items.
    item: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    text: &'a str,
    mentions: usize,
    pages: Vec<u32>,
}

#[derive(Serialize)]
struct Covered {
    pages: u32,
    unread: Vec<Unread>,
    passages: usize,
    to_judge: usize,
    judged: usize,
    foreign: usize,
}

#[derive(Serialize)]
struct Unread {
    document: String,
    page: u32,
}

#[derive(Serialize)]
struct Timings {
    total_ms: u64,
}

impl<'a> Object<'a> {
    fn of(found: &'a FoundAll, names: &Names<'_>, began: Instant) -> Object<'a> {
        let Coverage {
            pages,
            unread,
            passages,
            to_judge,
            judged,
            foreign,
        } = &found.coverage;
        let hits = found.items.iter().enumerate();
        Object {
            hits: hits
                .flat_map(|(at, item)| {
                    item.mentions
                        .iter()
                        .map(move |mention| Hit::of(mention, at))
                })
                .collect(),
            items: found.items.iter().map(Item::of).collect(),
            count: found.count,
            unlisted: found.unlisted,
            counted: match found.counted {
                Counted::Items => "items",
                Counted::Mentions => "mentions",
                Counted::Sentences => "sentences",
                Counted::Sections => "sections",
                Counted::Pages => "pages",
            },
            decided: match found.decided {
                Decided::ByWords => "words",
                Decided::ByModelAmongFound => "model_among_found",
                Decided::ByModel => "model",
            },
            coverage: Covered {
                pages: *pages,
                unread: unread
                    .iter()
                    .map(|(document, page)| Unread {
                        document: names.of(*document),
                        page: *page,
                    })
                    .collect(),
                passages: *passages,
                to_judge: *to_judge,
                judged: *judged,
                foreign: *foreign,
            },
            timings: Timings {
                total_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            },
        }
    }
}

impl<'a> Hit<'a> {
    fn of(mention: &'a Mention, item: usize) -> Hit<'a> {
        let citation = &mention.citation;
        Hit {
            document: &citation.name,
            page: citation.page,
            anchor: citation.anchor.as_deref(),
            quote: &citation.quote,
            verified: citation.verified,
            item,
        }
    }
}

impl<'a> Item<'a> {
    fn of(item: &'a FoundItem) -> Item<'a> {
        let mut pages: Vec<_> = item
            .mentions
            .iter()
            .filter_map(|mention| mention.citation.page)
            .collect();
        pages.sort_unstable();
        pages.dedup();
        Item {
            text: &item.text,
            mentions: item.mentions.len(),
            pages,
        }
    }
}
