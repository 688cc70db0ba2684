//! Everything that comes from outside, given whatever it may be: what the fuzzer finds is kept in `fuzz/corpus` and
//! tried again here, without it.
//!
//! Each module takes bytes as one of the program's inputs, and panics if anything is other than it should be. The targets
//! in `fuzz/` are these very modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::{Duration, Instant};

mod answer;
mod catalog;
mod dataset;
mod journal;
mod pattern;
mod stream;
mod suite;
mod template;

/// What one file may take, in a build without optimisation on a busy machine: far more than any needs, and less than
/// one that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The stack of the program's first thread, which reads what is read deepest.
const STACK: usize = 8 << 20;

/// Takes every file of a target's corpus.
fn replay(target: &str, take: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&corpus).unwrap();
    let files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    let mut bad = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let began = Instant::now();
        let thread = Builder::new().stack_size(STACK).spawn(move || take(&bytes));
        if thread.unwrap().join().is_err() {
            bad.push(format!("{}: panics", file.display()));
        }
        let took = began.elapsed();
        if took > PATIENCE {
            bad.push(format!("{}: takes {took:?}", file.display()));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

macro_rules! replays {
    ($($target:ident)*) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target), $target::take);
        })*
    };
}

mod corpus {
    use super::*;

    replays!(answer catalog dataset journal pattern stream suite template);
}
