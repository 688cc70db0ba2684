//! YAML to servers of tools: by the names that a configuration gives them, or described in place.

use serde_json::{Map, Value};

use super::error::Problems;
use super::server::{Texts, server};
use super::source::{Node, Tree};
use crate::model::ServerSpec;

/// Servers whose tools models are offered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ServerSet {
    /// Their names.
    pub names: Vec<String>,
    /// Those that are described here; the others are configured.
    pub specs: Vec<ServerSpec>,
}

/// Reads `mcp_servers`: a name, a list of names, or a map from names to descriptions. `env` are the variables that descriptions may name.
pub(super) fn servers(node: &Node, env: &Map<String, Value>, problems: &mut Problems) -> ServerSet {
    let mut set = ServerSet::default();
    match &node.value {
        Tree::Map(entries) => {
            let expand = |text: &str| expanded(text, env);
            let texts = Texts {
                expand: &expand,
                home: env.get("HOME").and_then(Value::as_str),
            };
            for (key, node) in entries {
                if node.value != Tree::Null {
                    let Some(spec) = server(&key.name, node, texts, problems) else {
                        continue;
                    };
                    set.specs.push(spec);
                }
                set.names.push(key.name.clone());
            }
        }
        Tree::List(items) => {
            for item in items {
                named(item, &mut set, problems);
            }
        }
        _ => named(node, &mut set, problems),
    }
    set
}

fn named(node: &Node, set: &mut ServerSet, problems: &mut Problems) {
    let hint = "such as `[time, search]`, or `time: { command: uvx, args: [mcp-server-time] }`";
    match node.as_text() {
        Some(name) if set.names.iter().any(|known| known == name) => {
            problems.error(&node.place, format!("the server `{name}` is named twice"));
        }
        Some(name) => set.names.push(name.to_owned()),
        None => {
            let message = format!(
                "`mcp_servers` are names of servers, or a map of them, found {}",
                node.kind()
            );
            problems.error_with(&node.place, message, Some(hint));
        }
    }
}

/// Puts variables into a text: `${NAME}` of those that the suite lists under `env`.
fn expanded(text: &str, env: &Map<String, Value>) -> Result<String, String> {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        whole.push_str(before);
        let Some(value) = env.get(name) else {
            return Err(format!(
                "`{name}` is not listed under `env`, so that the suite does not see it"
            ));
        };
        // One that the environment lacks was told where it is listed.
        whole.push_str(value.as_str().unwrap_or_default());
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}
