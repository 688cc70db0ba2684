//! What a check needs made from text: at once where the text is literal, else for each trial.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::template::Template;

type Make<T> = dyn Fn(&str) -> Result<T, String> + Send + Sync;

/// A pattern, a schema or a number that was, or will be, made from text. Cheap to clone.
pub enum Prepared<T> {
    /// Made already.
    Ready(Arc<T>),
    /// Made from the template as it renders for a trial.
    PerTrial(Template, Arc<Make<T>>),
}

impl<T> Prepared<T> {
    /// Returns what is ready made.
    pub fn ready(made: T) -> Self {
        Self::Ready(Arc::new(made))
    }

    /// Makes it from `template` by `make`: now if the template is literal text, else for each trial.
    ///
    /// # Errors
    ///
    /// What `make` says of the literal text.
    pub fn from_template(
        template: Template,
        make: impl Fn(&str) -> Result<T, String> + Send + Sync + 'static,
    ) -> Result<Self, String> {
        if template.is_literal() {
            return make(template.source()).map(Self::ready);
        }
        Ok(Self::PerTrial(template, Arc::new(make)))
    }

    /// Returns it, made for a trial with `vars`.
    ///
    /// # Errors
    ///
    /// Why the template does not render, or what was rendered does not do.
    pub fn get(&self, vars: &Map<String, Value>) -> Result<Arc<T>, String> {
        match self {
            Self::Ready(made) => Ok(Arc::clone(made)),
            Self::PerTrial(template, make) => make(&rendered(template, vars)?).map(Arc::new),
        }
    }

    /// Returns the variables that are needed to make it.
    pub fn variables(&self) -> BTreeSet<String> {
        match self {
            Self::Ready(_) => BTreeSet::new(),
            Self::PerTrial(template, _) => template.variables(),
        }
    }
}

impl<T> Clone for Prepared<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Ready(made) => Self::Ready(Arc::clone(made)),
            Self::PerTrial(template, make) => Self::PerTrial(template.clone(), Arc::clone(make)),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Prepared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(made) => f.debug_tuple("Ready").field(made).finish(),
            Self::PerTrial(template, _) => f.debug_tuple("PerTrial").field(template).finish(),
        }
    }
}

/// Renders a template of a check; the error says that it is one.
pub(super) fn rendered(template: &Template, vars: &Map<String, Value>) -> Result<String, String> {
    template
        .render(vars)
        .map_err(|error| format!("the check's value does not render: {error}"))
}
