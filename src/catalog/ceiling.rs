//! The most that a request can cost, known before it is sent.

use super::price::PriceRow;
use super::usd::Usd;
use crate::model::{Part, Request, Usage};

impl PriceRow {
    /// Returns the most that one call with this request can cost: as many prompt tokens as there can be, read in the dearest
    /// way that the request allows, and an answer of `max_tokens`.
    pub fn ceiling(&self, request: &Request) -> Usd {
        let prompt = request.most_prompt_tokens();
        let output = u64::from(request.params.max_tokens);
        let cost = |usage: &Usage| self.cost(usage).usd;
        let plain = cost(&Usage::new(prompt, output));
        if !has_cache_point(request) {
            return plain;
        }
        let written = Usage {
            cache_write_tokens: prompt,
            ..Usage::new(0, output)
        };
        let for_an_hour = Usage {
            cache_write_1h_tokens: prompt,
            ..written
        };
        plain.max(cost(&written)).max(cost(&for_an_hour))
    }

    /// Returns the most that the same costs in batch inference; as much as elsewhere where no batch price is known.
    pub fn batch_ceiling(&self, request: &Request) -> Usd {
        let output = u64::from(request.params.max_tokens);
        let most = Usage::new(request.most_prompt_tokens(), output);
        let batch = self.batch_cost(&most);
        batch.map_or_else(|| self.ceiling(request), |cost| cost.usd)
    }
}

fn has_cache_point(request: &Request) -> bool {
    let in_messages = request.messages.iter().flat_map(|message| &message.parts);
    request
        .system
        .iter()
        .chain(in_messages)
        .any(|part| matches!(part, Part::CachePoint(_)))
}
