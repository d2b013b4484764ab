//! What the walls around the engine cost.
//!
//! A pair is one run of the bare library and one of the application, one directly after the other; which goes first
//! changes from pair to pair. Both use one thread a core and batches of 512. Their prompts are different texts of
//! nearly the same number of tokens (the application's has some dozens more, for the chat template), and the
//! application's reply may end before the bare loop's does; what is compared is tokens a second. What is reported is
//! the pairs' ratios: a machine that is busy for a while moves both sides of a pair.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Figure, Figures, Results, measured_in_window};
use crate::bundle;
use crate::failure::Failure;
use crate::machine::Machine;
use crate::models;
use crate::system;
use crate::test;
use crate::ui;
use crate::workspace::{Profile, Workspace};

const PAIRS: usize = 7;
const PROMPT_TOKENS: u32 = 512;
const LONG_PROMPT_TOKENS: u32 = 4096;
const GENERATED_TOKENS: u32 = 128;
/// Stops in the middle of a prompt, and as many in the middle of a reply.
const STOPS: u32 = 20;
/// Replies that are written at once.
const TOGETHER: [u32; 5] = [1, 2, 4, 8, 16];
const TOGETHER_PROMPT: u32 = 64;
const TOGETHER_GENERATED: u32 = 96;

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
    bundle::build(&workspace)?;
    test::prepare(&workspace)?;

    let side_by_side = SideBySide {
        workspace: &workspace,
        model,
    };
    let mut figures = figures(&side_by_side.pairs(PROMPT_TOKENS));
    let long = side_by_side.pairs(LONG_PROMPT_TOKENS);
    figures.insert("prompt_speed_ratio_4096".to_owned(), prompt_speed(&long));
    figures.insert(
        "generation_speed_ratio_4096".to_owned(),
        generation_speed(&long),
    );
    figures.insert(
        "generation_speed_ratio_window".to_owned(),
        side_by_side.window(),
    );
    figures.insert("busy_core_ratio".to_owned(), side_by_side.busy_core());
    figures.extend(side_by_side.first_words());
    let together = side_by_side.together();
    figures.insert("batch8_of_bare".to_owned(), side_by_side.eight(&together));
    figures.extend(together);
    figures.insert("stop_ms_p95".to_owned(), side_by_side.stops());
    figures.extend(side_by_side.limit(&figures));
    let results = Results {
        suite: "engine",
        figures,
        machine: Machine::this(),
    };
    results.print(json);
    Ok(())
}

fn figure(
    pairs: &Result<Vec<Pair>, String>,
    unit: &'static str,
    value: fn(&Pair) -> f64,
) -> Figure {
    match pairs {
        Ok(pairs) => Figure::of(unit, pairs.iter().map(value)),
        Err(reason) => Figure::none(unit, reason),
    }
}

fn prompt_speed(pairs: &Result<Vec<Pair>, String>) -> Figure {
    figure(pairs, "ratio", |pair| {
        pair.ours.prompt_tokens_per_s / pair.bare.prompt_tokens_per_s
    })
}

fn generation_speed(pairs: &Result<Vec<Pair>, String>) -> Figure {
    figure(pairs, "ratio", |pair| {
        pair.ours.generation_tokens_per_s / pair.bare.generation_tokens_per_s
    })
}

fn figures(pairs: &Result<Vec<Pair>, String>) -> Figures {
    let named = [
        ("prompt_speed_ratio_512", prompt_speed(pairs)),
        ("generation_speed_ratio", generation_speed(pairs)),
        ("load_ms", figure(pairs, "ms", |pair| pair.ours.load_ms)),
        (
            "prompt_tokens_per_s",
            figure(pairs, "tokens/s", |pair| pair.ours.prompt_tokens_per_s),
        ),
        (
            "generation_tokens_per_s",
            figure(pairs, "tokens/s", |pair| pair.ours.generation_tokens_per_s),
        ),
    ];
    let owned = named.map(|(name, figure)| (name.to_owned(), figure));
    Figures::from(owned)
}

