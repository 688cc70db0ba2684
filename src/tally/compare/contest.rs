//! Who is compared with whom.

use super::baseline::Baseline;
use super::pair_set::PairSet;
use crate::journal::{Header, SuiteRecord};

/// What stands behind the label of a baseline that is asked a second time, to see how often it disagrees with itself.
pub const AGAIN: &str = " (again)";

/// One side of a comparison, of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Index of the model entry.
    pub model: u32,
    /// Index of the prompt, where prompts are compared; else all of them.
    pub prompt: Option<u32>,
}

/// Whom a candidate is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opponent {
    /// A side of the same run.
    Here(Side),
    /// The label of an earlier run.
    Earlier(String),
}

/// A comparison to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Index of the suite.
    pub suite: u32,
    /// The baseline.
    pub baseline: Opponent,
    /// The candidate.
    pub candidate: Side,
    /// The baseline's name: `label` or `label@prompt`.
    pub baseline_name: String,
    /// The candidate's name.
    pub candidate_name: String,
}

impl Contest {
    /// Returns whether it is of a model with itself, which shows what no difference looks like.
    pub fn is_noise_floor(&self) -> bool {
        self.candidate_name.strip_suffix(AGAIN) == Some(&self.baseline_name)
    }
}

/// Whom a command names; where it names nobody, the suites do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The baseline, `label` or `label@prompt`.
    pub baseline: Option<String>,
    /// The candidates.
    pub candidates: Vec<String>,
}

/// Returns the comparisons of a run, in the order of its plan; with an earlier run, each label is compared with itself then.
///
/// Within a run the baseline is what was chosen, else what the suite declares, else its first model. A baseline with a prompt
/// meets the other prompts of its model, any other the other models. A suite of one model and several prompts compares these
/// with the first.
pub fn contests(header: &Header, earlier: Option<&Baseline>, chosen: &Chosen) -> Vec<Contest> {
    let mut all = Vec::new();
    for (suite, at) in header.suites.iter().zip(0u32..) {
        match earlier {
            Some(earlier) => with_earlier(suite, at, earlier, chosen, &mut all),
            None => within(suite, at, chosen, &mut all),
        }
    }
    all
}

/// Returns the pairs of each baseline and candidate over all suites in which every label of the run has an entry; none for a
/// run of one suite. Their suite is none of the header's.
pub fn pooled(header: &Header, sets: &[(Contest, PairSet)]) -> Vec<(Contest, PairSet)> {
    let mut labels: Vec<&str> = Vec::new();
    for model in header.suites.iter().flat_map(|suite| &suite.models) {
        if !labels.contains(&model.label.as_str()) {
            labels.push(&model.label);
        }
    }
    let shared = |at: u32| {
        let suite = header.suites.get(at as usize);
        suite.is_some_and(|suite| suite.models.len() == labels.len())
    };
    let shared_count = (0u32..).zip(&header.suites).filter(|(at, _)| shared(*at));
    let shared_count = shared_count.count();
    if header.suites.len() < 2 || shared_count == 0 {
        return Vec::new();
    }
    let mut all: Vec<(Contest, PairSet, usize)> = Vec::new();
    for (contest, pairs) in sets.iter().filter(|(contest, _)| shared(contest.suite)) {
        let is_same = |(known, ..): &&mut (Contest, PairSet, usize)| {
            known.baseline_name == contest.baseline_name
                && known.candidate_name == contest.candidate_name
        };
        match all.iter_mut().find(is_same) {
            Some((_, known, suites)) => {
                known.absorb(pairs);
                *suites += 1;
            }
            None => {
                let contest = Contest {
                    suite: u32::MAX,
                    ..contest.clone()
                };
                all.push((contest, pairs.clone(), 1));
            }
        }
    }
    let complete = all
        .into_iter()
        .filter(|(_, _, suites)| *suites == shared_count);
    complete
        .map(|(contest, pairs, _)| (contest, pairs))
        .collect()
}

impl Side {
    /// Returns the side that `name` means in a suite: `label`, or `label@prompt`.
    pub fn named(suite: &SuiteRecord, name: &str) -> Option<Self> {
        if let Some(model) = model_at(suite, name) {
            return Some(Self {
                model,
                prompt: None,
            });
        }
        let (label, prompt) = name.rsplit_once('@')?;
        let prompt = (0..suite.prompt_count()).find(|at| suite.prompt_name(*at) == prompt)?;
        Some(Self {
            model: model_at(suite, label)?,
            prompt: Some(prompt),
        })
    }

