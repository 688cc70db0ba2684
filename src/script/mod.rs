//! JavaScript of a suite's author, in a box: no files, no network, no clock to wait on, and limits on work and memory.
//!
//! The only place that names the engine (`QuickJS`, by the feature `js`). A script is a function of a value and its
//! context and keeps nothing from one call to the next: everything that calls share is frozen.

#[cfg(feature = "js")]
mod engine;
#[cfg(not(feature = "js"))]
#[path = "without.rs"]
mod engine;

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// A function of `output` and `context`. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Script {
    /// As the suite has it.
    source: Arc<str>,
    /// The whole function.
    function: Arc<str>,
}

impl Script {
    /// Reads a script: one line is an expression, several are a function's body that returns something.
    ///
    /// # Errors
    ///
    /// What is wrong with its syntax, or that this program was built without JavaScript.
    pub fn parse(source: &str) -> Result<Self, String> {
        let source = source.trim_end();
        let returns = if source.contains('\n') { "" } else { "return " };
        let function = format!("(function (output, context) {{ {returns}{source}\n}})");
        engine::check(&function)?;
        Ok(Self {
            source: source.into(),
            function: function.into(),
        })
    }

    /// Returns the script as the suite has it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Calls the script, and returns what it returns, promises waited for; `None` for `undefined` and functions.
    ///
    /// # Errors
    ///
    /// What it throws, or which limit it met.
    pub fn call(&self, output: &Value, context: &Value) -> Result<Option<Value>, String> {
        engine::call(&self.function, output, context)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.source).finish()
    }
}

#[cfg(all(test, feature = "js"))]
mod tests;