/// What the bare library does.
#[derive(Clone, Copy, Debug)]
struct Work {
    prompt_tokens: u32,
    generated_tokens: u32,
    sequences: u32,
    /// One a core, where none are named.
    threads: Option<u32>,
}

impl Work {
    /// One reply after such a prompt.
    fn after(prompt_tokens: u32) -> Work {
        Work {
            prompt_tokens,
            generated_tokens: GENERATED_TOKENS,
            sequences: 1,
            threads: None,
        }
    }
}

/// The two sides, with the same model.
struct SideBySide<'a> {
    workspace: &'a Workspace,
    model: &'a Path,
}

impl SideBySide<'_> {
    fn bare(&self, work: Work) -> Result<Measured, String> {
        let mut command = self.workspace.program(Profile::Shipped, "aparte-bare");
        command
            .arg(self.model)
            .arg(self.workspace.programs(Profile::Shipped).join("backends"))
            .args(
                [work.prompt_tokens, work.generated_tokens, work.sequences].map(|n| n.to_string()),
            )
            .args(work.threads.map(|threads| threads.to_string()));
        measure(&mut command)
    }

    fn ours(&self, prompt_tokens: u32) -> Result<Measured, String> {
        let mut command = self.aparte();
        command
            .args(["--prompt-tokens", &prompt_tokens.to_string()])
            .args(["--generated-tokens", &GENERATED_TOKENS.to_string()]);
        measure(&mut command)
    }

    fn aparte(&self) -> Command {
        let mut command = self.workspace.program(Profile::Shipped, "aparte");
        // Where models lie, trials are remembered too; the bare library has had none.
        let without_trials = self.workspace.tools().join("without-trials");
        command
            .args(["bench", "--json", "--model"])
            .arg(self.model)
            .env("APARTE_MODELS", without_trials);
        command
    }

    /// Measures pairs, or says why they cannot be had.
    fn pairs(&self, prompt_tokens: u32) -> Result<Vec<Pair>, String> {
        let bare = || self.bare(Work::after(prompt_tokens));
        let ours = || self.ours(prompt_tokens);
        (0..PAIRS)
            .map(|number| {
                eprintln!("{prompt_tokens} tokens: pair {} of {PAIRS}", number + 1);
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

    /// Generation of replies that the real window draws, each against the bare library after a prompt of the same length.
    /// The window is of a development build: nobody can drive the one that is shipped.
    fn window(&self) -> Figure {
        #[derive(Deserialize)]
        struct Reply {
            prompt_tokens: u32,
            generated_tokens: u32,
            generation_tokens_per_s: f64,
        }
        const TEST: &str = "window::speed::replies_in_the_window_are_timed";
        eprintln!("replies in the window");
        let replies = measured_in_window::<Reply>(self.workspace, TEST);
        let ratios = replies.and_then(|replies| {
            let ratio = |reply: &Reply| {
                let bare = self.bare(Work {
                    generated_tokens: reply.generated_tokens,
                    ..Work::after(reply.prompt_tokens)
                })?;
                Ok(reply.generation_tokens_per_s / bare.generation_tokens_per_s)
            };
            replies
                .iter()
                .map(ratio)
                .collect::<Result<Vec<_>, String>>()
        });
        match ratios {
            Ok(ratios) => Figure::of("ratio", ratios),
            Err(reason) => Figure::none("ratio", &reason),
        }
    }

    /// Generation beside a program that keeps one core busy, against one bare thread on the idle machine.
    fn busy_core(&self) -> Figure {
        let ratio = |number: usize| -> Result<f64, String> {
            eprintln!("a busy core: pair {} of {PAIRS}", number + 1);
            let alone = self.bare(Work {
                threads: Some(1),
                ..Work::after(PROMPT_TOKENS)
            })?;
            let busy = BusyCore::begin()?;
            let ours = self.ours(PROMPT_TOKENS)?;
            drop(busy);
            Ok(ours.generation_tokens_per_s / alone.generation_tokens_per_s)
        };
        match (0..PAIRS).map(ratio).collect::<Result<Vec<_>, _>>() {
            Ok(ratios) => Figure::of("ratio", ratios),
            Err(reason) => Figure::none("ratio", &reason),
        }
    }

    /// The first word of the next reply of a long conversation: from memory, and restored after a restart, against cold.
    fn first_words(&self) -> Figures {
        #[derive(Deserialize)]
        struct FirstWords {
            cold_ms: f64,
            in_memory_ms: f64,
            restored_ms: Option<f64>,
        }
        let run = |number: usize| -> Result<FirstWords, String> {
            eprintln!("first words: run {} of {PAIRS}", number + 1);
            let scratch = Scratch::new()?;
            let passphrase = scratch.0.join("passphrase");
            std::fs::write(&passphrase, "four calm words here\n")
                .map_err(|error| format!("a passphrase could not be written: {error}"))?;
            let mut command = self.aparte();
            command
                .arg("--first-words")
                .args(["--prompt-tokens", &LONG_PROMPT_TOKENS.to_string()])
                .arg("--vault")
                .arg(scratch.0.join("vault"))
                .arg("--passphrase-file")
                .arg(passphrase);
            measure(&mut command)
        };
        let runs = (0..PAIRS).map(run).collect::<Result<Vec<_>, _>>();
        let figure = |unit, value: fn(&FirstWords) -> f64| match &runs {
            Ok(runs) => Figure::of(unit, runs.iter().map(value)),
            Err(reason) => Figure::none(unit, reason),
        };
        let named = [
            (
                "warm_memory_ratio",
                figure("ratio", |run| run.in_memory_ms / run.cold_ms),
            ),
            (
                "warm_restart_ratio",
                figure("ratio", |run| {
                    run.restored_ms.unwrap_or(f64::NAN) / run.cold_ms
                }),
            ),
            ("first_word_cold_ms", figure("ms", |run| run.cold_ms)),
            ("first_word_memory_ms", figure("ms", |run| run.in_memory_ms)),
            (
                "first_word_restart_ms",
                figure("ms", |run| run.restored_ms.unwrap_or(f64::NAN)),
            ),
        ];
        named.map(|(name, figure)| (name.to_owned(), figure)).into()
    }

    /// Generation of several replies in one call, against one.
    fn together(&self) -> Figures {
        #[derive(Deserialize)]
        struct Together {
            generation_tokens_per_s: f64,
        }
        let of = |replies: u32| -> Result<f64, String> {
            let mut command = self.aparte();
            command
                .args(["--together", &replies.to_string()])
                .args(["--prompt-tokens", &TOGETHER_PROMPT.to_string()])
                .args(["--generated-tokens", &TOGETHER_GENERATED.to_string()]);
            Ok(measure::<Together>(&mut command)?.generation_tokens_per_s)
        };
        let mut runs: [Result<Vec<f64>, String>; 5] = std::array::from_fn(|_| Ok(Vec::new()));
        for number in 0..PAIRS {
            eprintln!("together: run {} of {PAIRS}", number + 1);
            for (speeds, replies) in runs.iter_mut().zip(TOGETHER) {
                if let Ok(known) = speeds {
                    match of(replies) {
                        Ok(speed) => known.push(speed),
                        Err(reason) => *speeds = Err(reason),
                    }
                }
            }
        }
        let mut figures = Figures::new();
        for (speeds, replies) in runs.iter().zip(TOGETHER) {
            let (speed, ratio) = match (speeds, &runs[0]) {
                (Ok(speeds), Ok(one)) => {
                    let ratios = speeds.iter().zip(one).map(|(speed, one)| speed / one);
                    (
                        Figure::of("tokens/s", speeds.iter().copied()),
                        Figure::of("ratio", ratios),
                    )
                }
                (Err(reason), _) | (_, Err(reason)) => (
                    Figure::none("tokens/s", reason),
                    Figure::none("ratio", reason),
                ),
            };
            figures.insert(format!("batch{replies}_tokens_per_s"), speed);
            if replies > 1 {
                figures.insert(format!("batch{replies}_ratio"), ratio);
            }
        }
        figures
    }

    /// Eight replies in one call against eight sequences of the bare library.
    fn eight(&self, ours: &Figures) -> Figure {
        let eight = |number: usize| -> Result<f64, String> {
            eprintln!("together, bare: run {} of {PAIRS}", number + 1);
            let bare = self.bare(Work {
                generated_tokens: TOGETHER_GENERATED,
                sequences: 8,
                ..Work::after(TOGETHER_PROMPT)
            })?;
            Ok(bare.generation_tokens_per_s)
        };
        let ours = ours
            .get("batch8_tokens_per_s")
            .and_then(|figure| figure.value);
        let bare = (0..PAIRS).map(eight).collect::<Result<Vec<_>, _>>();
        match (ours, bare) {
            (Some(ours), Ok(bare)) => Figure::of("ratio", bare.iter().map(|bare| ours / bare)),
            (_, Err(reason)) => Figure::none("ratio", &reason),
            (None, _) => Figure::none("ratio", "eight replies together were not measured"),
        }
    }

    /// How long a stop takes, in the middle of a prompt and of a reply: the 95th percentile of all of some runs.
    fn stops(&self) -> Figure {
        #[derive(Deserialize)]
        struct Stops {
            stop_ms: Vec<f64>,
        }
        let mut command = self.aparte();
        command.args(["--stops", &STOPS.to_string()]);
        match measure::<Stops>(&mut command) {
            Ok(Stops { stop_ms }) => Figure::percentile("ms", 0.95, stop_ms),
            Err(reason) => Figure::none("ms", &reason),
        }
    }

    /// The machine's own limit: each token reads all weights once, so that no more can be generated than the memory
    /// gives bytes.
    fn limit(&self, figures: &Figures) -> Figures {
        let bandwidth = memory_bandwidth();
        let model = self.model.metadata().map(|about| about.len() as f64);
        let speed = figures
            .get("generation_tokens_per_s")
            .and_then(|figure| figure.value);
        let share = match (model, speed) {
            (Ok(bytes), Some(speed)) => Figure::of("share", [bytes * speed / bandwidth]),
            _ => Figure::none("share", "the speed of generation was not measured"),
        };
        [
            ("memory_gb_per_s", Figure::of("GB/s", [bandwidth / 1e9])),
            ("generation_share_of_memory", share),
        ]
        .map(|(name, figure)| (name.to_owned(), figure))
        .into()
    }
}

/// Bytes a second that all cores together read from memory: the best of some runs over more than any cache holds.
fn memory_bandwidth() -> f64 {
    const WORDS: usize = 64 << 20;
    let words = vec![1_u64; WORDS];
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let run = || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for part in words.chunks(WORDS.div_ceil(cores)) {
                scope.spawn(|| {
                    let sum = part.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
                    std::hint::black_box(sum);
                });
            }
        });
        (WORDS * size_of::<u64>()) as f64 / start.elapsed().as_secs_f64()
    };
    (0..5).map(|_| run()).fold(0.0, f64::max)
}

/// A program that does nothing but keep one core busy, until it is dropped.
struct BusyCore(Child);

impl BusyCore {
    fn begin() -> Result<BusyCore, String> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", "sh", "-c", "while :; do :; done"]);
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("no core could be kept busy (taskset): {error}"))?;
        Ok(BusyCore(child))
    }
}

impl Drop for BusyCore {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, String> {
        let folder = std::env::temp_dir().join(format!("aparte-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("no folder for a vault could be made: {error}"))?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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
