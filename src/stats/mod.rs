//! Mathematics on slices: estimates with their uncertainty.
//!
//! Knows nothing of models, suites or money. Every method names its source and is tested against numbers that other
//! software computed. The unit of analysis is the caller's business: repeats of one case are averaged before they come
//! here, and observations that share a context come with the number of their cluster.

mod agreement;
mod bootstrap;
mod cascade;
mod difference;
mod distribution;
mod interval;
mod labelled;
mod pairs;
mod power;
mod quantile;
mod random;
mod ratio;
mod repeats;
mod sample;
pub mod sequential;
mod several;
mod sign;
mod strata;
mod variance;
mod verdict;

pub use agreement::{Agreement, Alpha, Share, corrected_rate};
pub use bootstrap::Bootstrap;
pub use cascade::Cascade;
pub use difference::{Differences, above_share};
pub use interval::{
    Interval, clopper_pearson, clustered_t, clustered_wilson, independent_wilson, score_interval,
    student_t, wilson,
};
pub use labelled::powered_mean;
pub use pairs::PairTable;
pub use power::{
    PairPower, USUAL_DISCORDANCE, cases_for_margin, cases_needed, cases_with_repeats, detectable,
    detectable_at_best, detectable_by_t, detectable_rate, pair_power, pairs_needed,
};
pub use quantile::{Bounds, clustered_quantile_bounds, quantile_bounds};
pub use random::Random;
pub use ratio::{fieller, ratio_error};
pub use repeats::{Repeats, Stability, got_worse_p, repeats_to_certify};
pub use sample::{Sample, cluster_error, mean, sd};
pub use several::{benjamini_hochberg, holm};
pub use sign::sign_test;
pub use strata::{Stratum, stratified};
pub use variance::{Causes, Spread};
pub use verdict::{LEVEL, Verdict};
