//! What spans and metrics say, in the words of the conventions.

use hyper::Uri;
use opentelemetry::{Array, KeyValue, StringValue, Value};

use super::Server;
use crate::run::{Call, TrialName};

/// The provider, as the conventions name it.
const PROVIDER: &str = "aws.bedrock";

/// Returns what is done in a call.
pub(super) fn operation(call: &Call) -> &'static str {
    if call.embeds { "embeddings" } else { "chat" }
}

/// Returns what both spans and metrics say of a call: what, whose, of whom, where.
pub(super) fn of_both(call: &Call, server: &Server) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("gen_ai.operation.name", operation(call)),
        KeyValue::new("gen_ai.provider.name", PROVIDER),
        KeyValue::new("gen_ai.request.model", call.model.clone()),
    ];
    if let Some((address, port)) = place(call, server) {
        attributes.push(KeyValue::new("server.address", address));
        attributes.push(KeyValue::new("server.port", i64::from(port)));
    }
    if let Err(error) = &call.outcome {
        // Few values: a code of the service, or our kind.
        let kind = error.kind.as_str().to_owned();
        let class = error.code.clone().unwrap_or(kind);
        attributes.push(KeyValue::new("error.type", class));
    }
    attributes
}

/// Returns what the span of a call says of it.
pub(super) fn of_call(call: &Call, server: &Server) -> Vec<KeyValue> {
    let mut attributes = of_both(call, server);
    let mut say = |name: &'static str, value: Option<Value>| {
        attributes.extend(value.map(|value| KeyValue::new(name, value)));
    };
    let params = &call.params;
    let embeds = call.embeds;
    let max_tokens = (!embeds).then_some(Value::I64(params.max_tokens.into()));
    say("gen_ai.request.max_tokens", max_tokens);
    say(
        "gen_ai.request.temperature",
        params.temperature.map(Value::F64),
    );
    say("gen_ai.request.top_p", params.top_p.map(Value::F64));
    if !params.stop.is_empty() {
        say("gen_ai.request.stop_sequences", Some(texts(&params.stop)));
    }
    say(
        "gen_ai.request.stream",
        call.stream.then_some(Value::Bool(true)),
    );
    say(
        "aws.bedrock.guardrail.id",
        call.guardrail.clone().map(Value::from),
    );
    if let Some(usage) = &call.billed.usage {
        let (read, written) = (usage.cache_read_tokens, usage.cache_write_tokens);
        say(
            "gen_ai.usage.input_tokens",
            Some(count(usage.prompt_tokens())),
        );
        say(
            "gen_ai.usage.output_tokens",
            (!embeds).then(|| count(usage.output_tokens)),
        );
        let some = |tokens: u64| (tokens > 0).then(|| count(tokens));
        say("gen_ai.usage.cache_read.input_tokens", some(read));
        say("gen_ai.usage.cache_creation.input_tokens", some(written));
        let cost = call.cost.map(|cost| Value::F64(cost.to_f64()));
        say("mcp_cli.cost_usd", cost);
    }
    if let Ok(answered) = &call.outcome {
        let reason = (!embeds).then(|| texts(std::slice::from_ref(&answered.stop_reason)));
        say("gen_ai.response.finish_reasons", reason);
        let first = answered.time_to_first_token.map(|time| time.as_secs_f64());
        say("gen_ai.response.time_to_first_chunk", first.map(Value::F64));
    }
    if let Err(error) = &call.outcome {
        say("mcp_cli.error.kind", Some(error.kind.as_str().into()));
        let status = error.http_status.map(|status| Value::I64(status.into()));
        say("http.response.status_code", status);
    }
    let request_id = call.request_id().map(str::to_owned);
    say("aws.request_id", request_id.map(Value::from));
    say("mcp_cli.attempt", Some(Value::I64(call.attempt.into())));
    say(
        "mcp_cli.wait_ms",
        Some(Value::F64(call.waited.as_secs_f64() * 1e3)),
    );
    say("mcp_cli.judge", call.judge.clone().map(Value::from));
    say(
        "mcp_cli.recorded",
        call.billed.recorded.then_some(Value::Bool(true)),
    );
    attributes
}

/// Returns which trial it is.
pub(super) fn of_trial(trial: &TrialName) -> Vec<KeyValue> {
    vec![
        KeyValue::new("mcp_cli.trial.id", trial.id.clone()),
        KeyValue::new("mcp_cli.suite", trial.suite.clone()),
        KeyValue::new("mcp_cli.case", trial.case.clone()),
        KeyValue::new("mcp_cli.prompt", trial.prompt.clone()),
        KeyValue::new("mcp_cli.label", trial.label.clone()),
        KeyValue::new("mcp_cli.repeat", i64::from(trial.repeat)),
    ]
}

/// Returns where a call went; of a recording nothing is known.
fn place(call: &Call, server: &Server) -> Option<(String, u16)> {
    if call.billed.recorded {
        return None;
    }
    if let Some(endpoint) = &server.endpoint {
        let uri: Uri = endpoint.parse().ok()?;
        let usual = if uri.scheme_str() == Some("http") {
            80
        } else {
            443
        };
        return Some((uri.host()?.to_owned(), uri.port_u16().unwrap_or(usual)));
    }
    let region = call.region.as_ref().or(server.region.as_ref())?;
    Some((format!("bedrock-runtime.{region}.amazonaws.com"), 443))
}

/// Returns a count as the protocol has it.
pub(super) fn count(count: u64) -> Value {
    Value::I64(i64::try_from(count).unwrap_or(i64::MAX))
}

fn texts(texts: &[String]) -> Value {
    let texts = texts.iter().cloned().map(StringValue::from);
    Value::Array(Array::String(texts.collect()))
}
