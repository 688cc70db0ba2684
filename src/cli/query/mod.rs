//! `query`: one question to one model, or to several side by side.

mod answer;
mod args;
mod case;
mod markdown;
mod memory;
mod prompt;
mod schema;
#[cfg(feature = "mcp")]
mod tools;
#[cfg(not(feature = "mcp"))]
#[path = "no_tools.rs"]
mod tools;

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

pub(super) use args::QueryArgs;
pub(super) use memory::{open_log, store_error};

use self::answer::{Answer, Follow, Show, cost};
use self::case::Case;
use self::memory::Memory;
use self::prompt::Prompt;
use self::schema::Shape;
use self::tools::Toolbox;
use super::connect::{Connected, runtime};
use super::error::CliError;
use super::exit::Exit;
use super::outputs::check_writable;
use super::provider::{Chosen, Task};
use super::run_folder::cannot_write;
use super::trouble::{Trouble, usage_error};
use super::ui::Ui;
use crate::catalog::{Ability, Support};
use crate::files::write_whole;
use crate::model::{ErrorKind, ModelError, ModelId, Remedy, Request, Said};
use crate::run::{Aloud, Conversed, Event, Stop, converse};
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

/// What is asked, and how its answers are shown.
struct Job<'a> {
    args: &'a QueryArgs,
    chosen: Chosen,
    requests: Vec<Request>,
    memory: Memory,
    shape: Option<Shape>,
}

