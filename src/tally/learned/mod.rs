//! What earlier runs tell of trials that are still to be asked.
//!
//! Every answered trial is counted under several names, from its very question to its model. A trial that is planned takes the
//! closest name that was heard of: so another selection of cases, an edited prompt and another suite each still tell
//! something, and it is known what an expectation rests on.

mod seen;

use std::collections::HashMap;

use seen::{Line, Seen};

use crate::catalog::Usd;
use crate::journal::{Header, Record};
use crate::model::{ModelId, Usage};
use crate::plan::Trial;

/// How closely earlier trials are related to a planned one, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The same case, prompt and model entry.
    Question,
    /// Other cases with the same prompt and model entry.
    Prompt,
    /// The prompt of that name before it, or the entry's parameters, were edited: the same case, else others.
    Edited,
    /// Other prompts of the suite, with the same model.
    Suite,
    /// Other suites with the same model.
    Model,
}

impl Basis {
    /// Every basis, closest first.
    pub const ALL: [Self; 5] = [
        Self::Question,
        Self::Prompt,
        Self::Edited,
        Self::Suite,
        Self::Model,
    ];

    /// Returns the basis as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Prompt => "prompt",
            Self::Edited => "edited",
            Self::Suite => "suite",
            Self::Model => "model",
        }
    }
}

/// A name under which trials are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    /// Suite, prompt and entry, the latter two as digests; and the case.
    Question(String, String, String, String),
    /// The same without the case.
    Prompt(String, String, String),
    /// Suite, prompt by name, model and case.
    EditedQuestion(String, String, String, String),
    /// The same without the case.
    Edited(String, String, String),
    /// Suite and model.
    Suite(String, String),
    /// The model, wherever it is served.
    Model(String),
}

/// What is known of a trial, or of several, by whom they are named.
struct Whose<'a> {
    suite: &'a str,
    case_id: &'a str,
    prompt: &'a str,
    prompt_digest: &'a str,
    entry_digest: &'a str,
    model: &'a str,
}

impl Whose<'_> {
    /// Returns all names, closest first.
    fn names(&self) -> [Name; 6] {
        let id = ModelId::parse(self.model);
        let model = id.base().unwrap_or(self.model).to_owned();
        let [suite, case, prompt] = [self.suite, self.case_id, self.prompt].map(ToOwned::to_owned);
        let [text, entry] = [self.prompt_digest, self.entry_digest].map(ToOwned::to_owned);
        [
            Name::Question(suite.clone(), text.clone(), entry.clone(), case.clone()),
            Name::Prompt(suite.clone(), text, entry),
            Name::EditedQuestion(suite.clone(), prompt.clone(), model.clone(), case),
            Name::Edited(suite.clone(), prompt, model.clone()),
            Name::Suite(suite, model.clone()),
            Name::Model(model),
        ]
    }
}

impl Name {
    fn basis(&self) -> Basis {
        match self {
            Self::Question(..) => Basis::Question,
            Self::Prompt(..) => Basis::Prompt,
            Self::EditedQuestion(..) | Self::Edited(..) => Basis::Edited,
            Self::Suite(..) => Basis::Suite,
            Self::Model(..) => Basis::Model,
        }
    }
}

/// What earlier runs took, and what was counted beforehand.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    runs: Vec<String>,
    seen: HashMap<Name, Seen>,
    /// Calls of judges, by suite and the judge's model.
    judges: HashMap<(String, String), Judged>,
    /// Trials of suites, by name.
    trials: HashMap<String, u64>,
    counted: HashMap<Name, Line>,
}

/// What a judge took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Judged {
    calls: u64,
    usage: Usage,
}

/// What a planned trial will probably take.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expectation {
    /// What that rests on; `None` if nothing was heard of the model.
    pub(super) basis: Option<Basis>,
    /// The newest run that told it.
    pub(super) run: Option<String>,
    /// Tokens of the prompt, of all prompts of a conversation; `None` if unknown.
    pub(super) input: Option<f64>,
    /// Whether that rests on a count of such prompts by the service.
    pub(super) is_counted: bool,
    /// Tokens of the answer, of all answers of a conversation; `None` if unknown.
    pub(super) output: Option<f64>,
    /// The standard error of that where other questions told it, which is one for all of them; else 0.
    pub(super) output_error: f64,
    /// What a prompt cache does.
    pub(super) caching: Option<Kept>,
    /// What judging the answer costs; `None` if unknown.
    pub(super) judging: Option<Usd>,
    /// How many calls it takes; `None` if unknown.
    pub(super) attempts: Option<f64>,
}

/// What a prompt cache does for the trials of a prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kept {
    /// Tokens of a prompt that are kept; `None` where the prompt is another one now.
    pub(super) tokens: Option<f64>,
    /// Trials that write before the others can read.
    pub(super) writers: u64,
    /// The share of trials that write.
    pub(super) share: f64,
    /// Whether what is written lives for an hour.
    pub(super) for_an_hour: bool,
}

impl Learned {
    /// Begins with the next older run; the newest comes first.
    pub fn begin(&mut self, run: &str) {
        self.runs.push(run.to_owned());
    }

