//! One trial from question to record: render, ask, judge.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::asks::World;
use super::budget::Payer;
use super::dialogue::{self, Asker, Dialogue, Turned};
use super::paced::{Notice, Paced, Slot};
use super::recall::{self, Recall};
use crate::catalog::{PriceRow, Usd};
use crate::check::{Answers, Grade, Grading, Subject};
use crate::journal::{ErrorRecord, Record, TrialStatus, TurnRecord};
use crate::model::{
    Completion, ErrorKind, Json, Message, ModelError, Part, Remedy, Request, Usage,
};
use crate::plan::Trial;

/// How a trial is carried out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    /// The price row of its model.
    pub price: Option<&'a PriceRow>,
    /// Who pays for it; `None` where nothing is capped.
    pub payer: Option<Payer<'a>>,
    /// Whether answers are streamed.
    pub stream: bool,
    /// Answers of an earlier run, which are judged in place of asking.
    pub recall: Option<&'a Recall>,
}

/// How a trial ended, and the slot that it still holds.
pub(super) struct Outcome {
    /// What goes to the journal; large, and handed from place to place.
    pub record: Box<Record>,
    /// To be given back once the record is on disk.
    pub slot: Option<Slot>,
}

/// Carries out a trial; `None` if it was not asked, or the run was stopped before it had an outcome. `notify` hears of what
/// others may want to know, with the id of the model that it is about.
pub(super) async fn carry_out(
    trial: &Trial,
    paced: &Paced,
    asking: Asking<'_>,
    world: &World<'_>,
    notify: impl Fn(&str, Notice<'_>),
) -> Option<Outcome> {
    let context = trial.context();
    let mut record = Box::new(blank(trial));
    let judged = trial.case.grading.asks();
    if let Some(output) = &trial.case.output {
        // A canned answer need not have all variables of a prompt.
        let request = trial.case.grading.looks_at_request().then(|| {
            let whole = trial.request(&context, false);
            whole.unwrap_or_else(|_| trial.frame(false))
        });
        let given = Given {
            context: &context,
            request: request.as_ref(),
            price: asking.price,
            usage: None,
            turns: Vec::new(),
        };
        judge(&mut record, &given, output.clone(), world, &notify).await?;
        return Some(Outcome { record, slot: None });
    }
    if let Some(recall) = asking.recall {
        judge_again(&mut record, recall, &context, asking.price, world, &notify).await?;
        return Some(Outcome { record, slot: None });
    }
    let request = match offered(trial, &context, asking.stream, world).await {
        Ok(request) => request,
        Err(error) if error.kind == ErrorKind::Cancelled => return None,
        Err(error) => {
            record.error = Some(error.into());
            return Some(Outcome { record, slot: None });
        }
    };
    record.asked = asked(trial, &request);
    record.prompt_bytes = Some(request.text_bytes() as u64);
    let asker = Asker {
        paced,
        payer: asking.payer,
        world,
    };
    let Dialogue {
        result,
        request,
        turns,
        attempts,
        waited,
        slot,
    } = dialogue::hold(request, &context, asker, &notify).await;
    // A judge may need the very slot.
    let slot = slot.filter(|_| !judged);
    record.wait_ms = millis(waited);
    record.attempts = attempts;
    record.turns = turns.iter().map(turn_record).collect();
    match result {
        Err(error) if error.kind == ErrorKind::Cancelled => return None,
        Err(error) if error.kind == ErrorKind::Budget && record.attempts.is_empty() => return None,
        Err(error) => record.error = Some(error.into()),
        Ok(completion) => {
            let given = Given {
                context: &context,
                request: Some(&request),
                price: asking.price,
                usage: Some(completion.usage),
                turns: turns.into_iter().map(|turn| Some(turn.request)).collect(),
            };
            finish(&mut record, &given, completion, world, &notify).await?;
        }
    }
    Some(Outcome { record, slot })
}

/// Judges what an earlier run was answered; `None` if it was not, or judges were abandoned.
async fn judge_again(
    record: &mut Record,
    recall: &Recall,
    context: &Map<String, Value>,
    price: Option<&PriceRow>,
    world: &World<'_>,
    notify: &impl Fn(&str, Notice<'_>),
) -> Option<()> {
    let trial = world.trial;
    let earlier = match recall.find(trial) {
        Ok(earlier) => earlier?,
        Err(error) => {
            let message = format!("the recorded answer cannot be read: {error}");
            record.error = Some(ModelError::new(ErrorKind::Invalid, Remedy::None, message).into());
            return Some(());
        }
    };
    recall::take_over(record, earlier);
    if record.error.is_some() {
        return Some(());
    }
    let output = record.output.take().map(|output| output.value());
    let output = output.unwrap_or_default();
    // What servers offered then is not known any more.
    let looked_at = trial.case.grading.looks_at_request() && trial.case.servers.is_empty();
    let request = looked_at
        .then(|| trial.request(context, false).ok())
        .flatten();
    let answers = record
        .attempts
        .iter()
        .filter(|attempt| attempt.failed.is_none());
    let usage = answers.filter_map(|attempt| attempt.usage);
    let usage = usage.reduce(|mut sum, usage| {
        sum += usage;
        sum
    });
    let given = Given {
        context,
        request: request.as_ref(),
        price,
        usage,
        turns: Vec::new(),
    };
    judge(record, &given, output, world, notify).await
}

/// Returns the first request, with the tools of servers.
async fn offered(
    trial: &Trial,
    context: &Map<String, Value>,
    stream: bool,
    world: &World<'_>,
) -> Result<Request, ModelError> {
    let mut request = prepare(trial, context, stream)?;
    dialogue::offer(&mut request, world).await?;
    Ok(request)
}

/// Returns the first request without the tools of servers.
pub(super) fn prepare(
    trial: &Trial,
    context: &Map<String, Value>,
    stream: bool,
) -> Result<Request, ModelError> {
    let invalid = |message: String| ModelError::new(ErrorKind::Invalid, Remedy::None, message);
    let request = trial.request(context, stream).map_err(|error| {
        invalid(format!(
            "the prompt `{}` cannot be rendered: {error}",
            trial.prompt().name
        ))
    })?;
    if request
        .messages
        .iter()
        .any(|message| message.parts.is_empty())
    {
        return Err(invalid(format!(
            "the prompt `{}` renders to a blank message",
            trial.prompt().name
        )));
    }
    Ok(request)
}

/// Returns what the journal keeps of a question, so that a report can show it: once, with the first model's answer, as repeats and
/// other models are asked the same.
/// What a prompt takes from the environment may be secret: it is kept as `${NAME}`.
fn asked(trial: &Trial, request: &Request) -> Option<Json> {
    #[derive(Serialize)]
    struct Asked<'a> {
        system: &'a [Part],
        messages: &'a [Message],
    }

    if trial.at.repeat > 0 || trial.at.model > 0 {
        return None;
    }
    let masked;
    let shown = if trial.suite.env.is_empty() {
        request
    } else {
        let names = trial.suite.env.keys();
        let env = names.map(|name| (name.clone(), Value::String(format!("${{{name}}}"))));
        let mut context = trial.case.vars.clone();
        context.insert("env".to_owned(), env.collect::<Map<_, _>>().into());
        masked = trial.request(&context, false).ok()?;
        &masked
    };
    let asked = Asked {
        system: &shown.system,
        messages: &shown.messages,
    };
    let text = serde_json::to_string(&asked).expect("a request is plain data");
    Some(Json::of(&text))
}

/// What is known of a question when its answer is there.
struct Given<'a> {
    context: &'a Map<String, Value>,
    request: Option<&'a Request>,
    price: Option<&'a PriceRow>,
    /// Tokens of the answer; `None` for canned answers.
    usage: Option<Usage>,
    /// What each turn was asked, as far as it is known.
    turns: Vec<Option<Request>>,
}

