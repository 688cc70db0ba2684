//! Suites and a selection make a plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::digest::{entry_digests, prompt_digests};
use super::order::{Turn, shuffled};
use super::planned::{Chosen, PlannedSuite, index32};
use super::position::Position;
use super::select::Selection;
use super::trial::Trial;
use super::turns::ByTurns;
use crate::model::hex;
use crate::suite::{Case, DatasetError, ModelEntry, Suite, draw, listed, nearest};

/// Everything that is to be asked.
#[derive(Debug)]
pub struct Plan {
    /// The suites with at least one case chosen, in order.
    pub suites: Vec<PlannedSuite>,
    selection: Arc<Selection>,
    digest: String,
}

/// Why there is nothing to run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// `--model` names what no suite and no catalog knows.
    #[error("no model has the label or id `{0}`")]
    UnknownModel(String, Option<String>),
    /// Filters, tags and limits leave no case.
    #[error("the selection leaves no case of {0}")]
    NothingChosen(String),
    /// A dataset can no longer be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl PlanError {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownModel(_, hint) => hint.clone(),
            Self::NothingChosen(_) => Some("loosen --filter, --tag or --limit".to_owned()),
            Self::Dataset(_) => None,
        }
    }
}

/// Plans what `selection` takes of `suites`. `entry_of` makes an entry of a model that a suite does not list, if its
/// id can be one.
///
/// Reads every dataset once, to count.
///
/// # Errors
///
/// An unknown model, nothing chosen, or a dataset that cannot be read.
pub fn build(
    suites: Vec<Suite>,
    selection: Selection,
    entry_of: impl Fn(&str) -> Option<ModelEntry>,
) -> Result<Plan, PlanError> {
    let selection = Arc::new(selection);
    let names: Vec<String> = suites.iter().map(|suite| suite.name.clone()).collect();
    let labels: BTreeSet<String> = suites
        .iter()
        .flat_map(|suite| &suite.models)
        .map(|entry| entry.label.clone())
        .collect();
    let mut planned = Vec::new();
    let mut content = Sha256::new();
    for suite in suites {
        let entries = choose_models(&suite, &selection.models, &labels, &entry_of)?;
        if entries.is_empty() {
            continue;
        }
        let suite = Arc::new(suite);
        if let Some(part) = plan_suite(suite, entries, &selection, &mut content)? {
            planned.push(part);
        }
    }
    if planned.is_empty() {
        return Err(PlanError::NothingChosen(listed(&names)));
    }
    let digest = hex(&content.finalize()[..16]);
    Ok(Plan {
        suites: planned,
        selection,
        digest,
    })
}

/// Returns the entries that a suite is asked with: its own, or those of `wanted` that it lists or that are ids. A label
/// that only other suites know leaves this one out.
fn choose_models(
    suite: &Suite,
    wanted: &[String],
    labels: &BTreeSet<String>,
    entry_of: impl Fn(&str) -> Option<ModelEntry>,
) -> Result<Vec<Arc<ModelEntry>>, PlanError> {
    if wanted.is_empty() {
        return Ok(suite.models.iter().cloned().map(Arc::new).collect());
    }
    let mut entries: Vec<Arc<ModelEntry>> = Vec::new();
    for name in wanted {
        let by_label = suite.models.iter().find(|entry| entry.label == *name);
        let mut found: Vec<ModelEntry> = match by_label {
            Some(entry) => vec![entry.clone()],
            None => suite
                .models
                .iter()
                .filter(|entry| entry.id == *name)
                .cloned()
                .collect(),
        };
        if found.is_empty() && !labels.contains(name) {
            found.push(entry_of(name).ok_or_else(|| {
                let near = nearest(name, labels.iter().map(String::as_str));
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                PlanError::UnknownModel(name.clone(), hint)
            })?);
        }
        for entry in found {
            if !entries.iter().any(|earlier| earlier.label == entry.label) {
                entries.push(Arc::new(entry));
            }
        }
    }
    Ok(entries)
}

