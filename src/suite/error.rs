//! What is wrong with a suite: where, what, and what to do about it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::source::{Place, SourceFile};
use crate::template::TemplateError;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The suite cannot be run.
    Error,
    /// It can, but probably does not mean what it says.
    Warning,
}

/// One problem of a suite, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteError {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// What is wrong: a fragment in lower case that names the thing.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SuiteError {
    /// Returns an error at `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            message: message.into(),
            hint: None,
        }
    }

    /// Returns an error of a whole file, which cannot be read.
    pub(crate) fn of_file(path: &Path, message: impl Into<String>) -> Self {
        let file = SourceFile {
            path: path.to_owned(),
            text: String::new(),
        };
        Self::new(Place::start_of(&Arc::new(file)), message)
    }

    /// Returns the same problem with a hint, if there is one.
    #[must_use]
    pub fn with_hint_if(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// Returns the problem as people read it: message, file, line, the line itself with a caret, hint.
    pub fn render(&self, renderer: &Renderer) -> String {
        let path = self.place.file.path.display().to_string();
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let snippet = Snippet::source(&*self.place.file.text)
            .path(path)
            .annotation(AnnotationKind::Primary.span(self.place.bytes()));
        let mut group = level.primary_title(&*self.message).element(snippet);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.with_name("hint").message(&**hint));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            file, line, column, ..
        } = &self.place;
        write!(
            f,
            "{}:{line}:{column}: {}",
            file.path.display(),
            self.message
        )
    }
}

impl std::error::Error for SuiteError {}

/// The problems found so far. Reading goes on after an error, so that all are told at once.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<SuiteError>,
}

impl Problems {
    /// Notes an error.
    pub fn error(&mut self, place: &Place, message: impl Into<String>) {
        self.found.push(SuiteError::new(place.clone(), message));
    }

    /// Notes an error with a hint, if there is one.
    pub fn error_with(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: Option<impl Into<String>>,
    ) {
        self.found
            .push(SuiteError::new(place.clone(), message).with_hint_if(hint));
    }

    /// Notes that `written`, which stands at `place`, is no template or no expression.
    pub(super) fn template(
        &mut self,
        what: &str,
        error: &TemplateError,
        written: &str,
        place: &Place,
    ) {
        let place = match &error.range {
            Some(range) => place.within(written, range.clone()),
            None => place.clone(),
        };
        self.error_with(
            &place,
            format!("invalid {what}: {error}"),
            error.hint.as_ref(),
        );
    }

    /// Notes a warning.
    pub fn warning(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: Option<impl Into<String>>,
    ) {
        self.found.push(SuiteError {
            severity: Severity::Warning,
            ..SuiteError::new(place.clone(), message).with_hint_if(hint)
        });
    }

    /// Notes a problem made elsewhere.
    pub fn push(&mut self, error: SuiteError) {
        self.found.push(error);
    }

    /// Takes over what was found elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Returns whether anything found is an error.
    pub fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// Returns everything found, in the order of files, lines and columns; the same problem once.
    pub fn into_sorted(mut self) -> Vec<SuiteError> {
        self.found.sort_by(|a, b| {
            let key = |error: &SuiteError| {
                (
                    error.place.file.path.clone(),
                    error.place.line,
                    error.place.column,
                )
            };
            key(a).cmp(&key(b))
        });
        self.found.dedup();
        self.found
    }
}
