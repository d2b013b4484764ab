//! `cargo xtask bench`: what the walls cost, measured side by side in one run.
//!
//! A pair is one run of the bare library and one of the application, with the same prompt and as many words, one
//! directly after the other; which goes first changes from pair to pair. What is reported is the median of the
//! pairs' ratios with the smallest and the largest: a machine that is busy for a while moves both sides of a pair.
//! A figure that cannot be had is null with a reason, never estimated.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::statistics::Spread;
use crate::system;
use crate::workspace::{Profile, Workspace};

/// Pairs for each prompt length.
const PAIRS: usize = 7;
const GENERATED_TOKENS: u32 = 128;
const SHORT_PROMPT: u32 = 512;
const LONG_PROMPT: u32 = 4096;

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

/// The result of a suite. Its `Display` is a table.
#[derive(Serialize)]
struct Results {
    suite: &'static str,
    figures: BTreeMap<&'static str, Figure>,
    machine: Machine,
}

#[derive(Serialize)]
struct Figure {
    /// The median, or null.
    value: Option<f64>,
    unit: &'static str,
    /// The smallest and the largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    spread: Option<[f64; 2]>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Measures speech through worker, frames and domain against the bare library.
pub fn engine(json: bool, long: bool) -> Result<(), Failure> {
    let workspace = Workspace::open()?;
    system::prepare(&system::BUILD)?;
    let obtained = models::obtain(&workspace.root)?;
    let model = models::chat_model(&obtained)?;
    workspace.build(Profile::Release)?;

    let short = pairs(&workspace, model, SHORT_PROMPT);
    let long = if long {
        pairs(&workspace, model, LONG_PROMPT)
    } else {
        Err("it takes long: measured with --long".to_owned())
    };
    let results = Results {
        suite: "engine",
        figures: figures(&short, &long),
        machine: Machine::this(),
    };
    if json {
        println!(
            "{}",
            serde_json::to_string(&results).expect("plain data has a JSON form")
        );
    } else {
        print!("{results}");
    }
    Ok(())
}

fn figures(
    short: &Result<Vec<Pair>, String>,
    long: &Result<Vec<Pair>, String>,
) -> BTreeMap<&'static str, Figure> {
    let prompt_ratio = |pair: &Pair| pair.ours.prompt_tokens_per_s / pair.bare.prompt_tokens_per_s;
    let generation_ratio =
        |pair: &Pair| pair.ours.generation_tokens_per_s / pair.bare.generation_tokens_per_s;
    BTreeMap::from([
        (
            "prompt_speed_ratio_512",
            Figure::of(short, "ratio", prompt_ratio),
        ),
        (
            "prompt_speed_ratio_4096",
            Figure::of(long, "ratio", prompt_ratio),
        ),
        (
            "generation_speed_ratio",
            Figure::of(short, "ratio", generation_ratio),
        ),
        ("load_ms", Figure::of(short, "ms", |pair| pair.ours.load_ms)),
        (
            "prompt_tokens_per_s",
            Figure::of(short, "tokens/s", |pair| pair.ours.prompt_tokens_per_s),
        ),
        (
            "generation_tokens_per_s",
            Figure::of(short, "tokens/s", |pair| pair.ours.generation_tokens_per_s),
        ),
    ])
}

impl Figure {
    fn of(
        pairs: &Result<Vec<Pair>, String>,
        unit: &'static str,
        figure: impl Fn(&Pair) -> f64,
    ) -> Self {
        let measured = match pairs {
            Ok(pairs) => Spread::of(pairs.iter().map(figure))
                .filter(|spread| spread.min.is_finite() && spread.max.is_finite())
                .ok_or_else(|| "a run measured no time".to_owned()),
            Err(reason) => Err(reason.clone()),
        };
        Self {
            value: measured.as_ref().ok().map(|spread| spread.median),
            unit,
            spread: measured
                .as_ref()
                .ok()
                .map(|spread| [spread.min, spread.max]),
            reason: measured.err(),
        }
    }
}

/// Measures pairs, or says why they cannot be had.
fn pairs(workspace: &Workspace, model: &Path, prompt_tokens: u32) -> Result<Vec<Pair>, String> {
    let bare = || {
        let mut command = workspace.program(Profile::Release, "aparte-bare");
        command
            .arg(model)
            .args([prompt_tokens.to_string(), GENERATED_TOKENS.to_string()])
            .arg("--backends")
            .arg(workspace.programs(Profile::Release).join("backends"));
        measure(&mut command)
    };
    let ours = || {
        let mut command = workspace.program(Profile::Release, "aparte");
        command
            .args([
                "bench",
                "--json",
                "--prompt-tokens",
                &prompt_tokens.to_string(),
            ])
            .args(["--generated-tokens", &GENERATED_TOKENS.to_string()])
            .env("APARTE_MODELS", model.parent().unwrap_or(Path::new(".")));
        measure(&mut command)
    };
    (0..PAIRS)
        .map(|number| {
            eprintln!(
                "{prompt_tokens} tokens of prompt: pair {} of {PAIRS}",
                number + 1
            );
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

fn measure(command: &mut Command) -> Result<Measured, String> {
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

impl fmt::Display for Results {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figure) in &self.figures {
            write!(formatter, "{name:<28}")?;
            match (figure.value, figure.spread, &figure.reason) {
                (Some(value), Some([min, max]), _) => {
                    writeln!(
                        formatter,
                        "{value:>10.3} {} ({min:.3} to {max:.3})",
                        figure.unit
                    )?;
                }
                (_, _, reason) => {
                    writeln!(
                        formatter,
                        "      none ({})",
                        reason.as_deref().unwrap_or("not measured")
                    )?;
                }
            }
        }
        let Machine { cpu, cores, memory } = &self.machine;
        writeln!(
            formatter,
            "on {}, {} cores, {}",
            cpu.as_deref().unwrap_or("an unnamed processor"),
            cores.map_or("unknown".to_owned(), |cores| cores.to_string()),
            memory.as_deref().unwrap_or("unknown memory"),
        )
    }
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
        let short = Ok(vec![pair(100.0, 98.0), pair(100.0, 96.0), pair(50.0, 48.5)]);
        let figures = figures(&short, &Err("not asked for".to_owned()));
        let ratio = &figures["generation_speed_ratio"];
        assert_eq!(ratio.value, Some(0.97));
        assert_eq!(ratio.spread, Some([0.96, 0.98]));
    }

    #[test]
    fn a_figure_that_cannot_be_had_is_null_with_a_reason() {
        let figures = figures(
            &Ok(vec![pair(100.0, 98.0)]),
            &Err("not asked for".to_owned()),
        );
        let json = serde_json::to_value(&figures["prompt_speed_ratio_4096"]).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"value": null, "unit": "ratio", "reason": "not asked for"})
        );
    }

    #[test]
    fn a_side_that_measured_nothing_gives_no_ratio() {
        let figures = figures(&Ok(vec![pair(0.0, 98.0)]), &Err("not asked for".to_owned()));
        assert_eq!(figures["generation_speed_ratio"].value, None);
        assert_eq!(figures["generation_tokens_per_s"].value, Some(98.0));
    }
}
