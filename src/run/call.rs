//! Single calls and whose they are, for those who watch a run closely. Nothing of it is made where nobody does.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use crate::catalog::{PriceRow, Usd};
use crate::journal::{Attempt, ErrorRecord, Record, SuiteRecord};
use crate::model::{Completion, ModelError, Params, Request};
use crate::plan::Trial;

/// How closely a run is watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Watch {
    /// Outcomes, and what holds them up.
    #[default]
    Outcomes,
    /// Every call too.
    Calls,
    /// Every call with what was asked and answered.
    Content,
}

/// Which trial something is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialName {
    /// Its id.
    pub id: String,
    /// Its suite.
    pub suite: String,
    /// Its case.
    pub case: String,
    /// Its prompt.
    pub prompt: String,
    /// The label of the model under test.
    pub label: String,
    /// Which of its repeats it is, from 0.
    pub repeat: u32,
}

impl TrialName {
    pub(super) fn of(trial: &Trial) -> Self {
        Self {
            id: trial.id.clone(),
            suite: trial.suite.name.clone(),
            case: trial.case.name.clone(),
            prompt: trial.prompt().name.clone(),
            label: trial.entry.label.clone(),
            repeat: trial.at.repeat,
        }
    }
}

/// One call, ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The trial that it was made for.
    pub trial: TrialName,
    /// The label of the judge that was asked; `None` where it was the model under test.
    pub judge: Option<String>,
    /// The model's id.
    pub model: String,
    /// The region that was asked, where it is not the run's.
    pub region: Option<String>,
    /// Which attempt at its question this was, from 1.
    pub attempt: u32,
    /// When it was sent.
    pub sent: SystemTime,
    /// From sending it to its end; for a recording how long reading it took.
    pub took: Duration,
    /// How long it waited for back-off, a slot, the budget and the quota.
    pub waited: Duration,
    /// What it is billed for, and the kind of failure.
    pub billed: Attempt,
    /// What that costs; `None` where there is no price.
    pub cost: Option<Usd>,
    /// What it was answered, or why it was not.
    pub outcome: Result<Answered, ErrorRecord>,
    /// The inference parameters.
    pub params: Params,
    /// Whether the answer was streamed.
    pub stream: bool,
    /// The id of the guardrail that was applied.
    pub guardrail: Option<String>,
    /// Whether vectors were asked for.
    pub embeds: bool,
    /// What was said, where that is watched.
    pub content: Option<Box<Content>>,
}

/// What is known of an answer beside its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// Why the model stopped, in Converse's words.
    pub stop_reason: String,
    /// As the client measured it; for a recording as it was then.
    pub latency: Duration,
    /// To the first token, where the answer was streamed.
    pub time_to_first_token: Option<Duration>,
    /// Bedrock's id of the call.
    pub request_id: Option<String>,
}

impl Call {
    /// Returns Bedrock's id of the call.
    pub fn request_id(&self) -> Option<&str> {
        match &self.outcome {
            Ok(answered) => answered.request_id.as_deref(),
            Err(error) => error.request_id.as_deref(),
        }
    }

    /// Returns how long it took: of an answer what its client measured.
    pub fn latency(&self) -> Duration {
        match &self.outcome {
            Ok(answered) => answered.latency,
            Err(_) => self.took,
        }
    }
}

/// What was said in a call. It may hold what prompts take from the environment: [`masked`](Self::masked) hides it.
#[derive(Clone, PartialEq)]
pub struct Content {
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub answer: Option<Completion>,
    /// Names and values of the environment, the longest value first.
    env: Vec<(String, String)>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").finish_non_exhaustive()
    }
}

impl Content {
    fn of(trial: &Trial, request: &Request, result: &Result<Completion, ModelError>) -> Self {
        let env = trial.suite.env.iter();
        let env = env.filter_map(|(name, value)| Some((name, value.as_str()?)));
        let env = env.filter(|(_, value)| !value.is_empty());
        let mut env: Vec<_> = env
            .map(|(name, value)| (name.clone(), value.to_owned()))
            .collect();
        env.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Self {
            request: request.clone(),
            answer: result.as_ref().ok().cloned(),
            env,
        }
    }

    /// Returns a text of it with `${NAME}` in place of what may be secret.
    pub fn masked(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (name, value) in &self.env {
            masked = masked.replace(value, &format!("${{{name}}}"));
        }
        masked
    }

    /// Returns a value with all its texts [`masked`](Self::masked).
    pub fn masked_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.masked(text).into(),
            Value::Array(items) => items.iter().map(|item| self.masked_value(item)).collect(),
            Value::Object(map) => {
                let fields = map.iter();
                let fields = fields.map(|(key, value)| (key.clone(), self.masked_value(value)));
                Value::Object(fields.collect())
            }
            other => other.clone(),
        }
    }
}

/// How a trial ended, for those who watch closely.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Which trial.
    pub trial: TrialName,
    /// When it ended.
    pub at: SystemTime,
    /// The weighted mean of its checks, 0..=1, where there is one.
    pub score: Option<f64>,
    /// What its answer costs, judges aside; `None` where there is no price.
    pub cost: Option<Usd>,
    /// Why there was no completion.
    pub error: Option<ErrorRecord>,
}

impl Ended {
    pub(super) fn of(record: &Record, suite: &SuiteRecord) -> Self {
        let entry = &suite.models[record.at.model as usize];
        let trial = TrialName {
            id: record.id.clone(),
            suite: suite.name.clone(),
            case: record.case.clone(),
            prompt: suite.prompt_name(record.at.prompt),
            label: entry.label.clone(),
            repeat: record.at.repeat,
        };
        Self {
            trial,
            at: SystemTime::now(),
            score: record.score,
            cost: record.cost(entry.price.as_ref()),
            error: record.error.clone(),
        }
    }
}

/// A call as the one who made it knows it.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) request: &'a Request,
    pub(super) result: &'a Result<Completion, ModelError>,
    pub(super) billed: &'a Attempt,
    /// From 1.
    pub(super) attempt: usize,
    pub(super) sent: Instant,
    pub(super) waited: Duration,
    /// The judge that was asked, by its index in the suite.
    pub(super) judge: Option<u32>,
}

impl Made<'_> {
    /// Returns the call as those who watch hear of it, right after its end.
    pub(super) fn told(
        &self,
        trial: &Trial,
        judge: Option<&str>,
        price: Option<&PriceRow>,
        watch: Watch,
    ) -> Call {
        let request = self.request;
        let took = self.sent.elapsed();
        let content = || Box::new(Content::of(trial, request, self.result));
        Call {
            trial: TrialName::of(trial),
            judge: judge.map(str::to_owned),
            model: request.model.clone(),
            region: request.region.clone(),
            attempt: u32::try_from(self.attempt).unwrap_or(u32::MAX),
            sent: SystemTime::now() - took,
            took,
            waited: self.waited,
            billed: self.billed.clone(),
            cost: self.billed.bill(price),
            outcome: match self.result {
                Ok(completion) => Ok(Answered {
                    stop_reason: completion.stop_reason.0.clone(),
                    latency: completion.latency,
                    time_to_first_token: completion.time_to_first_token,
                    request_id: completion.request_id.clone(),
                }),
                Err(error) => Err(error.clone().into()),
            },
            params: request.params.clone(),
            stream: request.stream,
            guardrail: request.guardrail.as_ref().map(|one| one.id.clone()),
            embeds: request.embedding.is_some(),
            content: (watch == Watch::Content).then(content),
        }
    }
}
