//! What works on this machine, and what keeps the workers in.

use std::path::Path;

use aparte_protocol::Wall;
use aparte_protocol::engine::ModelFacts;

use crate::calibrations::Calibrations;
use crate::engine::Engine;
use crate::error::Error;
use crate::models::Model;
use crate::reader;

/// What was found by starting the worker for documents and the one that answers.
#[derive(Debug)]
pub struct Diagnosis {
    /// The walls around a worker that reads documents.
    pub documents: Result<Vec<Wall>, Error>,
    /// The walls around the worker that runs a model; none if it did not get that far.
    pub engine: Vec<Wall>,
    /// The model, and what computes it.
    pub model: Result<ModelFacts, Error>,
}

/// Starts a worker for documents and one that answers, loads the model with what is remembered about it, and ends both. `program` is the worker
/// program.
pub fn diagnose(
    program: &Path,
    model: Result<Model, Error>,
    calibrations: Option<Calibrations>,
) -> Diagnosis {
    let documents = reader::walls(program);
    match model {
        Ok(model) => {
            let mut engine = Engine::new(program.to_owned(), model);
            if let Some(calibrations) = calibrations {
                engine.calibrate(calibrations);
            }
            let loaded = engine.ready_at_last(&mut |_| {});
            Diagnosis {
                documents,
                engine: engine.walls(),
                model: loaded.map(|running| running.facts.clone()),
            }
        }
        Err(error) => Diagnosis {
            documents,
            engine: Vec::new(),
            model: Err(error),
        },
    }
}
