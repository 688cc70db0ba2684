//! `similar`: which texts of a collection are nearest to a question.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use super::args::DbArgs;
use super::kept::{Kept, open};
use super::request::vector_of;
use crate::cli::connect::runtime;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::provider::{Chosen, ProviderArgs, Task};
use crate::cli::query::store_error;
use crate::cli::ui::Ui;
use crate::model::{Embedding, Purpose};
use crate::report::safe_text;
use crate::store::{Collection, Near};
use crate::suite::listed;

/// Find the texts of a collection that are nearest to a question
///
/// `embed --collection` makes collections. The question is asked of the model that made the vectors.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli embed -i docs/*.md --collection docs\n  mcp-cli similar \"How do I log in?\" --collection docs -n 3\n  mcp-cli similar \"How do I log in?\" --collection docs | mcp-cli query \"How do I log in?\""
)]
pub(in crate::cli) struct SimilarArgs {
    /// What to look for; several words need no quotes. Nothing lists the collections
    #[arg(value_name = "QUESTION")]
    question: Vec<String>,
    /// The collection; needs no name where there is one alone
    #[arg(long, value_name = "NAME")]
    collection: Option<String>,
    /// How many texts
    #[arg(short, long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    number: u16,
    /// Print JSON: a list of objects
    #[arg(short, long)]
    json: bool,
    #[command(flatten)]
    db: DbArgs,
    #[command(flatten)]
    whom: ProviderArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(args: &SimilarArgs, ui: &Ui) -> Result<Exit, CliError> {
    let question = args.question.join(" ");
    if question.trim().is_empty() {
        return list(args, ui);
    }
    let name = match &args.collection {
        Some(name) => name.clone(),
        None => only(args)?.name,
    };
    let kept = Kept::open(&args.db, &name)?;
    let Some(collection) = &kept.collection else {
        return Err(missing(&name, &all(args)?));
    };
    let chosen = Chosen::by(&args.whom, Task::Vectors, ui)?;
    let named = args.whom.model.as_deref().map(|name| chosen.model_id(name));
    let model = named.unwrap_or_else(|| collection.model.clone());
    kept.fits(&model, None)?;
    let how = Embedding {
        purpose: Purpose::Query,
        dimensions: collection.dimensions,
        normalize: None,
        truncate: None,
        quantized: None,
    };
    let runtime = runtime()?;
    let vector = runtime.block_on(vector_of(&chosen, &model, how, question));
    runtime.shutdown_background();
    let vector = match vector? {
        Ok(vector) => vector,
        Err(trouble) => {
            if args.json {
                let told = json!({"type": "error", "error": trouble.to_json()});
                ui.print(&format!("{told}\n"))?;
            }
            trouble.tell(ui);
            return Ok(trouble.exit());
        }
    };
    let near = kept
        .vectors
        .nearest(collection, &vector, usize::from(args.number));
    let mut near = near.map_err(|error| store_error(&error))?;
    for one in &mut near {
        one.id = from_here(&one.id);
    }
    let text = if args.json {
        format!("{:#}\n", json!(near))
    } else {
        near.iter().map(shown).collect::<Vec<_>>().join("\n")
    };
    ui.print(&text)?;
    Ok(Exit::Done)
}

/// Returns a name without the working directory that it begins with.
fn from_here(id: &str) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let here = here.map(|here| format!("{}{}", here.display(), std::path::MAIN_SEPARATOR));
    let within = here
        .ok()
        .and_then(|here| id.strip_prefix(&here).map(str::to_owned));
    within.unwrap_or_else(|| id.to_owned())
}

fn shown(near: &Near) -> String {
    let mut text = String::new();
    let id = match near.chunk {
        0 => near.id.clone(),
        chunk => format!("{}, chunk {chunk}", near.id),
    };
    let _ = writeln!(text, "── {}, {:.3} ──", safe_text(&id), near.score);
    let _ = writeln!(text, "{}", safe_text(near.text.trim_end()));
    text
}

fn all(args: &SimilarArgs) -> Result<Vec<Collection>, CliError> {
    let all = open(&args.db)?.collections();
    all.map_err(|error| store_error(&error))
}

/// Returns the collection that needs no name.
fn only(args: &SimilarArgs) -> Result<Collection, CliError> {
    let mut all = all(args)?;
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            all.push(last);
            let names: Vec<&str> = all.iter().map(|one| &*one.name).collect();
            let error = CliError::usage("there are several collections");
            Err(error.hint(format!("name one with --collection: {}", listed(&names))))
        }
        (None, _) => Err(missing("", &[])),
    }
}

fn missing(name: &str, all: &[Collection]) -> CliError {
    if all.is_empty() {
        let error = CliError::usage("there is no collection yet");
        return error.hint("make one: mcp-cli embed -i docs/*.md --collection docs");
    }
    let names: Vec<&str> = all.iter().map(|one| &*one.name).collect();
    CliError::usage(format!("there is no collection `{name}`"))
        .hint(format!("there is {}", listed(&names)))
}

/// Lists the collections.
fn list(args: &SimilarArgs, ui: &Ui) -> Result<Exit, CliError> {
    let all = all(args)?;
    if args.json {
        ui.print(&format!("{:#}\n", json!(all)))?;
        return Ok(Exit::Done);
    }
    if all.is_empty() {
        return Err(missing("", &all));
    }
    for Collection {
        name, model, count, ..
    } in &all
    {
        ui.print(&format!("{name}: {count} vectors of {model}\n"))?;
    }
    Ok(Exit::Done)
}
