//! Runs on one machine that ask the same model: each takes its part of the quota.
//!
//! Who asks holds a lock on a file of its own in a folder that all of them know, one for each model, region and account. Who is
//! there is counted by trying the locks; the system lets go of those of a process that was killed.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::journal::RunOptions;
use crate::model::hex;
use crate::run::{Lane, Share};

/// How often the others are counted.
const EVERY: Duration = Duration::from_secs(1);
/// What names of locked files begin with.
const PREFIX: &str = "run-";
/// How often a file is made anew that another cleared away before it was locked.
const TRIES: usize = 5;

/// A model that is asked, and the others who ask it.
struct Neighbourhood {
    folder: PathBuf,
    share: Share,
    /// Locked while it is open.
    _own: File,
}

/// Begins to share the quotas of lanes with other runs on this machine, and goes on until it is dropped.
///
/// Where a run may take is told (`--quota-share`), or nothing can be locked, there is nobody to share with.
pub(super) fn share(lanes: &[Lane], options: &RunOptions) -> Option<Watch> {
    if options.replay.is_some() || options.quota_share.is_some() {
        return None;
    }
    let root = root()?;
    let around: Vec<Neighbourhood> = lanes
        .iter()
        .filter_map(|lane| Neighbourhood::join(&root, lane, options))
        .collect();
    if around.is_empty() {
        return None;
    }
    Some(Watch(tokio::spawn(async move {
        let mut looks = tokio::time::interval(EVERY);
        loop {
            for one in &around {
                one.share.set(1.0 / f64::from(count(&one.folder)));
            }
            looks.tick().await;
        }
    })))
}

/// The counting, until it is dropped.
pub(super) struct Watch(tokio::task::JoinHandle<()>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Neighbourhood {
    fn join(root: &Path, lane: &Lane, options: &RunOptions) -> Option<Self> {
        let share = lane.share()?;
        let folder = root.join(name(lane, options));
        std::fs::create_dir_all(&folder).ok()?;
        let own = join(&folder)?;
        share.set(1.0 / f64::from(count(&folder)));
        Some(Self {
            folder,
            share,
            _own: own,
        })
    }
}

/// Returns the folder of all neighbourhoods of this user; `None` where there is no place for it.
fn root() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
    let place = folder("XDG_RUNTIME_DIR").or_else(|| folder("XDG_CACHE_HOME"));
    let place = place.or_else(|| Some(home()?.join(".cache")));
    Some(place?.join("mcp-cli").join("running"))
}

/// Returns the name of those who share a quota: the model, where it is asked, and as whom.
fn name(lane: &Lane, options: &RunOptions) -> String {
    let (model, region) = lane.whom();
    let variable = |name| std::env::var(name).unwrap_or_default();
    let whom = [
        model.to_owned(),
        region
            .or(options.region.as_deref())
            .unwrap_or_default()
            .to_owned(),
        options.endpoint_url.clone().unwrap_or_default(),
        options
            .profile
            .clone()
            .unwrap_or_else(|| variable("AWS_PROFILE")),
        variable("AWS_ACCESS_KEY_ID"),
    ];
    hex(&Sha256::digest(whom.join("\0").as_bytes())[..8])
}

/// Makes a file in a folder and locks it.
fn join(folder: &Path) -> Option<File> {
    (0..TRIES).find_map(|_| {
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder);
        let (file, path) = file.ok()?.keep().ok()?;
        file.try_lock().ok()?;
        // Somebody may have cleared it away before it was locked.
        path.exists().then_some(file)
    })
}

/// Returns how many hold a lock in a folder, at least 1, and removes files that nobody holds.
fn count(folder: &Path) -> u32 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    let held = ours.filter(|entry| {
        let Ok(file) = File::open(entry.path()) else {
            return false;
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
            Ok(()) => {
                // Whoever made it is gone. If it is there again tomorrow, it is removed then.
                let _ = std::fs::remove_file(entry.path());
                false
            }
        }
    });
    u32::try_from(held.count()).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_hold_a_lock_are_counted_and_others_are_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(count(folder.path()), 1, "nobody is like one");
        let first = join(folder.path()).unwrap();
        let second = join(folder.path()).unwrap();
        assert_eq!(count(folder.path()), 2);
        drop(second);
        assert_eq!(count(folder.path()), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(first);
        assert_eq!(count(folder.path()), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
