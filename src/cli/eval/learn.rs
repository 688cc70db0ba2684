//! What earlier runs tell of a plan: the newest journals that asked one of its models.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::outputs::records_of;
use crate::cli::run_folder::RunFolder;
use crate::journal::JournalReader;
use crate::model::ModelId;
use crate::plan::Plan;
use crate::tally::{Learned, RecordsError};

/// How many of the newest runs are looked at, and bytes of their journals that are read at most, beyond the newest one: a second
/// or so.
pub(super) const MANY: (usize, u64) = (20, 256 << 20);

/// Reads what the `most` newest runs below `runs` tell of the models of `plan`, but for the run `but`. A run that cannot be read tells
/// nothing.
pub(super) fn learned(
    plan: &Plan,
    runs: &Path,
    but: Option<&str>,
    most: usize,
    most_bytes: u64,
) -> Learned {
    let entries = plan.suites.iter().flat_map(|part| &part.entries);
    let models: HashSet<String> = entries.map(|entry| base(&entry.id)).collect();
    let mut learned = Learned::default();
    let mut left = most_bytes;
    let ids = RunFolder::ids(runs).into_iter().rev();
    for id in ids.filter(|id| but != Some(id)).take(most) {
        let folder = RunFolder {
            path: runs.join(&id),
            id,
        };
        let journal = folder.journal();
        let Ok(reader) = JournalReader::open(&journal) else {
            continue;
        };
        let mut asked = reader
            .header()
            .suites
            .iter()
            .flat_map(|suite| &suite.models);
        if !asked.any(|model| models.contains(&base(&model.model))) {
            continue;
        }
        let Ok(mut records) = records_of(&folder) else {
            continue;
        };
        learned.begin(&folder.id);
        // What a damaged line hides is not told.
        let _ = records.each(|header, record| {
            learned.add(header, &record);
            Ok::<_, RecordsError>(())
        });
        let bytes = std::fs::metadata(&journal).map_or(0, |metadata| metadata.len());
        left = left.saturating_sub(bytes);
        if left == 0 {
            break;
        }
    }
    learned
}

/// Returns the model that an id stands for, wherever it is served.
fn base(id: &str) -> String {
    let parsed = ModelId::parse(id);
    parsed.base().unwrap_or(id).to_owned()
}
