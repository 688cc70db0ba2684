//! Mathematics on slices: estimates with their uncertainty.
//!
//! Knows nothing of models, suites or money. Every method names its source and is tested against numbers that other
//! software computed. The unit of analysis is the caller's business: repeats of one case are averaged before they come
//! here, and observations that share a context come with the number of their cluster.

mod agreement;
mod interval;
mod quantile;
mod ratio;
mod sample;
mod sign;

pub use agreement::{Agreement, Alpha, Share, corrected_rate};
pub use interval::{
    Interval, clopper_pearson, clustered_t, clustered_wilson, score_interval, student_t, wilson,
};
pub use quantile::{Bounds, quantile_bounds};
pub use ratio::fieller;
pub use sample::{Sample, cluster_error, mean, sd};
pub use sign::sign_test;
