//! `webhook`: somebody else's service judges the output.

use serde_json::{Value, json};

use super::judge::asked;
use super::prepared::rendered;
use super::reason::quoted_json;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;
use crate::text::shortened;

/// Characters of a reason that a service gives.
const LONGEST_REASON: usize = 1_000;

/// A service is sent the output and answers `{pass, score, reason}`.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where it is asked.
    pub url: Template,
}

impl Webhook {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let url = rendered(&self.url, subject.vars)?;
        let answers = subject.answers.ok_or("no service can be asked here")?;
        let body = json!({
            "output": subject.output,
            "context": {"prompt": asked(subject), "vars": subject.vars},
        });
        let answer = match answers.post(url, body) {
            None => return Err("the service is still to be asked".to_owned()),
            Some(Err(error)) => return Err(error.clone()),
            Some(Ok(answer)) => answer,
        };
        let wrong = |what: &str| format!("the service answers {}, {what}", quoted_json(answer));
        let pass = answer.get("pass").and_then(Value::as_bool);
        let pass = pass.ok_or_else(|| wrong("whose `pass` is neither true nor false"))?;
        let score = match answer.get("score") {
            None | Some(Value::Null) => f64::from(u8::from(pass)),
            Some(score) => {
                let score = score.as_f64();
                score.ok_or_else(|| wrong("whose `score` is no number"))?
            }
        };
        let reason = answer.get("reason").and_then(Value::as_str);
        let reason = reason.map_or_else(
            || format!("the service says {pass}"),
            |reason| shortened(reason, LONGEST_REASON),
        );
        Ok(Verdict::scored(pass, score, reason))
    }
}