fn plan_suite(
    suite: Arc<Suite>,
    entries: Vec<Arc<ModelEntry>>,
    selection: &Selection,
    content: &mut Sha256,
) -> Result<Option<PlannedSuite>, DatasetError> {
    let mut part = PlannedSuite {
        prompt_digests: prompt_digests(&suite.prompts),
        entry_digests: entry_digests(entries.iter().map(Arc::as_ref)),
        suite,
        entries,
        cases: 0,
        trials_per_model: 0,
        drawn: None,
        kept: Vec::new(),
        shuffled: None,
    };
    if let Some(sample) = selection.sample {
        let mut total = 0;
        for case in part.filtered(selection) {
            case?;
            total += 1;
        }
        part.drawn = Some(Arc::new(
            draw(total, sample, selection.seed).into_iter().collect(),
        ));
    }
    let prompts = part.suite.prompts.len() as u64;
    let (mut cases, mut trials, mut all) = (0, 0, 0);
    for digest in &part.entry_digests {
        content.update(&**digest);
    }
    for chosen in part.chosen(selection) {
        let Chosen { case, index, .. } = chosen?;
        let repeats = repeats(&case, selection);
        content.update(&case.case_id);
        content.update(&case.case_hash);
        content.update(repeats.to_be_bytes());
        all += 1;
        // A shard knows the whole, so that it can be told from shards of another.
        if selection.shard.is_none_or(|shard| shard.has(index)) {
            cases += 1;
            trials += prompts * u64::from(repeats);
        }
    }
    if selection.shuffle {
        let shuffled_cases: Vec<Chosen> = part.chosen(selection).collect::<Result<_, _>>()?;
        part.shuffled = Some(shuffled(shuffled_cases, selection.seed).into());
    }
    part.cases = cases;
    part.trials_per_model = trials;
    Ok((all > 0).then_some(part))
}

impl Plan {
    /// Returns how many trials the plan holds.
    pub fn len(&self) -> u64 {
        self.suites
            .iter()
            .map(|part| part.trials_per_model * part.entries.len() as u64)
            .sum()
    }

    /// Returns a digest of everything that is to be asked: entries, cases, prompts, checks, repeats.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns whether no model is asked at all, because every answer is canned and no judge judges it.
    pub fn asks_nobody(&self) -> bool {
        let mut tests = self.suites.iter().flat_map(|part| &part.suite.tests);
        tests.all(|test| test.output.is_some() && !test.grading.asks())
    }

    /// Returns whether checks judge several answers together.
    pub fn has_groups(&self) -> bool {
        let mut tests = self.suites.iter().flat_map(|part| &part.suite.tests);
        tests.any(|test| test.grading.has_group())
    }

    /// Returns whether checks ask a model.
    pub fn asks_helpers(&self) -> bool {
        let mut tests = self.suites.iter().flat_map(|part| &part.suite.tests);
        tests.any(|test| test.grading.asks())
    }

    /// Returns the name of the first suite whose checks start programs.
    pub fn starts_programs(&self) -> Option<&str> {
        let mut suites = self.suites.iter().map(|part| &part.suite);
        let starts =
            |suite: &&Arc<Suite>| suite.tests.iter().any(|test| test.grading.runs_programs());
        suites.find(starts).map(|suite| suite.name.as_str())
    }

    /// Returns every model that is asked, judges included, with the region where it is not the run's, each once.
    pub fn models(&self) -> BTreeSet<(&str, Option<&str>)> {
        let entries = self.suites.iter().flat_map(|part| &part.entries);
        let entries = entries.map(|entry| (entry.id.as_str(), entry.region.as_deref()));
        let judges = self.suites.iter().flat_map(|part| part.suite.helpers());
        let judges = judges.map(|judge| judge.request);
        entries
            .chain(judges.map(|request| (request.model.as_str(), request.region.as_deref())))
            .collect()
    }

