//! `models --live`: what the account itself has, in builds that can ask it.

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Value, json};

use super::connect::runtime;
use super::error::CliError;
use super::exit::Exit;
use super::provider::{Chosen, ProviderArgs, Task};
use super::trouble::Trouble;
use super::ui::{Ui, plural};
use crate::bedrock::{Bedrock, Listed, Settings};
use crate::catalog::Catalog;
use crate::model::ModelId;

/// Asks the account for the models that have `part` in their names, and tells those that the price table does not know.
///
/// # Errors
///
/// No credentials, or a broken configuration.
pub(super) fn run(
    whom: &ProviderArgs,
    part: &str,
    as_json: bool,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let chosen = Chosen::by(whom, Task::Chat, ui)?;
    // What is configured is where models answer, which is not where the account does.
    let settings = Settings {
        endpoint_url: whom.aws.endpoint_url.clone(),
        ..chosen.settings().clone()
    };
    let runtime = runtime()?;
    let asked = runtime.block_on(async {
        let bedrock = Bedrock::connect(settings).await?;
        bedrock.models().await
    });
    runtime.shutdown_background();
    let listed = match asked {
        Ok(listed) => listed,
        Err(error) => {
            let trouble = Trouble::new(error, chosen.region.clone(), 1);
            if as_json {
                ui.print(&format!(
                    "{}\n",
                    json!({"type": "error", "error": trouble.to_json()})
                ))?;
            }
            trouble.tell(ui);
            return Ok(trouble.exit());
        }
    };
    let part = part.to_lowercase();
    let named = |one: &&Listed| {
        let name = one.name.as_deref().unwrap_or_default();
        [&one.id, name]
            .iter()
            .any(|text| text.to_lowercase().contains(&part))
    };
    let shown: Vec<&Listed> = listed.iter().filter(named).collect();
    if as_json {
        let list: Vec<Value> = shown
            .iter()
            .map(|one| to_json(one, &chosen.catalog))
            .collect();
        ui.print(&format!("{:#}\n", Value::from(list)))?;
        return Ok(Exit::Done);
    }
    ui.print(&format!("{}\n", table(&shown, &chosen.catalog)))?;
    let unpriced = shown.iter().filter(|one| !is_priced(one, &chosen.catalog));
    let unpriced = unpriced.count() as u64;
    if unpriced > 0 {
        let models = plural(unpriced, "model");
        ui.note(&format!(
            "{models} without a known price: add one with --pricing FILE"
        ));
    }
    Ok(Exit::Done)
}

fn is_priced(one: &Listed, catalog: &Catalog) -> bool {
    let mut ids = [&one.id].into_iter().chain(&one.profiles);
    ids.any(|id| catalog.price(&ModelId::parse(id), None, None).is_some())
}

fn table(shown: &[&Listed], catalog: &Catalog) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["model", "status", "until", "asked by", "priced"]);
    for one in shown {
        let on_demand = one.ways.iter().any(|way| way == "ON_DEMAND");
        let own = on_demand.then(|| "id".to_owned());
        let ways: Vec<String> = own
            .into_iter()
            .chain(one.profiles.iter().cloned())
            .collect();
        table.add_row([
            one.id.clone(),
            one.status.clone().unwrap_or_default().to_lowercase(),
            one.end_of_life.clone().unwrap_or_default(),
            ways.join(" "),
            if is_priced(one, catalog) { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

fn to_json(one: &Listed, catalog: &Catalog) -> Value {
    json!({
        "id": one.id, "name": one.name, "provider": one.provider, "status": one.status,
        "end_of_life": one.end_of_life, "ways": one.ways, "outputs": one.outputs,
        "profiles": one.profiles, "priced": is_priced(one, catalog),
    })
}
