//! Prompt caches are warmed by one call: what the others could read is not written by all of them at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::model::Request;

/// What questions begin with that a model keeps, and whether a call with that beginning has come back.
///
/// Writing costs more than reading by a factor of ten or so, and calls that are in flight together all write.
#[derive(Debug, Default)]
pub(super) struct Warm {
    beginnings: Mutex<HashMap<u64, Arc<Turn<bool>>>>,
}

/// Held by the first call with a beginning; the others wait until it is dropped, however the call ended.
#[derive(Debug)]
#[must_use = "the others wait until it is dropped"]
pub(super) struct First(OwnedMutexGuard<bool>);

impl Warm {
    /// Waits while the first call with the beginning of `request` is under way; `None` if that is over, or there is no cache point.
    pub(super) async fn enter(&self, request: &Request) -> Option<First> {
        let (_, beginning) = request.cached_prefix()?;
        let turn = {
            let mut beginnings = self
                .beginnings
                .lock()
                .expect("no holder of this lock panics");
            Arc::clone(beginnings.entry(beginning).or_default())
        };
        let turn = turn.lock_owned().await;
        (!*turn).then(|| First(turn))
    }
}

impl Drop for First {
    fn drop(&mut self) {
        *self.0 = true;
    }
}
