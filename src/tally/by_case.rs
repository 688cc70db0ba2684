//! Something for each case of a run, in the order of the plan.

/// A case of a run: the index of its suite and its own within it, in eight bytes, since there is one with every number
/// that is kept of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey(u64);

/// Bits for the index of a case, far more than a run has.
const CASE_BITS: u32 = 40;

impl CaseKey {
    /// Returns the key of the case at these indices.
    pub(super) fn new(suite: u32, case: u64) -> Self {
        Self((u64::from(suite) << CASE_BITS) | case)
    }

    /// Returns the key as a number.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// A value for each case, sorted by case.
///
/// A list and no tree: trials come in the order of the plan, so that nearly every one belongs to the last case or begins
/// the next, and a list takes half the room.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ByCase<T>(Vec<(CaseKey, T)>);

impl<T> Default for ByCase<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Default> ByCase<T> {
    /// Returns the value of a case, a new one if it has none yet.
    pub(super) fn entry(&mut self, key: CaseKey) -> &mut T {
        let is_last = self.0.last().map(|(last, _)| key.cmp(last));
        let at = match is_last {
            Some(std::cmp::Ordering::Equal) => self.0.len() - 1,
            Some(std::cmp::Ordering::Less) => match self.find(key) {
                Ok(at) => at,
                Err(at) => {
                    self.0.insert(at, (key, T::default()));
                    at
                }
            },
            Some(std::cmp::Ordering::Greater) | None => {
                self.0.push((key, T::default()));
                self.0.len() - 1
            }
        };
        &mut self.0[at].1
    }

    /// Returns the value of a case, if it has one.
    pub(super) fn get(&self, key: CaseKey) -> Option<&T> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// Returns every case with its value, in the order of the plan.
    pub(super) fn iter(&self) -> impl Iterator<Item = (CaseKey, &T)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// Returns every value, in the order of the plan.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    fn find(&self, key: CaseKey) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |(key, _)| *key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_order_gives_what_a_tree_gives(steps in prop::collection::vec((0_u32..3, 0_u64..20), 0..200)) {
            let (mut list, mut tree) = (ByCase::<u32>::default(), BTreeMap::new());
            for (suite, case) in steps {
                let key = CaseKey::new(suite, case);
                *list.entry(key) += 1;
                *tree.entry(key).or_insert(0) += 1;
                prop_assert_eq!(list.get(key), tree.get(&key));
            }
            let expected: Vec<_> = tree.iter().map(|(key, value)| (*key, value)).collect();
            prop_assert_eq!(list.iter().collect::<Vec<_>>(), expected);
        }
    }
}
