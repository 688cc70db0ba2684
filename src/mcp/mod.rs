//! Tools of servers that speak the Model Context Protocol: the only code that names its SDK.
//!
//! [`Servers`] starts them side by side, offers their tools by names that models take, runs what a model calls, and maps every kind of
//! result. Nothing here waits for ever: starting and calling have limits.

mod host;
mod names;
mod result;

pub use host::ServerHost;
pub use names::matches;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hyper::header::{HeaderName, HeaderValue};
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RunningService, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{RoleClient, ServiceExt as _};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::model::{Reach, ServerSpec, Tool, ToolCall, ToolResult};

/// Variables that a program of a server gets from our environment; keys of AWS are not among them.
const PASSED_ON: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TERM",
    "TMPDIR",
    "SYSTEMROOT",
    "APPDATA",
    "USERPROFILE",
];
/// Bytes of a server's stderr that an error shows.
const SHOWN: usize = 2_000;
/// Bytes of its stderr that are read to find them.
const MOST_WORDS: u64 = 1 << 20;
/// How long a program that ended may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Servers that run, and their tools.
pub struct Servers {
    running: Vec<Running>,
    tools: Vec<Offered>,
}

struct Running {
    spec: ServerSpec,
    service: RunningService<RoleClient, ()>,
}

/// A tool as it is offered.
#[derive(Debug, Clone)]
pub struct Offered {
    /// What the model sees.
    pub tool: Tool,
    /// Whether it says of itself that it may destroy something.
    pub is_destructive: bool,
    /// Its server.
    pub server: String,
    /// Its own name.
    own_name: String,
}

impl Offered {
    /// Returns the name that its server gives it.
    pub fn own_name(&self) -> &str {
        &self.own_name
    }
}

/// Why a server could not be used: its name, and a sentence.
pub type Unusable = (String, String);

