//! `models --quotas`: what the account may do with each known model, asked anew.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use super::account::QuotaList;
use super::connect::{region_of, runtime};
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, ProviderArgs, Task};
use super::ui::Ui;
use crate::catalog::{AccountQuota, AccountQuotas, QuotaScope};

/// Asks for the account's quotas in the region, and shows those of models that have `part` in their ids. Runs that are told
/// `--account-quotas` know them from then on.
///
/// # Errors
///
/// No region, credentials or permission, or a build that cannot ask.
pub(super) fn run(
    whom: &ProviderArgs,
    part: &str,
    as_json: bool,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let chosen = Chosen::by(whom, Task::Chat, ui)?;
    let named = chosen.settings().region.clone();
    let Some(region) = named.or_else(|| region_of(&chosen.options)) else {
        let error = CliError::usage("no AWS region is set to read quotas of");
        return Err(error.hint("name one with --region"));
    };
    let runtime = runtime()?;
    let list = runtime.block_on(QuotaList::ask(chosen.settings(), &region));
    runtime.shutdown_background();
    let quotas = AccountQuotas::of(list?.iter(), &chosen.catalog);
    let part = part.to_lowercase();
    let shown: Vec<(&str, QuotaScope, AccountQuota)> = quotas
        .iter()
        .filter(|(id, ..)| id.contains(&part))
        .collect();
    if as_json {
        let list: Vec<Value> = shown.iter().map(to_json).collect();
        ui.print(&format!("{:#}\n", Value::from(list)))?;
        return Ok(Exit::Done);
    }
    if shown.is_empty() {
        ui.note(&format!(
            "no quota of the account in {region} is one of a known model"
        ));
        return Ok(Exit::Done);
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["model", "asked by", "requests a minute", "tokens a minute"]);
    let number = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    for (model, scope, quota) in shown {
        table.add_row([
            model.to_owned(),
            scope.as_str().to_owned(),
            number(quota.requests_per_minute),
            number(quota.tokens_per_minute),
        ]);
    }
    ui.print(&format!("{table}\n"))?;
    ui.note(&format!(
        "quotas of the account in {region}; what is empty is not listed there"
    ));
    Ok(Exit::Done)
}

fn to_json((model, scope, quota): &(&str, QuotaScope, AccountQuota)) -> Value {
    json!({
        "id": model,
        "scope": scope.as_str(),
        "tokens_per_minute": quota.tokens_per_minute,
        "requests_per_minute": quota.requests_per_minute,
    })
}
