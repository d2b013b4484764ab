//! `aparte doctor`: what works on this machine, and what keeps the workers in.

use aparte_assistant::{
    Calibrations, Diagnosis, Model, ModelFacts, Template, Wall, WallKind, diagnose, places,
};
use serde::Serialize;

use crate::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::steps;

#[derive(clap::Args)]
pub struct Arguments {
    /// Print the chat template of the model, as it stands in its file, and nothing else.
    #[arg(long)]
    template: bool,
}

pub fn run(arguments: &Arguments, global: &Global, output: &Output) -> Result<(), Failure> {
    let model = Model::find(&global.model, global.models.as_deref());
    let name = model
        .as_ref()
        .map_or(String::new(), |model| model.name.clone());
    let calibrations = global.models_folder().map(Calibrations::in_folder);
    let diagnosis = diagnose(&places::worker(), model, calibrations);
    match (output.json, arguments.template) {
        (true, _) => output.object(&Object::of(&diagnosis, &name, arguments.template)),
        (false, true) => print_template(&diagnosis, output),
        (false, false) => print(&diagnosis, &name, output),
    }
    let Diagnosis {
        documents, model, ..
    } = diagnosis;
    documents?;
    model?;
    Ok(())
}

fn print(diagnosis: &Diagnosis, model: &str, output: &Output) {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    output.line(&format!("Aparté {version} ({system}, {processor})"));
    output.line(output.say(
        "Network: this program has no way to use it.",
        "Réseau : ce programme n'a aucun moyen de s'en servir.",
    ));
    output.line(output.say(
        "The worker that reads documents:",
        "Le processus qui lit les documents :",
    ));
    match &diagnosis.documents {
        Ok(walls) => print_walls(walls, output),
        Err(_) => output.line(output.say("  does not start", "  ne démarre pas")),
    }
    output.line(output.say(
        "The worker that runs a model:",
        "Le processus qui fait tourner un modèle :",
    ));
    match diagnosis.engine.as_slice() {
        [] => output.line(output.say("  did not start", "  n'a pas démarré")),
        walls => print_walls(walls, output),
    }
    let Ok(facts) = &diagnosis.model else {
        return;
    };
    let millions = (facts.parameters + 500_000) / 1_000_000;
    let (context, seconds) = (facts.context, output.seconds(facts.load_ms));
    output.line(&output.say_with(
        || {
            format!(
                "Model: {model}, {millions} million parameters, {context} tokens of context, loaded in {seconds}."
            )
        },
        || {
            format!(
                "Modèle : {model}, {millions} millions de paramètres, {context} jetons de contexte, chargé en \
                 {seconds}."
            )
        },
    ));
    let devices = facts.devices.join(", ");
    output.line(&output.say_with(
        || format!("It computes on: {devices}."),
        || format!("Il calcule sur : {devices}."),
    ));
    output.line(&calibration(facts, output));
    for step in &facts.steps {
        output.line(&steps::sentence(step, output));
    }
    output.line(&about_template(facts.template.as_deref(), output));
}

fn print_template(diagnosis: &Diagnosis, output: &Output) {
    let Ok(facts) = &diagnosis.model else {
        return;
    };
    match &facts.template {
        Some(template) => output.line(&template.source),
        None => output.remark(&about_template(None, output)),
    }
}

