//! `--count-tokens`: the service counts some prompts of a plan, for models for which it does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::iter;

use crate::catalog::{Ability, Catalog, Quota, Support};
use crate::cli::configured::Identity;
use crate::cli::connect::{counter, runtime};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::journal::RunOptions;
use crate::model::{
    Asking, Completion, ErrorKind, ModelClient, ModelError, ModelId, Request, TokenCounter, Usage,
};
use crate::plan::{Plan, PlanError, Trial};
use crate::run::{Lane, LaneSettings, RetryPolicy, Stop, ask};
use crate::suite::ModelEntry;
use crate::tally::Learned;

/// Counts that are asked for at a time.
const SLOTS: usize = 8;

/// A question whose prompt is counted.
struct Question {
    trial: Trial,
    request: Request,
}

/// Has up to `most` questions of each prompt and model counted, and tells `learned`. What is not counted is said.
///
/// Returns [`Exit::Denied`] where a model's prompts may not be counted.
///
/// # Errors
///
/// No region, no credentials, or a dataset that can no longer be read.
pub(super) fn count(
    plan: &Arc<Plan>,
    most: u64,
    options: &RunOptions,
    identity: Identity,
    catalog: &Catalog,
    learned: &mut Learned,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let entries = plan.suites.iter().flat_map(|part| &part.entries);
    let without: BTreeSet<&str> = entries
        .filter(|entry| !has_counts(entry, catalog))
        .map(|entry| entry.id.as_str())
        .collect();
    for id in &without {
        ui.note(&format!(
            "`{id}` is not known to have CountTokens: its prompts are estimated"
        ));
    }
    let questions = questions(plan, most, |entry| has_counts(entry, catalog))?;
    if questions.is_empty() {
        return Ok(Exit::Done);
    }
    let runtime = runtime()?;
    let counted = runtime.block_on(async {
        let counter = counter(options, identity).await?;
        Ok::<_, CliError>(ask_all(questions, counter, options).await)
    });
    runtime.shutdown_background();
    let mut exit = Exit::Done;
    let mut told = BTreeSet::new();
    for (question, result) in counted? {
        let Question { trial, request } = question;
        match result {
            Ok(tokens) => learned.count(&trial, request.text_bytes() as u64, tokens),
            Err(error) if error.kind == ErrorKind::Credentials => return Err(error.into()),
            Err(error) => {
                if error.kind == ErrorKind::Denied {
                    exit = Exit::Denied;
                }
                if told.insert(request.model.clone()) {
                    let hint = error
                        .hint
                        .map_or(String::new(), |hint| format!("\nhint: {hint}"));
                    ui.note(&format!(
                        "the prompts of `{}` were not all counted, the others are estimated: {}{hint}",
                        request.model, error.message
                    ));
                }
            }
        }
    }
    Ok(exit)
}

fn has_counts(entry: &ModelEntry, catalog: &Catalog) -> bool {
    let facts = catalog.look_up(&ModelId::parse(&entry.id));
    facts.is_some_and(|facts| facts.supports(Ability::CountTokens) == Support::Yes)
}

/// Returns up to `most` questions of each prompt and model entry, spread evenly over the plan.
fn questions(
    plan: &Arc<Plan>,
    most: u64,
    wanted: impl Fn(&ModelEntry) -> bool,
) -> Result<Vec<Question>, CliError> {
    let mut passed: HashMap<(u32, u32, u32), (u64, u64)> = HashMap::new();
    let mut questions = Vec::new();
    for trial in plan.trials(|_| true) {
        let trial = trial.map_err(PlanError::from)?;
        let at = trial.at;
        if at.repeat > 0 || trial.case.output.is_some() || !wanted(&trial.entry) {
            continue;
        }
        let (seen, taken) = passed.entry((at.suite, at.prompt, at.model)).or_default();
        let cases = plan.suites[at.suite as usize].cases.max(1);
        let is_due = *taken < most && *seen * most >= *taken * cases;
        *seen += 1;
        if !is_due {
            continue;
        }
        // What cannot be rendered is told by the forecast.
        if let Ok(request) = trial.request(&trial.context(), false) {
            *taken += 1;
            questions.push(Question { trial, request });
        }
    }
    Ok(questions)
}

/// Asks for every count, at most [`SLOTS`] at a time; failures are repeated as those of answers are.
async fn ask_all(
    questions: Vec<Question>,
    counter: Arc<dyn TokenCounter>,
    options: &RunOptions,
) -> Vec<(Question, Result<u64, ModelError>)> {
    let client: Arc<dyn ModelClient> = Arc::new(Counted(counter));
    let settings = LaneSettings {
        slots: SLOTS,
        policy: RetryPolicy {
            max_retries: options
                .max_retries
                .unwrap_or(RetryPolicy::default().max_retries),
            ..RetryPolicy::default()
        },
        limited: false,
        approach: false,
    };
    let unlimited = Quota {
        tokens_per_minute: None,
        requests_per_minute: None,
        output_burndown: 1,
    };
    let mut lanes = BTreeMap::new();
    for Question { request, .. } in &questions {
        let (model, region) = (&request.model, &request.region);
        let lane = || {
            Lane::new(
                model,
                region.as_deref(),
                Arc::clone(&client),
                &unlimited,
                &settings,
            )
        };
        lanes
            .entry((model.clone(), region.clone()))
            .or_insert_with(lane);
    }
    let (lanes, stop) = (&lanes, &Stop::default());
    let asked = iter(questions).map(|question| async move {
        let lane = &lanes[&(
            question.request.model.clone(),
            question.request.region.clone(),
        )];
        let answered = ask(lane, &question.request, stop, |_| {}).await;
        let tokens = answered
            .result
            .map(|completion| completion.usage.input_tokens);
        (question, tokens)
    });
    asked.buffered(SLOTS * 2).collect().await
}

/// A client whose answers are counts: so they are asked for at the pace of a lane.
struct Counted(Arc<dyn TokenCounter>);

impl ModelClient for Counted {
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(async move {
            let tokens = self.0.count(request).await?;
            Ok(Completion {
                usage: Usage::new(tokens, 0),
                ..Completion::default()
            })
        })
    }
}