fn prepare_and_ask(args: &QueryArgs, ui: &Ui) -> Result<Exit, CliError> {
    let prompt = match &args.suite {
        Some(_) => None,
        None => Some(Prompt::gather(args)?),
    };
    let shape = args.schema.as_deref().map(Shape::read).transpose()?;
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
    let mut requests = match &prompt {
        Some(prompt) => from_prompt(prompt, args, &chosen, memory.earlier(), ui)?,
        None => {
            let case = Case::find(args, &chosen.catalog, ui)?;
            as_in_suite = Some(case.tools_of(args));
            chosen
                .servers
                .retain(|known| case.specs.iter().all(|own| own.name != known.name));
            chosen.servers.extend(case.specs.iter().cloned());
            vec![case.request(args)?]
        }
    };
    for request in &mut requests {
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
    let job = Job {
        args: as_in_suite.as_ref().unwrap_or(args),
        chosen,
        requests,
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

/// Returns what each model that is named is asked.
fn from_prompt(
    prompt: &Prompt,
    args: &QueryArgs,
    chosen: &Chosen,
    earlier: Option<&Conversation>,
    ui: &Ui,
) -> Result<Vec<Request>, CliError> {
    let names = match args.models.as_slice() {
        [] => {
            let named = args.whom.model.clone();
            let named = named.or_else(|| Some(earlier?.model.clone()));
            let named = named.or_else(|| chosen.provider.default_model.clone());
            vec![named.unwrap_or_else(|| DEFAULT_MODEL.to_owned())]
        }
        several => several.to_vec(),
    };
    let mut requests = Vec::new();
    for name in names {
        let model = chosen.model_id(name.trim());
        let (request, notices) = prompt.request(&model, args, chosen, earlier)?;
        for notice in notices.into_iter().filter(|_| !args.quiet) {
            ui.note(&format!("warning: {notice}"));
        }
        requests.push(request);
    }
    Ok(requests)
}

impl Job<'_> {
    /// Prints each request with what it will take at most.
    fn dry_run(&self, ui: &Ui) -> Result<Exit, CliError> {
        for request in &self.requests {
            let mut request = request.clone();
            self.memory.recall(&mut request);
            let tokens = (request.text_bytes() as u64).div_ceil(4);
            let most = request.most_prompt_tokens();
            let tier = request.service_tier.as_deref();
            let price = self.chosen.price(&request.model, tier);
            let cost = |input, output| {
                price.map(|price| price.cost(&crate::model::Usage::new(input, output)).usd)
            };
            let output = u64::from(request.params.max_tokens);
            let shown = json!({
                "request": request,
                "region": self.chosen.region,
                "stream": request.stream,
                "input_tokens": {"expected": tokens, "most": most},
                "output_tokens": {"most": output},
                "cost_usd": {"least": cost(tokens, 0), "most": cost(most, output)},
            });
            let text = serde_json::to_string_pretty(&shown).expect("a request is plain data");
            ui.print(&format!("{text}\n"))?;
        }
        Ok(Exit::Done)
    }

    async fn ask(mut self, ui: &Ui) -> Result<Exit, CliError> {
        let Connected { client, region, .. } = self.chosen.connect().await?;
        let toolbox = Toolbox::start(
            self.args,
            &self.chosen.servers,
            &self.chosen.environment,
            ui,
        );
        let toolbox = toolbox.await?;
        let stop = Stop::default();
        let follow = match (self.args.follows(), self.args.jsonl) {
            (false, _) => Follow::No,
            (true, true) => Follow::Events,
            (true, false) => Follow::Text,
        };
        let show = Show::new(
            follow,
            self.args.show_reasoning,
            ui.colour() && !self.args.plain,
            stop.clone(),
        );
        let show = Arc::new(show);
        let asking = self.requests.iter().map(|request| {
            let heard = Arc::clone(&show);
            let hear = Box::new(move |said: Said<'_>| heard.hear(said));
            let client = Arc::new(Aloud::new(Arc::clone(&client), hear));
            self.one(
                request,
                client,
                region.as_deref(),
                toolbox.as_ref(),
                &stop,
                ui,
            )
        });
        let answers = tokio::select! {
            answers = join_all(asking) => answers,
            _ = tokio::signal::ctrl_c() => {
                show.end();
                return Ok(Exit::Interrupted);
            }
        };
        if let Some(toolbox) = toolbox {
            toolbox.stop().await;
        }
        show.end();
        if show.is_closed() {
            return Ok(Exit::Done);
        }
        let keep = |told: Result<(Answer, Option<String>), Trouble>| {
            let (mut answer, flaw) = told?;
            self.memory.keep(&mut answer, ui);
            Ok((answer, flaw))
        };
        let answers = answers.into_iter().map(keep).collect();
        self.tell(answers, &show, ui)
    }

    /// Asks one model, again where its answer does not conform.
    async fn one(
        &self,
        request: &Request,
        client: Arc<Aloud>,
        region: Option<&str>,
        toolbox: Option<&Toolbox>,
        stop: &Stop,
        ui: &Ui,
    ) -> Result<(Answer, Option<String>), Trouble> {
        let lane = self.chosen.lane(&request.model, client, 1, (None, None));
        let watch = |event: Event| {
            if let (Event::Retrying { kind, wait, .. }, false) = (&event, self.args.quiet) {
                let seconds = wait.as_secs_f64();
                ui.note(&format!("{}; asked again in {seconds:.1} s", kind.as_str()));
            }
        };
        let mut request = request.clone();
        if let Some(toolbox) = toolbox {
            self.offer(&mut request, toolbox, ui)?;
        }
        let asked = request.messages.len();
        self.memory.recall(&mut request);
        let before = request.messages.len() - asked;
        let rounds = self.args.max_tool_rounds;
        let (mut attempts, mut calls) = (Vec::new(), Vec::new());
        let mut left = self.args.schema_retries;
        loop {
            let Conversed {
                result,
                request: asked,
                attempts: made,
                calls: called,
            } = converse(&lane, request, toolbox, rounds, stop, watch).await;
            request = asked;
            attempts.extend(made);
            calls.extend(called);
            let completion = result
                .map_err(|error| Trouble::new(error, region.map(str::to_owned), attempts.len()))?;
            let value = self.shape.as_ref().map(|shape| shape.value(&completion));
            let (structured, flaw) = match value.transpose() {
                Ok(value) => (value, None),
                Err(flaw) => (None, Some(flaw)),
            };
            if let (Some(flaw), Some(fewer)) = (&flaw, left.checked_sub(1)) {
                left = fewer;
                request = Shape::again(&request, &completion, flaw);
                continue;
            }
            let price = self
                .chosen
                .price(&request.model, request.service_tier.as_deref());
            let mut answer = Answer {
                provider: self.chosen.provider.name.clone(),
                model: request.model.clone(),
                completion,
                structured,
                cost: cost(&attempts, price),
                attempts,
                calls,
                system: request.system_text(),
                said: request.messages.split_off(before),
                conversation: None,
            };
            answer.end_turn();
            return Ok((answer, flaw));
        }
    }

    /// Offers tools to a model that can call them.
    fn offer(&self, request: &mut Request, toolbox: &Toolbox, ui: &Ui) -> Result<(), Trouble> {
        let facts = self.chosen.catalog.look_up(&ModelId::parse(&request.model));
        let cannot = |ability| facts.is_some_and(|facts| facts.supports(ability) == Support::No);
        if cannot(Ability::Tools) {
            let message = format!("`{}` cannot call tools", request.model);
            if toolbox.is_wanted() {
                let error = ModelError::new(ErrorKind::Invalid, Remedy::None, message);
                let error = error
                    .with_hint("`mcp-cli models` tells which models can, or ask with --no-tools");
                return Err(Trouble::new(error, None, 0));
            }
            if !self.args.quiet {
                ui.note(&format!("warning: {message}: it is asked without"));
            }
            return Ok(());
        }
        request
            .tools
            .extend(toolbox.tools().iter().map(|one| one.tool.clone()));
        if cannot(Ability::ToolsStreaming) {
            request.stream = false;
        }
        Ok(())
    }

    /// Shows what was answered, and what was not.
    fn tell(
        &self,
        answers: Vec<Result<(Answer, Option<String>), Trouble>>,
        show: &Show,
        ui: &Ui,
    ) -> Result<Exit, CliError> {
        let args = self.args;
        let mut exit = Exit::Done;
        let (mut text, mut objects) = (String::new(), Vec::new());
        for (told, request) in answers.into_iter().zip(&self.requests) {
            if args.models.len() > 1 {
                let _ = writeln!(text, "── {} ──", request.model);
            }
            match told {
                Ok((answer, flaw)) => {
                    objects.push(Self::object(&answer, flaw.as_deref(), show));
                    if !args.quiet && answer.completion.stop_reason.is_cut_off() {
                        ui.note("warning: the answer was cut off: raise --max-tokens");
                    }
                    if let Some(flaw) = flaw {
                        exit = exit.or(Exit::Failed);
                        ui.note(&format!(
                            "error: the answer does not conform to the schema: {flaw}"
                        ));
                    } else {
                        text.push_str(answer.text(args.extract).trim_end_matches('\n'));
                        text.push('\n');
                    }
                    if args.usage {
                        ui.note(&answer.usage_line());
                    }
                }
                Err(trouble) => {
                    exit = exit.or(trouble.exit());
                    let error = json!({"type": "error", "model": request.model, "error": trouble.to_json()});
                    show.event(&error);
                    objects.push(error);
                    if !args.error_code_only {
                        trouble.tell(ui);
                    }
                }
            }
            if args.models.len() > 1 {
                text.push('\n');
            }
        }
        if args.json {
            text = match objects.as_slice() {
                [one] if args.models.len() < 2 => format!("{one:#}\n"),
                several => format!("{:#}\n", Value::from(several.to_vec())),
            };
        }
        if let (Some(path), Exit::Done) = (&args.output, exit) {
            let written = write_whole(path, |out| out.write_all(text.as_bytes()));
            written.map_err(|error| cannot_write(path, &error))?;
        }
        if !args.follows() && (args.output.is_none() || args.tee) {
            ui.print(&text)?;
        }
        Ok(exit)
    }

    /// Returns an answer as JSON, and tells it as events where those are shown.
    fn object(answer: &Answer, flaw: Option<&str>, show: &Show) -> Value {
        let mut object = answer.to_json();
        if let Some(flaw) = flaw {
            object["error"] = json!({"kind": "schema", "message": flaw});
        }
        show.event(
            &json!({"type": "usage", "usage": object["usage"], "cost_usd": object["cost_usd"]}),
        );
        let mut done = object.clone();
        done["type"] = "done".into();
        show.event(&done);
        object
    }
}
