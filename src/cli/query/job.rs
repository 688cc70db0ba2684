//! A job of `query`: its requests are asked, with tools, and again where an answer does not conform.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::answer::{Answer, Follow, Show, cost};
use super::args::QueryArgs;
use super::memory::Memory;
use super::schema::Shape;
use super::tools::Toolbox;
use crate::catalog::{Ability, PriceRow, Support, Usd};
use crate::cli::connect::Connected;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::provider::Chosen;
use crate::cli::told::retry;
use crate::cli::trouble::Trouble;
use crate::cli::ui::Ui;
use crate::journal::Attempt;
use crate::model::{ErrorKind, ModelError, ModelId, Remedy, Request, Said, Usage};
use crate::run::{Aloud, Conversed, Event, Stop, converse};

/// What one model came to: an answer, with why it does not conform if it does not; or why there is none.
pub(super) type Told = Result<(Answer, Option<String>), Trouble>;

/// How a model is asked.
struct Way<'a> {
    client: Arc<Aloud>,
    region: Option<&'a str>,
    toolbox: Option<&'a Toolbox>,
    stop: &'a Stop,
    show: &'a Show,
    ui: &'a Ui,
}

/// What asking took, all models together.
struct Spent {
    attempts: Vec<Attempt>,
    /// `None` where a price is not known.
    cost: Option<Usd>,
}

impl Default for Spent {
    fn default() -> Self {
        Self {
            attempts: Vec::new(),
            cost: Some(Usd::ZERO),
        }
    }
}

impl Spent {
    fn add(&mut self, made: Vec<Attempt>, price: Option<&PriceRow>) {
        self.cost = self
            .cost
            .zip(cost(&made, price))
            .map(|(sum, more)| sum + more);
        self.attempts.extend(made);
    }
}

/// What is asked, and how its answers are shown.
pub(super) struct Job<'a> {
    pub(super) args: &'a QueryArgs,
    pub(super) chosen: Chosen,
    pub(super) requests: Vec<Request>,
    /// Those that are asked one after the other, where the first cannot be.
    pub(super) fallbacks: Vec<Request>,
    pub(super) memory: Memory,
    pub(super) shape: Option<Shape>,
}

