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

impl<T: Clone + Default> ByCase<T> {
    /// Returns the value of a case, a new one if it has none yet. Fast for the last case and the next.
    pub(super) fn entry(&mut self, key: CaseKey) -> &mut T {
        let at = match self.0.last() {
            Some((last, _)) if *last == key => self.0.len() - 1,
            Some((last, _)) if *last > key => self.find(key).unwrap_or_else(|at| {
                self.0.insert(at, (key, T::default()));
                at
            }),
            _ => {
                self.0.push((key, T::default()));
                self.0.len() - 1
            }
        };
        &mut self.0[at].1
    }

    /// Makes room for so many cases.
    pub(super) fn reserve(&mut self, cases: usize) {
        self.0.reserve_exact(cases);
    }

    /// Takes in another list in one pass; `add` adds its value of a case to ours.
    pub(super) fn absorb(&mut self, other: &Self, add: impl Fn(&mut T, &T)) {
        let mut ours = std::mem::take(&mut self.0).into_iter().peekable();
        self.0.reserve(ours.len().max(other.0.len()));
        for (key, theirs) in &other.0 {
            while let Some(before) = ours.next_if(|(ours, _)| ours < key) {
                self.0.push(before);
            }
            let same = ours.next_if(|(ours, _)| ours == key);
            let mut value = same.map(|(_, value)| value).unwrap_or_default();
            add(&mut value, theirs);
            self.0.push((*key, value));
        }
        self.0.extend(ours);
    }

    /// Returns the value of a case, if it has one.
    pub(super) fn get(&self, key: CaseKey) -> Option<&T> {
        self.find(key).ok().map(|at| &self.0[at].1)
    }

    /// Returns every case with its value, in the order of the plan.
    pub(super) fn iter(&self) -> impl Iterator<Item = (CaseKey, &T)> + Clone {
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

        #[test]
        fn absorbing_gives_what_adding_one_by_one_gives(
            ours in prop::collection::vec((0_u32..3, 0_u64..20), 0..60),
            theirs in prop::collection::vec((0_u32..3, 0_u64..20), 0..60),
        ) {
            let count = |steps: &[(u32, u64)]| {
                let mut list = ByCase::<u32>::default();
                for (suite, case) in steps {
                    *list.entry(CaseKey::new(*suite, *case)) += 1;
                }
                list
            };
            let mut absorbed = count(&ours);
            absorbed.absorb(&count(&theirs), |ours, theirs| *ours += theirs);
            prop_assert_eq!(absorbed, count(&[ours, theirs].concat()));
        }
    }
}
