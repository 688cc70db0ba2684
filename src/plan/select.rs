//! Which cases and models of the suites a run takes.

use super::shard::Shard;
use crate::text::Pattern as Regex;

/// What the flags choose. Different kinds must all hold; of one kind, one is enough.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Labels or ids of models; none means the suite's own list.
    pub models: Vec<String>,
    /// Patterns on `suite/case`; none means all.
    pub filters: Vec<Pattern>,
    /// Tags; none means all.
    pub tags: Vec<String>,
    /// Cases drawn of those that the filters leave, per suite.
    pub sample: Option<u64>,
    /// Cases kept of those that were drawn, per suite.
    pub limit: Option<u64>,
    /// The part of what is left that is asked here.
    pub shard: Option<Shard>,
    /// Over each case's own number of repeats.
    pub repeat: Option<u32>,
    /// Whether cases are asked in an order drawn by the seed, so that a run may stop before its end.
    pub shuffle: bool,
    /// The seed of everything drawn.
    pub seed: u64,
}

/// A pattern of `--filter`: a substring without regard to case, or a regular expression between slashes.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Lower-cased text.
    Substring(String),
    /// `/…/`.
    Regex(Regex),
}

/// Why a pattern could not be read.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is no regular expression: {message}")]
pub struct PatternError {
    /// The pattern as given.
    pub pattern: String,
    /// What is wrong with it.
    pub message: String,
}

impl Pattern {
    /// Reads a pattern as `--filter` takes it.
    ///
    /// # Errors
    ///
    /// What stands between slashes is no regular expression.
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        match pattern
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
        {
            Some(source) => {
                Regex::parse(source, "")
                    .map(Self::Regex)
                    .map_err(|error| PatternError {
                        pattern: pattern.to_owned(),
                        message: error.to_string(),
                    })
            }
            None => Ok(Self::Substring(pattern.to_lowercase())),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Substring(text) => name.to_lowercase().contains(text),
            Self::Regex(regex) => regex.is_match(name).unwrap_or(false),
        }
    }
}

impl Selection {
    /// Returns whether a case passes filters and tags. Sampling and limits come after.
    pub fn chooses(&self, suite: &str, case: &str, tags: &[String]) -> bool {
        let by_name = || {
            let name = format!("{suite}/{case}");
            self.filters.iter().any(|pattern| pattern.matches(&name))
        };
        (self.filters.is_empty() || by_name())
            && (self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_must_all_hold_and_one_of_a_kind_is_enough() {
        let selection = Selection {
            filters: vec![
                Pattern::parse("REFUND").unwrap(),
                Pattern::parse("/^b/").unwrap(),
            ],
            tags: vec!["x".into(), "y".into()],
            ..Selection::default()
        };
        for (suite, case, tags, expected) in [
            ("a", "refund 1", &["x"][..], true),
            ("b", "other", &["y"], true),
            ("a", "other", &["y"], false),
            ("a", "refund 1", &["z"], false),
            ("a", "refund 1", &[], false),
        ] {
            let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
            assert_eq!(
                selection.chooses(suite, case, &tags),
                expected,
                "{suite}/{case} {tags:?}"
            );
        }
        assert!(Pattern::parse("/(/").is_err());
    }
}
