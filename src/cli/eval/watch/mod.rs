//! `--watch`: a round whenever files of suites change, of the suites that the change touches.

mod files;
mod round;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use self::files::{Snapshot, Watched, changed};
use self::round::Round;
use super::EvalArgs;
use crate::cli::connect::runtime;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::signals;
use crate::cli::ui::{Ui, plural};
use crate::journal::RunOptions;

/// Between two looks at the files: soon enough for a person, and hardly any work.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long files must stay as they are: editors write in several steps.
const QUIET: Duration = Duration::from_millis(150);

/// Where answers are kept from one round to the next, below the folder of runs, unless a flag says it.
const CACHE: &str = "watch-cache";

/// Whoever says that files have changed.
trait Changes {
    /// Waits for the next change; `None` if there is none any more, because somebody ended the watching.
    fn next(&mut self) -> Option<BTreeSet<PathBuf>>;

    /// Returns the suites that a change touches; all of them for `None`.
    fn touched(&mut self, changed: Option<&BTreeSet<PathBuf>>) -> BTreeSet<PathBuf>;
}

/// Watches until somebody ends it.
///
/// Ctrl-C while it waits is how to end it, and no failure: exit code 0, whatever the last round came to. Ctrl-C in a round
/// interrupts that as it does any run: 130.
///
/// # Errors
///
/// A path leads nowhere, or nothing can be started. What is wrong with a suite is shown, and waited for.
pub(super) fn run(args: &EvalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(path) = args.paths.iter().find(|path| !path.exists()) {
        return Err(crate::suite::LoadError::NoSuchPath(path.clone()).into());
    }
    let mut options = args.options();
    let recordings = [&options.record, &options.replay, &options.cache];
    if recordings.into_iter().all(Option::is_none) {
        options.cache = Some(args.run_dir.join(CACHE).display().to_string());
    }
    let mut changes = Polling::new(&args.paths, &options)?;
    let mut number = 0;
    Ok(follow(&mut changes, |suites, changed| {
        number += 1;
        let round = Round {
            number,
            suites,
            changed,
        };
        let exit = round.run(args, &options, ui);
        ui.note(&format!(
            "watching {}; Ctrl-C ends it",
            plural(suites_of(args).len() as u64, "suite")
        ));
        exit
    }))
}

/// Runs a round of all suites, and then one for each change that touches some, until nothing changes any more or a round was
/// interrupted.
fn follow(
    changes: &mut dyn Changes,
    mut round: impl FnMut(&BTreeSet<PathBuf>, Option<&BTreeSet<PathBuf>>) -> Exit,
) -> Exit {
    let all = changes.touched(None);
    if round(&all, None) == Exit::Interrupted {
        return Exit::Interrupted;
    }
    while let Some(changed) = changes.next() {
        let suites = changes.touched(Some(&changed));
        if !suites.is_empty() && round(&suites, Some(&changed)) == Exit::Interrupted {
            return Exit::Interrupted;
        }
    }
    Exit::Done
}

fn suites_of(args: &EvalArgs) -> Vec<PathBuf> {
    crate::suite::suite_paths(&args.paths)
}

/// Looks at the files again and again.
struct Polling {
    paths: Vec<PathBuf>,
    watched: Watched,
    last: Snapshot,
    runtime: tokio::runtime::Runtime,
    ended: Arc<Notify>,
}

impl Polling {
    fn new(paths: &[PathBuf], options: &RunOptions) -> Result<Self, CliError> {
        let runtime = runtime()?;
        let ended = Arc::new(Notify::new());
        let notify = Arc::clone(&ended);
        // Once somebody listens, the system no longer ends the process: so this listens all the time.
        runtime.spawn(async move {
            loop {
                signals::interrupted().await;
                notify.notify_one();
            }
        });
        let common = options.pricing.iter().map(PathBuf::from).collect();
        let watched = Watched::look(paths, common);
        let last = watched.snapshot(paths);
        Ok(Self {
            paths: paths.to_vec(),
            watched,
            last,
            runtime,
            ended,
        })
    }
}

impl Changes for Polling {
    fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        let (watched, paths, last) = (&self.watched, &self.paths, &mut self.last);
        let ended = Arc::clone(&self.ended);
        self.runtime.block_on(async move {
            loop {
                tokio::select! {
                    () = ended.notified() => return None,
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
                let mut now = watched.snapshot(paths);
                if now == *last {
                    continue;
                }
                loop {
                    tokio::time::sleep(QUIET).await;
                    let then = watched.snapshot(paths);
                    if then == now {
                        break;
                    }
                    now = then;
                }
                let changed = changed(last, &now);
                *last = now;
                if !changed.is_empty() {
                    return Some(changed);
                }
            }
        })
    }

    fn touched(&mut self, changed: Option<&BTreeSet<PathBuf>>) -> BTreeSet<PathBuf> {
        let common = self.watched.common.clone();
        self.watched = Watched::look(&self.paths, common);
        // Files that are watched from now on are as they are; the others as they were when the change was seen.
        for (path, stamp) in self.watched.snapshot(&self.paths) {
            self.last.entry(path).or_insert(stamp);
        }
        match changed {
            Some(changed) => self.watched.touched(changed),
            None => self.watched.suites.keys().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// Changes by script: a name ending in `.yaml` touches itself, `all` everything, others nothing.
    struct Script(VecDeque<&'static str>);

    impl Changes for Script {
        fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
            self.0.pop_front().map(|name| [PathBuf::from(name)].into())
        }

        fn touched(&mut self, changed: Option<&BTreeSet<PathBuf>>) -> BTreeSet<PathBuf> {
            let all = || ["a.yaml", "b.yaml"].map(PathBuf::from).into();
            let Some(changed) = changed else {
                return all();
            };
            let is_suite = |path: &&PathBuf| path.extension().is_some();
            if changed.contains(&PathBuf::from("all")) {
                return all();
            }
            changed.iter().filter(is_suite).cloned().collect()
        }
    }

    /// Follows a script with rounds that end so; returns what ran and how it ended.
    fn followed(script: &[&'static str], exits: &[Exit]) -> (Vec<String>, Exit) {
        let mut ran = Vec::new();
        let mut exits = exits.iter().copied();
        let mut changes = Script(script.iter().copied().collect());
        let exit = follow(&mut changes, |suites, _| {
            let names: Vec<String> = suites.iter().map(|it| it.display().to_string()).collect();
            ran.push(names.join(" "));
            exits.next().unwrap_or(Exit::Done)
        });
        (ran, exit)
    }

    #[test]
    fn every_change_that_touches_a_suite_is_a_round() {
        let (ran, exit) = followed(&["a.yaml", "readme", "all"], &[]);
        assert_eq!(ran, ["a.yaml b.yaml", "a.yaml", "a.yaml b.yaml"]);
        assert_eq!(exit, Exit::Done);
    }

    #[test]
    fn failures_and_broken_suites_are_waited_out_and_an_interruption_is_not() {
        let (ran, exit) = followed(
            &["a.yaml", "b.yaml"],
            &[Exit::Usage, Exit::Failed, Exit::Denied],
        );
        assert_eq!((ran.len(), exit), (3, Exit::Done));
        let (ran, exit) = followed(&["a.yaml", "b.yaml"], &[Exit::Done, Exit::Interrupted]);
        assert_eq!((ran.len(), exit), (2, Exit::Interrupted));
    }
}