    /// Adds a trial of the run that was begun last. What was not answered tells nothing.
    pub fn add(&mut self, header: &Header, record: &Record) {
        let answered =
            |attempt: &crate::journal::Attempt| attempt.failed.is_none() && attempt.usage.is_some();
        let Some(suite) = header.suites.get(record.at.suite as usize) else {
            return;
        };
        let Some(model) = suite.models.get(record.at.model as usize) else {
            return;
        };
        let usage = record.usage();
        let is_answered = record.attempts.iter().any(answered) && !usage.is_zero();
        let is_canned = record.attempts.is_empty() && !record.judge_calls.is_empty();
        if !(is_answered || is_canned) || self.runs.is_empty() {
            return;
        }
        let prompt = suite.prompt_name(record.at.prompt);
        let digest = suite.prompt_digests.get(record.at.prompt as usize);
        let whose = Whose {
            suite: &suite.name,
            case_id: &record.case_id,
            prompt: &prompt,
            prompt_digest: digest.map_or("", String::as_str),
            entry_digest: model.digest.as_deref().unwrap_or_default(),
            model: &model.model,
        };
        *self.trials.entry(suite.name.clone()).or_default() += 1;
        for call in &record.judge_calls {
            let Some(judge) = suite.judges.get(call.judge as usize) else {
                continue;
            };
            let name = (suite.name.clone(), judge.model.clone());
            let judged = self.judges.entry(name).or_default();
            judged.calls += call.attempts.len() as u64;
            for usage in call.attempts.iter().filter_map(|attempt| attempt.usage) {
                judged.usage += usage;
            }
        }
        let run = self.runs.len() - 1;
        for name in whose.names() {
            let seen = self.seen.entry(name).or_insert_with(|| Seen::from(run));
            if !seen.hears(run) {
                continue;
            }
            if is_answered {
                seen.add(record, &usage, &suite.judges);
            } else {
                seen.add_judging(record, &suite.judges);
            }
        }
    }

    /// Adds how many tokens the service counts in the prompt of a planned trial, with its bytes of text.
    pub fn count(&mut self, trial: &Trial, bytes: u64, tokens: u64) {
        let [_, name, ..] = whose(trial).names();
        self.counted.entry(name).or_default().add(bytes, tokens);
    }

    /// Returns how many prompts like that of a trial were counted by the service.
    pub(super) fn counts(&self, trial: &Trial) -> u64 {
        let [_, name, ..] = whose(trial).names();
        self.counted.get(&name).map_or(0, Line::len)
    }

    /// Returns how many calls a judge of a suite took for each trial, and tokens of one of them; `None` if that is unknown.
    pub fn judge(&self, suite: &str, model: &str) -> Option<(f64, Usage)> {
        let judged = self.judges.get(&(suite.to_owned(), model.to_owned()))?;
        let trials = self.trials.get(suite).filter(|trials| **trials > 0)?;
        let calls = judged.calls.max(1);
        let mean = Usage::new(
            judged.usage.prompt_tokens().div_ceil(calls),
            judged.usage.output_tokens.div_ceil(calls),
        );
        Some((seen::float(judged.calls) / seen::float(*trials), mean))
    }

    /// Returns latencies of trials of a suite and a model in milliseconds, else of the model anywhere; empty if there are none.
    pub fn latencies(&self, suite: &str, model: &str) -> &[f64] {
        let id = ModelId::parse(model);
        let base = id.base().unwrap_or(model).to_owned();
        let names = [
            Name::Suite(suite.to_owned(), base.clone()),
            Name::Model(base),
        ];
        let mut seen = names.iter().filter_map(|name| self.seen.get(name));
        let found = seen.find(|seen| !seen.latencies().is_empty());
        found.map_or(&[], Seen::latencies)
    }

    /// Returns how many tokens all answers to a planned trial will have together; `None` if no earlier run tells.
    pub fn answer(&self, trial: &Trial) -> Option<f64> {
        let names = whose(trial).names();
        let mut seen = names.iter().filter_map(|name| self.seen.get(name));
        seen.find(|seen| seen.trials > 0).map(Seen::output)
    }

    /// Returns what a planned trial will take whose question has so many bytes.
    pub(super) fn expect(&self, trial: &Trial, bytes: u64) -> Expectation {
        let names = whose(trial).names();
        let of = |name: &Name| Some((name.basis(), self.seen.get(name)?));
        let known = names.iter().filter_map(of);
        let slope = known.clone().find_map(|(_, seen)| seen.line.slope());
        let counted = self.counted.get(&names[1]);
        let counted = counted.and_then(|line| line.at(bytes, slope));
        let closest = known.clone().find(|(_, seen)| seen.trials > 0);
        let mut expectation = Expectation {
            basis: closest.map(|(basis, _)| basis),
            run: closest.and_then(|(_, seen)| self.runs.get(seen.newest).cloned()),
            input: counted,
            is_counted: counted.is_some(),
            output: closest.map(|(_, seen)| seen.output()),
            output_error: closest
                .filter(|(basis, _)| *basis > Basis::Question)
                .map_or(0.0, |(_, seen)| seen.output_error()),
            attempts: closest.map(|(_, seen)| seen.attempts()),
            ..Expectation::default()
        };
        for (basis, seen) in known {
            let Expectation {
                input,
                caching,
                judging,
                ..
            } = &mut expectation;
            *input = input.or_else(|| seen.line.at(bytes, slope));
            if basis < Basis::Model {
                *judging = judging.or_else(|| seen.judging());
            }
            // Of a question alone nobody knows whether it came first.
            if caching.is_none() && basis > Basis::Question && basis < Basis::Model {
                *caching = seen.caching().map(|kept| Kept {
                    tokens: (basis == Basis::Prompt).then_some(kept.tokens),
                    writers: kept.writers,
                    share: kept.share,
                    for_an_hour: kept.for_an_hour,
                });
            }
        }
        expectation
    }
}

fn whose(trial: &Trial) -> Whose<'_> {
    Whose {
        suite: &trial.suite.name,
        case_id: &trial.case.case_id,
        prompt: &trial.prompt().name,
        prompt_digest: &trial.prompt_digest,
        entry_digest: &trial.entry_digest,
        model: &trial.entry.id,
    }
}
