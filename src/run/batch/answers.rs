//! Answers of jobs: at hand by what was asked, read from their files one at a time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::BatchError;
use crate::model::{
    Asking, BatchClient, Completion, ErrorKind, ModelClient, ModelError, Remedy, Request,
};

/// Names a request among all others, those that ask the same included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RecordId(u128);

impl RecordId {
    /// Returns the id of a request: what is asked, by whom, and for which time.
    pub(super) fn of(request: &Request) -> Self {
        let text = format!("{} {} {}", request.digest(), request.asker, request.sample);
        let digest = Sha256::digest(text.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(bytes))
    }

    /// Returns it as files have it: 32 hex digits.
    pub(super) fn text(self) -> String {
        format!("{:032x}", self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let id = u128::from_str_radix(text, 16).ok()?;
        (text.len() == 32).then_some(Self(id))
    }
}

/// Where an answer lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    file: u32,
    at: u64,
    length: usize,
}

/// The answers of a run's jobs, each given once, and whoever answers everything else.
pub struct Answers {
    client: Arc<dyn BatchClient>,
    live: Arc<dyn ModelClient>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    files: Vec<(PathBuf, File)>,
    places: HashMap<RecordId, Place>,
}

/// What tells a record from others.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(rename = "recordId", borrow)]
    id: Cow<'a, str>,
}

impl Answers {
    pub(super) fn new(client: Arc<dyn BatchClient>, live: Arc<dyn ModelClient>) -> Self {
        Self {
            client,
            live,
            kept: Mutex::default(),
        }
    }

    /// Takes note of the records of a file; one that is read already is passed over.
    ///
    /// The first record of an id counts. A line that is none has nothing to say to anybody.
    pub(super) fn read(&self, path: &Path) -> Result<(), BatchError> {
        let mut kept = self.kept();
        if kept.files.iter().any(|(known, _)| known == path) {
            return Ok(());
        }
        let failed = |source| BatchError::Disk {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let index = u32::try_from(kept.files.len()).expect("a run has few jobs");
        let mut lines = BufReader::new(&file);
        let (mut line, mut at) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line).map_err(failed)?;
            if length == 0 {
                break;
            }
            let named: Option<Named<'_>> = serde_json::from_slice(&line).ok();
            if let Some(id) = named.and_then(|named| RecordId::parse(&named.id)) {
                let place = Place {
                    file: index,
                    at,
                    length,
                };
                kept.places.entry(id).or_insert(place);
            }
            at += length as u64;
        }
        kept.files.push((path.to_owned(), file));
        Ok(())
    }

    /// Returns whether there is an answer that was not given yet.
    pub(super) fn has(&self, id: RecordId) -> bool {
        self.kept().places.contains_key(&id)
    }

    /// Takes the line of an answer.
    fn take(&self, id: RecordId) -> Option<io::Result<Vec<u8>>> {
        let mut kept = self.kept();
        let place = kept.places.remove(&id)?;
        let (_, file) = kept.files.get_mut(place.file as usize)?;
        let mut line = vec![0; place.length];
        let read = file.seek(SeekFrom::Start(place.at));
        Some(read.and_then(|_| file.read_exact(&mut line)).map(|()| line))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no holder of this lock panics")
    }

    async fn answer(&self, request: &Request) -> Result<Completion, ModelError> {
        match self.take(RecordId::of(request)) {
            None => self.live.converse(request).await,
            Some(Ok(line)) => self.client.decode(request, &line),
            Some(Err(error)) => {
                let message = format!("the answer of the batch cannot be read: {error}");
                Err(ModelError::new(ErrorKind::Malformed, Remedy::None, message))
            }
        }
    }
}

impl ModelClient for Answers {
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(self.answer(request))
    }

    fn holds(&self, request: &Request) -> bool {
        self.has(RecordId::of(request))
    }
}
