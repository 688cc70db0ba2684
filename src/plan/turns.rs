//! Suites that take turns: a short one need not wait for the end of a long one.

use std::collections::VecDeque;

/// Suites that are read at a time: each may hold a file open in every lane.
const MOST_OPEN: usize = 8;

/// One item of each source in turn; a source that is at its end makes room for the next.
pub(super) struct ByTurns<S, I> {
    sources: S,
    open: VecDeque<I>,
}

impl<I: Iterator, S: Iterator<Item = I>> ByTurns<S, I> {
    pub(super) fn new(sources: S) -> Self {
        Self {
            sources,
            open: VecDeque::with_capacity(MOST_OPEN),
        }
    }
}

impl<I: Iterator, S: Iterator<Item = I>> Iterator for ByTurns<S, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        loop {
            let lacking = MOST_OPEN - self.open.len();
            self.open.extend(self.sources.by_ref().take(lacking));
            let mut source = self.open.pop_front()?;
            if let Some(item) = source.next() {
                self.open.push_back(source);
                return Some(item);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_turn_and_nothing_is_lost() {
        let sources = [&[1, 2, 3][..], &[], &[10], &[20, 21]];
        let taken = ByTurns::new(sources.into_iter().map(|source| source.iter()));
        assert_eq!(taken.copied().collect::<Vec<_>>(), [1, 10, 20, 2, 21, 3]);
    }

    #[test]
    fn so_many_are_open_at_a_time() {
        let sources = (0..=MOST_OPEN).map(|source| std::iter::repeat_n(source, 2));
        let taken: Vec<usize> = ByTurns::new(sources).collect();
        let first: Vec<usize> = (0..MOST_OPEN).collect();
        assert_eq!(taken[..MOST_OPEN], first);
        assert_eq!(taken[2 * MOST_OPEN..], [MOST_OPEN, MOST_OPEN]);
    }
}
