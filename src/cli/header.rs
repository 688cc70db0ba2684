//! The journal's header: what a plan will ask, at what prices.

use std::path::Path;

use serde_json::{Value, json};

use super::error::CliError;
use crate::catalog::{Catalog, PriceRow, PriceTable, Tier};
use crate::files::read_whole_text;
use crate::journal::{
    Header, JudgeRecord, ModelRecord, RunOptions, RunRecord, SCHEMA, SuiteRecord,
};
use crate::model::ModelId;
use crate::plan::Plan;
use crate::suite::ModelEntry;

/// Bytes of a token, about.
const BYTES_A_TOKEN: u64 = 4;

/// Returns the catalog, with the price file of the options on top.
///
/// # Errors
///
/// The file cannot be read, or has mistakes: all of them with their lines.
pub(super) fn catalog(pricing: Option<&str>) -> Result<Catalog, CliError> {
    let catalog = Catalog::builtin();
    let Some(path) = pricing else {
        return Ok(catalog);
    };
    let text = read_whole_text(Path::new(path))
        .map_err(|error| CliError::usage(format!("cannot read `{path}`: {error}")))?;
    match PriceTable::builtin().with_overrides(path, &text) {
        Ok(prices) => Ok(catalog.with_prices(prices)),
        Err(errors) => {
            let mut cli = CliError::usage(format!("the price table `{path}` cannot be used"));
            cli.causes = errors.iter().map(ToString::to_string).collect();
            Err(cli.hint(
                "columns and units are those of config/pricing.csv: US dollars per million tokens",
            ))
        }
    }
}

/// Returns how an entry is asked, whatever is asked.
fn request_of(entry: &ModelEntry) -> Value {
    let mut request = json!({
        "params": entry.params, "region": entry.region, "service_tier": entry.service_tier,
        "performance": entry.performance, "guardrail": entry.guardrail,
        "additional_fields": entry.additional_fields, "cache_system": entry.cache_system,
        "cache_auto": entry.cache_auto.then_some(true),
        "tools": entry.tools.tools,
    });
    if let Some(fields) = request.as_object_mut() {
        fields.retain(|_, value| {
            !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
        });
    }
    request
}

/// Returns the price of an entry in the flex tier, if it is asked in the default one and there is such a price.
fn flex(entry: &ModelEntry, catalog: &Catalog, region: Option<&str>) -> Option<PriceRow> {
    if entry
        .service_tier
        .as_deref()
        .is_some_and(|tier| tier != "default")
    {
        return None;
    }
    let region = entry.region.as_deref().or(region);
    let row = catalog.price(&ModelId::parse(&entry.id), region, Some("flex"));
    row.filter(|row| row.tier == Tier::Flex).cloned()
}

/// Returns the tokens that begin every question of a prompt and that a model would keep, by prompt.
fn kept(prefixes: &[u64], entry: &ModelEntry, catalog: &Catalog) -> Vec<u64> {
    let facts = catalog.look_up(&ModelId::parse(&entry.id));
    let Some(least) = facts.and_then(|facts| facts.cache.as_ref()?.min_tokens) else {
        return Vec::new();
    };
    let tokens = prefixes.iter().map(|bytes| bytes / BYTES_A_TOKEN);
    let kept = tokens.map(|tokens| if tokens < u64::from(least) { 0 } else { tokens });
    let kept: Vec<u64> = kept.collect();
    if kept.iter().all(|tokens| *tokens == 0) {
        return Vec::new();
    }
    kept
}

/// Returns the header of a run of `plan`. `region` is that of calls whose entry names none.
pub(super) fn header(
    run: RunRecord,
    options: RunOptions,
    plan: &Plan,
    catalog: &Catalog,
    region: Option<&str>,
) -> Header {
    let suites = plan.suites.iter().enumerate().map(|(at, part)| {
        let prefixes = plan.prefixes(at);
        SuiteRecord {
            name: part.suite.name.clone(),
            path: part.suite.path.display().to_string(),
            cases: part.cases,
            prompts: part
                .suite
                .prompts
                .iter()
                .map(|prompt| prompt.name.clone())
                .collect(),
            prompt_digests: part
                .prompt_digests
                .iter()
                .map(ToString::to_string)
                .collect(),
            models: part
                .entries
                .iter()
                .zip(&part.entry_digests)
                .map(|(entry, digest)| ModelRecord {
                    digest: Some(digest.to_string()),
                    label: entry.label.clone(),
                    model: entry.id.clone(),
                    request: Some(request_of(entry)),
                    planned: part.trials_per_model,
                    price: catalog
                        .price(
                            &ModelId::parse(&entry.id),
                            entry.region.as_deref().or(region),
                            entry.service_tier.as_deref(),
                        )
                        .cloned(),
                    flex: flex(entry, catalog, region),
                    prefixes: kept(&prefixes, entry, catalog),
                })
                .collect(),
            judges: part
                .suite
                .helpers()
                .into_iter()
                .map(|judge| {
                    let request = judge.request;
                    let region = request.region.as_deref().or(region);
                    let price = catalog.price(
                        &ModelId::parse(&request.model),
                        region,
                        request.service_tier.as_deref(),
                    );
                    JudgeRecord {
                        label: judge.label.to_owned(),
                        model: request.model.clone(),
                        region: request.region.clone(),
                        service_tier: request.service_tier.clone(),
                        price: price.cloned(),
                    }
                })
                .collect(),
            baseline: part.suite.baseline.clone(),
            margin: part.suite.margin,
            gates: part.suite.gates.clone(),
        }
    });
    Header {
        schema: SCHEMA,
        run,
        options,
        plan_digest: plan.digest().to_owned(),
        suites: suites.collect(),
    }
}
