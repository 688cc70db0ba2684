//! The seam to batch inference: questions go there by the file, and answers come back hours later, in any order.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use super::completion::Completion;
use super::error::ModelError;
use super::request::Request;

/// Something of a batch on its way.
pub type Batching<'a, T> = Pin<Box<dyn Future<Output = Result<T, ModelError>> + Send + 'a>>;

/// A job to begin: every line of a file put to one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOrder {
    /// The model as it is asked: id, inference profile or ARN.
    pub model: String,
    /// The region of the job, where it is not the client's own.
    pub region: Option<String>,
    /// The job's name: at most 63 letters, digits and hyphens. Two orders of one name are one job, however often they are given.
    pub name: String,
    /// The file, one record on each line.
    pub input: PathBuf,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchStage {
    /// Not begun.
    Waiting,
    /// Being answered.
    Running,
    /// Over, with answers: to all records, or to as many as there was time for.
    Ended,
    /// Over, without any.
    Failed,
}

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchStatus {
    /// How far it is.
    pub stage: BatchStage,
    /// The same in the service's own word.
    pub word: String,
    /// What the service says about it.
    pub message: Option<String>,
    /// Records that it holds, where that is known.
    pub records: Option<u64>,
    /// Records that have been answered or refused.
    pub processed: Option<u64>,
}

/// Whoever can put files of questions to batch inference.
///
/// As with a [`ModelClient`](super::ModelClient), one call is one attempt: whoever holds a client decides when to look again.
pub trait BatchClient: Send + Sync {
    /// Returns the record of a request, a line without its end.
    fn encode(&self, id: &str, request: &Request) -> Result<String, ModelError>;

    /// Reads the answer to a request from its line of a job's output.
    ///
    /// The error is the record's own, classified as if it had come at once.
    fn decode(&self, request: &Request, line: &[u8]) -> Result<Completion, ModelError>;

    /// Begins a job, or finds the one that was begun by this name, and returns its ARN.
    fn begin<'a>(&'a self, order: &'a BatchOrder) -> Batching<'a, String>;

    /// Looks how far a job is.
    fn look<'a>(&'a self, job: &'a str) -> Batching<'a, BatchStatus>;

    /// Writes the output of a job to a folder, and returns its files.
    fn fetch<'a>(&'a self, job: &'a str, folder: &'a Path) -> Batching<'a, Vec<PathBuf>>;
}
