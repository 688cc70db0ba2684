//! How much of a reference text is in the output: `rouge-n`, `rouge-l`, `bleu`, `gleu`, `meteor`.
//!
//! Each measure is a file, and a function from tokens to a number from 0 to 1. How texts become tokens is the measure's
//! own business too, since the published figures depend on it.

mod bleu;
mod gleu;
mod meteor;
mod ngrams;
mod rouge;

use std::collections::BTreeSet;

pub use self::meteor::MeteorWeights;

use super::prepared::rendered;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;
use crate::text::{number_text, treebank_tokens};

/// Compares the output with texts that are as it should be.
#[derive(Debug, Clone)]
pub struct Reference {
    /// How the two are compared.
    pub measure: Measure,
    /// The texts, at least one; the nearest counts.
    pub references: Vec<Template>,
    /// The least score that passes.
    pub least: f64,
}

/// How near an output is to a reference: 0, nothing in common, to 1, the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    /// The F1 of the runs of so many tokens that both have.
    RougeN(usize),
    /// The F1 of the longest sequence of tokens that both have in this order.
    RougeL,
    /// The share of the output's runs of one to four words that a reference has, less what is missing at its end.
    Bleu,
    /// The share of runs of one to four words that both have.
    Gleu,
    /// Words and stems that both have, less for those that stand elsewhere.
    Meteor(MeteorWeights),
}

impl Measure {
    /// Returns the least score that passes where a suite names none, as in promptfoo.
    pub fn default_least(self) -> f64 {
        match self {
            Self::RougeN(_) | Self::RougeL => 0.75,
            Self::Bleu | Self::Gleu | Self::Meteor(_) => 0.5,
        }
    }

    /// Returns how near `output` is to the nearest of `references`.
    fn score(self, output: &str, references: &[String]) -> f64 {
        let best = |score: &dyn Fn(&str) -> f64| {
            let scores = references.iter().map(|reference| score(reference));
            scores.fold(0.0, f64::max)
        };
        match self {
            Self::RougeN(n) => {
                let output = treebank_tokens(output);
                best(&|reference| rouge::n(&output, &treebank_tokens(reference), n))
            }
            Self::RougeL => {
                let output = treebank_tokens(output);
                best(&|reference| rouge::l(&output, &treebank_tokens(reference)))
            }
            Self::Bleu => {
                let references: Vec<_> = references.iter().map(|text| words(text)).collect();
                bleu::score(&words(output), &references)
            }
            Self::Gleu => {
                let output = gleu::tokens(output);
                best(&|reference| gleu::score(&output, &gleu::tokens(reference)))
            }
            Self::Meteor(weights) => {
                let output = words(output);
                best(&|reference| meteor::score(&output, &words(reference), weights))
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::RougeN(n) => format!("ROUGE-{n}"),
            Self::RougeL => "ROUGE-L".to_owned(),
            Self::Bleu => "BLEU".to_owned(),
            Self::Gleu => "GLEU".to_owned(),
            Self::Meteor(_) => "METEOR".to_owned(),
        }
    }
}

impl Reference {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let references = self
            .references
            .iter()
            .map(|reference| rendered(reference, subject.vars))
            .collect::<Result<Vec<_>, _>>()?;
        let output = text_of(subject.output);
        let score = self.measure.score(&output, &references);
        let against = match references.as_slice() {
            [one] => quoted(one),
            several => format!("{} references", several.len()),
        };
        Ok(Verdict::scored(
            score >= self.least,
            score,
            format!(
                "{} of the output against {against} is {score:.4}; the bound is {}",
                self.measure.name(),
                number_text(self.least)
            ),
        ))
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.references.iter().flat_map(Template::variables));
    }
}

/// Returns the words of a text, parted by white space, in small letters.
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
