//! One small call, to see whether a model answers: for `doctor`, and for `init` when it is done.

use std::time::Duration;

use super::connect::Connected;
use super::error::CliError;
use super::provider::Chosen;
use super::trouble::Trouble;
use crate::model::{Embedding, Message, Params, Part, Purpose, Request, Role};
use crate::run::{Stop, ask};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// A word.
    Chat,
    /// A vector.
    Vectors,
}

/// Asks a model for next to nothing, and returns how long it took.
///
/// # Errors
///
/// Nobody can be asked, or what was answered is an error.
pub(super) async fn trial_call(
    chosen: &Chosen,
    model: &str,
    call: Call,
) -> Result<Result<Duration, Trouble>, CliError> {
    let Connected { client, region, .. } = match chosen.connect().await {
        Ok(connected) => connected,
        Err(error) => {
            let trouble = error.model.as_deref().map(Trouble::before_asking);
            return trouble.map(Err).ok_or(error);
        }
    };
    let lane = chosen.lane(model, client, 1, (None, None));
    let request = Request {
        model: model.to_owned(),
        region: None,
        system: Vec::new(),
        messages: vec![Message {
            role: Role::User,
            parts: vec![Part::Text("Say: ok".to_owned())],
        }],
        params: Params {
            max_tokens: 16,
            ..Params::default()
        },
        tools: Vec::new(),
        tool_choice: None,
        answer_schema: None,
        embedding: (call == Call::Vectors).then_some(Embedding {
            purpose: Purpose::Query,
            dimensions: None,
            normalize: None,
            truncate: None,
            quantized: None,
        }),
        additional_fields: None,
        service_tier: None,
        performance: None,
        guardrail: None,
        stream: false,
        sample: 0,
        asker: "doctor".to_owned(),
    };
    let answered = ask(&lane, &request, &Stop::default(), |_| {}).await;
    let attempts = answered.attempts.len();
    Ok(match answered.result {
        Ok(answer) => Ok(answer.latency),
        Err(error) => Err(Trouble::new(error, region, attempts)),
    })
}
