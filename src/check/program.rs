//! `python` and `exec`: a program of the suite's own judges the output.
//!
//! The program speaks lines: a line of JSON in, `{output, vars, tool_calls, latency_ms, cost_usd, stop_reason}`, and a
//! line of JSON out, which is a verdict. Whatever else it prints goes into the reason.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ask::Ran;
use super::metrics::Metrics;
use super::prepared::Prepared;
use super::returned;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::model::hex;
use crate::text::{number_text, shortened};

/// Characters of what a program prints that a reason shows.
const SHOWN: usize = 300;
/// Characters of a program's text that a reason shows.
const LONGEST_NAME: usize = 60;

/// A program that can be asked many times.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// What is started.
    pub code: Code,
    /// Where it is started: the suite's folder.
    pub folder: PathBuf,
    /// The longest that one answer may take.
    pub timeout: Duration,
    /// A name for what is started, the same for the same program.
    digest: Arc<str>,
}

/// What a program consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Code {
    /// Python: an expression in one line, the body of a function in several, or a file with a function.
    Python {
        /// The text.
        source: Arc<str>,
        /// The function of a file that is called; without one `source` is no file.
        function: Option<String>,
    },
    /// A command with its arguments, which answers lines as long as it is sent any.
    Command(Vec<String>),
}

/// A program says whether the output is good.
#[derive(Debug, Clone)]
pub struct ProgramCheck {
    /// The program.
    pub program: Prepared<Program>,
    /// The least score that passes.
    pub threshold: Option<f64>,
}

impl Program {
    /// How long an answer may take where a suite says nothing.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Returns a program that is started in `folder`.
    pub fn new(code: Code, folder: PathBuf, timeout: Duration) -> Self {
        let content = match &code {
            Code::Python { source, function } => json!(["python", **source, function, folder]),
            Code::Command(words) => json!(["command", words, folder]),
        };
        let digest = hex(&Sha256::digest(content.to_string().as_bytes())[..16]).into();
        Self {
            code,
            folder,
            timeout,
            digest,
        }
    }

    /// Returns what reasons call it.
    fn shown(&self) -> String {
        let text = match &self.code {
            Code::Python {
                function: Some(function),
                ..
            } => function.clone(),
            Code::Python { source, .. } => source.split_whitespace().collect::<Vec<_>>().join(" "),
            Code::Command(words) => words.join(" "),
        };
        shortened(&text, LONGEST_NAME)
    }

    /// Returns a name for what is started, the same for the same program.
    pub fn digest(&self) -> &Arc<str> {
        &self.digest
    }
}

impl ProgramCheck {
    pub(super) fn verdict(
        &self,
        subject: &Subject<'_>,
        metrics: &mut Metrics,
    ) -> Result<Verdict, String> {
        let program = self.program.get(subject.vars)?;
        let answers = subject.answers.ok_or("no program can be run here")?;
        let input = json!({
            "output": subject.output,
            "vars": subject.vars,
            "tool_calls": subject.tool_calls,
            "latency_ms": subject.latency_ms,
            "cost_usd": subject.cost,
            "stop_reason": subject.stop_reason,
        });
        let shown = program.shown();
        let Ran { value, printed } = match answers.program(program, input) {
            None => return Err("the program is still to be run".to_owned()),
            Some(Err(error)) => return Err(error.clone()),
            Some(Ok(ran)) => ran,
        };
        let verdict = returned::verdict_or_result(&shown, value, self.threshold, metrics);
        let verdict = verdict.map_err(|error| with_printed(&error, printed))?;
        Ok(self.held_to_threshold(value, verdict, printed))
    }

    /// Fails a result whose score does not reach the threshold, and tells what was printed.
    fn held_to_threshold(&self, value: &Value, verdict: Verdict, printed: &str) -> Verdict {
        let reached = self.threshold.zip(verdict.score);
        let short = reached.filter(|(threshold, score)| value.is_object() && score < threshold);
        let verdict = match short {
            Some((threshold, score)) => {
                let (score, threshold) = (number_text(score), number_text(threshold));
                let reason = format!("{} (score {score}, {threshold} passes)", verdict.reason);
                Verdict {
                    reason,
                    ..verdict.failed()
                }
            }
            None => verdict,
        };
        Verdict {
            reason: with_printed(&verdict.reason, printed),
            ..verdict
        }
    }
}

/// Returns a reason with what the program printed beside its answer.
fn with_printed(reason: &str, printed: &str) -> String {
    let printed = printed.trim();
    if printed.is_empty() {
        return reason.to_owned();
    }
    format!("{reason} (it printed: {})", shortened(printed, SHOWN))
}
