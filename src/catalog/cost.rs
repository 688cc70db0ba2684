//! From tokens to dollars: the price of one call.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::price::{PriceRow, Rates, Tier};
use super::usd::Usd;
use crate::model::Usage;

/// What a call costs, and whether a price had to stand in for one that is not published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// The amount.
    pub usd: Usd,
    /// Whether some tokens were billed at the nearest published price.
    pub estimated: bool,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            usd: self.usd + other.usd,
            estimated: self.estimated || other.estimated,
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), Add::add)
    }
}

impl PriceRow {
    /// Returns what one call with this usage costs. Never rounds.
    ///
    /// `usage` must be that of a single call: a prompt beyond the long-context bound makes every token of its call
    /// dearer. Cached tokens without a published price are billed as input, writes for an hour as other writes, and
    /// the cost says that it is estimated.
    pub fn cost(&self, usage: &Usage) -> Cost {
        let rates = match &self.long_context {
            Some(long) if usage.prompt_tokens() > long.over_tokens => &long.rates,
            _ => &self.rates,
        };
        rates.cost(usage)
    }

    /// Returns what one call costs in batch inference: at the published price, else at half the usual one.
    ///
    /// `None` where that cannot be said: in another tier than the default, for a prompt beyond the long-context
    /// bound, and where half a price is no whole number of pico-dollars. Cached tokens are billed as input and the
    /// cost is marked as estimated, since batch prices of the cache are not published.
    pub fn batch_cost(&self, usage: &Usage) -> Option<Cost> {
        let beyond = |bound: u64| usage.prompt_tokens() > bound;
        let long = self.long_context.as_ref();
        if self.tier != Tier::Default || long.is_some_and(|long| beyond(long.over_tokens)) {
            return None;
        }
        let (input, output) = match &self.batch {
            Some(batch) => (batch.input, batch.output),
            None => (half(self.rates.input)?, half(self.rates.output)?),
        };
        let rates = Rates {
            input,
            output,
            cache_read: None,
            cache_write_5m: None,
            cache_write_1h: None,
        };
        Some(rates.cost(usage))
    }
}

impl Rates {
    fn cost(&self, usage: &Usage) -> Cost {
        // Writes for an hour are a part of all writes: a count beyond that is a mistake of the service.
        let for_an_hour = usage.cache_write_1h_tokens.min(usage.cache_write_tokens);
        let usual = usage.cache_write_tokens - for_an_hour;
        let billed = |tokens: u64, price: Option<Usd>, instead: Usd| Cost {
            usd: price.unwrap_or(instead).times(tokens),
            estimated: price.is_none() && tokens > 0,
        };
        [
            billed(usage.input_tokens, Some(self.input), self.input),
            billed(usage.output_tokens, Some(self.output), self.output),
            billed(usage.cache_read_tokens, self.cache_read, self.input),
            billed(usual, self.cache_write_5m, self.input),
            billed(
                for_an_hour,
                self.cache_write_1h,
                self.cache_write_5m.unwrap_or(self.input),
            ),
        ]
        .into_iter()
        .sum()
    }
}

