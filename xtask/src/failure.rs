//! What can stop a task. Each failure reads as what happened, then what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What stopped a task.
#[derive(Debug)]
pub enum Failure {
    /// A program could not be started.
    NotStarted {
        /// The program's name.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A program ran and failed; it has said why itself.
    CommandFailed {
        /// The command line.
        command: String,
    },
    /// A file or folder could not be read, written or moved.
    File {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of this repository, or what a program printed, is not what it should be.
    Malformed {
        /// What it is.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Programs or libraries of the system are missing and could not be installed from here.
    SystemIncomplete {
        /// One sentence or list that says what is missing and how to get it.
        remedy: String,
    },
    /// A downloaded file is not the model of the catalogue.
    ModelDamaged {
        /// The model's name.
        name: String,
        /// How it differs.
        reason: String,
    },
    /// No place for the models is known.
    NoModelsFolder,
    /// There is no suite of that name, or it has no long form.
    NoSuchCampaign {
        /// What was asked for.
        suite: String,
        /// Why it cannot be.
        reason: String,
    },
    /// What was built must not be given to anybody.
    BundleUnfit {
        /// What is wrong with it.
        reason: String,
    },
    /// A bundle could not be tried in a clean system.
    NotTried {
        /// Why not.
        reason: String,
    },
    /// An installed bundle does not do what it should.
    TrialFailed {
        /// What it did instead.
        reason: String,
    },
    /// Some suites did not pass.
    TestsFailed {
        /// Their names.
        suites: Vec<String>,
    },
}

impl Failure {
    /// Names the file that an operation failed on.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted { program, source } => write!(
                formatter,
                "{program} could not be started ({source}). Install it, or put it on the PATH."
            ),
            Self::CommandFailed { command } => {
                write!(formatter, "`{command}` failed. Its own message is above.")
            }
            Self::File { path, source } => write!(
                formatter,
                "{} could not be used ({source}). Check that it is there, its permissions and the space on the disk.",
                path.display()
            ),
            Self::Malformed { what, reason } => {
                write!(
                    formatter,
                    "{what} is not as expected: {reason}. If it is a file, `git diff` shows what changed in it; \
                     if a program printed it, update that program."
                )
            }
            Self::SystemIncomplete { remedy } => formatter.write_str(remedy),
            Self::ModelDamaged { name, reason } => write!(
                formatter,
                "the download of {name} is not the model of models/catalog.json: {reason}. \
                 It was removed; run the command again, and if that does not help, check what your pip index serves."
            ),
            Self::NoModelsFolder => formatter.write_str(
                "no place for the models is known, because this user has no home folder. \
                 Set APARTE_MODELS to a folder.",
            ),
            Self::NoSuchCampaign { suite, reason } => {
                write!(
                    formatter,
                    "`{suite}` cannot be run as a campaign: {reason}."
                )
            }
            Self::BundleUnfit { reason } => write!(
                formatter,
                "the bundle is not fit to be installed: {reason}. None was made."
            ),
            Self::NotTried { reason } => write!(
                formatter,
                "the bundle was made, but not tried in a clean system: {reason}."
            ),
            Self::TrialFailed { reason } => write!(
                formatter,
                "the bundle was made and installed in a clean system, and there {reason}."
            ),
            Self::TestsFailed { suites } => write!(
                formatter,
                "not passed: {}. What went wrong is above, under each name.",
                suites.join(", ")
            ),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotStarted { source, .. } | Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
