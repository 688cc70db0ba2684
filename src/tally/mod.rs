//! Records become numbers.
//!
//! [`PlanOrder`] reads a journal in the order of the plan, [`Tally`] counts its records as they pass, one at a time. What
//! grows with a run is a few numbers per trial; no text is kept. Must never ask for more data than the journal holds.

mod by_case;
mod compare;
mod count;
mod estimate;
mod estimator;
#[cfg(test)]
pub(crate) mod fixture;
mod forecast;
mod gates;
mod judging;
mod learned;
mod noise;
mod opinions;
mod otherwise;
mod records;
#[expect(
    clippy::module_inception,
    reason = "the folder is named for the stage, the file for its central type"
)]
mod tally;

pub use by_case::CaseKey;
pub use compare::{
    AGAIN, Baseline, BaselineError, BaselineHead, BaselineRow, CascadeOutcome, Chosen, Comparison,
    Contest, ENOUGH, Early, Evidence, Flip, Missing, Needed, OnFront, Opponent, Outcome, PairSet,
    Pairing, Ratio, Side, Watched, Withheld, WorstCase, compared, contests, front, front_contests,
    pooled,
};
pub use count::{CaseCount, Count, Mean};
pub use estimate::{CONFIDENCE, CostPerPass, Estimate, Method, Timing, TimingQuantile};
pub use forecast::{Burden, Forecast, ForecastRow, Span};
pub use gates::{Decided, GateStatus, Reason, decided, gate_contests};
pub use judging::{Bench, Benches, Corrected, FEW_LABELS, Judging, Pairs};
pub use learned::{Basis, Learned};
pub use noise::{Noise, NoiseSpread};
pub use otherwise::Otherwise;
pub use records::{PlanOrder, RecordsError};
pub use tally::{Overall, Tally};
