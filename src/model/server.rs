//! A server of tools: how it is reached, and which of its tools may be used.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long a server may take to start, and a call of a tool, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server that speaks the Model Context Protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSpec {
    /// Its name, unique in a configuration.
    pub name: String,
    /// How it is reached.
    pub reach: Reach,
    /// How long it may take to start, and each of its tools.
    pub timeout: Duration,
    /// Patterns of tools that may be used, such as `read_*`; none means all.
    pub allow: Vec<String>,
    /// Patterns of tools that may not.
    pub deny: Vec<String>,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A program that is started, and spoken to through its stdin and stdout.
    Program {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// What it finds in its environment beside the usual few variables.
        env: BTreeMap<String, String>,
        /// The folder that it runs in.
        cwd: Option<PathBuf>,
    },
    /// A service that answers over HTTP.
    Http {
        /// Where.
        url: String,
        /// Headers of every request.
        headers: BTreeMap<String, String>,
    },
}

impl ServerSpec {
    /// Returns a server with nothing said of its time or tools.
    pub fn new(name: impl Into<String>, reach: Reach) -> Self {
        Self {
            name: name.into(),
            reach,
            timeout: PATIENCE,
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}
