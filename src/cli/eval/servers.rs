//! Servers whose tools models under test may call: configured, or described by a suite; recorded and replayed like answers.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::cassette::ToolTape;
use crate::cli::configured::configured;
use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::journal::RunOptions;
use crate::model::{Reach, ServerSpec, ToolHost};
use crate::plan::Plan;
use crate::suite::{Suite, listed};

#[cfg(feature = "mcp")]
use crate::mcp::ServerHost;
#[cfg(not(feature = "mcp"))]
use no_servers::ServerHost;

/// Whoever runs tools for a plan.
pub(super) struct Hosted {
    /// What the run asks.
    pub(super) host: Option<Arc<dyn ToolHost>>,
    live: Option<Arc<ServerHost>>,
}

impl Hosted {
    /// Finds the servers that a plan names. None is started before it is wanted.
    ///
    /// # Errors
    ///
    /// A server that is described nowhere, one whose program a suite may not start, or a broken configuration.
    pub(super) fn of(plan: &Plan, options: &RunOptions, ui: &Ui) -> Result<Self, CliError> {
        let tests = plan.suites.iter().flat_map(|part| &part.suite.tests);
        let names: BTreeSet<&String> = tests.flat_map(|test| test.servers.iter()).collect();
        if names.is_empty() {
            return Ok(Self {
                host: None,
                live: None,
            });
        }
        if let Some(folder) = &options.replay {
            return Ok(Self {
                host: Some(Arc::new(ToolTape::replay(Path::new(folder)))),
                live: None,
            });
        }
        let mut specs = described(plan, options)?;
        let (config, environment) = configured(None, true, ui)?;
        not_mistaken(plan, &config.servers)?;
        for spec in config.servers {
            if specs.iter().all(|known| known.name != spec.name) {
                specs.push(spec);
            }
        }
        let known: Vec<&str> = specs.iter().map(|spec| &*spec.name).collect();
        if let Some(name) = names
            .into_iter()
            .find(|name| !known.contains(&name.as_str()))
        {
            let error = CliError::usage(format!("there is no tool server `{name}`"));
            let hint = if known.is_empty() {
                "describe it in the suite, in config/servers/, or in .mcp.json".to_owned()
            } else {
                format!("there is {}", listed(&known))
            };
            return Err(error.hint(hint));
        }
        let live = Arc::new(ServerHost::new(specs, environment.of_process()));
        let inner = Arc::clone(&live) as Arc<dyn ToolHost>;
        let host: Arc<dyn ToolHost> = match (&options.record, &options.cache) {
            (Some(folder), _) => Arc::new(ToolTape::record(Path::new(folder), inner)),
            (_, Some(folder)) => Arc::new(ToolTape::cache(Path::new(folder), inner)),
            _ => inner,
        };
        Ok(Self {
            host: Some(host),
            live: Some(live),
        })
    }

    /// Ends the servers that were started.
    pub(super) async fn stop(self) {
        drop(self.host);
        if let Some(live) = self.live {
            live.stop().await;
        }
    }
}

/// Refuses a program that a suite describes, where that is not allowed.
///
/// # Errors
///
/// It is not.
pub(in crate::cli) fn may_start(
    suite: &str,
    spec: &ServerSpec,
    allowed: bool,
) -> Result<(), CliError> {
    if allowed || !matches!(spec.reach, Reach::Program { .. }) {
        return Ok(());
    }
    let name = &spec.name;
    let message = format!("the suite `{suite}` starts a program, the tool server `{name}`");
    Err(CliError::usage(message).hint("allow it with --allow-exec, if you trust whoever wrote it"))
}

/// Refuses a server that one suite describes and another means as it is configured.
fn not_mistaken(plan: &Plan, configured: &[ServerSpec]) -> Result<(), CliError> {
    for part in &plan.suites {
        for spec in &part.suite.server_specs {
            let uses = |suite: &Suite| {
                let mut names = suite.tests.iter().flat_map(|test| test.servers.iter());
                let describes = suite.server_specs.iter().any(|own| own.name == spec.name);
                !describes && names.any(|name| *name == spec.name)
            };
            let other = plan.suites.iter().find(|other| uses(&other.suite));
            if let Some(other) = other
                && configured.iter().any(|known| known.name == spec.name)
            {
                let message = format!(
                    "the suite `{}` describes the tool server `{}`, which is configured otherwise for `{}`",
                    part.suite.name, spec.name, other.suite.name
                );
                return Err(CliError::usage(message).hint("give it a name of its own"));
            }
        }
    }
    Ok(())
}

/// Returns the servers that suites describe themselves.
fn described(plan: &Plan, options: &RunOptions) -> Result<Vec<ServerSpec>, CliError> {
    let mut specs: Vec<ServerSpec> = Vec::new();
    for part in &plan.suites {
        for spec in &part.suite.server_specs {
            let name = &spec.name;
            may_start(&part.suite.name, spec, options.allow_exec)?;
            match specs.iter().find(|known| known.name == *name) {
                Some(known) if known == spec => {}
                Some(_) => {
                    let message = format!("two suites describe different tool servers `{name}`");
                    return Err(CliError::usage(message).hint("give each a name of its own"));
                }
                None => specs.push(spec.clone()),
            }
        }
    }
    Ok(specs)
}

#[cfg(not(feature = "mcp"))]
mod no_servers {
    //! What stands where the program was built without tools of servers.

    use std::collections::BTreeMap;

    use crate::model::{
        ErrorKind, Hosting, ModelError, Remedy, Request, ServerSpec, Tool, ToolCall, ToolHost,
        ToolResult,
    };

    pub(super) struct ServerHost;

    impl ServerHost {
        pub(super) fn new(_: Vec<ServerSpec>, _: BTreeMap<String, String>) -> Self {
            Self
        }

        #[expect(clippy::unused_async, reason = "servers take their time to end")]
        pub(super) async fn stop(&self) {}
    }

    fn none<T>() -> Result<T, ModelError> {
        let message = "this build of mcp-cli has no tools of servers";
        let error = ModelError::new(ErrorKind::Tool, Remedy::None, message);
        Err(error.with_hint("build it with the feature `mcp`, which is on by default"))
    }

    impl ToolHost for ServerHost {
        fn offer<'a>(&'a self, _: &'a [String]) -> Hosting<'a, Vec<Tool>> {
            Box::pin(async { none() })
        }

        fn call<'a>(
            &'a self,
            _: &'a [String],
            _: &'a Request,
            _: &'a ToolCall,
        ) -> Hosting<'a, ToolResult> {
            Box::pin(async { none() })
        }
    }
}
