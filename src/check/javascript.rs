//! `javascript`: a script of the suite's own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::metrics::Metrics;
use super::prepared::Prepared;
use super::returned;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::script::Script;
use crate::text::shortened;

/// Characters of a script that a reason shows.
const SHOWN: usize = 60;

/// Calls a script with the output.
#[derive(Debug, Clone)]
pub struct JavaScript {
    /// Returns true or false, a number that is the score, or `{pass, score, reason, namedScores}`.
    pub script: Prepared<Script>,
    /// The least number that passes; without it every number above 0 does.
    pub threshold: Option<f64>,
}

impl JavaScript {
    pub(super) fn verdict(
        &self,
        subject: &Subject<'_>,
        metrics: &mut Metrics,
    ) -> Result<Verdict, String> {
        let script = self.script.get(subject.vars)?;
        let value = called(&script, subject)?;
        returned::verdict_or_result(&shown(&script), &value, self.threshold, metrics)
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.script.variables());
    }
}

/// Calls a script with an output and what is known of it.
pub(super) fn called(script: &Script, subject: &Subject<'_>) -> Result<Value, String> {
    let context = json!({
        "vars": subject.vars,
        "tool_calls": subject.tool_calls,
        "latency_ms": subject.latency_ms,
        "stop_reason": subject.stop_reason,
    });
    match script.call(subject.output, &context) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(format!("`{}` gives nothing", shown(script))),
        Err(error) => Err(format!("`{}` failed: {error}", shown(script))),
    }
}

fn shown(script: &Script) -> String {
    let line = script.source().split_whitespace().collect::<Vec<_>>();
    shortened(&line.join(" "), SHOWN)
}

#[cfg(all(test, feature = "js"))]
mod tests {
    use serde_json::Map;

    use super::super::{Check, Kind, Status};
    use super::*;

    fn judged(type_name: &str, source: &str, threshold: Option<f64>) -> (Status, Option<f64>) {
        let script = Prepared::ready(Script::parse(source).expect("the scripts are written here"));
        let kind = Kind::JavaScript(JavaScript { script, threshold });
        let (output, vars) = (json!("hello"), Map::from_iter([("n".to_owned(), json!(5))]));
        let subject = Subject::canned(&output, &vars);
        let result = Check::new(type_name, kind).judge(&subject);
        (result.status, result.score)
    }

    #[test]
    fn a_long_reason_is_cut_short() {
        let mut metrics = Metrics::default();
        let value = json!({"pass": false, "reason": "x".repeat(1_000_000)});
        let verdict = returned::verdict_or_result("it", &value, None, &mut metrics);
        assert!(verdict.is_ok_and(|verdict| verdict.reason.len() < 1_100));
    }

    #[test]
    fn booleans_numbers_and_results_are_verdicts() {
        use Status::{Failed, Passed, Undecided};
        for (type_name, source, threshold, expected) in [
            (
                "javascript",
                "output.length === context.vars.n",
                None,
                (Passed, Some(1.0)),
            ),
            (
                "not-javascript",
                "output.length > 3",
                None,
                (Failed, Some(0.0)),
            ),
            ("javascript", "0.5", None, (Passed, Some(0.5))),
            ("javascript", "0.5", Some(0.6), (Failed, Some(0.5))),
            ("not-javascript", "0.5", Some(0.6), (Passed, Some(0.5))),
            ("not-javascript", "0", None, (Passed, Some(0.0))),
            (
                "javascript",
                "({pass: true, score: 0, reason: 'r'})",
                None,
                (Passed, Some(0.0)),
            ),
            ("javascript", "({pass: false})", None, (Failed, Some(0.0))),
            ("javascript", "({score: 1})", None, (Undecided, None)),
            ("javascript", "undefined", None, (Undecided, None)),
            ("javascript", "[]", None, (Undecided, None)),
            ("not-javascript", "nothing.there", None, (Undecided, None)),
        ] {
            let found = judged(type_name, source, threshold);
            assert_eq!(found, expected, "{type_name}: {source}");
        }
    }
}