/// Whether the template of a model is one that was tested here, and which one if not.
fn about_template(template: Option<&Template>, output: &Output) -> String {
    let Some(template) = template else {
        return output
            .say(
                "Chat template: the model has none, so a plain form is used.",
                "Gabarit de conversation : le fichier n'en a pas, une forme simple est utilisée.",
            )
            .to_owned();
    };
    let hash = hexadecimal(&template.sha256);
    match (&template.trouble, &template.family) {
        (Some(why), _) => output.say_with(
            || format!("Chat template: SHA-256 {hash}, CANNOT BE USED ({why}). Choose another model, or another file of this one."),
            || format!("Gabarit de conversation : SHA-256 {hash}, INUTILISABLE ({why}). Choisissez un autre modèle, ou un autre fichier de celui-ci."),
        ),
        (None, Some(family)) => output.say_with(
            || format!("Chat template: that of {family}, which was tested."),
            || format!("Gabarit de conversation : celui de {family}, qui a été vérifié."),
        ),
        (None, None) => output.say_with(
            || format!("Chat template: unknown, not one of those that were tested (SHA-256 {hash}). --template prints it."),
            || format!("Gabarit de conversation : inconnu, il n'est pas de ceux qui ont été vérifiés (SHA-256 {hash}). --template l'affiche."),
        ),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is remembered about the model.
fn calibration(facts: &ModelFacts, output: &Output) -> String {
    let (threads, batch) = (facts.tuning.threads, facts.tuning.batch.tokens());
    let (with, avec) = match facts.tuning.flash_attention {
        true => ("with", "avec"),
        false => ("without", "sans"),
    };
    let (origin, origine) = match facts.calibrated {
        true => (
            "remembered from a trial on this machine",
            "retenus d'un essai sur cette machine",
        ),
        false => (
            "the usual ones, because no trial is remembered",
            "ceux d'usage, car aucun essai n'est retenu",
        ),
    };
    output.say_with(
        || {
            format!(
                "Settings: {threads} threads at most, {batch} tokens at a time, {with} flash attention; {origin}."
            )
        },
        || {
            format!(
                "Réglages : {threads} fils au plus, {batch} jetons à la fois, {avec} flash attention ; {origine}."
            )
        },
    )
}

fn print_walls(walls: &[Wall], output: &Output) {
    for Wall { kind, missing } in walls {
        let what = match kind {
            WallKind::Files => output.say(
                "can open no file",
                "ne peut ouvrir aucun fichier",
            ),
            WallKind::SystemCalls => output.say(
                "can ask the system for nothing but what computing needs: no connection, no program",
                "ne peut demander au système que ce qu'il faut pour calculer, ni connexion ni programme",
            ),
            WallKind::CoreFiles => output.say(
                "leaves no core file of its memory",
                "ne laisse aucune image de sa mémoire",
            ),
        };
        output.line(&match missing {
            None => output.say_with(|| format!("  {what}: yes"), || format!("  {what} : oui")),
            Some(reason) => output.say_with(
                || format!("  {what}: NOT ENFORCED ({reason})"),
                || format!("  {what} : PAS APPLIQUÉ ({reason})"),
            ),
        });
    }
}

#[derive(Serialize)]
struct Object<'a> {
    version: &'static str,
    system: &'static str,
    processor: &'static str,
    documents: Worker<'a>,
    engine: Worker<'a>,
    model: Option<ModelRow<'a>>,
}

#[derive(Serialize)]
struct Worker<'a> {
    works: bool,
    walls: Vec<WallRow<'a>>,
}

#[derive(Serialize)]
struct WallRow<'a> {
    wall: &'static str,
    enforced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct ModelRow<'a> {
    name: &'a str,
    architecture: &'a str,
    parameters: u64,
    context: u32,
    load_ms: u64,
    devices: &'a [String],
    settings: Settings,
    /// In what it runs with less than it could have.
    steps: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<TemplateRow<'a>>,
}

#[derive(Serialize)]
struct TemplateRow<'a> {
    sha256: String,
    /// The model family whose tested template it is; null for one that is unknown.
    family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct Settings {
    threads: u16,
    batch: u32,
    flash_attention: bool,
    /// Whether an earlier trial chose them.
    remembered: bool,
}

impl<'a> Object<'a> {
    fn of(diagnosis: &'a Diagnosis, model: &'a str, with_template: bool) -> Object<'a> {
        let documents = diagnosis.documents.as_deref();
        Object {
            version: env!("CARGO_PKG_VERSION"),
            system: std::env::consts::OS,
            processor: std::env::consts::ARCH,
            documents: Worker {
                works: documents.is_ok(),
                walls: rows(documents.unwrap_or_default()),
            },
            engine: Worker {
                works: diagnosis.model.is_ok(),
                walls: rows(&diagnosis.engine),
            },
            model: diagnosis.model.as_ref().ok().map(|facts| ModelRow {
                name: model,
                architecture: &facts.architecture,
                parameters: facts.parameters,
                context: facts.context,
                load_ms: facts.load_ms,
                devices: &facts.devices,
                settings: Settings {
                    threads: facts.tuning.threads.get(),
                    batch: facts.tuning.batch.tokens(),
                    flash_attention: facts.tuning.flash_attention,
                    remembered: facts.calibrated,
                },
                steps: facts.steps.iter().map(steps::name).collect(),
                template: (facts.template.as_ref()).map(|template| TemplateRow {
                    sha256: hexadecimal(&template.sha256),
                    family: template.family.as_deref(),
                    trouble: template.trouble.as_deref(),
                    source: with_template.then_some(template.source.as_str()),
                }),
            }),
        }
    }
}

fn rows(walls: &[Wall]) -> Vec<WallRow<'_>> {
    walls.iter().map(row).collect()
}

fn row(wall: &Wall) -> WallRow<'_> {
    WallRow {
        wall: match wall.kind {
            WallKind::Files => "files",
            WallKind::SystemCalls => "system_calls",
            WallKind::CoreFiles => "core_files",
        },
        enforced: wall.missing.is_none(),
        reason: wall.missing.as_deref(),
    }
}
