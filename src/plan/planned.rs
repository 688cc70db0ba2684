//! A suite's part of a plan: the cases that are asked, and their trials.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::beginning::Beginning;
use super::digest::{Twins, trial_id};
use super::order::Turn;
use super::position::Position;
use super::select::Selection;
use super::trial::Trial;
use crate::suite::{Case, DatasetError, ModelEntry, Suite};

/// A suite's part of a plan.
#[derive(Debug)]
pub struct PlannedSuite {
    /// The suite.
    pub suite: Arc<Suite>,
    /// The model entries that are asked, in order.
    pub entries: Vec<Arc<ModelEntry>>,
    /// Cases chosen.
    pub cases: u64,
    /// Trials for each model entry.
    pub trials_per_model: u64,
    /// Digests of the prompts, made once for all trials; no two are equal.
    pub prompt_digests: Vec<Arc<str>>,
    /// Digests of the model entries, without their labels; no two are equal.
    pub entry_digests: Vec<Arc<str>>,
    /// Which of the cases that pass the filters were drawn, from 0; all if `None`.
    pub(super) drawn: Option<Arc<BTreeSet<u64>>>,
    /// What questions begin with that is kept in a prompt cache, by entry and prompt; empty where none does.
    pub(super) kept: Vec<Vec<Option<Arc<Beginning>>>>,
    /// All cases in the order of asking, where that is not theirs.
    pub(super) shuffled: Option<Arc<[Chosen]>>,
}

/// A case that is asked.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) case: Arc<Case>,
    /// Its index among the cases of its suite that are asked.
    pub(super) index: u64,
    /// How many of those before it have its name.
    pub(super) twin: u32,
    /// Its place in the order of asking, where that is not the plan's.
    pub(super) place: Option<u64>,
}

impl PlannedSuite {
    pub(super) fn filtered(
        &self,
        selection: &Selection,
    ) -> impl Iterator<Item = Result<Case, DatasetError>> + Send + use<> {
        let name = self.suite.name.clone();
        let (filters, tags) = (selection.filters.clone(), selection.tags.clone());
        let only = Selection {
            filters,
            tags,
            ..Selection::default()
        };
        self.suite.cases().filter(move |case| {
            case.as_ref()
                .map_or(true, |case| only.chooses(&name, &case.name, &case.tags))
        })
    }

    /// Returns the trial at a place of this suite.
    pub(super) fn trial(
        &self,
        at: Position,
        case: &Arc<Case>,
        twin: u32,
        turn: Option<Turn>,
    ) -> Trial {
        let (prompt, model) = (at.prompt as usize, at.model as usize);
        let (prompt_digest, entry_digest) =
            (&self.prompt_digests[prompt], &self.entry_digests[model]);
        let kept = self.kept.get(model).and_then(|kept| kept.get(prompt));
        Trial {
            at,
            id: trial_id(case, twin, prompt_digest, entry_digest, at.repeat),
            prompt_digest: Arc::clone(prompt_digest),
            entry_digest: Arc::clone(entry_digest),
            twin,
            turn,
            kept: kept.cloned().flatten(),
            suite: Arc::clone(&self.suite),
            case: Arc::clone(case),
            entry: Arc::clone(&self.entries[model]),
        }
    }

    /// Returns the trial of a case that need not be chosen.
    pub(super) fn trial_of(&self, case: &Arc<Case>, entry: usize, prompt: usize) -> Trial {
        let at = Position {
            suite: 0,
            case: 0,
            prompt: index32(prompt),
            model: index32(entry),
            repeat: 0,
        };
        self.trial(at, case, 0, None)
    }

    /// Returns the chosen cases in the order of asking.
    pub(super) fn asked(
        &self,
        selection: &Selection,
    ) -> Box<dyn Iterator<Item = Result<Chosen, DatasetError>> + Send> {
        match &self.shuffled {
            Some(all) => {
                let all = Arc::clone(all);
                Box::new((0..all.len()).map(move |at| Ok(all[at].clone())))
            }
            None => {
                let shard = selection.shard;
                let is_ours =
                    move |chosen: &Chosen| shard.is_none_or(|shard| shard.has(chosen.index));
                let chosen = self.chosen(selection);
                Box::new(chosen.filter(move |chosen| chosen.as_ref().map_or(true, &is_ours)))
            }
        }
    }

    pub(super) fn chosen(
        &self,
        selection: &Selection,
    ) -> impl Iterator<Item = Result<Chosen, DatasetError>> + Send + use<> {
        let drawn = self.drawn.clone();
        let left = drawn.as_ref().map_or(u64::MAX, |drawn| drawn.len() as u64);
        let left = left.min(selection.limit.unwrap_or(u64::MAX));
        let is_drawn = move |index| drawn.as_ref().is_none_or(|drawn| drawn.contains(&index));
        let mut twins = Twins::default();
        self.filtered(selection)
            .zip(0_u64..)
            .filter(move |(case, index)| case.is_err() || is_drawn(*index))
            .take(usize::try_from(left).unwrap_or(usize::MAX))
            .zip(0_u64..)
            .map(move |((case, _), index)| {
                let case = Arc::new(case?);
                let twin = twins.count(&case.case_id);
                Ok(Chosen {
                    case,
                    index,
                    twin,
                    place: None,
                })
            })
    }
}

/// Returns an index as positions have it.
pub(super) fn index32(index: usize) -> u32 {
    u32::try_from(index).expect("a run has fewer than 2^32 suites, prompts and models")
}
