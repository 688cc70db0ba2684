//! Requests for vectors.

use crate::cli::connect::Connected;
use crate::cli::error::CliError;
use crate::cli::provider::Chosen;
use crate::cli::trouble::Trouble;
use crate::model::{Embedding, Message, Params, Part, Request, Role};
use crate::run::{Stop, ask};

/// Asks for the vector of one text.
pub(super) async fn vector_of(
    chosen: &Chosen,
    model: &str,
    how: Embedding,
    text: String,
) -> Result<Result<Vec<f32>, Trouble>, CliError> {
    let Connected { client, region, .. } = chosen.connect().await?;
    let lane = chosen.lane(model, client, 1, (None, None));
    let request = request_for(model, how, [Part::Text(text)]);
    let answered = ask(&lane, &request, &Stop::default(), |_| {}).await;
    let attempts = answered.attempts.len();
    let answer = answered
        .result
        .map_err(|error| Trouble::new(error, region, attempts));
    Ok(answer.map(|answer| answer.vectors.into_iter().next().unwrap_or_default()))
}

/// Returns a request for vectors of texts or an image.
pub(super) fn request_for(
    model: &str,
    how: Embedding,
    parts: impl IntoIterator<Item = Part>,
) -> Request {
    Request {
        model: model.to_owned(),
        region: None,
        system: Vec::new(),
        messages: vec![Message {
            role: Role::User,
            parts: parts.into_iter().collect(),
        }],
        params: Params {
            max_tokens: 1,
            ..Params::default()
        },
        tools: Vec::new(),
        tool_choice: None,
        answer_schema: None,
        embedding: Some(how),
        additional_fields: None,
        service_tier: None,
        performance: None,
        guardrail: None,
        stream: false,
        sample: 0,
        asker: "embed".to_owned(),
    }
}
