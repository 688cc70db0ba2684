//! What the same tokens would cost otherwise: in batch inference, in the flex tier, or with a prompt cache.

use crate::catalog::{PriceRow, Usd};
use crate::journal::{ModelRecord, Record};
use crate::model::Usage;

/// Sums over trials; each `None` where it cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Otherwise {
    /// In batch inference.
    pub batch: Option<Usd>,
    /// In the flex tier.
    pub flex: Option<Usd>,
    /// With a prompt cache that keeps what all questions of a prompt begin with, as long as no two of them are further apart than
    /// it lives; an estimate, since nobody says how many tokens that beginning has.
    pub cached: Option<Usd>,
}

impl Default for Otherwise {
    fn default() -> Self {
        Self {
            batch: Some(Usd::ZERO),
            flex: Some(Usd::ZERO),
            cached: Some(Usd::ZERO),
        }
    }
}

impl Otherwise {
    /// Adds a trial of a model; the first of a prompt fills the cache.
    pub(super) fn add(&mut self, record: &Record, model: Option<&ModelRecord>, is_first: bool) {
        let row = model.and_then(|model| model.price.as_ref());
        let flex = model.and_then(|model| model.flex.as_ref());
        let prefix = model.and_then(|model| {
            let prefix = model.prefixes.get(record.at.prompt as usize);
            prefix.copied().filter(|tokens| *tokens > 0)
        });
        let usages = || record.attempts.iter().filter_map(|attempt| attempt.usage);
        let batch = usages().map(|usage| Some(row?.batch_cost(&usage)?.usd));
        self.batch = both(self.batch, batch.sum());
        let flex = usages().map(|usage| Some(flex?.cost(&usage).usd));
        self.flex = both(self.flex, flex.sum());
        let mut fills = is_first;
        let cached = usages().map(|usage| {
            let cost = with_cache(row?, &usage, prefix?, fills);
            fills = false;
            cost
        });
        self.cached = both(self.cached, cached.sum());
    }

    /// Adds the sums of others.
    pub(super) fn absorb(&mut self, other: &Self) {
        self.batch = both(self.batch, other.batch);
        self.flex = both(self.flex, other.flex);
        self.cached = both(self.cached, other.cached);
    }
}

/// Returns what a call costs whose first `prefix` tokens are written to a cache, or read from it; `None` if it used one already, or
/// nothing is known of its price.
fn with_cache(row: &PriceRow, usage: &Usage, prefix: u64, fills: bool) -> Option<Usd> {
    row.rates.cache_read?;
    if usage.cache_read_tokens > 0 || usage.cache_write_tokens > 0 {
        return None;
    }
    let kept = prefix.min(usage.input_tokens);
    let (reads, writes) = if fills { (0, kept) } else { (kept, 0) };
    let cached = Usage {
        input_tokens: usage.input_tokens - kept,
        cache_read_tokens: reads,
        cache_write_tokens: writes,
        ..*usage
    };
    Some(row.cost(&cached).usd)
}

fn both(a: Option<Usd>, b: Option<Usd>) -> Option<Usd> {
    Some(a? + b?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::PriceTable;
    use crate::model::ModelId;
    use crate::tally::fixture::{record, suite};

    #[test]
    fn the_first_question_fills_the_cache_and_the_others_read_it() {
        let id = ModelId::parse("us.anthropic.claude-haiku-4-5-20251001-v1:0");
        let row = PriceTable::builtin().price(&id, None, None).unwrap();
        let mut model = suite("s", 2).models.remove(0);
        model.price = Some(row.clone());
        model.flex = Some(row.clone());
        model.prefixes = vec![5_000];
        let mut trial = record(0, 0, 0, 0);
        trial.attempts[0].usage = Some(Usage::new(6_000, 100));
        let mut all = Otherwise::default();
        all.add(&trial, Some(&model), true);
        all.add(&trial, Some(&model), false);
        let cost = |usage: Usage| row.cost(&usage).usd;
        let written = Usage {
            cache_write_tokens: 5_000,
            ..Usage::new(1_000, 100)
        };
        let read = Usage {
            cache_read_tokens: 5_000,
            ..Usage::new(1_000, 100)
        };
        assert_eq!(all.cached, Some(cost(written) + cost(read)));
        assert_eq!(all.flex, Some(cost(Usage::new(6_000, 100)).times(2)));
        // Who used a cache already has nothing to gain, and who begins with nothing in common neither.
        trial.attempts[0].usage = Some(read);
        all.add(&trial, Some(&model), false);
        assert_eq!(all.cached, None);
        model.prefixes = vec![0];
        let mut none = Otherwise::default();
        none.add(&record(0, 0, 0, 0), Some(&model), true);
        assert_eq!(none.cached, None);
    }
}
