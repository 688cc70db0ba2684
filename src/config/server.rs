//! Servers of tools: files of our own, and the `mcpServers` that vendors publish, taken as they are.

use super::environment::{Environment, Lacking};
use crate::model::ServerSpec;
use crate::suite::{MapReader, Node, Problems, Texts, Tree, server};

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

fn decode(
    name: &str,
    node: &Node,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<ServerSpec> {
    // A variable that is not set is an error: a server would start and fail later.
    let expand = |text: &str| match environment.expand(text) {
        // What is no variable of ours may mean something to the program.
        Ok(text) | Err(Lacking::Malformed(text)) => Ok(text),
        Err(Lacking::Unset(name)) => Err(format!(
            "{name} is not set (not in the environment or .env)"
        )),
        Err(Lacking::Required(name, message)) => Err(format!("{name} is not set: {message}")),
    };
    let home = environment.get("HOME");
    let texts = Texts {
        expand: &expand,
        home: home.or_else(|| environment.get("USERPROFILE")),
    };
    server(name, node, texts, problems)
}
