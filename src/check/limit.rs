//! `latency`, `ttft`, `cost` and `tokens`: what an answer may take.

use super::bounds::Bounds;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::catalog::Usd;
use crate::text::number_text;

/// Bounds what an answer took. A measurement that is missing leaves the check undecided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Milliseconds of the successful attempt, at most.
    Latency(f64),
    /// Milliseconds to the first token, at most; only streamed answers have it.
    FirstToken(f64),
    /// Dollars, at most.
    Cost(Usd),
    /// Tokens. Input is the whole prompt, what was read from or written to the cache included.
    Tokens {
        /// Of the prompt.
        input: Bounds,
        /// Of the answer.
        output: Bounds,
        /// Of both.
        total: Bounds,
    },
}

impl Limit {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        match self {
            Self::Latency(most) => {
                let found = subject.latency_ms.ok_or("no latency was measured")?;
                Ok(milliseconds("the answer took", found, *most))
            }
            Self::FirstToken(most) => {
                let found = subject.ttft_ms.ok_or(
                    "no time to the first token was measured: the answer was not streamed",
                )?;
                Ok(milliseconds("the first token took", found, *most))
            }
            Self::Cost(most) => {
                let found = subject
                    .cost
                    .ok_or("the cost is not known: the model has no price")?;
                let reason = format!("the answer cost ${found}; at most ${most} is allowed");
                Ok(Verdict::of(found <= *most, reason))
            }
            Self::Tokens {
                input,
                output,
                total,
            } => {
                let usage = subject.usage.ok_or("no tokens were reported")?;
                Ok(tokens([
                    ("input", usage.prompt_tokens(), input),
                    ("output", usage.output_tokens, output),
                    ("total", usage.total_tokens(), total),
                ]))
            }
        }
    }
}

fn milliseconds(what: &str, found: f64, most: f64) -> Verdict {
    let (found_text, most_text) = (number_text(found), number_text(most));
    let reason = format!("{what} {found_text} ms; at most {most_text} ms is allowed");
    Verdict::of(found <= most, reason)
}

fn tokens(counts: [(&str, u64, &Bounds); 3]) -> Verdict {
    let bounded = counts
        .iter()
        .filter(|(_, _, bounds)| **bounds != Bounds::default());
    #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 tokens")]
    let holds = bounded
        .clone()
        .all(|(_, count, bounds)| bounds.contains(*count as f64));
    let reasons: Vec<String> = bounded
        .map(|(name, count, bounds)| format!("{count} {name} tokens where {bounds} are allowed"))
        .collect();
    Verdict::of(holds, reasons.join(", "))
}
