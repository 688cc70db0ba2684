//! Which files are watched, which of them have changed, and which suites that touches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::suite::{candidates, references, suite_paths};

/// When a file was written last and how long it is; `None` while it is not there.
pub(super) type Stamp = Option<(SystemTime, u64)>;

/// Files as they are at one moment.
pub(super) type Snapshot = BTreeMap<PathBuf, Stamp>;

/// Suites with the files that they lead to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Watched {
    /// By the path of the suite.
    pub(super) suites: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Files that touch all suites: a price table.
    pub(super) common: BTreeSet<PathBuf>,
}

impl Watched {
    /// Looks at the suites below `paths`.
    pub(super) fn look(paths: &[PathBuf], common: BTreeSet<PathBuf>) -> Self {
        let suites = suite_paths(paths).into_iter().map(|path| {
            let files = references(&path);
            (path, files)
        });
        Self {
            suites: suites.collect(),
            common,
        }
    }

    /// Returns the suites that a change touches: those that changed, or lead to a file that did.
    pub(super) fn touched(&self, changed: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let all = !self.common.is_disjoint(changed);
        let suites = self.suites.iter();
        let touched = suites
            .filter(|(path, files)| all || changed.contains(*path) || !files.is_disjoint(changed));
        touched.map(|(path, _)| path.clone()).collect()
    }

    /// Returns how all watched files are now, and those below `paths` that may be suites one day.
    pub(super) fn snapshot(&self, paths: &[PathBuf]) -> Snapshot {
        let own = self.suites.keys().chain(self.suites.values().flatten());
        let mut snapshot: Snapshot = own
            .chain(&self.common)
            .map(|path| (path.clone(), stamp(path)))
            .collect();
        for path in candidates(paths) {
            let stamp = stamp(&path);
            snapshot.insert(path, stamp);
        }
        snapshot
    }
}

/// Returns the files that differ between two moments, those that came and went included.
pub(super) fn changed(before: &Snapshot, after: &Snapshot) -> BTreeSet<PathBuf> {
    let of = |snapshot: &Snapshot, path: &PathBuf| snapshot.get(path).copied().flatten();
    let paths = before.keys().chain(after.keys());
    let differs = paths.filter(|path| of(before, path) != of(after, path));
    differs.cloned().collect()
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn paths(names: &[&str]) -> BTreeSet<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn a_change_touches_the_suites_that_lead_to_it() {
        let watched = Watched {
            suites: [
                ("a.yaml", paths(&["p.txt", "a.csv"])),
                ("b.yaml", paths(&["p.txt"])),
                ("c.yaml", paths(&[])),
            ]
            .map(|(suite, files)| (PathBuf::from(suite), files))
            .into(),
            common: paths(&["prices.csv"]),
        };
        for (changed, expected) in [
            (&["p.txt"][..], &["a.yaml", "b.yaml"][..]),
            (&["a.csv"], &["a.yaml"]),
            (&["c.yaml"], &["c.yaml"]),
            (&["a.csv", "c.yaml"], &["a.yaml", "c.yaml"]),
            (&["prices.csv"], &["a.yaml", "b.yaml", "c.yaml"]),
            (&["report.json"], &[]),
            (&[], &[]),
        ] {
            assert_eq!(
                watched.touched(&paths(changed)),
                paths(expected),
                "{changed:?}"
            );
        }
    }

    #[test]
    fn what_came_went_and_was_written_has_changed() {
        let at =
            |seconds, bytes| Some((SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), bytes));
        let snapshot = |files: &[(&str, Stamp)]| -> Snapshot {
            files
                .iter()
                .map(|(name, stamp)| (PathBuf::from(name), *stamp))
                .collect()
        };
        let before = snapshot(&[
            ("same", at(1, 1)),
            ("later", at(1, 1)),
            ("longer", at(1, 1)),
            ("gone", at(1, 1)),
            ("none", None),
        ]);
        let after = snapshot(&[
            ("same", at(1, 1)),
            ("later", at(2, 1)),
            ("longer", at(1, 2)),
            ("gone", None),
            ("new", at(3, 0)),
        ]);
        assert_eq!(
            changed(&before, &after),
            paths(&["gone", "later", "longer", "new"])
        );
        assert_eq!(changed(&after, &after), paths(&[]));
    }
}
