//! Templates and expressions: minijinja, strict and bounded.
//!
//! Compiled once where a suite is read, rendered for each trial. An undefined variable is an error, never empty text;
//! fuel bounds the work of a template, so that a suite from a stranger cannot hang the program. Values print as JSON
//! does (`true`, `{"a":1}`), null prints nothing.
//!
//! Must never read a file, the environment or a clock.

mod filters;
mod json;
mod names;
mod room;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json};

pub use json::JsonTemplate;
use names::Written;
use room::Room;

/// Instructions that one rendering may take: some milliseconds' worth.
const FUEL: u64 = 1_000_000;

/// How deep macros, includes and nested loops may go.
const RECURSION: usize = 100;

/// The one environment. Templates borrow from it, so it lives as long as the program.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(environment);

/// A template, parsed.
///
/// Its source is kept for the life of the program: suites are small, and are read once.
#[derive(Clone)]
pub struct Template {
    source: &'static str,
    /// `None` where the source holds no template syntax and is its own rendering.
    parsed: Option<minijinja::Template<'static, 'static>>,
}

/// An expression, parsed: `output | length < 20 and vars.city in output`.
#[derive(Clone)]
pub struct Expression {
    source: &'static str,
    parsed: std::sync::Arc<minijinja::Expression<'static, 'static>>,
}

/// Why a template could not be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What went wrong, without a place.
    pub message: String,
    /// The bytes of the source that it is about, where they are known.
    pub range: Option<Range<usize>>,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl Template {
    /// Parses `source`.
    ///
    /// # Errors
    ///
    /// Syntax errors, and names of filters, tests or functions that do not exist as far as parsing finds them.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let source: &'static str = Box::leak(source.to_owned().into_boxed_str());
        let parsed = if is_plain(source) {
            None
        } else {
            names::measure(source, Written::Template)?;
            let parsed = ENVIRONMENT.template_from_str(source)?;
            names::check(source, Written::Template)?;
            Some(parsed)
        };
        Ok(Self { source, parsed })
    }

    /// Returns the text that was parsed.
    pub fn source(&self) -> &str {
        self.source
    }

    /// Returns whether the template is plain text, the same for every trial.
    pub fn is_literal(&self) -> bool {
        self.parsed.is_none()
    }

    /// Returns the variables that the template needs from outside, sorted; `a.b` counts as `a`.
    ///
    /// A variable that the template itself allows to be missing (`a | default("x")`, `a is defined`) is not needed.
    pub fn variables(&self) -> BTreeSet<String> {
        let names = self
            .parsed
            .as_ref()
            .map(|template| without_globals(template.undeclared_variables(false)));
        without_guarded(names.unwrap_or_default(), self.source)
    }

    /// Returns the fields of `variable` that the template needs, sorted: `HOME` of `env.HOME`.
    ///
    /// Fields that are reached in another way (`env[name]`, a loop over `env`) are not found.
    pub fn fields_of(&self, variable: &str) -> BTreeSet<String> {
        let paths = self
            .parsed
            .as_ref()
            .map(|template| template.undeclared_variables(true));
        fields(&paths.unwrap_or_default(), variable, self.source)
    }

    /// Renders the template over `vars`.
    ///
    /// # Errors
    ///
    /// An undefined variable, a wrong type for a filter, or too much work.
    pub fn render(&self, vars: &Map<String, Json>) -> Result<String, TemplateError> {
        match &self.parsed {
            None => Ok(self.source.to_owned()),
            Some(template) => {
                let mut room = Room::default();
                match template.render_captured_to(Serde(vars), &mut room) {
                    Ok(_) => Ok(room.into_text()),
                    Err(_) if room.is_full() => Err(room::too_long()),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }
}

impl Expression {
    /// Parses `source`.
    ///
    /// # Errors
    ///
    /// Syntax errors.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let source: &'static str = Box::leak(source.to_owned().into_boxed_str());
        names::measure(source, Written::Expression)?;
        let parsed = ENVIRONMENT.compile_expression(source)?;
        names::check(source, Written::Expression)?;
        Ok(Self {
            source,
            parsed: std::sync::Arc::new(parsed),
        })
    }

    /// Returns the text that was parsed.
    pub fn source(&self) -> &str {
        self.source
    }

    /// Returns the variables that the expression needs, sorted.
    pub fn variables(&self) -> BTreeSet<String> {
        without_guarded(
            without_globals(self.parsed.undeclared_variables(false)),
            self.source,
        )
    }

    /// Returns the fields of `variable` that the expression needs, sorted: `city` of `vars.city`.
    ///
    /// Fields that are reached in another way (`vars[name]`, a loop over `vars`) are not found.
    pub fn fields_of(&self, variable: &str) -> BTreeSet<String> {
        fields(
            &self.parsed.undeclared_variables(true),
            variable,
            self.source,
        )
    }

    /// Evaluates the expression over `vars`; undefined gives null.
    ///
    /// # Errors
    ///
    /// As for [`Template::render`].
    pub fn evaluate(&self, vars: &Map<String, Json>) -> Result<Json, TemplateError> {
        let value = self.parsed.eval(Serde(vars))?;
        Ok(to_json(&value)?)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let detail = error.detail().map(str::to_owned);
        let message = match (error.kind(), detail) {
            (ErrorKind::OutOfFuel, _) => "the template does too much work".to_owned(),
            (ErrorKind::SyntaxError, Some(detail)) => detail,
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        let hint = SYNTAX_HINTS.iter().find(|(end, _)| message.ends_with(end));
        Self {
            hint: hint.map(|(_, hint)| (*hint).to_owned()),
            range: error.range(),
            message,
        }
    }
}

/// Ends of minijinja's messages, with what they usually come from.
const SYNTAX_HINTS: [(&str, &str); 3] = [
    (
        "expected end of variable block",
        "a variable is written `{{ name }}`",
    ),
    (
        "expected end of block",
        "is an `{% endif %}` or `{% endfor %}` missing?",
    ),
    (
        "unexpected input after expression",
        "`==` compares, `and` and `or` combine",
    ),
];

/// Returns the names but for those that every template knows, such as `range`.
fn without_globals(names: HashSet<String>) -> BTreeSet<String> {
    let is_global = |name: &String| ENVIRONMENT.globals().any(|(global, _)| global == name);
    names.into_iter().filter(|name| !is_global(name)).collect()
}

/// Returns the fields of `variable` among nested paths, without those that the source allows to be missing.
fn fields(paths: &HashSet<String>, variable: &str, source: &str) -> BTreeSet<String> {
    paths
        .iter()
        .filter(|path| !is_guarded(source, path))
        .filter_map(|path| path.strip_prefix(variable)?.strip_prefix('.'))
        .filter_map(|rest| rest.split('.').next())
        .map(str::to_owned)
        .collect()
}

/// Leaves out variables that the source allows to be missing.
fn without_guarded(mut names: BTreeSet<String>, source: &str) -> BTreeSet<String> {
    names.retain(|name| !is_guarded(source, name));
    names
}

/// Returns whether the source says anywhere what to do without `name`: `name | default(…)`, `name is defined`.
fn is_guarded(source: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    source.match_indices(name).any(|(at, _)| {
        let after = &source[at + name.len()..];
        if source[..at].ends_with(is_part) || after.starts_with(is_part) {
            return false;
        }
        let words: Vec<&str> = after
            .split(|c: char| !c.is_alphanumeric() && c != '|')
            .filter(|word| !word.is_empty())
            .take(3)
            .collect();
        matches!(
            words.as_slice(),
            ["|", "default" | "d", ..]
                | ["is", "defined" | "undefined", ..]
                | ["is", "not", "defined" | "undefined"]
        )
    })
}

/// Returns whether `source` holds no template syntax.
fn is_plain(source: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|mark| source.contains(mark))
}

/// Builds the environment that every template of the program shares.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(RECURSION);
    environment.set_debug(false);
    environment.set_formatter(|out, _, value| print(out, value));
    filters::guard(&mut environment);
    for name in ["json", "dump", "tojson"] {
        environment.add_filter(name, |value: &Value| json_text(value));
    }
    environment.add_filter("regex_find", regex_find);
    environment.add_filter("number", |text: &str| {
        crate::text::last_number(text).map(|found| found.value)
    });
    environment
}

