//! Servers of tools that another program's file describes, taken over into `.mcp.json`.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::cli::configured::environment;
use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::config::{Found, read_servers};
use crate::files::read_whole_text;

/// Where they go.
pub(super) const FILE: &str = ".mcp.json";

/// Reads the servers of a file, if we can use all of them.
///
/// # Errors
///
/// It cannot be read, or describes a server that cannot be used.
pub(super) fn read(path: &Path, ui: &Ui) -> Result<Map<String, Value>, CliError> {
    let shown = path.display();
    let (_, problems) = read_servers(path, &environment(&Found::default())?);
    ui.problems(&problems);
    if !problems.is_empty() {
        return Err(CliError::usage(format!("`{shown}` cannot be used")));
    }
    let text = read_whole_text(path);
    let text = text.map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?;
    let file: Value = serde_json::from_str(&text)
        .map_err(|error| CliError::usage(format!("`{shown}` is no JSON: {error}")))?;
    let servers = ["mcpServers", "servers"]
        .iter()
        .find_map(|key| file.get(key));
    let servers = servers.and_then(Value::as_object).cloned();
    Ok(servers.unwrap_or_default())
}

/// Returns whether a server is given values, and not names of variables, in its environment or its headers.
pub(super) fn holds_values(servers: &Map<String, Value>) -> bool {
    let values = servers.values().flat_map(|server| {
        let maps = ["env", "headers"]
            .into_iter()
            .filter_map(|key| server.get(key)?.as_object());
        maps.flat_map(Map::values)
    });
    let mut texts = values.filter_map(Value::as_str);
    texts.any(|text| !text.is_empty() && !text.contains("${"))
}

/// Returns `.mcp.json` with servers that it lacks; those that it has stay as they are.
///
/// # Errors
///
/// What is there is no JSON object.
pub(super) fn merged(before: &str, found: &Map<String, Value>) -> Result<String, CliError> {
    let broken = || CliError::usage(format!("`{FILE}` is no JSON object"));
    let mut file: Value = match before.trim() {
        "" => json!({}),
        text => serde_json::from_str(text).map_err(|_| broken())?,
    };
    let key = if file.get("servers").is_some() {
        "servers"
    } else {
        "mcpServers"
    };
    let all = file.as_object_mut().ok_or_else(broken)?;
    let servers = all.entry(key).or_insert_with(|| json!({}));
    let servers = servers.as_object_mut().ok_or_else(broken)?;
    let mut is_new = false;
    for (name, server) in found {
        if !servers.contains_key(name) {
            servers.insert(name.clone(), server.clone());
            is_new = true;
        }
    }
    Ok(if is_new {
        format!("{file:#}\n")
    } else {
        before.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_are_there_stay() {
        let found = json!({"time": {"command": "other"}, "search": {"url": "https://a.example/"}});
        let found = found.as_object().unwrap();
        let before = r#"{"mcpServers": {"time": {"command": "uvx"}}, "more": 1}"#;
        let after: Value = serde_json::from_str(&merged(before, found).unwrap()).unwrap();
        let expected = json!({
            "mcpServers": {"time": {"command": "uvx"}, "search": {"url": "https://a.example/"}},
            "more": 1,
        });
        assert_eq!(after, expected);
        let again = merged(&after.to_string(), found).unwrap();
        assert_eq!(again, after.to_string());
        assert!(merged("", found).unwrap().contains("\"mcpServers\""));
        assert!(merged("[]", found).is_err());
    }
}
