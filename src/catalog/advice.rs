//! What a person should hear about a model before asking it.

use jiff::civil::Date;

use super::facts::{BareId, Lifecycle, ModelFacts, Status};
use super::table::Catalog;
use crate::model::{IdKind, ModelId, Scope};

/// How long before the end of a model's life a warning begins, in days.
const NOTICE_DAYS: i64 = 90;

impl Catalog {
    /// Returns what speaks against using this id on `today`, a sentence each without full stop. Says only what the
    /// catalog knows: no warning is no promise.
    pub fn warnings(&self, id: &ModelId, today: Date) -> Vec<String> {
        let Some(base) = id.base() else {
            return vec![format!(
                "the model behind `{id}` cannot be read from its id: its limits are unknown, and its price unless a \
                 price file has a row for this id"
            )];
        };
        let mut warnings = Vec::new();
        if id.kind() == IdKind::ThroughputVariant {
            warnings.push(format!(
                "`{id}` works with provisioned throughput only; on demand it is `{base}`"
            ));
        }
        let Some(facts) = self.look_up(id) else {
            let hint = self.nearest(id.as_str());
            let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            warnings.push(format!("`{id}` is not a known model{hint}"));
            return warnings;
        };
        warnings.extend(life(&facts.lifecycle, base, today));
        if id.scope() == &Scope::InRegion {
            warnings.extend(bare_id(facts));
        }
        warnings
    }

    /// Returns the known model id or alias nearest to a misspelt one, with its geography; `None` if `id` is known or
    /// nothing is near.
    pub fn nearest(&self, id: &str) -> Option<String> {
        let id = ModelId::parse(id);
        let wanted = id.base()?.to_lowercase();
        if self.look_up(&id).is_some() || self.expand(&wanted).is_some() {
            return None;
        }
        let names = self.facts().flat_map(|facts| {
            let names = std::iter::once(&facts.id).chain(&facts.aliases);
            names.map(move |name| (name, &facts.id))
        });
        let (_, near, near_id) = names
            .map(|(name, id)| (strsim::damerau_levenshtein(&wanted, name), name, id))
            .filter(|(distance, name, _)| *distance <= (name.len().max(wanted.len()) / 3).max(1))
            .min()?;
        Some(match id.scope() {
            Scope::InRegion => near.clone(),
            scope => format!("{scope}.{near_id}"),
        })
    }
}

/// Returns a warning about a model that is going or gone.
fn life(lifecycle: &Lifecycle, base: &str, today: Date) -> Option<String> {
    let instead = match &lifecycle.successor {
        Some(successor) => format!("; consider `{successor}`"),
        None => String::new(),
    };
    if let Some(end) = lifecycle.end_of_life {
        let left = i64::from((end - today).get_days());
        if left <= 0 {
            return Some(format!(
                "`{base}` reached its end of life on {end}{instead}"
            ));
        }
        if left <= NOTICE_DAYS {
            let days = if left == 1 { "day" } else { "days" };
            return Some(format!(
                "`{base}` reaches its end of life on {end}, in {left} {days}{instead}"
            ));
        }
    }
    match lifecycle.status {
        Status::Active => None,
        Status::FewRegions => Some(format!(
            "`{base}` is listed in a few regions only, none of them in the US{instead}"
        )),
        Status::Legacy => Some(format!("`{base}` is listed as legacy{instead}")),
        Status::NotListed => Some(format!("Bedrock no longer lists `{base}`{instead}")),
    }
}

/// Returns a warning about a model that wants a profile.
fn bare_id(facts: &ModelFacts) -> Option<String> {
    let refused = match facts.bare_id {
        BareId::Unknown => return None,
        BareId::SomeRegions => "in some regions",
        BareId::Refused => "on demand",
    };
    let base = &facts.id;
    let profiles: Vec<_> = facts
        .profiles
        .iter()
        .map(|profile| format!("`{profile}.{base}`"))
        .collect();
    let instead = if profiles.is_empty() {
        String::new()
    } else {
        format!(": ask one of its profiles: {}", profiles.join(", "))
    };
    Some(format!(
        "`{base}` cannot be asked by its bare id {refused}{instead}"
    ))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Checks that the warnings about `id` at the end of 2026 contain each of `expected`, and are as many.
    fn check(id: &str, expected: &[&str]) {
        let warnings = Catalog::builtin().warnings(&ModelId::parse(id), date(2026, 11, 22));
        assert_eq!(warnings.len(), expected.len(), "{id}: {warnings:?}");
        for (warning, expected) in warnings.iter().zip(expected) {
            assert!(warning.contains(expected), "{id}: {warning}");
        }
    }

    #[test]
    fn warns_of_what_is_known() {
        check("us.amazon.nova-2-lite-v1:0", &[]);
        check("global.anthropic.claude-sonnet-5", &[]);
        check(
            "amazon.nova-2-lite-v1:0",
            &["bare id on demand: ask one of its profiles: `apac.amazon.nova-2-lite-v1:0`"],
        );
        check(
            "meta.llama3-1-8b-instruct-v1:0",
            &["bare id in some regions: ask one of its profiles: `us.meta"],
        );
        check(
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            &["reached its end of life on 2026-10-14; consider `anthropic.claude-sonnet-5`"],
        );
        check(
            "us.anthropic.claude-opus-4-1-20250805-v1:0",
            &[
                "reaches its end of life on 2027-01-08, in 47 days; consider `anthropic.claude-opus-5`",
            ],
        );
        check("ai21.jamba-1-5-mini-v1:0", &["on 2026-11-26, in 4 days"]);
        check("deepseek.r1-v1:0", &[]); // ends in 2027-03, more than 90 days away
        check(
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            &["a few regions only", "bare id on demand"],
        );
        check(
            "cohere.command-r-v1:0",
            &["no longer lists `cohere.command-r-v1:0`"],
        );
        check(
            "amazon.nova-lite-v1:0:300k",
            &["provisioned throughput only"],
        );
        check(
            "us.amazon.nova-2-light-v1:0",
            &["did you mean `us.amazon.nova-2-lite-v1:0`?"],
        );
        check(
            "arn:aws:bedrock:us-east-1:1:prompt-router/x",
            &["cannot be read from its id"],
        );
    }

    #[test]
    fn the_day_of_the_end_is_the_end() {
        let id = ModelId::parse("ai21.jamba-1-5-mini-v1:0");
        let on = |day| {
            Catalog::builtin()
                .warnings(&id, date(2026, 11, day))
                .concat()
        };
        assert!(on(25).contains("in 1 day"), "{}", on(25));
        assert!(on(26).contains("reached"), "{}", on(26));
    }

    #[test]
    fn finds_what_was_meant() {
        for (id, expected) in [
            (
                "anthropic.claude-sonet-5",
                Some("anthropic.claude-sonnet-5"),
            ),
            ("nova-lit", Some("nova-lite")),
            ("Nova-Lite", None),
            ("eu.amazon.nova-lite", Some("eu.amazon.nova-lite-v1:0")),
            ("amazon.nova-pro-v1", Some("amazon.nova-pro-v1:0")),
            ("us.anthropic.claude-sonnet-5", None),
            ("sonnet", None),
            ("something-else-entirely", None),
            ("arn:aws:bedrock:us-east-1:1:provisioned-model/x", None),
        ] {
            assert_eq!(Catalog::builtin().nearest(id).as_deref(), expected, "{id}");
        }
    }
}
