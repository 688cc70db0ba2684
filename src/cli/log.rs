//! What is told on stderr beside results: text for people, or a JSON object a line for programs.
//!
//! The page `docs/observability.md` promises the events and their fields; a test holds it to this list.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::report::{safe_json, safe_text};

/// How stderr is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// A JSON object a line
    Json,
}

impl LogFormat {
    /// The variable that stands in for the flag.
    pub(super) const VARIABLE: &str = "MCP_CLI_LOG_FORMAT";

    /// Returns the format that arguments ask for which cannot be read otherwise: the last `--log-format` of them, or else
    /// what the `variable` says.
    pub(super) fn sought(args: &[String], variable: Option<&str>) -> Self {
        let mut values = args.iter().enumerate().filter_map(|(at, arg)| {
            let rest = arg.strip_prefix("--log-format")?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => args.get(at + 1).map(String::as_str),
                None => None,
            }
        });
        match values.next_back().or(variable) {
            Some("json") => Self::Json,
            _ => Self::Text,
        }
    }
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// What only somebody who looks for it wants to know.
    Debug,
    /// What happens.
    Info,
    /// What may not be meant.
    Warn,
    /// What ends a command, or makes it fail.
    Error,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Something that is told: a message for people, and for programs a name and fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    level: Level,
    event: &'static str,
    message: String,
    fields: Map<String, Value>,
}

impl Line {
    /// Every event that there is.
    #[cfg(test)]
    pub(super) const EVENTS: [&str; 14] = [
        "note",
        "warning",
        "error",
        "problem",
        "question",
        "annotation",
        "reasoning",
        "progress",
        "retry",
        "model_slow",
        "model_given_up",
        "call",
        "run_expected",
        "run_finished",
    ];

    pub(super) fn new(level: Level, event: &'static str, message: impl Into<String>) -> Self {
        Self {
            level,
            event,
            message: message.into(),
            fields: Map::new(),
        }
    }

    /// Returns a line of text as what its first word says that it is.
    pub(super) fn of(text: &str) -> Self {
        for (word, level, event) in [
            ("warning: ", Level::Warn, "warning"),
            ("error: ", Level::Error, "error"),
        ] {
            if let Some(message) = text.strip_prefix(word) {
                return Self::new(level, event, message);
            }
        }
        Self::new(Level::Info, "note", text)
    }

    /// Returns the same with a field; what is `null` is left out.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.fields.insert(name.to_owned(), value);
        }
        self
    }

    /// Returns the same with the fields of an object but those that every line has; what is `null` is left out.
    #[must_use]
    pub(super) fn with_all(self, object: Value) -> Self {
        let Value::Object(object) = object else {
            return self;
        };
        let fields = object.into_iter();
        let own =
            fields.filter(|(name, _)| !["ts", "level", "event", "message"].contains(&&**name));
        own.fold(self, |line, (name, value)| line.with(&name, value))
    }

    /// Returns it as people read it: the message, and what to do about it.
    pub(super) fn text(&self) -> String {
        let mark = match self.event {
            "warning" => "warning: ",
            "error" => "error: ",
            _ => "",
        };
        let hint = self.fields.get("hint").and_then(Value::as_str);
        let hint = hint.map_or(String::new(), |hint| format!("\nhint: {hint}"));
        format!("{mark}{}{hint}", self.message)
    }

    /// Returns the line as JSON, told at `now`: in it nothing acts, on a terminal or in a CI job.
    pub(super) fn to_json(&self, now: Timestamp) -> String {
        let mut object = Map::new();
        let ts = now.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        object.insert("ts".to_owned(), ts.into());
        object.insert("level".to_owned(), self.level.as_str().into());
        object.insert("event".to_owned(), self.event.into());
        object.insert("message".to_owned(), self.message.trim().into());
        object.extend(self.fields.clone());
        let object = safe(Value::Object(object));
        safe_json(&object.to_string()).into_owned()
    }
}

/// Returns a value in whose texts nothing acts.
fn safe(value: Value) -> Value {
    match value {
        Value::String(text) => safe_text(&text).into_owned().into(),
        Value::Array(items) => items.into_iter().map(safe).collect(),
        Value::Object(map) => {
            let fields = map.into_iter().map(|(name, value)| (name, safe(value)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_in_which_nothing_acts() {
        let line = Line::of("warning: it\u{1b}[2J says\n\u{202e}##vso[task]\u{7}")
            .with("model", "m\u{9b}1m")
            .with("absent", Value::Null);
        let now = "2026-11-22T10:15:30.5Z".parse().unwrap();
        assert_eq!(
            line.to_json(now),
            "{\"ts\":\"2026-11-22T10:15:30.500Z\",\"level\":\"warn\",\"event\":\"warning\",\
             \"message\":\"it says\\n#\\u0023vso[task]\",\"model\":\"m\"}"
        );
    }

    #[test]
    fn the_first_word_says_how_much_it_matters() {
        for (text, level, event) in [
            ("warning: no", Level::Warn, "warning"),
            ("error: no", Level::Error, "error"),
            ("run 1 in reports", Level::Info, "note"),
        ] {
            let line = Line::of(text);
            assert_eq!((line.level, line.event), (level, event), "{text}");
            assert_eq!(line.text(), text);
        }
    }

    #[test]
    fn arguments_that_cannot_be_read_still_say_how_they_are_told_so() {
        for (args, variable, expected) in [
            (&["eval", "--log-format", "json"][..], None, LogFormat::Json),
            (&["--log-format=json"], Some("text"), LogFormat::Json),
            (&["--log-format=text"], Some("json"), LogFormat::Text),
            (&["--log-formatted", "json"], None, LogFormat::Text),
            (&["--log-format"], Some("json"), LogFormat::Json),
            (&[], Some("xml"), LogFormat::Text),
        ] {
            let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
            assert_eq!(LogFormat::sought(&args, variable), expected, "{args:?}");
        }
    }

    #[test]
    fn the_page_names_every_event() {
        let page = include_str!("../../docs/observability.md");
        for event in Line::EVENTS {
            assert!(page.contains(&format!("| `{event}` |")), "{event}");
        }
    }
}