/// Returns half a price, if that is a whole number of pico-dollars.
fn half(price: Usd) -> Option<Usd> {
    (price.pico() % 2 == 0).then(|| Usd::from_pico(price.pico() / 2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PriceTable;
    use super::*;
    use crate::model::ModelId;

    fn row(id: &str) -> &'static PriceRow {
        let row = PriceTable::builtin().price(&ModelId::parse(id), None, None);
        row.expect("a priced model")
    }

    /// Usage of input, output, cache reads, cache writes and the part of them for an hour.
    fn usage([input, output, read, write, write_1h]: [u64; 5]) -> Usage {
        Usage {
            cache_read_tokens: read,
            cache_write_tokens: write,
            cache_write_1h_tokens: write_1h,
            ..Usage::new(input, output)
        }
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        const SONNET: &str = "global.anthropic.claude-sonnet-5";
        const HAIKU: &str = "global.anthropic.claude-haiku-5-5";
        const GPT: &str = "us.openai.gpt-5.4";
        for (id, tokens, expected, estimated) in [
            // 1000 x 0.06 + 500 x 0.24 per million
            (
                "amazon.nova-lite-v1:0",
                [1_000, 500, 0, 0, 0],
                "0.00018",
                false,
            ),
            ("amazon.nova-lite-v1:0", [0, 0, 0, 0, 0], "0", false),
            // reads 0.015; writes have no price: 0.06 as input
            (
                "amazon.nova-lite-v1:0",
                [0, 0, 2_000, 0, 0],
                "0.00003",
                false,
            ),
            (
                "amazon.nova-lite-v1:0",
                [0, 0, 0, 2_000, 0],
                "0.00012",
                true,
            ),
            // 2, 10, read 0.2, write 2.5 for five minutes and 4 for an hour
            (SONNET, [13, 100, 8_814, 0, 0], "0.0027888", false),
            (SONNET, [13, 100, 0, 8_814, 0], "0.023061", false),
            (SONNET, [0, 0, 0, 1_000, 400], "0.0031", false),
            // an hour beyond all writes is no more than all writes
            (SONNET, [0, 0, 0, 1_000, 2_000], "0.004", false),
            // no price for an hour: that of five minutes, 3.75
            (
                "anthropic.claude-3-5-sonnet-20240620-v1:0",
                [0, 0, 0, 1_000, 1_000],
                "0.00375",
                true,
            ),
            // no cache at all: 0.72 as input
            (
                "us.meta.llama3-3-70b-instruct-v1:0",
                [0, 0, 1_000, 0, 0],
                "0.00072",
                true,
            ),
            // a prompt of exactly 100 000 is not long, one more makes all tokens five times as dear
            (HAIKU, [50_000, 1_000, 50_000, 0, 0], "0.006", false),
            (HAIKU, [50_000, 1_000, 50_001, 0, 0], "0.03000005", false),
            (HAIKU, [1, 0, 0, 100_000, 50_000], "0.0812505", false),
            // long: 5.5 and 24.75; writes have no price: 5.5 as input
            (GPT, [272_000, 1_000, 0, 0, 0], "0.7645", false),
            (GPT, [272_001, 1_000, 0, 0, 0], "1.5207555", false),
            (GPT, [0, 0, 0, 300_000, 0], "1.65", true),
            // output alone never makes a request long
            (HAIKU, [1, 128_000, 0, 0, 0], "0.0640001", false),
        ] {
            let cost = row(id).cost(&usage(tokens));
            assert_eq!(
                (cost.usd.to_string().as_str(), cost.estimated),
                (expected, estimated),
                "{id} {tokens:?}"
            );
        }
    }

    #[test]
    fn batch_is_published_or_half() {
        // us-east-1 list price of batch: 0.03 and 0.12
        let cost = row("amazon.nova-lite-v1:0").batch_cost(&usage([1_000, 500, 0, 0, 0]));
        assert_eq!(
            cost.map(|cost| cost.usd.to_string()).as_deref(),
            Some("0.00009")
        );
        // no batch price of the EU: half of 0.078 and 0.312
        let eu = row("eu.amazon.nova-lite-v1:0");
        assert_eq!(eu.batch, None);
        let cost = eu
            .batch_cost(&usage([1_000, 1_000, 0, 0, 0]))
            .expect("a price");
        assert_eq!(
            (cost.usd.to_string().as_str(), cost.estimated),
            ("0.000195", false)
        );
        let cost = eu.batch_cost(&usage([0, 0, 1_000, 0, 0])).expect("a price");
        assert_eq!(
            (cost.usd.to_string().as_str(), cost.estimated),
            ("0.000039", true)
        );
        // a long prompt, another tier, an odd number of pico-dollars
        let haiku = row("global.anthropic.claude-haiku-5-5");
        assert_eq!(haiku.batch_cost(&Usage::new(100_001, 1)), None);
        let flex = PriceTable::builtin().price(
            &ModelId::parse("amazon.nova-pro-v1:0"),
            None,
            Some("flex"),
        );
        assert_eq!(
            flex.expect("a flex price").batch_cost(&Usage::new(1, 1)),
            None
        );
        let mut odd = eu.clone();
        odd.rates.input = Usd::from_pico(7);
        assert_eq!(odd.batch_cost(&Usage::new(1, 1)), None);
    }

    proptest! {
        #[test]
        fn costs_add_up_below_the_long_context_bound(
            first in proptest::array::uniform5(0u64..10_000),
            second in proptest::array::uniform5(0u64..10_000),
            index in 0usize..500,
        ) {
            let row = PriceTable::builtin().rows().nth(index).expect("a row");
            // Writes for an hour are a part of the writes.
            let call = |[a, b, c, d, e]: [u64; 5]| usage([a, b, c, d + e, e]);
            let (first, second) = (call(first), call(second));
            let mut both = first;
            both += second;
            prop_assert_eq!(row.cost(&both), row.cost(&first) + row.cost(&second));
        }

        #[test]
        fn a_call_never_costs_less_than_a_part_of_it(
            tokens in proptest::array::uniform5(0u64..1_000_000),
            more in proptest::array::uniform5(0u64..1_000),
            index in 0usize..500,
        ) {
            let row = PriceTable::builtin().rows().nth(index).expect("a row");
            let part = usage([tokens[0], tokens[1], tokens[2], tokens[3] + tokens[4], tokens[4]]);
            let mut whole = part;
            whole += usage([more[0], more[1], more[2], more[3] + more[4], more[4]]);
            prop_assert!(row.cost(&whole).usd >= row.cost(&part).usd);
        }
    }
}
