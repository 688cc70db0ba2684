//! All files of a configuration together.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::find::Found;
use super::provider::Provider;
use super::server;
use crate::model::ServerSpec;
use crate::suite::{MapReader, Node, Problems, SuiteError, Tree, read_file};

/// What a user has configured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Who answers questions, in the order of the files.
    pub providers: Vec<Provider>,
    /// Who makes vectors.
    pub embeddings: Vec<Provider>,
    /// Servers of tools, without those that are turned off.
    pub servers: Vec<ServerSpec>,
    /// The provider of commands that name none.
    pub default_provider: Option<String>,
    /// Whether questions are logged, where a file says so.
    pub log: Option<bool>,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Provider,
    Embedding,
    Server,
    Settings,
}

impl Part {
    /// Returns what is read from a path below a configuration's folder.
    fn of(path: &Path) -> Self {
        let within = |name: &str| path.components().any(|part| part.as_os_str() == name);
        if within("embeddings") {
            Self::Embedding
        } else if within("servers") {
            Self::Server
        } else if within("providers") {
            Self::Provider
        } else {
            Self::Settings
        }
    }
}

/// Reads everything that was found; servers of tools only where they are wanted, so that a mistake in one keeps nobody from what needs
/// none. Every problem is told at once, each at its line; what is sound is read all the same.
pub fn read(
    found: &Found,
    environment: &Environment,
    with_servers: bool,
) -> (Config, Vec<SuiteError>) {
    let mut reading = Reading {
        config: Config::default(),
        environment,
        problems: Problems::default(),
    };
    let includes = found
        .main
        .as_deref()
        .and_then(|main| reading.settings(main));
    if let Some(root) = &found.root {
        let usual = || {
            let folders = ["providers", "embeddings", "servers"];
            folders
                .map(|folder| format!("config/{folder}/*.yaml"))
                .to_vec()
        };
        for pattern in includes.unwrap_or_else(usual) {
            for path in matching(root, &pattern) {
                let part = Part::of(path.strip_prefix(root).unwrap_or(&path));
                if with_servers || part != Part::Server {
                    reading.file(part, &path);
                }
            }
        }
        let vendors = root.join(".mcp.json");
        if with_servers && vendors.is_file() {
            reading.vendors(&vendors);
        }
    }
    (reading.config, reading.problems.into_sorted())
}

/// Reads a file of `mcpServers`, in place of the servers that were found.
pub fn read_servers(path: &Path, environment: &Environment) -> (Vec<ServerSpec>, Vec<SuiteError>) {
    let mut reading = Reading {
        config: Config::default(),
        environment,
        problems: Problems::default(),
    };
    reading.vendors(path);
    (reading.config.servers, reading.problems.into_sorted())
}

struct Reading<'a> {
    config: Config,
    environment: &'a Environment,
    problems: Problems,
}

impl Reading<'_> {
    fn node(&mut self, path: &Path) -> Option<Node> {
        if self.config.files.iter().any(|file| file == path) {
            return None;
        }
        self.config.files.push(path.to_owned());
        let file = match read_file(path) {
            Ok(file) => file,
            Err(message) => {
                self.problems.push(SuiteError::of_file(path, message));
                return None;
            }
        };
        match Node::parse(&file) {
            Ok(node) => Some(node),
            Err(error) => {
                self.problems.push(error);
                None
            }
        }
    }

    fn file(&mut self, part: Part, path: &Path) {
        if part == Part::Settings {
            self.settings(path);
            return;
        }
        let Some(node) = self.node(path) else { return };
        if part == Part::Server {
            let server = server::decode_file(&node, self.environment, &mut self.problems);
            self.add_servers(&node, server);
            return;
        }
        let Some(provider) = Provider::decode(&node, self.environment, &mut self.problems) else {
            return;
        };
        let list = match part {
            Part::Embedding => &mut self.config.embeddings,
            _ => &mut self.config.providers,
        };
        if list.iter().any(|other| other.name == provider.name) {
            let message = format!("there is another provider `{}`", provider.name);
            self.problems.error(&node.place, message);
            return;
        }
        list.push(provider);
    }

    fn vendors(&mut self, path: &Path) {
        let Some(node) = self.node(path) else { return };
        let servers = server::decode_all(&node, self.environment, &mut self.problems);
        self.add_servers(&node, servers);
    }

    fn add_servers(&mut self, node: &Node, servers: impl IntoIterator<Item = ServerSpec>) {
        for server in servers {
            if self
                .config
                .servers
                .iter()
                .any(|other| other.name == server.name)
            {
                let message = format!("there is another server `{}`", server.name);
                self.problems.error(&node.place, message);
            } else {
                self.config.servers.push(server);
            }
        }
    }

    /// Reads `config.yaml`, or a file of settings; returns what it includes, if it says so.
    fn settings(&mut self, path: &Path) -> Option<Vec<String>> {
        let node = self.node(path)?;
        if node.value == Tree::Null {
            return None;
        }
        let mut map = MapReader::new("a configuration", &node, &mut self.problems)?;
        let includes = map
            .take("includes")
            .map(|node| includes(node, &mut self.problems));
        let default = map.text("default_provider", &mut self.problems);
        if let Some(default) = default {
            self.config.default_provider = Some(default.to_owned());
        }
        if let Some(log) = map.flag("log", &mut self.problems) {
            self.config.log = Some(log);
        }
        map.finish(&mut self.problems);
        includes
    }
}

/// Reads patterns of files: a text, a list of them, or such under names of one's own.
fn includes(node: &Node, problems: &mut Problems) -> Vec<String> {
    match &node.value {
        Tree::Text(pattern) => vec![pattern.clone()],
        Tree::List(items) => items
            .iter()
            .flat_map(|item| includes(item, problems))
            .collect(),
        Tree::Map(entries) => {
            let parts = entries.iter();
            parts
                .flat_map(|(_, part)| includes(part, problems))
                .collect()
        }
        _ => {
            let message = format!("`includes` are patterns of files, found {}", node.kind());
            problems.error(&node.place, message);
            Vec::new()
        }
    }
}

/// Returns the files that a pattern means, sorted; the file itself where it is no pattern.
fn matching(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let within = glob::Pattern::escape(&root.to_string_lossy());
    let found = glob::glob(&Path::new(&within).join(pattern).to_string_lossy());
    let mut files: Vec<PathBuf> = found.into_iter().flatten().filter_map(Result::ok).collect();
    files.retain(|file| file.is_file());
    if files.is_empty() && !pattern.contains(['*', '?', '[']) {
        files.push(root.join(pattern));
    }
    files
}
