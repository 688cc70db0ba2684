//! Errors of models as `query` and `embed` tell them: what happened, why, what to do, where to read on.

use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::log::{Level, Line};
use super::ui::Ui;
use crate::model::{ErrorKind, ModelError, Remedy};
use crate::report::safe_text;

/// A question that was not answered.
#[derive(Debug)]
pub(super) struct Trouble {
    error: ModelError,
    /// The region that was asked.
    region: Option<String>,
    /// Calls that were made.
    attempts: usize,
}

impl Trouble {
    pub(super) fn new(error: ModelError, region: Option<String>, attempts: usize) -> Self {
        Self {
            error,
            region,
            attempts,
        }
    }

    /// Returns whether asking the model anything else is of no use.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.error.remedy, Remedy::OtherModel | Remedy::Tomorrow)
            || self.error.kind == ErrorKind::Credentials
    }

    /// Returns whether another model could still be asked in its place.
    pub(super) fn leaves_others(&self) -> bool {
        use ErrorKind as E;
        let is_of_this_model = [
            E::Throttled,
            E::Timeout,
            E::Unavailable,
            E::Denied,
            E::NotFound,
            E::ContextLength,
            E::Malformed,
        ];
        is_of_this_model.contains(&self.error.kind)
    }

    /// Returns what kind of error it is.
    pub(super) fn kind(&self) -> ErrorKind {
        self.error.kind
    }

    /// Returns the exit code that it ends with.
    pub(super) fn exit(&self) -> Exit {
        match self.error.kind {
            ErrorKind::Credentials | ErrorKind::Denied => Exit::Denied,
            ErrorKind::Cancelled => Exit::Interrupted,
            ErrorKind::Budget => Exit::Budget,
            // Nothing is wrong with what was asked for an answer to be had later.
            _ => Exit::Incomplete,
        }
    }

    /// Returns its first line, in words that people search for.
    fn headline(&self) -> String {
        let error = &self.error;
        let message = error.message.to_lowercase();
        let code = error.code.as_deref().unwrap_or_default();
        match error.kind {
            ErrorKind::Denied => "AccessDeniedException: User is not authorized".to_owned(),
            ErrorKind::Credentials if error.http_status.is_none() => {
                "no AWS credentials".to_owned()
            }
            ErrorKind::Credentials => "credentials rejected".to_owned(),
            _ if message.contains("on-demand throughput") => {
                "this model needs an inference profile".to_owned()
            }
            ErrorKind::NotFound => "Model not found or not accessible".to_owned(),
            ErrorKind::Throttled => "ThrottlingException: Rate exceeded".to_owned(),
            ErrorKind::Connection => {
                let region = self.region.as_deref().unwrap_or("…");
                format!("cannot reach bedrock-runtime.{region}")
            }
            ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Stream => {
                let what = if code.is_empty() {
                    error.kind.as_str()
                } else {
                    code
                };
                format!("Bedrock is having trouble ({what})")
            }
            ErrorKind::Invalid | ErrorKind::ContextLength if !code.is_empty() => {
                format!("{code}: {}", error.message)
            }
            _ => error.message.clone(),
        }
    }

    /// Returns where more is written about it.
    fn docs(&self) -> Option<&'static str> {
        Some(match self.error.kind {
            ErrorKind::Denied => {
                "https://docs.aws.amazon.com/bedrock/latest/userguide/security-iam.html"
            }
            ErrorKind::Credentials => {
                "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html"
            }
            ErrorKind::NotFound => {
                "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html"
            }
            ErrorKind::Throttled => {
                "https://docs.aws.amazon.com/bedrock/latest/userguide/quotas.html"
            }
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Stream => {
                "https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"
            }
            _ => return None,
        })
    }

    /// Returns the trouble of one who could not even begin.
    pub(super) fn before_asking(error: &ModelError) -> Self {
        Self::new(error.clone(), None, 0)
    }

    /// Tells it on stderr.
    pub(super) fn tell(&self, ui: &Ui) {
        if ui.is_json() {
            let line = Line::new(Level::Error, "error", self.headline()).with_all(self.to_json());
            return ui.tell(&line.with("exit_code", self.exit().code()));
        }
        for line in self.lines() {
            ui.note(&safe_text(&line));
        }
    }

    /// Returns its lines.
    fn lines(&self) -> Vec<String> {
        let error = &self.error;
        let headline = self.headline();
        let mut lines = vec![format!("Error: {headline}")];
        if !headline.contains(&error.message) {
            lines.push(format!("Cause: {}", error.message));
        }
        if self.attempts > 1 {
            lines.push(format!("Tried: {} times", self.attempts));
        }
        lines.extend(error.hint.iter().map(|hint| format!("Fix: {hint}")));
        lines.extend(self.docs().map(|docs| format!("Docs: {docs}")));
        lines.extend(
            error
                .request_id
                .iter()
                .map(|id| format!("Request id: {id}")),
        );
        lines
    }

    /// Returns it as the value of `error`.
    pub(super) fn to_json(&self) -> Value {
        let error = &self.error;
        json!({
            "kind": error.kind.as_str(),
            "code": error.code,
            "http_status": error.http_status,
            "message": error.message,
            "headline": self.headline(),
            "hint": error.hint,
            "docs": self.docs(),
            "request_id": error.request_id,
            "attempts": self.attempts,
            "retryable": !matches!(error.remedy, Remedy::None | Remedy::OtherModel),
        })
    }
}

/// Returns a mistake in how a command was called, in the same form.
pub(super) fn usage_error(error: &CliError) -> Value {
    json!({
        "kind": "usage",
        "code": null, "http_status": null,
        "message": error.message,
        "hint": error.hints.first(),
        "docs": null, "request_id": null,
    })
}
