//! How fast a model may be asked.

/// Limits on the calls to one model in one scope, and how its output counts against them.
///
/// At its start a call reserves its prompt and its `max_tokens`; at its end it is settled as input, cache writes and
/// output times `output_burndown`, while cache reads are free.
///
/// Source: the AWS pages on Bedrock quotas and token burndown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Tokens per minute, where the default is published. An account's own quota may be far lower.
    pub tokens_per_minute: Option<u64>,
    /// Requests per minute, where there is such a limit and its default is published.
    pub requests_per_minute: Option<u64>,
    /// How many tokens of quota a generated token costs; at least 1.
    pub output_burndown: u32,
}
