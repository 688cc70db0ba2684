//! Texts that are cut where they turn to something else: first their sentences get vectors.

use std::cell::RefCell;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::bill::Bill;
use super::request::request_for;
use crate::catalog::PriceRow;
use crate::cli::trouble::Trouble;
use crate::model::{Embedding, Part, Truncate};
use crate::run::{Lane, Stop, ask};
use crate::vectors::{sentences, turns};

/// How sentences are asked for.
pub(super) struct Topics<'a> {
    pub(super) lane: &'a Lane,
    pub(super) model: &'a str,
    pub(super) how: &'a Embedding,
    /// Sentences of one call.
    pub(super) batch: usize,
    /// Calls at a time.
    pub(super) concurrency: usize,
    pub(super) price: Option<&'a PriceRow>,
    pub(super) region: Option<String>,
    pub(super) bill: &'a RefCell<Bill>,
}

impl Topics<'_> {
    /// Returns where a text turns to something else, in bytes from its start.
    ///
    /// # Errors
    ///
    /// What the model said, once all attempts of a call failed.
    pub(super) async fn turns(&self, text: &str) -> Result<Vec<usize>, Trouble> {
        let sentences = compared(text);
        let how = Embedding {
            // The gist of a sentence is in the part that fits.
            truncate: self.how.truncate.or(Some(Truncate::End)),
            // Bits that are packed into numbers have no angle.
            quantized: None,
            ..self.how.clone()
        };
        let calls = sentences.chunks(self.batch).map(|batch| {
            let parts = batch.iter().map(|(_, text)| Part::Text((*text).to_owned()));
            let request = request_for(self.model, how.clone(), parts);
            async move {
                let answered = ask(self.lane, &request, &Stop::default(), |_| {}).await;
                self.bill.borrow_mut().add(&answered.attempts, self.price);
                let attempts = answered.attempts.len();
                let failed = |error| Trouble::new(error, self.region.clone(), attempts);
                answered.result.map(|answer| answer.vectors).map_err(failed)
            }
        });
        let vectors = stream::iter(calls).buffered(self.concurrency);
        let vectors: Vec<Vec<Vec<f32>>> = vectors.try_collect().await?;
        let turns = turns(&vectors.concat());
        Ok(turns
            .into_iter()
            .filter_map(|number| sentences.get(number).map(|(start, _)| *start))
            .collect())
    }
}

/// Returns the sentences of a text that are asked for, each with the bytes of the text before it; none of a text that has one step
/// from a sentence to the next, which has nothing to be compared with.
pub(super) fn compared(text: &str) -> Vec<(usize, &str)> {
    let sentences = sentences(text);
    if sentences.len() < 3 {
        return Vec::new();
    }
    sentences
}
