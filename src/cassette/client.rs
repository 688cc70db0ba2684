//! The client that records another's exchanges, or replays them.
//!
//! Files are small and local, so they are read and written in place, without leaving the task that asks.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use super::exchange::{Exchange, Reply};
use super::nearest::{Recorded, describe_miss, read_all};
use crate::files::{read_whole, write_whole};
use crate::model::{
    Asking, Completion, ErrorKind, Hear, ModelClient, ModelError, Remedy, Request, Said,
};

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
    /// Recording: the replies to those who have no answer yet.
    open: Mutex<HashMap<PathBuf, Vec<Reply>>>,
    /// Recording: who wrote the file of a request first.
    writers: Mutex<HashMap<PathBuf, String>>,
    /// Recording: what could not be written.
    unwritten: Mutex<Vec<String>>,
    /// Replaying: how many replies were given.
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
            writers: Mutex::default(),
            unwritten: Mutex::default(),
            given: Mutex::default(),
            all: OnceLock::new(),
        })
    }

    async fn record(
        &self,
        inner: &dyn ModelClient,
        request: &Request,
        hear: &Hear<'_>,
    ) -> Result<Completion, ModelError> {
        let result = inner.listen(request, hear).await;
        let path = Exchange::path(&self.folder, request);
        let key = Exchange::own_path(&path, request);
        let replies = {
            let mut open = lock(&self.open);
            let mut replies = open.remove(&key).unwrap_or_default();
            replies.push(Reply::of(&result));
            if result.is_err() {
                open.insert(key, replies.clone());
            }
            replies
        };
        self.keep(&path, request, replies);
        result
    }

    fn replay(&self, request: &Request) -> Result<Completion, ModelError> {
        let path = Exchange::path(&self.folder, request);
        let exchange = find(&path, request)?.ok_or_else(|| self.miss(request))?;
        let key = Exchange::own_path(&path, request);
        let mut given = lock(&self.given);
        let turn = given.remove(&key).unwrap_or(0);
        let is_last = turn + 1 >= exchange.replies.len();
        if !is_last {
            given.insert(key, turn + 1);
        }
        match exchange.replies.get(turn).or(exchange.replies.last()) {
            // After the last error nobody asked again, and so nobody does now.
            Some(reply) if is_last => reply.play().map_err(|error| ModelError {
                remedy: Remedy::None,
                ..error
            }),
            Some(reply) => reply.play(),
            None => Err(unreadable(&path, "it has no replies")),
        }
    }

    async fn cached(
        &self,
        inner: &dyn ModelClient,
        request: &Request,
        hear: &Hear<'_>,
    ) -> Result<Completion, ModelError> {
        let path = Exchange::path(&self.folder, request);
        let found = find(&path, request)?;
        if let Some(answer) = found.as_ref().and_then(Exchange::answer) {
            let answer = Reply::Answer(Box::new(answer.clone())).play();
            return heard(answer, hear);
        }
        let result = inner.listen(request, hear).await;
        if result.is_ok() {
            self.keep(&path, request, vec![Reply::of(&result)]);
        }
        result
    }

    /// Writes an exchange: the first who asks takes the file of the request, others who ask the same one of their own.
    ///
    /// An answer that cannot be written is an answer all the same; that it was not written is noted.
    fn keep(&self, path: &Path, request: &Request, replies: Vec<Reply>) {
        let own = Exchange::own_path(path, request);
        let is_first = {
            let mut writers = lock(&self.writers);
            let first = writers
                .entry(path.to_owned())
                .or_insert_with(|| request.asker.clone());
            *first == request.asker
        };
        let target = if is_first { path } else { &own };
        let text = Exchange::new(request.clone(), replies).to_text();
        let written = write_whole(target, |out| out.write_all(text.as_bytes())).and_then(|()| {
            // What an earlier recording kept for this asker alone is out of date.
            match is_first.then(|| std::fs::remove_file(&own)) {
                Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        if let Err(error) = written {
            lock(&self.unwritten).push(format!("`{}`: {error}", target.display()));
        }
    }

    /// Returns the exchanges that could not be written, and why.
    pub fn unwritten(&self) -> Vec<String> {
        lock(&self.unwritten).clone()
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
    fn holds(&self, request: &Request) -> bool {
        let is_there = || {
            let path = Exchange::path(&self.folder, request);
            let found = find(&path, request);
            found.is_ok_and(|found| found.as_ref().and_then(Exchange::answer).is_some())
        };
        matches!(self.mode, Mode::Cache(_)) && is_there()
    }

    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        self.listen(request, &|_| {})
    }

    fn listen<'a>(&'a self, request: &'a Request, hear: &'a Hear<'a>) -> Asking<'a> {
        Box::pin(async move {
            match &self.mode {
                Mode::Record(inner) => self.record(&**inner, request, hear).await,
                Mode::Replay => heard(self.replay(request), hear),
                Mode::Cache(inner) => self.cached(&**inner, request, hear).await,
            }
        })
    }
}

/// Lets a listener hear a recorded answer.
fn heard(
    result: Result<Completion, ModelError>,
    hear: &Hear<'_>,
) -> Result<Completion, ModelError> {
    if let Some(answer) = result
        .as_ref()
        .ok()
        .filter(|answer| !answer.text.is_empty())
    {
        hear(Said::Text(&answer.text));
    }
    result
}

/// Reads what this asker was answered; else what another was who asked the same.
fn find(path: &Path, request: &Request) -> Result<Option<Exchange>, ModelError> {
    match read(&Exchange::own_path(path, request), request)? {
        Some(exchange) => Ok(Some(exchange)),
        None => read(path, request),
    }
}

/// Reads the exchange at `path`; `None` if there is none.
fn read(path: &Path, request: &Request) -> Result<Option<Exchange>, ModelError> {
    let text = match read_whole(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error.to_string())),
    };
    let mut exchange = Exchange::parse(&text).map_err(|why| unreadable(path, &why))?;
    exchange.request.stream = request.stream;
    exchange.request.sample = request.sample;
    exchange.request.asker.clone_from(&request.asker);
    if exchange.request != *request {
        return Err(unreadable(
            path,
            "its request was changed, so that it no longer fits its name",
        ));
    }
    Ok(Some(exchange))
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().expect("no holder of this lock panics")
}

fn unreadable(path: &Path, why: &str) -> ModelError {
    let message = format!("the recording `{}` cannot be used: {why}", path.display());
    ModelError::new(ErrorKind::ReplayMiss, Remedy::None, message)
}
