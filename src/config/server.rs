//! Servers of tools: files of our own, and the `mcpServers` that vendors publish, taken as they are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::environment::{Environment, Lacking};
use crate::model::{Reach, ServerSpec};
use crate::suite::{MapReader, Node, Problems, Tree};

/// Reads a file of `config/servers/`: `server_name`, and under `config` how it is reached. `None` if it is turned off, or has no name.
pub(super) fn decode_file(
    node: &Node,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ServerSpec> {
    let mut map = MapReader::new("a server", node, problems)?;
    let name = map.text("server_name", problems);
    let config = map.take("config");
    if name.is_none() {
        map.miss("server_name", "a server needs a `server_name`");
    }
    map.finish(problems);
    decode(name?, config?, environment, problems)
}

/// Reads `{"mcpServers": {NAME: {…}}}`.
pub(super) fn decode_all(
    node: &Node,
    environment: &Environment,
    problems: &mut Problems,
) -> Vec<ServerSpec> {
    let servers = ["mcpServers", "servers"]
        .iter()
        .find_map(|key| node.get(key));
    let Some(Tree::Map(entries)) = servers.map(|node| &node.value) else {
        problems.error(&node.place, "there are no `mcpServers`");
        return Vec::new();
    };
    let found = entries.iter();
    found
        .filter_map(|(key, node)| decode(&key.name, node, environment, problems))
        .collect()
}

/// Reads how a server is reached.
fn decode(
    name: &str,
    node: &Node,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ServerSpec> {
    let mut map = MapReader::new("a server", node, problems)?;
    let mut reading = Reading {
        environment,
        problems,
    };
    let kind = map.text("type", reading.problems);
    let command = reading.text(&mut map, "command");
    let args = reading.texts(&mut map, "args");
    let env = reading.pairs(&mut map, "env");
    let cwd = reading
        .text(&mut map, "cwd")
        .map(|path| PathBuf::from(home(path, environment)));
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
            command: home(command, environment),
            args: args.into_iter().map(|arg| home(arg, environment)).collect(),
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
fn home(text: String, environment: &Environment) -> String {
    let rest = text.strip_prefix("~/");
    match rest.zip(
        environment
            .get("HOME")
            .or_else(|| environment.get("USERPROFILE")),
    ) {
        Some((rest, home)) => format!("{home}/{rest}"),
        None => text,
    }
}

/// Text with variables, as it is read.
struct Reading<'a> {
    environment: &'a Environment,
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
        match self.environment.expand(&written) {
            // What is no variable of ours may mean something to the program.
            Ok(text) | Err(Lacking::Malformed(text)) => Some(text),
            Err(Lacking::Unset(name)) => {
                let message = format!("{name} is not set (not in the environment or .env)");
                self.problems.error(&node.place, message);
                None
            }
            Err(Lacking::Required(name, message)) => {
                self.problems
                    .error(&node.place, format!("{name} is not set: {message}"));
                None
            }
        }
    }
}
