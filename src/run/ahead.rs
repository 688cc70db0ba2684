//! The order of the last trials of a lane: the longest go first, so that none is left to be waited for alone.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::plan::Trial;
use crate::suite::DatasetError;

/// Says how many tokens the answers to a trial will have, as far as somebody knows; asked when they are about to be the last.
pub type Lengths = Arc<dyn Fn(&Trial) -> Option<f64> + Send + Sync>;

/// Trials that are put into order, at least and at most: more than may be in flight at the end, and never so many that they
/// take room.
const LAST: (usize, usize) = (32, 128);

/// The trials of a lane in the order of the plan, and the last of them by their length.
pub(super) struct Ahead<I> {
    trials: I,
    waiting: VecDeque<Trial>,
    size: usize,
    lengths: Option<Lengths>,
    is_over: bool,
    /// Why there are no more, told when all that wait have gone.
    failed: Option<DatasetError>,
}

impl<I: Iterator<Item = Result<Trial, DatasetError>>> Ahead<I> {
    /// Looks ahead of a lane with so many slots; without `lengths` nothing is put into another order.
    pub(super) fn new(trials: I, slots: usize, lengths: Option<Lengths>) -> Self {
        let (least, most) = LAST;
        Self {
            trials,
            waiting: VecDeque::new(),
            size: lengths.as_ref().map_or(1, |_| slots.clamp(least, most)),
            lengths,
            is_over: false,
            failed: None,
        }
    }

    /// Puts all that wait into order, the longest first; equals stay as they are.
    fn sort(&mut self) {
        let Some(lengths) = self.lengths.take() else {
            return;
        };
        let waiting = self.waiting.make_contiguous();
        waiting.sort_by_cached_key(|trial| Reverse(length(trial, &lengths)));
    }
}

impl<I: Iterator<Item = Result<Trial, DatasetError>>> Iterator for Ahead<I> {
    type Item = Result<Trial, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over && self.waiting.len() < self.size {
            match self.trials.next() {
                Some(Ok(trial)) => self.waiting.push_back(trial),
                Some(Err(error)) => {
                    self.failed = Some(error);
                    self.is_over = true;
                }
                None => {
                    self.sort();
                    self.is_over = true;
                }
            }
        }
        let waiting = self.waiting.pop_front().map(Ok);
        waiting.or_else(|| self.failed.take().map(Err))
    }
}

/// Returns the tokens of the answers to a trial: as told, else as many as may be, turn by turn.
fn length(trial: &Trial, lengths: &Lengths) -> u64 {
    let told = lengths(trial).filter(|tokens| tokens.is_finite());
    let turns = trial.case.turns.len().max(1) as u64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float beyond a count is its end"
    )]
    told.map_or_else(
        || turns * u64::from(trial.entry.params.max_tokens),
        |tokens| tokens.round() as u64,
    )
}
