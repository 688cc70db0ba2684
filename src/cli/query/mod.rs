//! `query`: one question to one model, or to several side by side.

mod answer;
mod args;
mod case;
mod job;
mod markdown;
mod memory;
mod prompt;
mod scaled;
mod schema;
mod tell;
#[cfg(feature = "mcp")]
mod tools;
#[cfg(not(feature = "mcp"))]
#[path = "no_tools.rs"]
mod tools;

use serde_json::json;

pub(super) use args::QueryArgs;
pub(super) use memory::{open_log, store_error};

use self::case::Case;
use self::job::Job;
use self::memory::Memory;
use self::prompt::Prompt;
use self::schema::Shape;
use super::connect::runtime;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::check_writable;
use super::provider::{Chosen, Task};
use super::run_folder::cannot_write;
use super::trouble::{Trouble, usage_error};
use super::ui::Ui;
use crate::model::Request;
use crate::store::Conversation;

/// The model of those who name none: small, cheap, and alive.
pub(super) const DEFAULT_MODEL: &str = "nova-2-lite";

/// Runs the command.
pub(super) fn run(args: &QueryArgs, ui: &Ui) -> Result<Exit, CliError> {
    let error = match prepare_and_ask(args, ui) {
        Err(error) if !args.error_code_only => error,
        Err(error) => return Ok(error.exit),
        Ok(exit) => return Ok(exit),
    };
    let trouble = error.model.as_deref().map(Trouble::before_asking);
    if args.json || args.jsonl {
        let told = trouble.as_ref().map(Trouble::to_json);
        let told = told.unwrap_or_else(|| usage_error(&error));
        let object = json!({"type": "error", "error": told});
        ui.print(&format!("{object}\n"))?;
    }
    match trouble {
        Some(trouble) => {
            trouble.tell(ui);
            Ok(error.exit)
        }
        None => Err(error),
    }
}

fn prepare_and_ask(args: &QueryArgs, ui: &Ui) -> Result<Exit, CliError> {
    let prompt = match &args.suite {
        Some(_) => None,
        None => Some(Prompt::gather(args)?),
    };
    let shape = match (&args.schema, &args.schema_multi) {
        (Some(one), _) => Some(Shape::read(one, false)?),
        (None, Some(several)) => Some(Shape::read(several, true)?),
        (None, None) => None,
    };
    if let Some(path) = &args.output {
        check_writable(path).map_err(|error| cannot_write(path, &error))?;
    }
    // A file that is named replaces those that are configured.
    let task = if args.no_tools || args.mcp_config.is_some() {
        Task::Chat
    } else {
        Task::Tools
    };
    let mut chosen = Chosen::by(&args.whom, task, ui)?;
    let memory = Memory::of(args, chosen.logs)?;
    let mut as_in_suite = None;
    let mut fallbacks = Vec::new();
    let mut requests = match &prompt {
        Some(prompt) => {
            warn(&prompt.notices, args, ui);
            let earlier = memory.earlier();
            let names = names(args, &chosen, earlier);
            fallbacks = from_prompt(&args.fallback, prompt, args, &chosen, earlier, ui)?;
            from_prompt(&names, prompt, args, &chosen, earlier, ui)?
        }
        None => {
            let case = Case::find(args, &chosen.catalog, ui)?;
            as_in_suite = Some(case.tools_of(args)?);
            chosen
                .servers
                .retain(|known| case.specs.iter().all(|own| own.name != known.name));
            chosen.servers.extend(case.specs.iter().cloned());
            vec![case.request(args)?]
        }
    };
    for request in requests.iter_mut().chain(&mut fallbacks) {
        if let Some(shape) = &shape {
            shape.hold(request, &chosen.catalog);
        }
        for warning in chosen
            .warnings(&request.model)
            .iter()
            .filter(|_| !args.quiet)
        {
            ui.note(&format!("warning: {warning}"));
        }
    }
    if args.max_cost.is_some() {
        for request in requests.iter().chain(&fallbacks) {
            let tier = request.service_tier.as_deref();
            if chosen.price(&request.model, tier).is_none() {
                let message = format!("`{}` has no known price", request.model);
                return Err(CliError::usage(message).hint("--max-cost needs one: --pricing FILE"));
            }
        }
    }
    let job = Job {
        args: as_in_suite.as_ref().unwrap_or(args),
        chosen,
        requests,
        fallbacks,
        memory,
        shape,
    };
    if args.dry_run {
        return job.dry_run(ui);
    }
    let runtime = runtime()?;
    let exit = runtime.block_on(job.ask(ui));
    runtime.shutdown_background();
    exit
}

/// Returns the models that are asked: those that are named, else the one that answered before, or that is configured.
fn names(args: &QueryArgs, chosen: &Chosen, earlier: Option<&Conversation>) -> Vec<String> {
    if !args.models.is_empty() {
        return args.models.clone();
    }
    let named = args.whom.model.clone();
    let named = named.or_else(|| Some(earlier?.model.clone()));
    let named = named.or_else(|| chosen.provider.default_model.clone());
    vec![named.unwrap_or_else(|| DEFAULT_MODEL.to_owned())]
}

fn warn(notices: &[String], args: &QueryArgs, ui: &Ui) {
    for notice in notices.iter().filter(|_| !args.quiet) {
        ui.note(&format!("warning: {notice}"));
    }
}

/// Returns what each of these models is asked.
fn from_prompt(
    names: &[String],
    prompt: &Prompt,
    args: &QueryArgs,
    chosen: &Chosen,
    earlier: Option<&Conversation>,
    ui: &Ui,
) -> Result<Vec<Request>, CliError> {
    let mut requests = Vec::new();
    for name in names {
        let model = chosen.model_id(name.trim());
        let (request, notices) = prompt.request(&model, args, chosen, earlier)?;
        warn(&notices, args, ui);
        requests.push(request);
    }
    Ok(requests)
}
