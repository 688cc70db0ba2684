//! What happens in a run, as lines on stderr.

use std::time::Duration;

use super::exit::Exit;
use super::log::{Level, Line};
use super::run_folder::RunFolder;
use crate::catalog::Usd;
use crate::model::ErrorKind;
use crate::report::one_line;
use crate::run::{Call, Event};

/// Returns a call that is made again after `wait`.
pub(super) fn retry(model: &str, kind: ErrorKind, wait: Duration) -> Line {
    let seconds = wait.as_secs_f64();
    let message = format!("{}; asked again in {seconds:.1} s", kind.as_str());
    Line::new(Level::Warn, "retry", message)
        .with("model", model)
        .with("kind", kind.as_str())
        .with("wait_ms", millis(wait))
}

/// Returns where a run that is over can be found.
pub(super) fn run_finished(folder: &RunFolder, exit: Exit) -> Line {
    let path = folder.path.display().to_string();
    let message = format!("run {} in {path}", folder.id);
    Line::new(Level::Info, "run_finished", message)
        .with("run", &*folder.id)
        .with("path", path)
        .with("exit_code", exit.code())
}

/// Returns what an event is told as; `None` of trials, which are counted.
pub(super) fn line_of(event: &Event) -> Option<Line> {
    Some(match event {
        Event::Finished { .. } => return None,
        Event::Called(call) => called(call),
        Event::Retrying { model, kind, wait } => retry(model, *kind, *wait),
        Event::Slow { model, message } => {
            let message = format!("`{model}` has not answered yet: {message}");
            Line::new(Level::Warn, "model_slow", message).with("model", &**model)
        }
        Event::GivenUp {
            model,
            message,
            hint,
        } => {
            let message = format!("`{model}` is not asked any more: {message}");
            Line::new(Level::Error, "model_given_up", message)
                .with("model", &**model)
                .with("hint", hint.clone())
        }
    })
}

/// Returns the line of one call.
fn called(call: &Call) -> Line {
    let trial = &call.trial;
    let usage = call.billed.usage;
    let mut said = vec![
        format!("attempt {}", call.attempt),
        format!("{:.0} ms", millis(call.latency())),
    ];
    if let Err(error) = &call.outcome {
        let code = error.code.iter().map(|code| format!(" ({code})"));
        said.push(error.kind.as_str().to_owned() + &code.collect::<String>());
    }
    if let Some(usage) = &usage {
        let (input, output) = (usage.prompt_tokens(), usage.output_tokens);
        said.push(format!("{input} tokens in, {output} out"));
        let cost = call.cost.map(|cost| format!("${cost}"));
        said.push(cost.unwrap_or_else(|| "unpriced".to_owned()));
    }
    if !call.waited.is_zero() {
        said.push(format!("waited {:.0} ms", millis(call.waited)));
    }
    if call.billed.recorded {
        said.push("recorded".to_owned());
    }
    said.extend(call.request_id().map(|id| format!("request id {id}")));
    let judge = call
        .judge
        .iter()
        .map(|label| format!(" as judge `{label}`"));
    let message = format!(
        "{}{} for {}/{}: {}",
        call.model,
        judge.collect::<String>(),
        one_line(&trial.suite),
        one_line(&trial.case),
        said.join(", ")
    );
    let error = call.outcome.as_ref().err();
    let answered = call.outcome.as_ref().ok();
    let ttft = answered.and_then(|answered| answered.time_to_first_token);
    Line::new(Level::Debug, "call", message)
        .with("trial", &*trial.id)
        .with("suite", &*trial.suite)
        .with("case", &*trial.case)
        .with("prompt", &*trial.prompt)
        .with("label", &*trial.label)
        .with("repeat", trial.repeat)
        .with("judge", call.judge.clone())
        .with("model", &*call.model)
        .with("region", call.region.clone())
        .with("attempt", call.attempt)
        .with("latency_ms", millis(call.latency()))
        .with("ttft_ms", ttft.map(millis))
        .with("wait_ms", millis(call.waited))
        .with("input_tokens", usage.map(|usage| usage.prompt_tokens()))
        .with("output_tokens", usage.map(|usage| usage.output_tokens))
        .with(
            "cost_usd",
            call.cost.filter(|_| usage.is_some()).map(Usd::to_f64),
        )
        .with(
            "stop_reason",
            answered.map(|answered| &*answered.stop_reason),
        )
        .with("kind", error.map(|error| error.kind.as_str()))
        .with("code", error.and_then(|error| error.code.clone()))
        .with("http_status", error.and_then(|error| error.http_status))
        .with("error", error.map(|error| &*error.message))
        .with("request_id", call.request_id())
        .with("recorded", call.billed.recorded)
}

/// Returns a duration in milliseconds, to the microsecond.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_says_why_and_how_long() {
        let line = retry("m", ErrorKind::Throttled, Duration::from_millis(1_250));
        assert_eq!(line.text(), "throttled; asked again in 1.2 s");
        let told: serde_json::Value =
            serde_json::from_str(&line.to_json(jiff::Timestamp::UNIX_EPOCH)).unwrap();
        let fields = ["event", "model", "kind"].map(|key| &told[key]);
        assert_eq!(fields, ["retry", "m", "throttled"]);
        assert_eq!(told["wait_ms"], 1_250.0);
    }

    #[test]
    fn who_is_given_up_is_told_with_what_to_do() {
        let event = Event::GivenUp {
            model: "m".into(),
            message: "no".into(),
            hint: Some("ask for access".into()),
        };
        let line = line_of(&event).unwrap();
        let expected = "`m` is not asked any more: no\nhint: ask for access";
        assert_eq!(line.text(), expected);
    }
}
