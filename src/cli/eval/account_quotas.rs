//! `--account-quotas`: a run keeps to what its account may do, where nothing was told.

use std::collections::BTreeMap;

use super::lanes::quota_of;
use crate::catalog::{AccountQuotas, Catalog, Quota};
use crate::cli::account::QuotaList;
use crate::cli::configured::Identity;
use crate::cli::connect::settings;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::journal::RunOptions;
use crate::model::ModelId;
use crate::plan::Plan;
use crate::report::safe_text;

/// Returns the catalog with the account's quotas in every region of a plan, where the options ask for them; `region` is that of
/// models that name none.
///
/// # Errors
///
/// They cannot be had, or are nothing at all for a model of the plan.
pub(super) async fn with_quotas(
    catalog: Catalog,
    plan: &Plan,
    options: &RunOptions,
    identity: &Identity,
    region: Option<&str>,
    ui: &Ui,
) -> Result<Catalog, CliError> {
    if !options.account_quotas || options.replay.is_some() {
        return Ok(catalog);
    }
    let settings = settings(options, identity.clone());
    let mut by_region: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for (model, own) in plan.models() {
        by_region.entry(own).or_default().push(model);
    }
    let mut catalog = catalog;
    for (own, models) in by_region {
        let Some(place) = own.or(region) else {
            let error = CliError::usage("no AWS region is set to read quotas of");
            return Err(error.hint("name one with --region"));
        };
        let list = QuotaList::kept(&settings, place).await?;
        let quotas = AccountQuotas::of(list.iter(), &catalog);
        for model in &models {
            let own_quota = quotas.get(&ModelId::parse(model));
            let counts =
                own_quota.map(|quota| (quota.requests_per_minute, quota.tokens_per_minute));
            if let Some((Some(0), _) | (_, Some(0))) = counts {
                return Err(nothing(model, place));
            }
        }
        catalog = catalog.with_account_quotas(own, quotas);
        for model in models {
            let quota = quota_of(model, own, &catalog, options);
            ui.note(&safe_text(&told(model, place, &quota)));
        }
    }
    Ok(catalog)
}

/// Returns the error of a model that the account may not ask at all.
fn nothing(model: &str, region: &str) -> CliError {
    let message = format!(
        "the account's quota for `{model}` in {region} is 0: every call would be throttled"
    );
    let error = CliError::new(Exit::Denied, message);
    error.hint("ask for more under Service Quotas, or take a model or a region that has some; after that: mcp-cli models --quotas")
}

/// Returns what a run keeps to with a model.
fn told(model: &str, region: &str, quota: &Quota) -> String {
    let requests = quota.requests_per_minute;
    let requests = requests.map(|count| format!("{count} requests"));
    let tokens = quota.tokens_per_minute;
    let tokens = tokens.map(|count| format!("{count} tokens"));
    let known: Vec<String> = requests.into_iter().chain(tokens).collect();
    if known.is_empty() {
        return format!("quota of {model} in {region}: not known, found out while asking");
    }
    format!(
        "quota of {model} in {region}: {} a minute",
        known.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_to_is_told() {
        let quota = |requests, tokens| Quota {
            requests_per_minute: requests,
            tokens_per_minute: tokens,
            output_burndown: 1,
        };
        for (quota, expected) in [
            (
                quota(Some(60), Some(20_000)),
                "60 requests and 20000 tokens a minute",
            ),
            (quota(None, Some(20_000)), "20000 tokens a minute"),
            (quota(None, None), "not known, found out while asking"),
        ] {
            let told = told("nova", "us-east-1", &quota);
            assert_eq!(told, format!("quota of nova in us-east-1: {expected}"));
        }
    }
}
