//! A server of tools, as configurations and suites describe it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::error::Problems;
use super::reader::MapReader;
use super::source::{Node, Tree};
use crate::model::{Reach, ServerSpec};

/// How text in a server's description is completed.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    /// Puts variables into a text, or says in a sentence which one is missing.
    pub expand: &'a dyn Fn(&str) -> Result<String, String>,
    /// The home folder, for `~`.
    pub home: Option<&'a str>,
}

/// Reads how a server is reached. `None` if it is turned off, or cannot be.
pub(crate) fn server(
    name: &str,
    node: &Node,
    texts: Texts<'_>,
    problems: &mut Problems,
) -> Option<ServerSpec> {
    let mut map = MapReader::new("a server", node, problems)?;
    let mut reading = Reading { texts, problems };
    let kind = map.text("type", reading.problems);
    let command = reading.text(&mut map, "command");
    let args = reading.texts(&mut map, "args");
    let env = reading.pairs(&mut map, "env");
    let cwd = reading
        .text(&mut map, "cwd")
        .map(|path| PathBuf::from(home(path, texts)));
    let url = reading.text(&mut map, "url");
    let headers = reading.pairs(&mut map, "headers");
    let seconds = map.count("timeout_seconds", 1, reading.problems);
    // Vendors' snippets say it in milliseconds.
    let millis = map.count("timeout", 1, reading.problems);
    let enabled = map.flag("enabled", reading.problems).unwrap_or(true);
    let disabled = map.flag("disabled", reading.problems).unwrap_or(false);
    let (mut allow, mut deny) = (Vec::new(), Vec::new());
    if let Some(tools) = map.take("tools")
        && let Some(mut tools) = MapReader::new("`tools` of a server", tools, reading.problems)
    {
        allow = tools.texts("allow", reading.problems).unwrap_or_default();
        deny = tools.texts("deny", reading.problems).unwrap_or_default();
        tools.finish(reading.problems);
    }
    for known in ["auto_approve", "always_allow", "description"] {
        map.take(known);
    }
    let place = map.place().clone();
    map.finish(reading.problems);
    let reach = match (command, url) {
        (Some(command), None) => Reach::Program {
            command: home(command, texts),
            args: args.into_iter().map(|arg| home(arg, texts)).collect(),
            env,
            cwd,
        },
        (None, Some(url)) => Reach::Http { url, headers },
        (Some(_), Some(_)) => {
            problems.error(
                &place,
                format!("the server `{name}` has both `command` and `url`"),
            );
            return None;
        }
        (None, None) => {
            let what = kind.map_or(String::new(), |kind| format!(" of the type `{kind}`"));
            problems.error(
                &place,
                format!("the server `{name}`{what} needs a `command` or a `url`"),
            );
            return None;
        }
    };
    let mut spec = ServerSpec::new(name, reach);
    let timeout = seconds
        .map(Duration::from_secs)
        .or(millis.map(Duration::from_millis));
    spec.timeout = timeout.unwrap_or(spec.timeout);
    (spec.allow, spec.deny) = (allow, deny);
    (enabled && !disabled).then_some(spec)
}

/// Returns a path with `~` for the home folder.
fn home(text: String, texts: Texts<'_>) -> String {
    match text.strip_prefix("~/").zip(texts.home) {
        Some((rest, home)) => format!("{home}/{rest}"),
        None => text,
    }
}

/// Text with variables, as it is read.
struct Reading<'a> {
    texts: Texts<'a>,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    fn text(&mut self, map: &mut MapReader<'_>, name: &'static str) -> Option<String> {
        let node = map.take(name)?;
        map.text(name, self.problems)?;
        self.expanded(node)
    }

    fn texts(&mut self, map: &mut MapReader<'_>, name: &'static str) -> Vec<String> {
        let Some(node) = map.take(name) else {
            return Vec::new();
        };
        match &node.value {
            Tree::List(items) => items
                .iter()
                .filter_map(|item| self.expanded(item))
                .collect(),
            _ => self.expanded(node).into_iter().collect(),
        }
    }

    fn pairs(&mut self, map: &mut MapReader<'_>, name: &'static str) -> BTreeMap<String, String> {
        let Some(node) = map.take(name) else {
            return BTreeMap::new();
        };
        let Tree::Map(entries) = &node.value else {
            self.problems.error(
                &node.place,
                format!("`{name}` must be a map, found {}", node.kind()),
            );
            return BTreeMap::new();
        };
        let pairs = entries.iter();
        pairs
            .filter_map(|(key, node)| Some((key.name.clone(), self.expanded(node)?)))
            .collect()
    }

    /// Returns a text with its variables. One that is not set is an error: a server would start and fail later.
    fn expanded(&mut self, node: &Node) -> Option<String> {
        let written = match &node.value {
            Tree::Text(text) => text.clone(),
            Tree::Number(number) => number.to_string(),
            Tree::Bool(value) => value.to_string(),
            _ => {
                self.problems
                    .error(&node.place, format!("expected text, found {}", node.kind()));
                return None;
            }
        };
        match (self.texts.expand)(&written) {
            Ok(text) => Some(text),
            Err(message) => {
                self.problems.error(&node.place, message);
                None
            }
        }
    }
}