/// Returns what the journal keeps of a turn.
fn turn_record(turn: &Turned) -> TurnRecord {
    TurnRecord {
        user: turn.user.clone(),
        output: turn.answer.text.clone(),
        tool_calls: turn.answer.tool_calls.clone(),
        latency_ms: millis(turn.answer.latency),
        usage: turn.answer.usage,
    }
}

/// Notes a completion and judges it; `None` if judges were abandoned.
async fn finish(
    record: &mut Record,
    given: &Given<'_>,
    completion: Completion,
    world: &World<'_>,
    notify: &impl Fn(&str, Notice<'_>),
) -> Option<()> {
    // How long a batch takes says nothing of how long its model does.
    record.latency_ms = (!completion.batched).then(|| millis(completion.latency));
    record.ttft_ms = completion.time_to_first_token.map(millis);
    record.service_latency_ms = completion.service_latency_ms;
    record.request_id = completion.request_id;
    record.tool_calls = completion.tool_calls;
    let is_error = completion.stop_reason.is_error();
    record.stop_reason = Some(completion.stop_reason.0.clone());
    if !is_error {
        let output = Value::String(completion.text);
        return judge(record, given, output, world, notify).await;
    }
    record.output = Some(Json::of(&completion.text));
    let (kind, message, hint) = if completion.stop_reason.0.starts_with("malformed_") {
        (
            ErrorKind::Malformed,
            "the model's output could not be read",
            "ask again, or ask in a simpler way",
        )
    } else {
        (
            ErrorKind::ContextLength,
            "the conversation is too long for the model",
            "shorten the prompt",
        )
    };
    record.error = Some(ErrorRecord {
        kind,
        code: None,
        http_status: None,
        message: format!("{message} (stop reason `{}`)", completion.stop_reason),
        hint: Some(hint.to_owned()),
        request_id: record.request_id.clone(),
    });
    Some(())
}

/// Judges an output, as often as its checks want to know more, and notes the outcome; `None` if judges were abandoned.
async fn judge(
    record: &mut Record,
    given: &Given<'_>,
    output: Value,
    world: &World<'_>,
    notify: &impl Fn(&str, Notice<'_>),
) -> Option<()> {
    let mut answers = Answers::default();
    let Grade {
        status,
        score,
        checks,
        metrics,
    } = loop {
        let grade = graded(record, given, &output, &answers, &world.trial.case.grading);
        let wanted = answers.take_wanted();
        if wanted.is_empty() {
            break grade;
        }
        let calls = world.answer(&wanted, &mut answers, notify).await?;
        record.judge_calls.extend(calls);
    };
    record.status = status.into();
    record.checks = checks;
    // JSON has no infinity: a score or a metric that overflowed is no number.
    record.score = score.filter(|score| score.is_finite());
    record.metrics = metrics;
    record.metrics.retain(|_, metric| metric.is_finite());
    record.output = Some(Json::of(&output));
    Some(())
}

/// Grades an output with the answers that judges have given so far.
fn graded(
    record: &Record,
    given: &Given<'_>,
    output: &Value,
    answers: &Answers,
    grading: &Grading,
) -> Grade {
    let was_asked = !record.attempts.is_empty();
    let subject = Subject {
        output,
        vars: given.context,
        request: given.request,
        answers: Some(answers),
        tool_calls: &record.tool_calls,
        stop_reason: record.stop_reason.as_deref(),
        usage: given.usage,
        latency_ms: record.latency_ms,
        ttft_ms: record.ttft_ms,
        cost: if was_asked {
            record.cost(given.price)
        } else {
            Some(Usd::ZERO)
        },
        is_labelled: false,
    };
    let outputs: Vec<Value> = record
        .turns
        .iter()
        .map(|turn| turn.output.as_str().into())
        .collect();
    let turns = record.turns.iter().zip(&outputs).enumerate();
    let turns: Vec<Subject<'_>> = turns
        .map(|(index, (turn, output))| Subject {
            output,
            request: given.turns.get(index).and_then(Option::as_ref),
            tool_calls: &turn.tool_calls,
            stop_reason: None,
            usage: Some(turn.usage),
            latency_ms: Some(turn.latency_ms),
            ttft_ms: None,
            cost: given.price.map(|price| price.cost(&turn.usage).usd),
            ..subject
        })
        .collect();
    grading.grade_turns(&subject, &turns)
}

fn blank(trial: &Trial) -> Record {
    let case = &trial.case;
    Record {
        id: trial.id.clone(),
        at: trial.at,
        case: case.name.clone(),
        case_id: case.case_id.clone(),
        case_hash: case.case_hash.clone(),
        line: Some(case.line),
        vars: Json::of(&case.vars),
        tags: case.tags.clone(),
        cluster: case.cluster.clone(),
        asked: None,
        prompt_bytes: None,
        turn: trial.turn,
        status: TrialStatus::Error,
        score: None,
        output: None,
        tool_calls: Vec::new(),
        stop_reason: None,
        checks: Vec::new(),
        metrics: std::collections::BTreeMap::new(),
        attempts: Vec::new(),
        judge_calls: Vec::new(),
        turns: Vec::new(),
        latency_ms: None,
        ttft_ms: None,
        service_latency_ms: None,
        wait_ms: 0.0,
        request_id: None,
        error: None,
    }
}

/// Returns a duration in milliseconds, to the microsecond.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
