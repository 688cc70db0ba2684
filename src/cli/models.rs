//! `models`: what is known of each model before it is asked.

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::connect::region_of;
use super::error::CliError;
use super::exit::Exit;
use super::header::catalog;
use super::live;
use super::provider::ProviderArgs;
use super::quotas;
use super::ui::Ui;
use crate::catalog::{Ability, Catalog, Kind, ModelFacts, PriceRow, Status, Usd};
use crate::journal::RunOptions;
use crate::model::ModelId;

/// Whose prices are shown where nothing names a region.
const REGION: &str = "us-east-1";

/// The known models: abilities, prices, lifecycle, quotas
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ModelsArgs {
    /// A part of the ids, names or aliases to show
    #[arg(value_name = "PART")]
    pub part: Option<String>,
    /// Those that are gone too
    #[arg(long)]
    pub all: bool,
    /// Ask the account which models it has in the region, and how they are asked
    #[arg(long, conflicts_with = "all")]
    pub live: bool,
    /// Ask the account for its quotas in the region
    #[arg(long, conflicts_with_all = ["all", "live"])]
    pub quotas: bool,
    #[command(flatten)]
    pub whom: ProviderArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub(super) fn run(args: &ModelsArgs, ui: &Ui) -> Result<Exit, CliError> {
    let part = args.part.as_deref().unwrap_or_default();
    if args.live {
        return live::run(&args.whom, part, args.json, ui);
    }
    if args.quotas {
        return quotas::run(&args.whom, part, args.json, ui);
    }
    let options = args.whom.aws.over(RunOptions::default());
    let catalog = catalog(options.pricing.as_deref())?;
    let region = region_of(&options).unwrap_or_else(|| REGION.to_owned());
    let today = jiff::Zoned::now().date();
    let part = part.to_lowercase();
    let named = |facts: &ModelFacts| {
        let names = [&facts.id, &facts.name].into_iter().chain(&facts.aliases);
        let mut names = names.map(|name| name.to_lowercase());
        names.any(|name| name.contains(&part))
    };
    let shown = |facts: &&ModelFacts| named(facts) && (args.all || is_alive(facts, today));
    let facts: Vec<&ModelFacts> = catalog.facts().filter(shown).collect();
    if facts.is_empty() {
        let message = format!("no known model has `{part}` in its name");
        let error = CliError::usage(message);
        return Err(if args.all {
            error
        } else {
            error.hint("--all lists those that are gone too")
        });
    }
    if args.json {
        let list: Vec<Value> = facts
            .iter()
            .map(|facts| as_json(facts, &catalog, &region))
            .collect();
        ui.print(&format!("{:#}\n", Value::from(list)))?;
    } else {
        ui.print(&format!("{}\n", table(&facts, &catalog, &region)))?;
        ui.note("prices in dollars for a million tokens; what is empty is not known");
    }
    Ok(Exit::Done)
}

/// Returns whether a model can still be asked, as far as is known.
fn is_alive(facts: &ModelFacts, today: Date) -> bool {
    let life = &facts.lifecycle;
    life.status != Status::NotListed && life.end_of_life.is_none_or(|end| end > today)
}

/// Returns the price of a model: by its own id, else through the first profile that has one.
fn price<'a>(facts: &ModelFacts, catalog: &'a Catalog, region: &str) -> Option<&'a PriceRow> {
    let of = |id: &str| catalog.price(&ModelId::parse(id), Some(region), None);
    let mut profiles = facts.profiles.iter();
    of(&facts.id).or_else(|| profiles.find_map(|scope| of(&format!("{scope}.{}", facts.id))))
}

/// Returns the price of a million tokens in, and out.
fn per_million(row: &PriceRow) -> (Usd, Usd) {
    let of = |token: Usd| token.times(1_000_000);
    (of(row.rates.input), of(row.rates.output))
}

fn abilities(facts: &ModelFacts) -> Vec<&'static str> {
    let shown = [
        (Ability::Tools, "tools"),
        (Ability::Images, "images"),
        (Ability::Documents, "documents"),
        (Ability::Reasoning, "reasoning"),
        (Ability::StructuredOutput, "schema"),
    ];
    let can = shown
        .into_iter()
        .filter(|(ability, _)| facts.can.contains(ability));
    can.map(|(_, word)| word).collect()
}

fn table(facts: &[&ModelFacts], catalog: &Catalog, region: &str) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["model", "alias", "context", "in", "out", "can", "until"]);
    for facts in facts {
        let price = price(facts, catalog, region).map(per_million);
        let until = facts.lifecycle.end_of_life;
        let can = match facts.kind {
            Kind::Embedding => "vectors".to_owned(),
            _ => abilities(facts).join(" "),
        };
        table.add_row([
            facts.id.clone(),
            facts.aliases.first().cloned().unwrap_or_default(),
            facts
                .max_input_tokens
                .map(|tokens| tokens.to_string())
                .unwrap_or_default(),
            price
                .map(|(input, _)| input.to_string())
                .unwrap_or_default(),
            price
                .map(|(_, output)| output.to_string())
                .unwrap_or_default(),
            can,
            until.map(|until| until.to_string()).unwrap_or_default(),
        ]);
    }
    table
}

fn as_json(facts: &ModelFacts, catalog: &Catalog, region: &str) -> Value {
    let price = price(facts, catalog, region).map(per_million);
    let quotas = facts.quota.iter().map(|(scope, quota)| {
        json!({
            "scope": scope.as_str(),
            "tokens_per_minute": quota.tokens_per_minute,
            "requests_per_minute": quota.requests_per_minute,
        })
    });
    json!({
        "id": facts.id,
        "name": facts.name,
        "aliases": facts.aliases,
        "kind": if facts.kind == Kind::Embedding { "embedding" } else { "chat" },
        "max_input_tokens": facts.max_input_tokens,
        "max_output_tokens": facts.max_output_tokens,
        "dimensions": facts.dimensions,
        "can": abilities(facts),
        "profiles": facts.profiles.iter().map(|scope| format!("{scope}.{}", facts.id)).collect::<Vec<_>>(),
        "usd_per_million_input_tokens": price.map(|(input, _)| input),
        "usd_per_million_output_tokens": price.map(|(_, output)| output),
        "quotas": quotas.collect::<Vec<_>>(),
        "end_of_life": facts.lifecycle.end_of_life,
        "successor": facts.lifecycle.successor,
        "source": facts.source,
        "as_of": facts.as_of,
    })
}
