//! `merge`: the shards of a run, each asked on a machine of its own, joined into one run with one report.

use clap::Args;
use jiff::Timestamp;

use super::args::RunDirArgs;
use super::baseline_file::{keep, kept};
use super::error::CliError;
use super::exit::Exit;
use super::github;
use super::outputs::{OutputArgs, Shown, journal_error};
use super::run_folder::RunFolder;
use super::ui::{Ui, plural};
use crate::journal::{Header, JournalReader, JournalWriter, RunRecord, Stopped};
use crate::plan::Shard;

/// Join the shards of a run (`eval --shard 1/4`) into one run, and decide its gates
///
/// Asks no model. The exit code is that of the whole run.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli merge shards/1 shards/2\n  mcp-cli merge shards/*/ --format markdown"
)]
pub(super) struct MergeArgs {
    /// Runs: folders, ids, beginnings of ids; of a folder of runs its newest
    #[arg(required = true, value_name = "RUN")]
    names: Vec<String>,
    #[command(flatten)]
    runs: RunDirArgs,
    #[command(flatten)]
    outputs: OutputArgs,
}

/// A shard that was found.
struct Part {
    folder: RunFolder,
    shard: Shard,
    reader: JournalReader,
}

/// Runs the command.
pub(super) fn run(args: &MergeArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let mut parts = parts(args)?;
    complete(&parts)?;
    let now = Timestamp::now();
    let mut header = joined(&parts, now)?;
    let folder = RunFolder::create(&args.runs.run_dir, now)?;
    header.run.id.clone_from(&folder.id);
    if let Some(earlier) = kept(&parts[0].folder)? {
        keep(&earlier, &folder)?;
    }
    let journal = JournalWriter::create(&folder.journal(), &header);
    let mut journal = journal.map_err(|error| CliError::caused(Exit::Usage, &error))?;
    let mut stopped = None;
    for part in &mut parts {
        while let Some(record) = part
            .reader
            .next_record()
            .map_err(|error| journal_error(&error))?
        {
            let appended = journal.append(record);
            appended.map_err(|error| CliError::caused(Exit::Usage, &error))?;
        }
        // A shard without an end was killed.
        let why = part
            .reader
            .end()
            .map_or(Some(Stopped::Interrupted), |(_, why)| why);
        stopped = stopped.or(why);
    }
    let ended = journal.finish(Timestamp::now(), stopped);
    ended.map_err(|error| CliError::caused(Exit::Usage, &error))?;
    folder.note_latest()?;
    let mut shown = Shown::publish(&folder)?;
    shown.write(&args.outputs, ui)?;
    github::tell(&mut shown, ui);
    let shards = plural(parts.len() as u64, "shard");
    ui.note(&format!(
        "run {} of {shards} in {}",
        folder.id,
        folder.path.display()
    ));
    Ok(shown.exit())
}

/// Opens the runs that are named, in the order of their shards.
fn parts(args: &MergeArgs) -> Result<Vec<Part>, CliError> {
    let mut parts = Vec::new();
    for name in &args.names {
        let folder = RunFolder::find(&args.runs.run_dir, name)?;
        let reader =
            JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
        let Some(shard) = reader.header().options.shard else {
            let message = format!("run `{}` is no shard", folder.id);
            return Err(CliError::usage(message).hint("shards are asked with eval --shard 1/4"));
        };
        parts.push(Part {
            folder,
            shard,
            reader,
        });
    }
    parts.sort_by_key(|part| part.shard);
    Ok(parts)
}

/// Refuses shards that are not those of one run, all of them, each once.
fn complete(parts: &[Part]) -> Result<(), CliError> {
    let first = &parts[0];
    let one = |part: &Part| part.reader.header().plan_digest == first.reader.header().plan_digest;
    if let Some(other) = parts
        .iter()
        .find(|part| !one(part) || part.shard.of != first.shard.of)
    {
        let message = format!(
            "runs `{}` and `{}` are not shards of one run",
            first.folder.id, other.folder.id
        );
        let hint =
            "each shard is asked with the same suites, models and flags, and cut into as many";
        return Err(CliError::usage(message).hint(hint));
    }
    for number in 1..=first.shard.of {
        let having: Vec<&Part> = parts
            .iter()
            .filter(|part| part.shard.number == number)
            .collect();
        match having.as_slice() {
            [_] => {}
            [] => {
                let shard = Shard {
                    number,
                    of: first.shard.of,
                };
                return Err(CliError::usage(format!("the shard {shard} is missing")));
            }
            [a, b, ..] => {
                let message = format!(
                    "runs `{}` and `{}` are the same shard, {}",
                    a.folder.id, b.folder.id, a.shard
                );
                return Err(CliError::usage(message));
            }
        }
    }
    Ok(())
}

/// Returns the header of the whole run, which has no id of its own yet.
fn joined(parts: &[Part], now: Timestamp) -> Result<Header, CliError> {
    let headers: Vec<&Header> = parts.iter().map(|part| part.reader.header()).collect();
    let mut whole = headers[0].clone();
    for (part, header) in parts.iter().zip(&headers).skip(1) {
        for (ours, theirs) in whole.suites.iter_mut().zip(&header.suites) {
            ours.cases += theirs.cases;
            for (ours, theirs) in ours.models.iter_mut().zip(&theirs.models) {
                if ours.price != theirs.price {
                    let message = format!(
                        "`{}` has another price in run `{}`",
                        ours.label, part.folder.id
                    );
                    let hint = "ask all shards with the same version and the same --pricing";
                    return Err(CliError::usage(message).hint(hint));
                }
                ours.planned += theirs.planned;
            }
        }
    }
    let began = headers.iter().map(|header| header.run.started_at).min();
    let commit = &headers[0].run.git_commit;
    let is_one_commit = headers
        .iter()
        .all(|header| header.run.git_commit == *commit);
    whole.run = RunRecord {
        started_at: began.unwrap_or(now),
        git_commit: commit.clone().filter(|_| is_one_commit),
        ..whole.run
    };
    whole.options.shard = None;
    Ok(whole)
}
