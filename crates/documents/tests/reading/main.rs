//! Files of every format, made here or held by packages, through the public door of the crate.

mod corpus;
mod formats;
mod hostile;
mod memory;
mod pdf;
mod read;
mod references;
mod writer;