    /// Returns whether one of the model entries is `wanted`.
    pub fn asks(&self, wanted: impl Fn(&ModelEntry) -> bool) -> bool {
        let mut entries = self.suites.iter().flat_map(|part| &part.entries);
        entries.any(|entry| wanted(entry))
    }

    /// Returns whether nothing is to be asked; never true of a plan that was built.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns every trial that goes to the model entries that `wanted` accepts, in the order of the plan.
    ///
    /// Reads datasets again; holds one case at a time.
    pub fn trials(
        self: &Arc<Self>,
        wanted: impl Fn(&ModelEntry) -> bool + Clone + Send + 'static,
    ) -> impl Iterator<Item = Result<Trial, DatasetError>> + Send {
        let suites = 0..self.suites.len();
        suites.flat_map(self.of_suite(wanted))
    }

    /// Returns the same in the order of asking: suites take turns, trial by trial.
    pub fn trials_by_turns(
        self: &Arc<Self>,
        wanted: impl Fn(&ModelEntry) -> bool + Clone + Send + 'static,
    ) -> impl Iterator<Item = Result<Trial, DatasetError>> + Send {
        let suites = 0..self.suites.len();
        ByTurns::new(suites.map(self.of_suite(wanted)))
    }

    /// Returns what makes the trials of a suite.
    fn of_suite<W: Fn(&ModelEntry) -> bool + Clone + Send + 'static>(
        self: &Arc<Self>,
        wanted: W,
    ) -> impl FnMut(usize) -> Box<dyn Iterator<Item = Result<Trial, DatasetError>> + Send> + Send + use<W>
    {
        let plan = Arc::clone(self);
        move |index| {
            let plan = Arc::clone(&plan);
            let wanted = wanted.clone();
            let asked = plan.suites[index].asked(&plan.selection);
            Box::new(asked.flat_map(move |chosen| {
                let made: Vec<Result<Trial, DatasetError>> = match chosen {
                    Ok(chosen) => plan.trials_of(index, &chosen, &wanted).map(Ok).collect(),
                    Err(error) => vec![Err(error)],
                };
                made
            }))
        }
    }

    /// Returns the first trials of one prompt: its first cases, each put once to the first model.
    pub(super) fn first_trials(
        &self,
        suite: usize,
        prompt: usize,
        most: usize,
    ) -> impl Iterator<Item = Trial> + '_ {
        let cases = self.suites[suite].asked(&self.selection).take(most);
        cases.filter_map(Result::ok).flat_map(move |chosen| {
            let all = self.trials_of(suite, &chosen, &|_| true);
            let one = all
                .into_iter()
                .find(|trial| trial.at.prompt as usize == prompt);
            one.into_iter().collect::<Vec<_>>()
        })
    }

    fn trials_of<'a>(
        &'a self,
        suite: usize,
        chosen: &'a Chosen,
        wanted: &'a impl Fn(&ModelEntry) -> bool,
    ) -> impl Iterator<Item = Trial> + 'a {
        let part = &self.suites[suite];
        let repeats = repeats(&chosen.case, &self.selection);
        let trials = part.prompt_digests.len() as u64 * u64::from(repeats);
        let turn = chosen.place.map(|place| Turn { place, trials });
        let entries = move || {
            let all = part.entries.iter().enumerate();
            all.filter(|(_, entry)| wanted(entry))
        };
        let prompts = part.prompt_digests.iter().enumerate();
        prompts.flat_map(move |(prompt, _)| {
            entries().flat_map(move |(model, _)| {
                (0..repeats).map(move |repeat| {
                    let at = Position {
                        suite: index32(suite),
                        case: chosen.index,
                        prompt: index32(prompt),
                        model: index32(model),
                        repeat,
                    };
                    part.trial(at, &chosen.case, chosen.twin, turn)
                })
            })
        })
    }
}

fn repeats(case: &Case, selection: &Selection) -> u32 {
    selection.repeat.unwrap_or(case.repeat)
}
