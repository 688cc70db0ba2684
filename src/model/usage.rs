//! The tokens of one call, by kind, as Bedrock reports and bills them.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens of one call or of many, by kind of billing.
///
/// As Bedrock counts: `input_tokens` excludes what was read from or written to the prompt cache, so the size of a
/// prompt is the sum of input, reads and writes. Reasoning tokens are part of `output_tokens`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens that were neither read from nor written to the cache.
    pub input_tokens: u64,
    /// Generated tokens, reasoning included.
    pub output_tokens: u64,
    /// Prompt tokens read from the cache.
    #[serde(default)]
    pub cache_read_tokens: u64,
    /// Prompt tokens written to the cache, whatever their time to live.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// The part of `cache_write_tokens` that was written for one hour.
    #[serde(default)]
    pub cache_write_1h_tokens: u64,
}

impl Usage {
    /// Returns usage of `input` and `output` tokens and no cache.
    pub fn new(input: u64, output: u64) -> Self {
        Self {
            input_tokens: input,
            output_tokens: output,
            ..Self::default()
        }
    }

    /// Returns the whole prompt: input, cache reads and cache writes.
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens + self.cache_read_tokens + self.cache_write_tokens
    }

    /// Returns the prompt and the answer together.
    pub fn total_tokens(&self) -> u64 {
        self.prompt_tokens() + self.output_tokens
    }

    /// Returns whether nothing was counted at all.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.cache_write_1h_tokens += other.cache_write_1h_tokens;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_counts_cached_tokens_once() {
        let usage = Usage {
            input_tokens: 13,
            output_tokens: 20,
            cache_read_tokens: 8_814,
            cache_write_tokens: 100,
            cache_write_1h_tokens: 40,
        };
        assert_eq!(usage.prompt_tokens(), 8_927);
        assert_eq!(usage.total_tokens(), 8_947);
    }

    #[test]
    fn adds_up_by_kind() {
        let mut sum = Usage::new(1, 2);
        sum += Usage {
            cache_read_tokens: 5,
            ..Usage::new(10, 20)
        };
        assert_eq!(
            sum,
            Usage {
                cache_read_tokens: 5,
                ..Usage::new(11, 22)
            }
        );
        assert!(Usage::default().is_zero());
    }
}