impl Job<'_> {
    /// Prints each request with what it will take at most.
    pub(super) fn dry_run(&self, ui: &Ui) -> Result<Exit, CliError> {
        for request in &self.requests {
            let mut request = request.clone();
            self.memory.recall(&mut request);
            let tokens = (request.text_bytes() as u64).div_ceil(4);
            let most = request.most_prompt_tokens();
            let tier = request.service_tier.as_deref();
            let price = self.chosen.price(&request.model, tier);
            let cost =
                |input, output| price.map(|price| price.cost(&Usage::new(input, output)).usd);
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

    pub(super) async fn ask(mut self, ui: &Ui) -> Result<Exit, CliError> {
        let Connected { client, region, .. } = self.chosen.connect().await?;
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
            ui.clone(),
        );
        let show = Arc::new(show);
        let toolbox = Toolbox::start(self.args, &self.chosen, &show, ui).await?;
        if self.args.verbose {
            self.tell_whom(region.as_deref(), ui);
        }
        let asking = self.requests.iter().map(|request| {
            let heard = Arc::clone(&show);
            let hear = Box::new(move |said: Said<'_>| heard.hear(said));
            let client = Arc::new(Aloud::new(Arc::clone(&client), hear));
            let way = Way {
                client,
                region: region.as_deref(),
                toolbox: toolbox.as_ref(),
                stop: &stop,
                show: &show,
                ui,
            };
            self.first_of(request, way)
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
        let keep = |told: Told| {
            let (mut answer, flaw) = told?;
            self.memory.keep(&mut answer, ui);
            Ok((answer, flaw))
        };
        let answers = answers.into_iter().map(keep).collect();
        self.tell(answers, &show, ui)
    }

    /// Says where the question goes, and by whose word.
    fn tell_whom(&self, region: Option<&str>, ui: &Ui) {
        for request in &self.requests {
            let region = region.unwrap_or("a recording");
            let provider = &self.chosen.provider.name;
            ui.note(&format!(
                "asks {} in {region}, as the provider `{provider}` says",
                request.model
            ));
        }
        if let Some(endpoint) = self.chosen.endpoint_url() {
            ui.note(&format!("at {endpoint}"));
        }
        if let Some(whom) = self.chosen.credentials_shown() {
            ui.note(&format!("as {whom}"));
        }
    }

    /// Asks a model, and those that are to be asked in its place where it cannot be; once something was shown of an answer, no other.
    async fn first_of(&self, request: &Request, way: Way<'_>) -> Told {
        let mut spent = Spent::default();
        let mut told = self.one(request, &way, &mut spent).await;
        for other in &self.fallbacks {
            let Err(trouble) = &told else { break };
            if !trouble.leaves_others() || way.show.has_shown() {
                break;
            }
            if !self.args.quiet {
                let why = trouble.kind().as_str();
                way.ui.note(&format!(
                    "warning: {} cannot be asked ({why}): {} is",
                    request.model, other.model
                ));
            }
            told = self.one(other, &way, &mut spent).await;
        }
        told
    }

    /// Returns an error once the rounds of tools have cost as much as they may.
    fn may_go_on(&self, spent: Option<Usd>) -> Result<(), ModelError> {
        let Some(most) = self.args.max_cost else {
            return Ok(());
        };
        if spent.is_some_and(|spent| spent < most) {
            return Ok(());
        }
        let spent = spent.map_or("an unknown sum".to_owned(), |spent| format!("${spent}"));
        let message = format!("the tools have cost {spent} and the model calls more");
        let error = ModelError::new(ErrorKind::Budget, Remedy::None, message);
        Err(error.with_hint("raise --max-cost, or ask for less"))
    }

    /// Asks one model, again where its answer does not conform. `spent` is what those before it took.
    async fn one(&self, request: &Request, way: &Way<'_>, spent: &mut Spent) -> Told {
        let Way {
            client,
            region,
            toolbox,
            stop,
            ui,
            ..
        } = way;
        let client = Arc::clone(client);
        let (toolbox, region) = (*toolbox, *region);
        let lane = self.chosen.lane(&request.model, client, 1, (None, None));
        let watch = |event: Event| {
            if let (Event::Retrying { kind, wait, .. }, false) = (&event, self.args.quiet) {
                ui.tell(&retry(&request.model, *kind, *wait));
            }
        };
        let tier = request.service_tier.as_deref();
        let price = self.chosen.price(&request.model, tier);
        let mut request = request.clone();
        if let Some(toolbox) = toolbox {
            self.offer(&mut request, toolbox, ui)?;
        }
        let asked = request.messages.len();
        self.memory.recall(&mut request);
        let before = request.messages.len() - asked;
        let rounds = self.args.max_tool_rounds;
        let mut calls = Vec::new();
        let mut left = self.args.schema_retries;
        loop {
            let so_far = spent.cost;
            let may = |made: &[Attempt]| {
                let more = cost(made, price);
                self.may_go_on(so_far.zip(more).map(|(so_far, more)| so_far + more))
            };
            let Conversed {
                result,
                request: asked,
                attempts: made,
                calls: called,
            } = converse(&lane, request, toolbox, rounds, may, stop, watch).await;
            request = asked;
            spent.add(made, price);
            calls.extend(called);
            let tries = spent.attempts.len();
            let completion =
                result.map_err(|error| Trouble::new(error, region.map(str::to_owned), tries))?;
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
            let mut answer = Answer {
                provider: self.chosen.provider.name.clone(),
                model: request.model.clone(),
                completion,
                structured,
                cost: spent.cost,
                attempts: std::mem::take(&mut spent.attempts),
                calls,
                system: request.system_text(),
                said: request.messages.split_off(before),
                is_open: false,
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
}
