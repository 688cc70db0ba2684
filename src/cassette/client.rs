//! The client that records another's exchanges, or replays them.
//!
//! Files are small and local, so they are read and written in place, without leaving the task that asks.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::exchange::{Exchange, Reply};
use super::nearest::{Recorded, describe_miss, read_all};
use crate::files::write_whole;
use crate::model::{Asking, Completion, ErrorKind, ModelClient, ModelError, Remedy, Request};

/// What a cassette does with its folder.
#[derive(Clone)]
pub enum Mode {
    /// Ask, and write down every attempt.
    Record(Arc<dyn ModelClient>),
    /// Answer from the folder only; what is missing is an error.
    Replay,
    /// Answer from the folder; ask for what is missing, and write down answers, never errors.
    Cache(Arc<dyn ModelClient>),
}

/// Why a recording's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CassetteError {
    /// There is nothing to replay.
    #[error("no recording in `{}`", .0.display())]
    NoFolder(PathBuf),
    /// It cannot be made.
    #[error("cannot create `{}`: {source}", path.display())]
    Create {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A client in front of a recording.
pub struct Cassette {
    folder: PathBuf,
    mode: Mode,
    /// Recording: the replies of requests that have no answer yet. Replaying: how many replies were given.
    open: Mutex<HashMap<PathBuf, Vec<Reply>>>,
    given: Mutex<HashMap<PathBuf, usize>>,
    /// Every recorded request, read at the first miss.
    all: OnceLock<Vec<Recorded>>,
}

impl Cassette {
    /// Opens a folder in a mode.
    ///
    /// # Errors
    ///
    /// Replaying from a folder that is not there; a folder that cannot be made.
    pub fn open(folder: &Path, mode: Mode) -> Result<Self, CassetteError> {
        if matches!(mode, Mode::Replay) {
            if !folder.is_dir() {
                return Err(CassetteError::NoFolder(folder.to_owned()));
            }
        } else {
            std::fs::create_dir_all(folder).map_err(|source| CassetteError::Create {
                path: folder.to_owned(),
                source,
            })?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            mode,
            open: Mutex::default(),
            given: Mutex::default(),
            all: OnceLock::new(),
        })
    }

    async fn record(
        &self,
        inner: &dyn ModelClient,
        request: &Request,
    ) -> Result<Completion, ModelError> {
        let result = inner.converse(request).await;
        let path = Exchange::path(&self.folder, request);
        let replies = {
            let mut open = self.open.lock().expect("no holder of this lock panics");
            let mut replies = open.remove(&path).unwrap_or_default();
            replies.push(Reply::of(&result));
            if result.is_err() {
                open.insert(path.clone(), replies.clone());
            }
            replies
        };
        keep(&path, request, replies, result)
    }

    fn replay(&self, request: &Request) -> Result<Completion, ModelError> {
        let path = Exchange::path(&self.folder, request);
        let exchange = read(&path, request)?.ok_or_else(|| self.miss(request))?;
        let mut given = self.given.lock().expect("no holder of this lock panics");
        let turn = given.remove(&path).unwrap_or(0);
        if turn + 1 < exchange.replies.len() {
            given.insert(path.clone(), turn + 1);
        }
        match exchange.replies.get(turn).or(exchange.replies.last()) {
            Some(reply) => reply.play(),
            None => Err(unreadable(&path, "it has no replies")),
        }
    }

    async fn cached(
        &self,
        inner: &dyn ModelClient,
        request: &Request,
    ) -> Result<Completion, ModelError> {
        let path = Exchange::path(&self.folder, request);
        if let Some(answer) = read(&path, request)?.as_ref().and_then(Exchange::answer) {
            return Reply::Answer(Box::new(answer.clone())).play();
        }
        let result = inner.converse(request).await;
        match result {
            Ok(_) => keep(&path, request, vec![Reply::of(&result)], result),
            Err(_) => result,
        }
    }

    fn miss(&self, request: &Request) -> ModelError {
        let all = self.all.get_or_init(|| read_all(&self.folder));
        ModelError::new(
            ErrorKind::ReplayMiss,
            Remedy::None,
            describe_miss(&self.folder, request, all),
        )
        .with_hint(
            "record it with `--record`, or fill the gap with `--cache` in place of `--replay`",
        )
    }
}

impl ModelClient for Cassette {
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(async move {
            match &self.mode {
                Mode::Record(inner) => self.record(&**inner, request).await,
                Mode::Replay => self.replay(request),
                Mode::Cache(inner) => self.cached(&**inner, request).await,
            }
        })
    }
}

/// Reads the exchange at `path`; `None` if there is none.
fn read(path: &Path, request: &Request) -> Result<Option<Exchange>, ModelError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error.to_string())),
    };
    let mut exchange = Exchange::parse(&text).map_err(|why| unreadable(path, &why))?;
    exchange.request.stream = request.stream;
    exchange.request.sample = request.sample;
    if exchange.request != *request {
        return Err(unreadable(
            path,
            "its request was changed, so that it no longer fits its name",
        ));
    }
    Ok(Some(exchange))
}

/// Writes an exchange and gives `result` back. Where that fails, so does the call, but what it cost is still told.
fn keep(
    path: &Path,
    request: &Request,
    replies: Vec<Reply>,
    result: Result<Completion, ModelError>,
) -> Result<Completion, ModelError> {
    match write(path, request, replies) {
        Ok(()) => result,
        Err(error) => Err(ModelError {
            billed: match &result {
                Ok(completion) => Some(completion.usage),
                Err(error) => error.billed,
            },
            ..error
        }),
    }
}

/// Writes an exchange in one step: a reader sees the old file or the new one, never half of it.
fn write(path: &Path, request: &Request, replies: Vec<Reply>) -> Result<(), ModelError> {
    let text = Exchange::new(request.clone(), replies).to_text();
    write_whole(path, |out| out.write_all(text.as_bytes()))
        .map_err(|error| unreadable(path, &format!("it cannot be written: {error}")))
}

fn unreadable(path: &Path, why: &str) -> ModelError {
    let message = format!("the recording `{}` cannot be used: {why}", path.display());
    ModelError::new(ErrorKind::ReplayMiss, Remedy::None, message)
}
