//! What an expression or a program returns, as a verdict.

use serde_json::Value;

use super::metrics::Metrics;
use super::reason::quoted_json;
use super::verdict::Verdict;
use crate::text::{number_text, shortened};

/// Characters of a reason that a program gives; it stands in every report.
const LONGEST_REASON: usize = 1_000;

/// Judges by true or false, or by a number: at least `threshold`, or above 0 where there is none.
///
/// # Errors
///
/// Says that the value is neither.
pub(super) fn verdict(
    source: &str,
    value: &Value,
    threshold: Option<f64>,
) -> Result<Verdict, String> {
    let number = match value {
        Value::Bool(holds) => return Ok(Verdict::of(*holds, format!("`{source}` is {holds}"))),
        Value::Number(number) => number.as_f64(),
        _ => None,
    };
    let Some(score) = number else {
        return Err(format!(
            "`{source}` gives {}, neither true or false nor a number",
            quoted_json(value)
        ));
    };
    let (holds, bound) = match threshold {
        Some(threshold) => (
            score >= threshold,
            format!("at least {}", number_text(threshold)),
        ),
        None => (score > 0.0, "more than 0".to_owned()),
    };
    let reason = format!("`{source}` is {}; {bound} passes", number_text(score));
    Ok(Verdict::scored(holds, score, reason).keeping_score())
}

/// Judges as [`verdict`] does, or by an object: `{pass, score, reason, namedScores}`, of which `pass` is needed.
///
/// # Errors
///
/// Says that the value is none of these.
pub(super) fn verdict_or_result(
    source: &str,
    value: &Value,
    threshold: Option<f64>,
    metrics: &mut Metrics,
) -> Result<Verdict, String> {
    let Value::Object(result) = value else {
        return verdict(source, value, threshold);
    };
    let Some(holds) = result.get("pass").and_then(Value::as_bool) else {
        return Err(format!(
            "`{source}` gives {}, whose `pass` is neither true nor false",
            quoted_json(value)
        ));
    };
    let score = match result.get("score") {
        None | Some(Value::Null) => f64::from(u8::from(holds)),
        Some(score) => score.as_f64().ok_or_else(|| {
            let score = quoted_json(score);
            format!("`{source}` gives the score {score}, which is no number")
        })?,
    };
    let reason = result.get("reason").and_then(Value::as_str);
    let reason = reason.filter(|reason| !reason.is_empty());
    let reason = reason.map_or_else(
        || format!("`{source}` says {holds}"),
        |reason| shortened(reason, LONGEST_REASON),
    );
    for scores in ["namedScores", "named_scores"] {
        let scores = result.get(scores).and_then(Value::as_object);
        for (name, score) in scores.into_iter().flatten() {
            if let Some(score) = score.as_f64() {
                metrics.add(name, score);
            }
        }
    }
    Ok(Verdict::scored(holds, score, reason).keeping_score())
}
