//! What repeats say, as the document has it and in words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::human::{counted, percent};
use super::safe::name;
use crate::journal::Header;
use crate::tally::{Noise, Tally};

/// What the repeats of one model say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoiseRow {
    /// The suite.
    pub suite: String,
    /// The model.
    pub label: String,
    /// Cases that were judged more than once.
    pub cases: u64,
    /// The largest k below.
    pub repeats: u64,
    /// Cases that pass nearly always, with probability 0.9.
    pub reliable: u64,
    /// Cases that pass now and then.
    pub flaky: u64,
    /// Cases that fail nearly always.
    pub broken: u64,
    /// Cases of which there are too few repeats to tell.
    pub undetermined: u64,
    /// The chance that two runs disagree on a case.
    pub disagreement: f64,
    /// The chance that one of k repeats passes, by k.
    pub pass_at_k: BTreeMap<String, f64>,
    /// The chance that all of k repeats pass, by k.
    pub pass_hat_k: BTreeMap<String, f64>,
    /// Where the spread of pass rates comes from.
    pub spread: Option<SpreadRow>,
}

/// Where the spread of pass rates comes from, and what other repeats would make of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpreadRow {
    /// Variance between cases.
    pub between: f64,
    /// Variance of one repeat around its case.
    pub within: f64,
    /// The standard error of the pass rate, by repeats.
    pub error_by_repeats: BTreeMap<String, f64>,
    /// `cases` or `repeats`: twice as many of which would make the pass rate surer.
    #[schemars(schema_with = "super::schema::advice")]
    pub advice: String,
}

impl NoiseRow {
    /// Returns a row for each model that was asked more than once.
    pub(super) fn all(header: &Header, tally: &Tally) -> Vec<Self> {
        let suites = header.suites.iter().zip(0u32..);
        let models = suites.flat_map(|(suite, at)| {
            let models = suite.models.iter().zip(0u32..);
            models.map(move |(model, model_at)| (suite, model, at, model_at))
        });
        let rows = models.filter_map(|(suite, model, at, model_at)| {
            let prompts = tally.prompts(at, model_at);
            let noise = Noise::of(prompts.map(|(_, count)| count))?;
            Some(Self::of(&suite.name, &model.label, &noise))
        });
        rows.collect()
    }

    fn of(suite: &str, label: &str, noise: &Noise) -> Self {
        let [reliable, flaky, broken, undetermined] = noise.stability;
        let by_k = |of: fn(&(f64, f64)) -> f64| {
            let values = (1..).zip(&noise.of_k);
            values.map(|(k, both)| (k.to_string(), of(both))).collect()
        };
        Self {
            suite: suite.to_owned(),
            label: label.to_owned(),
            cases: noise.cases,
            repeats: noise.repeats,
            reliable,
            flaky,
            broken,
            undetermined,
            disagreement: noise.disagreement,
            pass_at_k: by_k(|(any, _): &(f64, f64)| *any),
            pass_hat_k: by_k(|(_, all): &(f64, f64)| *all),
            spread: noise.spread.as_ref().map(|spread| SpreadRow {
                between: spread.between,
                within: spread.within,
                error_by_repeats: (spread.errors.iter())
                    .map(|(repeats, error)| (repeats.to_string(), *error))
                    .collect(),
                advice: if spread.twice_the_cases <= spread.twice_the_repeats {
                    "cases".to_owned()
                } else {
                    "repeats".to_owned()
                },
            }),
        }
    }

    /// Returns what it says, in a sentence.
    pub(super) fn sentence(&self, of_several: bool) -> String {
        let place = if of_several {
            format!(" in {}", name(&self.suite))
        } else {
            String::new()
        };
        let k = self.repeats.to_string();
        let of_k = match (self.pass_at_k.get(&k), self.pass_hat_k.get(&k)) {
            (Some(any), Some(all)) => format!(
                "; of {k} repeats one passes in {}, all in {}",
                percent(*any),
                percent(*all)
            ),
            _ => String::new(),
        };
        let advice = match self.spread.as_ref().map(|spread| spread.advice.as_str()) {
            Some("cases") if self.disagreement > 0.0 => {
                ". More cases would tell more than more repeats"
            }
            _ => "",
        };
        format!(
            "{}{place}: {} asked again, {} flaky; two runs disagree on {}{of_k}{advice}.",
            name(&self.label),
            counted(self.cases, "case"),
            self.flaky,
            percent(self.disagreement)
        )
    }
}
