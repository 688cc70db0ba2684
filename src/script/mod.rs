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

    /// Reads the text of a file that exports a function: by `module.exports`, `export default` or a name of its own.
    ///
    /// The file is run for each call, so that nothing in it lasts from one to the next. It has no `require` and no
    /// `import`.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_file(text: &str, name: Option<&str>) -> Result<Self, String> {
        let wanted = name.map_or_else(|| "null".to_owned(), |name| Value::from(name).to_string());
        let (body, exported) = without_export_words(text);
        let exports: String = exported
            .iter()
            .map(|name| format!("module.exports.{name} = {name};\n"))
            .collect::<Vec<_>>()
            .concat();
        let function = format!(
            "(function (output, context) {{\nconst module = {{ exports: {{}} }};\nlet exports = module.exports;\n\
             {body}\n{exports}const wanted = {wanted};\n\
             const found = wanted === null ? (module.exports.default ?? module.exports) : module.exports[wanted];\n\
             if (typeof found !== \"function\") throw new Error(wanted === null ? \"the file exports no function\" : \
             `the file exports no function ${{wanted}}`);\nreturn found(output, context);\n}})"
        );
        engine::check(&function)?;
        Ok(Self {
            source: text.trim_end().into(),
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

/// Returns the text of a module as that of a function, and the names that it exports.
///
/// Knows `export default …` and `export` before declarations, each at the beginning of a line.
fn without_export_words(text: &str) -> (String, Vec<String>) {
    let (mut body, mut names) = (String::with_capacity(text.len()), Vec::new());
    for line in text.lines() {
        let declared = line.strip_prefix("export ").map(str::trim_start);
        match declared.map(|rest| (rest, rest.strip_prefix("default "))) {
            None => body.push_str(line),
            Some((_, Some(value))) => {
                body.push_str("module.exports.default = ");
                body.push_str(value);
            }
            Some((rest, None)) => {
                body.push_str(rest);
                names.extend(declared_name(rest));
            }
        }
        body.push('\n');
    }
    (body, names)
}

/// Returns the name that a declaration declares.
fn declared_name(declaration: &str) -> Option<String> {
    let words = ["async", "function", "const", "let", "var", "class"];
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut names = declaration.split(|c: char| !is_part(c));
    let name = names.find(|name| !name.is_empty() && !words.contains(name))?;
    Some(name.to_owned())
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Script").field(&self.source).finish()
    }
}

#[cfg(all(test, feature = "js"))]
mod tests;