/// Prints a value as documented: text as it is, null as nothing, everything else as JSON.
fn print(out: &mut minijinja::Output<'_>, value: &Value) -> Result<(), minijinja::Error> {
    match value.kind() {
        ValueKind::Undefined => Err(minijinja::Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(()),
        ValueKind::String => Ok(out.write_str(value.as_str().unwrap_or_default())?),
        _ => Ok(out.write_str(&json_text(value)?)?),
    }
}

/// Returns a value as JSON text without white space; whole floats print as JavaScript prints them, without a point.
fn json_text(value: &Value) -> Result<String, minijinja::Error> {
    to_json(value).map(|json| crate::text::json_text(&json))
}

/// Returns a value as JSON.
fn to_json(value: &Value) -> Result<Json, minijinja::Error> {
    if filters::is_too_large(value) {
        let message = "the value holds too much";
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, message));
    }
    serde_json::to_value(Serde(value).0)
        .map_err(|error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Returns the first match of a JavaScript pattern, or its first group, or null.
fn regex_find(text: &str, pattern: &str) -> Result<Option<String>, minijinja::Error> {
    let invalid = |error: crate::text::PatternError| {
        minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string())
    };
    let pattern = crate::text::Pattern::parse(pattern, "").map_err(invalid)?;
    pattern.find(text).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(source: &str, vars: Json) -> Result<String, TemplateError> {
        let Json::Object(vars) = vars else {
            panic!("vars are an object")
        };
        Template::parse(source)?.render(&vars)
    }

    #[test]
    fn values_print_as_json_prints_them() {
        let vars = json!({"t": true, "n": null, "i": 2.0, "f": 0.5, "m": {"k": "<i>"}, "l": [1, "a"], "s": "<b>"});
        for (source, expected) in [
            ("{{ t }}", "true"),
            ("[{{ n }}]", "[]"),
            ("{{ i }}", "2"),
            ("{{ f }}", "0.5"),
            ("{{ m }}", r#"{"k":"<i>"}"#),
            ("{{ l | dump }}", r#"[1,"a"]"#),
            ("{{ s | json }}", r#""<b>""#),
            ("{{ s }}", "<b>"),
            ("plain { text }", "plain { text }"),
        ] {
            assert_eq!(
                render(source, vars.clone()).as_deref(),
                Ok(expected),
                "{source}"
            );
        }
    }

    #[test]
    fn an_undefined_variable_is_an_error_with_its_line() {
        let error = render("one\n{{ missing }}", json!({})).unwrap_err();
        assert_eq!(error.range, Some(7..14));
        assert!(error.message.contains("undefined"), "{}", error.message);
        assert_eq!(
            render("{{ missing | default('x') }}", json!({})).as_deref(),
            Ok("x")
        );
    }

    #[test]
    fn a_template_cannot_hang_the_program() {
        let error = render(
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            json!({}),
        );
        assert_eq!(
            error.unwrap_err().message,
            "the template does too much work"
        );
    }

    #[test]
    fn a_template_cannot_fill_the_memory_with_its_text() {
        let error = render(
            "{% for a in range(9999) %}{{ s * n }}{% endfor %}",
            json!({"s": "x", "n": 9_999_999}),
        );
        assert_eq!(
            error.unwrap_err().message,
            "the template makes more than 64 MiB of text"
        );
    }

    #[test]
    fn a_filter_cannot_fill_the_memory_either() {
        let vars = json!({"a": "text", "l": ["a", "b"], "m": {"k": [1]}});
        for (source, expected) in [
            ("{{ a | indent(99999999999999999999) }}", None),
            ("{{ a | indent(width=99999999999) }}", None),
            ("{{ a | indent(2, true) }}", Some("  text")),
            ("{{ '%99999999999d' | format(1) }}", None),
            ("{{ '%.99999999999f' | format(1.5) }}", None),
            ("{{ '%*d' | format(99999999999, 1) }}", None),
            (
                "{{ '%3d|%s' | format(99999999999, a) }}",
                Some("99999999999|text"),
            ),
            ("{{ l | batch(99999999999, 'x') }}", None),
            ("{{ l | batch(2) | list }}", Some(r#"[["a","b"]]"#)),
            ("{{ l | slice(99999999999) }}", None),
            ("{{ ([1] * 100000000) | join(',') }}", None),
            ("{{ ([a] * 1000) | join(a * 100000) }}", None),
            ("{{ l | join('-') }}{{ l | join }}", Some("a-bab")),
            ("{{ m | join(',') }}", Some("k")),
            ("{{ (a * 100000) | replace('t', a * 1000) }}", None),
            ("{{ a | replace('t', 'd') }}", Some("dexd")),
            ("{{ [1] * 99999999 }}", None),
            ("{{ [[1] * 9999] * 9999 }}", None),
            ("{{ m }}", Some(r#"{"k":[1]}"#)),
        ] {
            assert_eq!(
                render(source, vars.clone()).ok().as_deref(),
                expected,
                "{source}"
            );
        }
    }

    #[test]
    fn names_what_it_needs() {
        let template = Template::parse(
            "{{ a }}{% if b.c %}{{ d | default(1) }}{% endif %}{% set e = 1 %}{{ e }}{% if f is not defined %}{% endif %}",
        )
        .unwrap();
        assert_eq!(
            template.variables().into_iter().collect::<Vec<_>>(),
            ["a", "b"]
        );
    }

    #[test]
    fn what_every_template_knows_is_no_variable() {
        let template = Template::parse("{% for i in range(n) %}{{ i }}{% endfor %}").unwrap();
        assert_eq!(template.variables().into_iter().collect::<Vec<_>>(), ["n"]);
    }

    #[test]
    fn expressions_name_the_fields_they_need() {
        let expression =
            Expression::parse("vars.city in output and vars.a.b > 1 and json.x").unwrap();
        let fields: Vec<_> = expression.fields_of("vars").into_iter().collect();
        assert_eq!(fields, ["a", "city"]);
    }

    #[test]
    fn expressions_evaluate_to_json() {
        let vars = json!({"output": "Lyon is big", "vars": {"city": "Lyon"}});
        let expression = Expression::parse("vars.city in output and output | length < 20").unwrap();
        assert_eq!(
            expression.evaluate(vars.as_object().unwrap()),
            Ok(json!(true))
        );
        let expression = Expression::parse("output | regex_find('is (\\\\w+)')").unwrap();
        assert_eq!(
            expression.evaluate(vars.as_object().unwrap()),
            Ok(json!("big"))
        );
    }
}
