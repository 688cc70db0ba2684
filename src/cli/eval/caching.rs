//! `cache: auto`: which prompts are worth keeping in the prompt cache of a model.

use crate::catalog::{Catalog, PriceRow};
use crate::model::ModelId;
use crate::plan::Plan;
use crate::suite::ModelEntry;

/// Bytes of a token, about.
const BYTES_A_TOKEN: u64 = 4;

/// What becomes of a prompt's beginning.
#[derive(Debug, PartialEq, Eq)]
enum Worth {
    /// It is kept: from so many questions on that is cheaper than asking without.
    From(u64),
    /// It is shorter than the model keeps, in tokens.
    Short(u64),
    /// The model keeps nothing, as far as is known, or its price for that is not known.
    Never,
}

/// Places cache points where they pay, and returns what is to be said of it.
pub(super) fn place(plan: &mut Plan, catalog: &Catalog, region: Option<&str>) -> Vec<String> {
    let mut told = Vec::new();
    plan.keep_beginnings(|entry, prompt, beginning, questions| {
        let tokens = beginning.kept_bytes() / BYTES_A_TOKEN;
        let worth = worth(entry, tokens, catalog, region);
        let whose = format!("prompt `{prompt}`, {}", entry.label);
        let about = format!("about {tokens} tokens that all its questions begin with");
        let (is_kept, why) = match worth {
            Worth::From(few) if questions >= few => (
                true,
                format!("{about} are kept: cheaper from {few} questions on"),
            ),
            Worth::From(few) => (
                false,
                format!(
                    "nothing is kept: it would pay from {few} questions on, and the suite has fewer"
                ),
            ),
            Worth::Short(least) => (
                false,
                format!("nothing is kept: {about}, and the model keeps no fewer than {least}"),
            ),
            Worth::Never => (
                false,
                "nothing is kept: the model has no prompt cache with a price".to_owned(),
            ),
        };
        told.push(format!("cache: {whose}: {why}"));
        is_kept
    });
    told
}

fn worth(entry: &ModelEntry, tokens: u64, catalog: &Catalog, region: Option<&str>) -> Worth {
    let id = ModelId::parse(&entry.id);
    let facts = catalog.look_up(&id).and_then(|facts| facts.cache);
    let region = entry.region.as_deref().or(region);
    let row = catalog.price(&id, region, entry.service_tier.as_deref());
    let (Some(facts), Some(row)) = (facts, row) else {
        return Worth::Never;
    };
    let least = u64::from(facts.min_tokens.unwrap_or(0)).max(1);
    match break_even(row) {
        None => Worth::Never,
        Some(_) if tokens < least => Worth::Short(least),
        Some(few) => Worth::From(few),
    }
}

/// Returns how many questions it takes until writing a beginning once and reading it for the others is cheaper than sending
/// it with each; `None` where it never is.
///
/// With w for a token written, r for one read and i for one sent, n questions cost w + (n − 1) r instead of n i, which is less
/// for every n above (w − r) / (i − r).
fn break_even(row: &PriceRow) -> Option<u64> {
    let rates = &row.rates;
    let read = rates.cache_read?.pico();
    let input = rates.input.pico();
    // Who publishes no price of writes bills them as input.
    let write = rates.cache_write_5m.unwrap_or(rates.input).pico();
    (input > read).then(|| {
        let least = (write - read).div_euclid(input - read) + 1;
        u64::try_from(least.max(1)).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{PriceTable, Usd};

    #[test]
    fn keeping_pays_from_the_second_question_on() {
        let row = |id: &str| PriceTable::builtin().price(&ModelId::parse(id), None, None);
        // 1 to send, 1.25 to write, 0.1 to read: 1.35 for two instead of 2.
        let haiku = row("us.anthropic.claude-haiku-4-5-20251001-v1:0").unwrap();
        assert_eq!(break_even(haiku), Some(2));
        // Writes at the price of input: the first costs the same, the second less.
        assert_eq!(
            break_even(row("us.amazon.nova-lite-v1:0").unwrap()),
            Some(2)
        );
        assert_eq!(
            break_even(row("us.meta.llama3-3-70b-instruct-v1:0").unwrap()),
            None
        );
        let mut dear = haiku.clone();
        dear.rates.cache_write_5m = Some(Usd::from_pico(haiku.rates.input.pico() * 5));
        // 5 + 0.1 (n - 1) < n from n = 6 on: 5.5.
        assert_eq!(break_even(&dear), Some(6));
    }
}
