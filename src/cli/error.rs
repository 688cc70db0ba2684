//! What a command could not do: kind, causes, hints.

use std::error::Error;

use super::exit::Exit;
use crate::model::{ErrorKind, ModelError};
use crate::plan::PlanError;
use crate::suite::LoadError;

/// An error that ends a command. Its message is a fragment; what caused it and what to do stand apart.
#[derive(Debug)]
pub(super) struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What could not be done.
    pub message: String,
    /// Why, from the outside in.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// What a model's client said, where that is the error.
    pub model: Option<Box<ModelError>>,
}

impl CliError {
    /// Returns an error of wrong usage.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Returns an error that ends with `exit`.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            model: None,
        }
    }

    /// Returns an error with the chain of what caused it.
    pub(super) fn caused(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self {
            causes,
            ..Self::new(exit, error.to_string())
        }
    }

    /// Returns the same error with another as its cause.
    #[must_use]
    pub(super) fn because(mut self, cause: Self) -> Self {
        self.causes.push(cause.message);
        self
    }

    /// Returns the same error with a hint.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<LoadError> for CliError {
    fn from(error: LoadError) -> Self {
        Self::usage(error.to_string())
            .hint("name a suite file, or a folder with suite files below it")
    }
}

impl From<PlanError> for CliError {
    fn from(error: PlanError) -> Self {
        let hint = error.hint();
        let error = Self::usage(error.to_string());
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<ModelError> for CliError {
    fn from(error: ModelError) -> Self {
        let exit = match error.kind {
            ErrorKind::Credentials | ErrorKind::Denied => Exit::Denied,
            _ => Exit::Usage,
        };
        let mut cli = Self::new(exit, error.message.clone());
        cli.hints.extend(error.hint.clone());
        cli.model = Some(Box::new(error));
        cli
    }
}
