//! Tools for a question: which servers, which of their tools, and who is asked before one runs.

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::config::read_servers;
use crate::mcp::{Offered, Servers, matches};
use crate::model::{ToolCall, ToolResult};
use crate::report::safe_text;
use crate::run::Tools;
use crate::suite::listed;

use super::answer::Show;
use super::args::{Approve, QueryArgs};
use crate::cli::provider::Chosen;

/// Servers for a question, and what it may do with them.
pub(super) struct Toolbox {
    servers: Servers,
    approve: Option<Approve>,
    /// Whether the user named the servers.
    named: bool,
    trace: bool,
    /// Hears of calls and results.
    show: Arc<Show>,
    ui: Ui,
    /// One question to the user at a time.
    asking: Mutex<()>,
}

impl Toolbox {
    /// Starts the servers that the flags name, or all that are configured; `None` where there are none.
    ///
    /// # Errors
    ///
    /// A server that is named and is not there, or does not start; a file that cannot be read.
    pub(super) async fn start(
        args: &QueryArgs,
        chosen: &Chosen,
        show: &Arc<Show>,
        ui: &Ui,
    ) -> Result<Option<Self>, CliError> {
        if args.no_tools {
            return Ok(None);
        }
        let environment = &chosen.environment;
        let mut specs = match &args.mcp_config {
            Some(path) => {
                let (servers, problems) = read_servers(path, environment);
                ui.problems(&problems);
                if !problems.is_empty() {
                    let message = format!("`{}` cannot be used; nothing was sent", path.display());
                    return Err(CliError::usage(message));
                }
                servers
            }
            None => chosen.servers.clone(),
        };
        let named = !args.server.is_empty();
        if named {
            let known: Vec<String> = specs.iter().map(|spec| spec.name.clone()).collect();
            if let Some(name) = args.server.iter().find(|name| !known.contains(name)) {
                let error = CliError::usage(format!("there is no server `{name}`"));
                let hint = if known.is_empty() {
                    "describe it in config/servers/, in .mcp.json, or in a file for --mcp-config"
                        .to_owned()
                } else {
                    format!("there is {}", listed(&known))
                };
                return Err(error.hint(hint));
            }
            specs.retain(|spec| args.server.contains(&spec.name));
        }
        if specs.is_empty() {
            return Ok(None);
        }
        if let Some(timeout) = args.tool_timeout {
            for spec in &mut specs {
                spec.timeout = timeout;
            }
        }
        let (mut servers, failed) = Servers::start(&specs, &environment.of_process()).await;
        for (name, why) in failed {
            let message = format!("the server `{name}` cannot be used: {why}");
            if named {
                return Err(CliError::new(Exit::Incomplete, message));
            }
            ui.note(&safe_text(&format!("warning: {message}")));
        }
        servers.retain(|one| {
            // By the name that the model sees, and by its own.
            let means = |pattern: &String| {
                matches(pattern, &one.tool.name) || matches(pattern, one.own_name())
            };
            (args.tool.is_empty() || args.tool.iter().any(means))
                && !args.deny_tool.iter().any(means)
        });
        Ok(Some(Self {
            servers,
            approve: args.approve,
            named,
            trace: args.tools_trace || args.noisy,
            show: Arc::clone(show),
            ui: ui.clone(),
            asking: Mutex::default(),
        }))
    }

    /// Returns what is offered to the model.
    pub(super) fn tools(&self) -> &[Offered] {
        self.servers.tools()
    }

    /// Returns whether the user named servers, and so wants their tools.
    pub(super) fn is_wanted(&self) -> bool {
        self.named
    }

    /// Ends the servers.
    pub(super) async fn stop(self) {
        self.servers.stop().await;
    }

    /// Returns whether a call may be made, after asking the user where that is wanted.
    async fn may(&self, call: &ToolCall) -> bool {
        let offered = self.tools().iter().find(|one| one.tool.name == call.name);
        let is_destructive = offered.is_some_and(|one| one.is_destructive);
        let can_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let asks = match self.approve {
            Some(Approve::Never) => return false,
            Some(Approve::Auto) => return true,
            Some(Approve::Ask) if !can_ask => return false,
            Some(Approve::Ask) => true,
            // What may destroy something is asked about, where somebody is there to be asked.
            None => is_destructive && can_ask,
        };
        !asks || self.ask(call).await
    }

    async fn ask(&self, call: &ToolCall) -> bool {
        let _one_at_a_time = self.asking.lock().await;
        self.ui.prompt(&safe_text(&format!(
            "\nrun {} {}? [y/N] ",
            call.name, call.input
        )));
        // On a thread of its own, so that Ctrl-C is heard meanwhile.
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        let Ok(Ok(line)) = read.await else {
            return false;
        };
        ["y", "yes"].contains(&line.trim().to_lowercase().as_str())
    }
}

impl Tools for Toolbox {
    fn takes(&self, call: &ToolCall) -> bool {
        // The answer itself comes as a call, where a schema is held to that way.
        let is_offered = self.tools().iter().any(|one| one.tool.name == call.name);
        is_offered || call.name != super::schema::NAME
    }

    async fn call(&self, call: &ToolCall) -> ToolResult {
        self.show.event(&json!({
            "type": "tool_call", "id": call.id, "name": call.name, "input": call.input,
        }));
        let result = if self.may(call).await {
            self.servers.call(call).await
        } else {
            ToolResult::failed(call, "the user does not allow this call")
        };
        self.show.event(&json!({
            "type": "tool_result", "id": call.id, "name": call.name, "content": result.content,
            "is_error": result.is_error,
        }));
        if self.trace {
            let mark = if result.is_error { "failed" } else { "gave" };
            let text = result
                .content
                .as_str()
                .map_or_else(|| result.content.to_string(), str::to_owned);
            let text: String = text.chars().take(200).collect();
            self.ui.note(&safe_text(&format!(
                "{} {} {mark}: {text}",
                call.name, call.input
            )));
        }
        result
    }
}
