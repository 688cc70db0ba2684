//! `embed`: texts in, vectors out, in their order, and never more of them in memory than are on their way.

mod args;
mod bill;
mod done;
mod input;
mod job;
mod kept;
mod output;
mod request;
mod similar;
mod sink;
mod tell;
mod topics;
mod unique;

use clap::ValueEnum as _;
use serde_json::{Value, json};

pub(super) use args::EmbedArgs;
pub(super) use similar::{SimilarArgs, run as run_similar};

use self::args::ChunkStrategy;
use self::job::Job;
use self::kept::Kept;
use super::connect::runtime;
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, Task};
use super::trouble::Trouble;
use super::ui::Ui;
use crate::catalog::Kind;
use crate::model::Usage;
use crate::vectors::cosine;

/// The model of those who name none.
pub(super) const DEFAULT_MODEL: &str = "titan-embed";

/// Runs the command.
pub(super) fn run(args: &EmbedArgs, ui: &Ui) -> Result<Exit, CliError> {
    match embed(args, ui) {
        Err(error) => match error.model.as_deref().map(Trouble::before_asking) {
            Some(trouble) => {
                trouble.tell(ui);
                Ok(error.exit)
            }
            None => Err(error),
        },
        done => done,
    }
}

fn embed(args: &EmbedArgs, ui: &Ui) -> Result<Exit, CliError> {
    if args.show_strategies {
        return show_strategies(ui);
    }
    let chosen = Chosen::by(&args.whom, Task::Vectors, ui)?;
    if args.show_models {
        return show_models(&chosen, ui);
    }
    let named = args.whom.model.clone();
    let kept = args.collection.as_deref();
    let kept = kept.map(|name| Kept::open(&args.db, name)).transpose()?;
    let made = kept.as_ref().and_then(|kept| kept.collection.as_ref());
    let named = named.or_else(|| Some(made?.model.clone()));
    let named = named.or_else(|| chosen.provider.default_model.clone());
    let model = chosen.model_id(named.as_deref().unwrap_or(DEFAULT_MODEL));
    let dimensions = args.dimensions.or_else(|| made?.dimensions);
    if let Some(kept) = &kept {
        kept.fits(&model, args.dimensions)?;
    }
    let job = Job::new(args, &chosen, model, dimensions)?;
    if let [a, b] = args.compare.as_slice() {
        return compare(&job, a, b, ui);
    }
    for warning in chosen.warnings(&job.model).iter().filter(|_| !args.quiet) {
        ui.note(&format!("warning: {warning}"));
    }
    let runtime = runtime()?;
    let exit = runtime.block_on(async {
        if args.dry_run {
            return job.dry_run(kept, ui).await;
        }
        job.ask(kept, ui).await
    });
    runtime.shutdown_background();
    exit
}

/// Says how near two texts are.
fn compare(job: &Job<'_>, a: &str, b: &str, ui: &Ui) -> Result<Exit, CliError> {
    let runtime = runtime()?;
    let vectors = runtime.block_on(async {
        let one = job.vector(a).await?;
        Ok::<_, CliError>((one, job.vector(b).await?))
    });
    runtime.shutdown_background();
    match vectors? {
        (Ok(a), Ok(b)) => {
            let near = cosine(&a, &b);
            ui.print(&near.map_or("unknown\n".to_owned(), |near| format!("{near:.4}\n")))?;
            Ok(Exit::Done)
        }
        (Err(trouble), _) | (_, Err(trouble)) => {
            trouble.tell(ui);
            Ok(trouble.exit())
        }
    }
}

/// Lists the ways of cutting texts.
fn show_strategies(ui: &Ui) -> Result<Exit, CliError> {
    for strategy in ChunkStrategy::value_variants() {
        let Some(value) = strategy.to_possible_value() else {
            continue;
        };
        let help = value
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        ui.print(&format!("{:<10} {help}\n", value.get_name()))?;
    }
    Ok(Exit::Done)
}

/// Lists the models that make vectors.
fn show_models(chosen: &Chosen, ui: &Ui) -> Result<Exit, CliError> {
    let models = chosen
        .catalog
        .facts()
        .filter(|facts| facts.kind == Kind::Embedding);
    let listed: Vec<Value> = models
        .map(|facts| {
            let price = chosen.price(&facts.id, None);
            let price = price.map(|price| price.cost(&Usage::new(1_000_000, 0)).usd);
            json!({
                "model": facts.id, "aliases": facts.aliases, "dimensions": facts.dimensions,
                "max_input_tokens": facts.max_input_tokens, "usd_per_million_tokens": price,
            })
        })
        .collect();
    ui.print(&format!("{:#}\n", Value::from(listed)))?;
    Ok(Exit::Done)
}
