//! From suites and flags to a plan.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::caching;
use crate::catalog::{Catalog, Kind};
use crate::cli::connect::region_of;
use crate::cli::error::CliError;
use crate::cli::ui::{Ui, count_problems};
use crate::cli::validate::load;
use crate::journal::RunOptions;
use crate::model::ModelId;
use crate::plan::{self, Pattern, Plan, Selection};
use crate::report::safe_text;
use crate::suite::{self, ModelEntry, Severity, Suite, SuiteError};
use crate::tally::AGAIN;

/// Loads the suites and plans what the options choose of them.
pub(super) fn planned(
    options: &RunOptions,
    seed: u64,
    only: Option<&BTreeSet<PathBuf>>,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<Arc<Plan>, CliError> {
    let mut suites = suites(options, only, catalog, ui)?;
    if options.noise_floor {
        for suite in &mut suites {
            ask_again(suite, options);
        }
    }
    let mut plan = plan::build(suites, selection(options, seed)?, |id| {
        entry_of(id, catalog)
    })?;
    for told in caching::place(&mut plan, catalog, region_of(options).as_deref()) {
        ui.note(&safe_text(&told));
    }
    match plan.starts_programs() {
        Some(suite) if !options.allow_exec => {
            let message = format!("checks of the suite `{suite}` start programs");
            Err(CliError::usage(message)
                .hint("allow it with --allow-exec, if you trust whoever wrote them"))
        }
        _ => Ok(Arc::new(plan)),
    }
}

/// Adds a suite's baseline once more, as a model of its own.
fn ask_again(suite: &mut Suite, options: &RunOptions) {
    let names = [&options.baseline, &suite.baseline];
    let mut found = names.into_iter().flatten().filter_map(|name| {
        let label = name
            .rsplit_once('@')
            .map_or(name.as_str(), |(label, _)| label);
        let mut models = suite.models.iter();
        models.find(|model| model.label == *name || model.label == label)
    });
    let Some(baseline) = found.next().or(suite.models.first()) else {
        return;
    };
    let again = ModelEntry {
        label: format!("{}{AGAIN}", baseline.label),
        ..baseline.clone()
    };
    suite.models.push(again);
}

/// Loads the suites and shows every problem; an error ends the command before anything is sent. Of suites that are not wanted nothing
/// is said.
fn suites(
    options: &RunOptions,
    only: Option<&BTreeSet<PathBuf>>,
    catalog: &Catalog,
    ui: &Ui,
) -> Result<Vec<Suite>, CliError> {
    let paths: Vec<PathBuf> = options.paths.iter().map(PathBuf::from).collect();
    let mut loaded = load(&paths, catalog)?;
    if let Some(only) = only {
        loaded.suites.retain(|suite| only.contains(&suite.path));
        let beside = only.iter().flat_map(|path| suite::references(path));
        let wanted: BTreeSet<PathBuf> = only.iter().cloned().chain(beside).collect();
        let is_wanted = |problem: &SuiteError| wanted.contains(&problem.place.file.path);
        loaded.problems.retain(is_wanted);
    }
    ui.problems(&loaded.problems);
    if loaded
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(CliError::usage(format!(
            "{}; nothing was sent",
            count_problems(&loaded.problems)
        )));
    }
    Ok(loaded.suites)
}

fn selection(options: &RunOptions, seed: u64) -> Result<Selection, CliError> {
    let filters = options
        .filters
        .iter()
        .map(|pattern| Pattern::parse(pattern));
    Ok(Selection {
        models: options.models.clone(),
        filters: filters
            .collect::<Result<_, _>>()
            .map_err(|error| CliError::usage(error.to_string()))?,
        tags: options.tags.clone(),
        sample: options.sample,
        limit: options.limit,
        shard: options.shard,
        repeat: options.repeat,
        shuffle: options.stop_early,
        seed,
    })
}

/// Returns the entry of a model that `--model` names and no suite lists: one that the catalog knows, or an id by its
/// looks.
pub(in crate::cli) fn entry_of(id: &str, catalog: &Catalog) -> Option<ModelEntry> {
    let facts = catalog.look_up(&ModelId::parse(id));
    let can_be_asked = facts.is_some_and(|facts| facts.kind == Kind::Chat);
    let looks_like_id = facts.is_none() && id.contains(['.', ':']);
    (can_be_asked || looks_like_id).then(|| suite::entry_of(id, catalog))
}
