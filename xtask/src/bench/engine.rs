//! What the walls around the engine cost.
//!
//! A pair is one run of the bare library and one of the application, one directly after the other; which goes first
//! changes from pair to pair. Both use one thread a core and batches of 512. Their prompts are different texts of
//! nearly the same number of tokens (the application's has some dozens more, for the chat template), and the
//! application's reply may end before the bare loop's does; what is compared is tokens a second. What is reported is
//! the pairs' ratios: a machine that is busy for a while moves both sides of a pair.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Figure, Figures, Results};
use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::system;
use crate::ui;
use crate::workspace::{Profile, Workspace};

const PAIRS: usize = 7;
const PROMPT_TOKENS: u32 = 512;
const GENERATED_TOKENS: u32 = 128;
/// Stops in the middle of a prompt, and as many in the middle of a reply.
const STOPS: u32 = 20;

/// Speeds are of one run; both programs print this shape.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Measured {
    prompt_tokens_per_s: f64,
    generation_tokens_per_s: f64,
    load_ms: f64,
}

/// One run of each side.
struct Pair {
    bare: Measured,
    ours: Measured,
}

/// Measures speech through worker, frames and domain against the bare library.
pub fn run(json: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::check_node()?;
    system::prepare(system::BUILD)?;
    system::prepare_node()?;
    let obtained = models::obtain(&workspace.root)?;
    let [model, ..] = obtained.as_slice() else {
        return Err(Failure::Malformed {
            what: "models/catalog.json".to_owned(),
            reason: "it names no built-in model".to_owned(),
        });
    };
    // One selection of packages for every build, and the window's embeds the interface.
    ui::build(&workspace)?;
    workspace.build(Profile::Release)?;

    let mut figures = figures(&pairs(&workspace, model));
    figures.insert("stop_ms_p95".to_owned(), stops(&workspace, model));
    let results = Results {
        suite: "engine",
        figures,
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

fn figures(pairs: &Result<Vec<Pair>, String>) -> Figures {
    let figure = |unit, value: fn(&Pair) -> f64| match pairs {
        Ok(pairs) => Figure::of(unit, pairs.iter().map(value)),
        Err(reason) => Figure::none(unit, reason),
    };
    let named = [
        (
            "prompt_speed_ratio_512",
            figure("ratio", |pair| {
                pair.ours.prompt_tokens_per_s / pair.bare.prompt_tokens_per_s
            }),
        ),
        (
            "prompt_speed_ratio_4096",
            Figure::none(
                "ratio",
                "the context of this version holds 4,096 tokens, prompt and reply together",
            ),
        ),
        (
            "generation_speed_ratio",
            figure("ratio", |pair| {
                pair.ours.generation_tokens_per_s / pair.bare.generation_tokens_per_s
            }),
        ),
        ("load_ms", figure("ms", |pair| pair.ours.load_ms)),
        (
            "prompt_tokens_per_s",
            figure("tokens/s", |pair| pair.ours.prompt_tokens_per_s),
        ),
        (
            "generation_tokens_per_s",
            figure("tokens/s", |pair| pair.ours.generation_tokens_per_s),
        ),
    ];
    let owned = named.map(|(name, figure)| (name.to_owned(), figure));
    Figures::from(owned)
}

/// How long a stop takes, in the middle of a prompt and of a reply: the 95th percentile of all of some runs.
fn stops(workspace: &Workspace, model: &Path) -> Figure {
    #[derive(Deserialize)]
    struct Stops {
        stop_ms: Vec<f64>,
    }
    let mut command = workspace.program(Profile::Release, "aparte");
    command
        .args(["bench", "--json", "--stops", &STOPS.to_string()])
        .env("APARTE_MODELS", model.parent().unwrap_or(Path::new(".")));
    match measure::<Stops>(&mut command) {
        Ok(Stops { stop_ms }) => Figure::percentile("ms", 0.95, stop_ms),
        Err(reason) => Figure::none("ms", &reason),
    }
}

/// Measures pairs, or says why they cannot be had.
fn pairs(workspace: &Workspace, model: &Path) -> Result<Vec<Pair>, String> {
    let bare = || {
        let mut command = workspace.program(Profile::Release, "aparte-bare");
        command
            .arg(model)
            .arg(workspace.programs(Profile::Release).join("backends"))
            .args([PROMPT_TOKENS.to_string(), GENERATED_TOKENS.to_string()]);
        measure(&mut command)
    };
    let ours = || {
        let mut command = workspace.program(Profile::Release, "aparte");
        command
            .args(["bench", "--json"])
            .args(["--prompt-tokens", &PROMPT_TOKENS.to_string()])
            .args(["--generated-tokens", &GENERATED_TOKENS.to_string()])
            .env("APARTE_MODELS", model.parent().unwrap_or(Path::new(".")));
        measure(&mut command)
    };
    (0..PAIRS)
        .map(|number| {
            eprintln!("pair {} of {PAIRS}", number + 1);
            if number % 2 == 0 {
                let bare = bare()?;
                Ok(Pair {
                    bare,
                    ours: ours()?,
                })
            } else {
                let ours = ours()?;
                Ok(Pair {
                    bare: bare()?,
                    ours,
                })
            }
        })
        .collect()
}

fn measure<T: DeserializeOwned>(command: &mut Command) -> Result<T, String> {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{program} could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed with {}", output.status));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{program} printed no measurement: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(bare: f64, ours: f64) -> Pair {
        let side = |speed| Measured {
            prompt_tokens_per_s: speed * 4.0,
            generation_tokens_per_s: speed,
            load_ms: 100.0,
        };
        Pair {
            bare: side(bare),
            ours: side(ours),
        }
    }

    #[test]
    fn a_ratio_is_taken_within_each_pair() {
        // The machine was half as fast during the last pair, for both sides.
        let pairs = vec![pair(100.0, 98.0), pair(100.0, 96.0), pair(50.0, 48.5)];
        let figures = figures(&Ok(pairs));
        let ratio = &figures["generation_speed_ratio"];
        assert_eq!(ratio.value, Some(0.97));
        assert_eq!(ratio.spread, Some([0.96, 0.98]));
    }

    #[test]
    fn a_figure_that_cannot_be_had_is_null_with_a_reason() {
        let figures = figures(&Err("aparte failed".to_owned()));
        let json = serde_json::to_value(&figures["load_ms"]).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"value": null, "unit": "ms", "reason": "aparte failed"})
        );
    }

    #[test]
    fn a_side_that_measured_nothing_gives_no_ratio() {
        let figures = figures(&Ok(vec![pair(0.0, 98.0)]));
        assert_eq!(figures["generation_speed_ratio"].value, None);
        assert_eq!(figures["generation_tokens_per_s"].value, Some(98.0));
    }
}
