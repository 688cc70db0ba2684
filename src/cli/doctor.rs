//! `doctor`: does it work from here? Files, credentials, models, servers of tools, each with what to do where it does not.

use clap::Args;
use serde_json::{Value, json};

use super::config::warnings;
use super::configured::{environment, places};
use super::connect::runtime;
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, ProviderArgs, Task};
use super::trial_call::{Call, trial_call};
use super::ui::{Ui, plural};
use crate::config::{self, Config, Environment};
use crate::report::safe_text;
use crate::suite::Severity;

/// See whether everything works from here
///
/// Reads the configuration, looks for credentials, makes a small call to the model that answers and to the one that makes vectors
/// (less than a hundredth of a cent), and starts the servers of tools.
#[derive(Debug, Clone, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    whom: ProviderArgs,
    /// Call nobody and start nothing
    #[arg(long)]
    offline: bool,
    /// Print JSON
    #[arg(short, long)]
    json: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fine,
    Warning,
    Broken(Exit),
}

/// What was looked at, and what was found.
struct Finding {
    what: &'static str,
    state: State,
    said: String,
    fix: Option<String>,
}

/// Runs the command.
pub(super) fn run(args: &DoctorArgs, ui: &Ui) -> Result<Exit, CliError> {
    let found = config::find(&places(args.whom.config.clone()));
    let environment = environment(&found)?;
    let (config, problems) = config::read(&found, &environment, true);
    let mut findings = files(&config, &problems);
    let is_sound = findings
        .iter()
        .all(|one| one.state != State::Broken(Exit::Usage));
    if is_sound {
        let runtime = runtime()?;
        findings.extend(runtime.block_on(services(args, &config, &environment, ui))?);
        runtime.shutdown_background();
    }
    let exit = findings
        .iter()
        .fold(Exit::Done, |exit, one| match one.state {
            State::Broken(worse) => exit.or(worse),
            State::Fine | State::Warning => exit,
        });
    let text = if args.json {
        let shown: Vec<Value> = findings.iter().map(Finding::to_json).collect();
        format!(
            "{:#}\n",
            json!({"findings": shown, "exit_code": exit.code()})
        )
    } else {
        findings.iter().map(Finding::lines).collect()
    };
    ui.print(&text)?;
    Ok(exit)
}

/// Looks at the files.
fn files(config: &Config, problems: &[crate::suite::SuiteError]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for problem in problems {
        let place = &problem.place;
        let said = format!(
            "{}:{}: {}",
            place.file.path.display(),
            place.line,
            problem.message
        );
        let state = match problem.severity {
            Severity::Error => State::Broken(Exit::Usage),
            Severity::Warning => State::Warning,
        };
        findings.push(Finding {
            what: "files",
            state,
            said,
            fix: problem.hint.clone(),
        });
    }
    for warning in warnings(config) {
        findings.push(Finding {
            what: "files",
            state: State::Warning,
            said: warning,
            fix: None,
        });
    }
    if problems.is_empty() {
        let said = match config.files.len() as u64 {
            0 => "none, and none is needed: `mcp-cli init` writes some".to_owned(),
            count => format!("{} read", plural(count, "file")),
        };
        findings.insert(0, Finding::fine("files", said));
    }
    findings
}