impl Servers {
    /// Starts all servers at once, and asks for their tools. Those that fail are returned with why; the others run.
    pub async fn start(
        specs: &[ServerSpec],
        variables: &BTreeMap<String, String>,
    ) -> (Self, Vec<Unusable>) {
        let started = join_all(specs.iter().map(|spec| start(spec, variables))).await;
        let (mut running, mut found, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (spec, started) in specs.iter().zip(started) {
            match started {
                Ok((service, tools)) => {
                    found.extend(tools.into_iter().map(|tool| (spec.name.clone(), tool)));
                    running.push(Running {
                        spec: spec.clone(),
                        service,
                    });
                }
                Err(why) => failed.push((spec.name.clone(), why)),
            }
        }
        let names = names::offered(
            &found
                .iter()
                .map(|(server, tool)| (&**server, &*tool.own_name))
                .collect::<Vec<_>>(),
        );
        let tools = found
            .into_iter()
            .zip(names)
            .map(|((server, tool), name)| Offered {
                tool: Tool { name, ..tool.tool },
                server,
                ..tool
            });
        let tools = tools.collect();
        (Self { running, tools }, failed)
    }

    /// Returns the tools of all servers, by the names that models call them by.
    pub fn tools(&self) -> &[Offered] {
        &self.tools
    }

    /// Keeps those tools that `may` lets be used.
    pub fn retain(&mut self, may: impl Fn(&Offered) -> bool) {
        self.tools.retain(may);
    }

    /// Runs a tool. What goes wrong is a result too: the model may know another way.
    pub async fn call(&self, call: &ToolCall) -> ToolResult {
        match self.try_call(call).await {
            Ok(result) => result,
            Err(why) => ToolResult::failed(call, why),
        }
    }

    /// Runs a tool. What the model did wrong is a result; why its server gave none is an error.
    ///
    /// # Errors
    ///
    /// In a clause: the server takes too long, or is gone.
    pub async fn try_call(&self, call: &ToolCall) -> Result<ToolResult, String> {
        let Some(offered) = self.tools.iter().find(|one| one.tool.name == call.name) else {
            let why = format!("there is no tool `{}`", call.name);
            return Ok(ToolResult::failed(call, why));
        };
        let server = self
            .running
            .iter()
            .find(|one| one.spec.name == offered.server);
        let Running { spec, service } = server.ok_or("its server does not run")?;
        let mut params = CallToolRequestParams::new(offered.own_name.clone());
        params.arguments = match &call.input {
            Value::Object(arguments) => Some(arguments.clone()),
            Value::Null => None,
            other => {
                let why = format!("its arguments are no object: {other}");
                return Ok(ToolResult::failed(call, why));
            }
        };
        let called = timeout(spec.timeout, service.call_tool(params)).await;
        let called = called.map_err(|_| format!("it took longer than {:?}", spec.timeout))?;
        let told = match called {
            Ok(told) => told,
            // The server is there, and refuses the call.
            Err(ServiceError::McpError(error)) => {
                let why = format!("the server `{}` says: {error}", spec.name);
                return Ok(ToolResult::failed(call, why));
            }
            Err(error) => return Err(format!("the server `{}`: {error}", spec.name)),
        };
        let told = serde_json::to_value(told).map_err(|error| error.to_string())?;
        Ok(result::of(call, &told))
    }

    /// Ends all servers.
    pub async fn stop(self) {
        join_all(self.running.into_iter().map(|one| one.service.cancel())).await;
    }
}

/// Starts one server, and returns it with those of its tools that its spec lets be used.
async fn start(
    spec: &ServerSpec,
    variables: &BTreeMap<String, String>,
) -> Result<(RunningService<RoleClient, ()>, Vec<Offered>), String> {
    let too_long = |_| format!("it did not answer within {:?}", spec.timeout);
    let service = match &spec.reach {
        Reach::Program { .. } => {
            let (transport, mut stderr) = spawn(&spec.reach, variables)?;
            let begun = timeout(spec.timeout, ().serve(transport))
                .await
                .map_err(too_long)?;
            match begun {
                Ok(service) => {
                    // A pipe that nobody reads fills up, and stops who writes to it.
                    tokio::spawn(async move {
                        let mut lost = [0; 4096];
                        while let Ok(1..) = stderr.read(&mut lost).await {}
                    });
                    service
                }
                Err(error) => {
                    let mut said = Vec::new();
                    let mut stderr = stderr.take(MOST_WORDS);
                    let _ = timeout(LAST_WORDS, stderr.read_to_end(&mut said)).await;
                    let said = String::from_utf8_lossy(&said[said.len().saturating_sub(SHOWN)..])
                        .trim()
                        .to_owned();
                    return Err(if said.is_empty() {
                        error.to_string()
                    } else {
                        format!("it ended with: {said}")
                    });
                }
            }
        }
        Reach::Http { url, headers } => {
            let transport = StreamableHttpClientTransport::from_config(http(url, headers)?);
            let begun = timeout(spec.timeout, ().serve(transport))
                .await
                .map_err(too_long)?;
            begun.map_err(|error| chain(&error))?
        }
    };
    let listed = timeout(spec.timeout, service.list_all_tools())
        .await
        .map_err(too_long)?;
    let listed = listed.map_err(|error| format!("it does not list its tools: {error}"))?;
    let tools = listed.into_iter().map(|tool| Offered {
        is_destructive: tool.annotations.as_ref().is_some_and(|about| {
            about.read_only_hint != Some(true) && about.destructive_hint == Some(true)
        }),
        server: spec.name.clone(),
        own_name: tool.name.to_string(),
        tool: Tool {
            name: tool.name.to_string(),
            description: tool
                .description
                .as_deref()
                .filter(|text| !text.trim().is_empty())
                .map(str::to_owned),
            input_schema: Value::Object((*tool.input_schema).clone()),
        },
    });
    let may = |one: &Offered| names::may(&one.own_name, &spec.allow, &spec.deny);
    Ok((service, tools.filter(may).collect()))
}

fn spawn(
    reach: &Reach,
    variables: &BTreeMap<String, String>,
) -> Result<(TokioChildProcess, tokio::process::ChildStderr), String> {
    let Reach::Program {
        command,
        args,
        env,
        cwd,
    } = reach
    else {
        return Err("it is no program".to_owned());
    };
    let mut child = Command::new(command);
    child.args(args).env_clear();
    child.envs(
        variables
            .iter()
            .filter(|(name, _)| PASSED_ON.contains(&name.as_str())),
    );
    child.envs(env);
    if let Some(cwd) = cwd {
        child.current_dir(cwd);
    }
    let spawned = TokioChildProcess::builder(child)
        .stderr(Stdio::piped())
        .spawn();
    let (transport, stderr) =
        spawned.map_err(|error| format!("`{command}` cannot be started: {error}"))?;
    Ok((transport, stderr.ok_or("its stderr is gone")?))
}

fn http(
    url: &str,
    headers: &BTreeMap<String, String>,
) -> Result<StreamableHttpClientTransportConfig, String> {
    // The same TLS as everywhere else; a second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut all = std::collections::HashMap::new();
    for (name, value) in headers {
        let name =
            HeaderName::try_from(name).map_err(|_| format!("`{name}` is no name of a header"))?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| format!("the header `{name}` cannot hold its value"))?;
        all.insert(name, value);
    }
    Ok(StreamableHttpClientTransportConfig::with_uri(Arc::from(url)).custom_headers(all))
}

/// Returns an error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
