//! Servers for models under test: each set of them is started once, when it is first wanted, and again after it broke.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::Servers;
use crate::model::{
    ErrorKind, Hosting, ModelError, Remedy, Request, ServerSpec, Tool, ToolCall, ToolHost,
    ToolResult,
};

/// A set of servers that runs, or cannot.
type Started = Arc<OnceCell<Result<Servers, ModelError>>>;

/// Runs the tools of servers that speak the Model Context Protocol.
pub struct ServerHost {
    specs: Vec<ServerSpec>,
    variables: BTreeMap<String, String>,
    started: Mutex<HashMap<Vec<String>, Started>>,
}

impl ServerHost {
    /// Returns a host of these servers; `variables` are those that programs may get from our environment.
    pub fn new(specs: Vec<ServerSpec>, variables: BTreeMap<String, String>) -> Self {
        Self {
            specs,
            variables,
            started: Mutex::default(),
        }
    }

    /// Ends all servers.
    pub async fn stop(&self) {
        let started = std::mem::take(&mut *self.lock());
        for started in started.into_values() {
            if let Some(Ok(servers)) = Arc::into_inner(started).and_then(OnceCell::into_inner) {
                servers.stop().await;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Vec<String>, Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn running(&self, names: &[String]) -> Started {
        let cell = Arc::clone(self.lock().entry(names.to_vec()).or_default());
        cell.get_or_init(|| self.start(names)).await;
        cell
    }

    async fn start(&self, names: &[String]) -> Result<Servers, ModelError> {
        let mut specs = Vec::new();
        for name in names {
            match self.specs.iter().find(|spec| spec.name == *name) {
                Some(spec) => specs.push(spec.clone()),
                None => return Err(unusable(format!("there is no tool server `{name}`"))),
            }
        }
        let (servers, failed) = Servers::start(&specs, &self.variables).await;
        match failed.into_iter().next() {
            Some((name, why)) => {
                servers.stop().await;
                Err(unusable(format!(
                    "the tool server `{name}` cannot be used: {why}"
                )))
            }
            None => Ok(servers),
        }
    }

    /// Forgets servers of which one broke, or did not start, so that whoever wants them next starts them anew.
    fn forget(&self, names: &[String], broken: &Started) {
        let mut started = self.lock();
        if started
            .get(names)
            .is_some_and(|known| Arc::ptr_eq(known, broken))
        {
            started.remove(names);
        }
    }
}

impl ToolHost for ServerHost {
    fn offer<'a>(&'a self, servers: &'a [String]) -> Hosting<'a, Vec<Tool>> {
        Box::pin(async move {
            let started = self.running(servers).await;
            match started.get() {
                Some(Ok(running)) => {
                    Ok(running.tools().iter().map(|one| one.tool.clone()).collect())
                }
                Some(Err(error)) => {
                    self.forget(servers, &started);
                    Err(error.clone())
                }
                None => Err(unusable("its servers did not start".to_owned())),
            }
        })
    }

    fn call<'a>(
        &'a self,
        servers: &'a [String],
        _: &'a Request,
        call: &'a ToolCall,
    ) -> Hosting<'a, ToolResult> {
        Box::pin(async move {
            let started = self.running(servers).await;
            let running = match started.get() {
                Some(Ok(running)) => running,
                Some(Err(error)) => {
                    self.forget(servers, &started);
                    return Err(error.clone());
                }
                None => return Err(unusable("its servers did not start".to_owned())),
            };
            let told = running.try_call(call).await;
            told.map_err(|why| {
                self.forget(servers, &started);
                unusable(format!("the tool `{}` could not be run: {why}", call.name))
            })
        })
    }
}

fn unusable(message: String) -> ModelError {
    ModelError::new(ErrorKind::Tool, Remedy::None, message)
        .with_hint("`mcp-cli query --tools-trace` tries tools by hand")
}
