//! What a run may spend: `--max-cost` and the budgets of its suites.

use std::sync::Arc;

use crate::catalog::{Catalog, Usd};
use crate::cli::error::CliError;
use crate::journal::{Header, RunOptions};
use crate::model::ModelId;
use crate::plan::Plan;
use crate::run::Budget;

/// Refuses a cap on a model without a price: nobody could hold it.
///
/// # Errors
///
/// The models that a cap covers and the price table does not.
pub(super) fn check(
    plan: &Plan,
    options: &RunOptions,
    catalog: &Catalog,
    region: Option<&str>,
) -> Result<(), CliError> {
    let capped = |budget: Option<Usd>| options.max_cost.or(budget).is_some();
    for part in plan.suites.iter().filter(|part| capped(part.suite.budget)) {
        let entries = part.entries.iter();
        let entries = entries.map(|entry| (&entry.id, &entry.region, &entry.service_tier));
        let judges = part
            .suite
            .helpers()
            .into_iter()
            .map(|helper| helper.request);
        let judges = judges.map(|judge| (&judge.model, &judge.region, &judge.service_tier));
        for (id, own, tier) in entries.chain(judges) {
            let region = own.as_deref().or(region);
            let price = catalog.price(&ModelId::parse(id), region, tier.as_deref());
            if price.is_none() {
                let message = format!("`{id}` has no price, so that no budget can be held");
                return Err(CliError::usage(message)
                    .hint("give it a price with --pricing, or leave the budget out"));
            }
        }
    }
    Ok(())
}

/// Returns the caps of a run, with what its earlier sittings have `paid` for each suite; `None` where nothing is capped,
/// or everything is recorded already.
pub(super) fn budget(plan: &Plan, header: &Header, paid: &[Usd]) -> Option<Arc<Budget>> {
    let options = &header.options;
    let suites: Vec<Option<Usd>> = plan.suites.iter().map(|part| part.suite.budget).collect();
    let is_capped = options.max_cost.is_some() || suites.iter().any(Option::is_some);
    if !is_capped || options.replay.is_some() {
        return None;
    }
    let total: Usd = paid.iter().copied().sum();
    let paid = paid.iter().copied().chain(std::iter::repeat(Usd::ZERO));
    let suites = suites
        .into_iter()
        .zip(paid)
        .map(|(limit, paid)| limit.map(|limit| (limit, paid)));
    let run = options.max_cost.map(|limit| (limit, total));
    Some(Arc::new(Budget::new(run, suites.collect())))
}
