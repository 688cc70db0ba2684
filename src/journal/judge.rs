//! What judges were asked: calls and tokens, in each record; who they are and at what price, in the header.

use serde::{Deserialize, Serialize};

use super::record::{Attempt, Record, billed};
use crate::catalog::{PriceRow, Usd};
use crate::model::Request;

/// A judge of a suite, or a model that makes vectors for its checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeRecord {
    /// Its name in reports.
    pub label: String,
    /// The id that is asked.
    pub model: String,
    /// The region that is asked, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Its service tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// The price row that applies; `None` where it is unpriced.
    pub price: Option<PriceRow>,
}

impl JudgeRecord {
    /// Returns whether `request` is put to this judge.
    pub fn is_asked_by(&self, request: &Request) -> bool {
        self.model == request.model
            && self.region == request.region
            && self.service_tier == request.service_tier
    }
}

/// One question that was put to a judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeCall {
    /// Which judge of the suite, by its place in the header.
    pub judge: u32,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
}

impl Record {
    /// Returns what judging the trial costs, whether paid in this run or not, with the judges of its suite.
    ///
    /// `None` if something was billed and the judge is unpriced; zero if nothing was billed.
    pub fn judge_cost(&self, judges: &[JudgeRecord]) -> Option<Usd> {
        self.judge_bill(judges, |_| true)
    }

    /// Returns what judging the trial was charged in this run: its cost without recorded attempts.
    pub fn judge_paid(&self, judges: &[JudgeRecord]) -> Option<Usd> {
        self.judge_bill(judges, |attempt| !attempt.recorded)
    }

    fn judge_bill(&self, judges: &[JudgeRecord], counts: impl Fn(&Attempt) -> bool) -> Option<Usd> {
        let mut sum = Usd::ZERO;
        for call in &self.judge_calls {
            let judge = judges.get(call.judge as usize);
            let price = judge.and_then(|judge| judge.price.as_ref());
            sum += billed(
                call.attempts.iter().filter(|attempt| counts(attempt)),
                price,
            )?;
        }
        Some(sum)
    }
}