    /// Returns its name.
    pub fn name(&self, suite: &SuiteRecord) -> String {
        let model = suite.models.get(self.model as usize);
        let label = model.map(|model| model.label.clone()).unwrap_or_default();
        match self.prompt {
            Some(prompt) => format!("{label}@{}", suite.prompt_name(prompt)),
            None => label,
        }
    }
}

/// Returns the comparison of two model entries.
pub(super) fn between_models(
    suite: &SuiteRecord,
    at: u32,
    baseline: u32,
    candidate: u32,
) -> Contest {
    let side = |model| Side {
        model,
        prompt: None,
    };
    Contest {
        suite: at,
        baseline_name: side(baseline).name(suite),
        candidate_name: side(candidate).name(suite),
        baseline: Opponent::Here(side(baseline)),
        candidate: side(candidate),
    }
}

fn within(suite: &SuiteRecord, at: u32, chosen: &Chosen, all: &mut Vec<Contest>) {
    let named = |name: &String| Side::named(suite, name);
    let declared = chosen.baseline.as_ref().and_then(named);
    let declared = declared.or_else(|| suite.baseline.as_ref().and_then(named));
    let baseline = declared.unwrap_or_else(|| Side {
        model: 0,
        prompt: (suite.models.len() == 1 && suite.prompt_count() > 1).then_some(0),
    });
    let candidates: Vec<Side> = if chosen.candidates.is_empty() {
        others(suite, &baseline)
    } else {
        chosen.candidates.iter().filter_map(named).collect()
    };
    for candidate in candidates {
        if candidate == baseline {
            continue;
        }
        all.push(Contest {
            suite: at,
            baseline_name: baseline.name(suite),
            candidate_name: candidate.name(suite),
            baseline: Opponent::Here(baseline.clone()),
            candidate,
        });
    }
}

/// Returns whom a baseline meets where nobody is named.
fn others(suite: &SuiteRecord, baseline: &Side) -> Vec<Side> {
    let sides: Vec<Side> = match baseline.prompt {
        Some(_) => {
            let prompts = 0..suite.prompt_count();
            let of = |prompt| Side {
                model: baseline.model,
                prompt: Some(prompt),
            };
            prompts.map(of).collect()
        }
        None => {
            let models = suite.models.iter().zip(0u32..);
            let of = |(_, model)| Side {
                model,
                prompt: None,
            };
            models.map(of).collect()
        }
    };
    sides.into_iter().filter(|side| side != baseline).collect()
}

fn with_earlier(
    suite: &SuiteRecord,
    at: u32,
    earlier: &Baseline,
    chosen: &Chosen,
    all: &mut Vec<Contest>,
) {
    let known = earlier.labels(&suite.name);
    let wanted = |label: &String| chosen.candidates.is_empty() || chosen.candidates.contains(label);
    let labels = suite.models.iter().map(|model| &model.label);
    let candidates: Vec<&String> = labels.filter(|label| wanted(label)).collect();
    // Two runs of one model each are about these two, whatever they are called.
    let alone = match (known.as_slice(), candidates.as_slice()) {
        ([one], [_]) => Some(*one),
        _ => None,
    };
    for label in candidates {
        let chosen = chosen.baseline.as_deref();
        let same = known
            .iter()
            .copied()
            .find(|one| *one == chosen.unwrap_or(label));
        let (Some(theirs), Some(model)) = (
            same.or(alone.filter(|_| chosen.is_none())),
            model_at(suite, label),
        ) else {
            continue;
        };
        all.push(Contest {
            suite: at,
            baseline: Opponent::Earlier(theirs.to_owned()),
            candidate: Side {
                model,
                prompt: None,
            },
            baseline_name: theirs.to_owned(),
            candidate_name: label.clone(),
        });
    }
}

fn model_at(suite: &SuiteRecord, label: &str) -> Option<u32> {
    let mut labels = suite.models.iter().zip(0u32..);
    labels
        .find(|(model, _)| model.label == label)
        .map(|(_, at)| at)
}