/// Looks at everything that answers.
async fn services(
    args: &DoctorArgs,
    config: &Config,
    environment: &Environment,
    ui: &Ui,
) -> Result<Vec<Finding>, CliError> {
    let mut findings = Vec::new();
    let chat = Chosen::by(&args.whom, Task::Chat, ui)?;
    let vectors = Chosen::by(&args.whom, Task::Vectors, ui)?;
    let region = chat.region.clone();
    findings.push(Finding::fine(
        "region",
        region.unwrap_or_else(|| "as AWS tools find it".to_owned()),
    ));
    let shown = chat.credentials_shown();
    findings.push(Finding::fine(
        "credentials",
        shown.unwrap_or_else(|| "as AWS tools find them".to_owned()),
    ));
    if args.offline {
        return Ok(findings);
    }
    let named = args.whom.model.clone();
    let named = named.or_else(|| chat.provider.default_model.clone());
    let model = chat.model_id(named.as_deref().unwrap_or(super::query::DEFAULT_MODEL));
    findings.push(answers("model", &chat, &model, Call::Chat).await?);
    let named = vectors.provider.default_model.clone();
    let model = vectors.model_id(named.as_deref().unwrap_or(super::embed::DEFAULT_MODEL));
    findings.push(answers("vectors", &vectors, &model, Call::Vectors).await?);
    findings.extend(servers(config, environment).await);
    Ok(findings)
}

/// Asks a model.
async fn answers(
    what: &'static str,
    chosen: &Chosen,
    model: &str,
    call: Call,
) -> Result<Finding, CliError> {
    Ok(match trial_call(chosen, model, call).await? {
        Ok(took) => Finding::fine(what, format!("{model} answers in {} ms", took.as_millis())),
        Err(trouble) => {
            let told = trouble.to_json();
            let text = |key: &str| told[key].as_str().map(str::to_owned);
            let headline = text("headline").unwrap_or_default();
            let cause = text("message").filter(|cause| !headline.contains(cause.as_str()));
            let cause = cause.map_or(String::new(), |cause| format!(": {cause}"));
            Finding {
                what,
                state: State::Broken(trouble.exit()),
                said: format!("{model}: {headline}{cause}"),
                fix: text("hint"),
            }
        }
    })
}

/// Starts the servers of tools.
#[cfg(feature = "mcp")]
async fn servers(config: &Config, environment: &Environment) -> Vec<Finding> {
    let (running, failed) =
        crate::mcp::Servers::start(&config.servers, &environment.of_process()).await;
    let mut findings = Vec::new();
    for spec in &config.servers {
        let tools = running.tools().iter();
        let tools = tools.filter(|tool| tool.server == spec.name).count() as u64;
        let why = failed.iter().find(|(name, _)| *name == spec.name);
        findings.push(match why {
            None => Finding::fine(
                "server",
                format!("{} offers {}", spec.name, plural(tools, "tool")),
            ),
            Some((name, why)) => Finding {
                what: "server",
                state: State::Broken(Exit::Incomplete),
                said: format!("{name} cannot be used: {why}"),
                fix: Some(
                    "start it by hand, or set `enabled: false` in its description".to_owned(),
                ),
            },
        });
    }
    running.stop().await;
    findings
}

#[cfg(not(feature = "mcp"))]
#[expect(clippy::unused_async, reason = "servers take their time to start")]
async fn servers(config: &Config, _: &Environment) -> Vec<Finding> {
    let told = config.servers.iter().map(|spec| Finding {
        what: "server",
        state: State::Warning,
        said: format!("{}: this build has no tools of servers", spec.name),
        fix: Some("build it with the feature `mcp`, which is on by default".to_owned()),
    });
    told.collect()
}

impl Finding {
    fn fine(what: &'static str, said: String) -> Self {
        Self {
            what,
            state: State::Fine,
            said,
            fix: None,
        }
    }

    fn word(&self) -> &'static str {
        match self.state {
            State::Fine => "ok",
            State::Warning => "warning",
            State::Broken(_) => "failed",
        }
    }

    fn lines(&self) -> String {
        let said = safe_text(&self.said);
        let line = format!("{:<8} {:<12} {said}\n", self.word(), self.what);
        let fix = self.fix.as_deref().map(safe_text);
        let fix = fix.map_or(String::new(), |fix| format!("{:21} fix: {fix}\n", ""));
        line + &fix
    }

    fn to_json(&self) -> Value {
        json!({"what": self.what, "state": self.word(), "said": self.said, "fix": self.fix})
    }
}
