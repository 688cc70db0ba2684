//! What a suite asks of a model's numbers: bounds that decide whether a run is good enough.
//!
//! Only the asking is here. `tally` decides, once there are numbers.

mod expression;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use expression::GateError;

/// A bound that must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What must hold.
    pub rule: Rule,
    /// The labels of the models that it judges; empty for all but the baseline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The line of the suite that declares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A number is high or low enough.
    Bound {
        /// Which number.
        quantity: Quantity,
        /// How it is bounded.
        bound: Bound,
        /// How sure it must be, one-sided; without it the estimate decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confidence: Option<f64>,
    },
    /// The model is not worse than another by a margin or more.
    NoWorseThan(Against),
    /// The model is better than another.
    BetterThan(Against),
}

/// Whom a model is held against.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Against {
    /// Its label; the suite's baseline if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// By how much, as a fraction; the suite's margin if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// How sure it must be, one-sided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// How a number is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It must be so high.
    AtLeast(f64),
    /// It must be so low.
    AtMost(f64),
}

/// A number of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// The mean over cases of passed ÷ (passed + failed).
    PassRate,
    /// What a passed trial costs, in dollars, judges left out.
    CostPerPass,
    /// What was paid for the suite, in dollars, judges included.
    TotalCost,
    /// A percentile of latency, in milliseconds.
    Latency(Percentile),
    /// A percentile of the time to the first token, in milliseconds.
    Ttft(Percentile),
    /// The mean over cases of a named metric.
    Metric(String),
    /// The share of planned trials that passed or failed.
    Completeness,
    /// The share of cases whose repeats show that they pass now and then.
    FlakyShare,
}

/// Percentiles that are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Percentile {
    /// The median.
    P50,
    /// The 90th.
    P90,
    /// The 95th.
    P95,
    /// The 99th.
    P99,
}

impl Percentile {
    /// Every one.
    const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P95, Self::P99];

    /// Returns it as a share: 0.95.
    pub fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }
}

/// Names of quantities that have no parameter but a percentile.
pub const QUANTITIES: [&str; 13] = [
    "pass_rate",
    "cost_per_pass",
    "total_cost",
    "latency_p50",
    "latency_p90",
    "latency_p95",
    "latency_p99",
    "ttft_p50",
    "ttft_p90",
    "ttft_p95",
    "ttft_p99",
    "completeness",
    "flaky_share",
];

impl Quantity {
    /// Returns the quantity of one of [`QUANTITIES`].
    pub fn named(name: &str) -> Option<Self> {
        let percentile = |rest: &str| Percentile::ALL.into_iter().find(|p| p.name() == rest);
        Some(match name {
            "pass_rate" => Self::PassRate,
            "cost_per_pass" => Self::CostPerPass,
            "total_cost" => Self::TotalCost,
            "completeness" => Self::Completeness,
            "flaky_share" => Self::FlakyShare,
            _ => match name.split_once('_')? {
                ("latency", rest) => Self::Latency(percentile(rest)?),
                ("ttft", rest) => Self::Ttft(percentile(rest)?),
                _ => return None,
            },
        })
    }

    /// Returns whether it is a time, in milliseconds.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Latency(_) | Self::Ttft(_))
    }

    /// Returns whether it needs prices.
    pub fn is_money(&self) -> bool {
        matches!(self, Self::CostPerPass | Self::TotalCost)
    }

    /// Returns whether it is estimated with an interval, so that one can ask how sure it is.
    pub fn has_interval(&self) -> bool {
        !matches!(
            self,
            Self::TotalCost | Self::Completeness | Self::FlakyShare
        )
    }
}

impl Bound {
    /// Returns the number.
    pub fn value(self) -> f64 {
        match self {
            Self::AtLeast(value) | Self::AtMost(value) => value,
        }
    }

    /// Returns whether a number keeps it.
    pub fn holds(self, number: f64) -> bool {
        match self {
            Self::AtLeast(value) => number >= value,
            Self::AtMost(value) => number <= value,
        }
    }
}

impl Gate {
    /// Returns whether it needs the price of what it judges.
    pub fn needs_prices(&self) -> bool {
        matches!(&self.rule, Rule::Bound { quantity, .. } if quantity.is_money())
    }

    /// Returns whom it holds models against, if it does.
    pub fn against(&self) -> Option<&Against> {
        match &self.rule {
            Rule::NoWorseThan(against) | Rule::BetterThan(against) => Some(against),
            Rule::Bound { .. } => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PassRate => f.write_str("pass_rate"),
            Self::CostPerPass => f.write_str("cost_per_pass"),
            Self::TotalCost => f.write_str("total_cost"),
            Self::Latency(percentile) => write!(f, "latency_{}", percentile.name()),
            Self::Ttft(percentile) => write!(f, "ttft_{}", percentile.name()),
            Self::Metric(name) => write!(f, "metric:{name}"),
            Self::Completeness => f.write_str("completeness"),
            Self::FlakyShare => f.write_str("flaky_share"),
        }
    }
}

/// As `--gate` takes it.
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (against, name) = match &self.rule {
            Rule::Bound {
                quantity,
                bound,
                confidence,
            } => {
                let sign = match bound {
                    Bound::AtLeast(_) => ">=",
                    Bound::AtMost(_) => "<=",
                };
                write!(f, "{quantity}{sign}{}", bound.value())?;
                return confidence.map_or(Ok(()), |confidence| write!(f, "@{confidence}"));
            }
            Rule::NoWorseThan(against) => (against, "no_worse_than"),
            Rule::BetterThan(against) => (against, "better_than"),
        };
        f.write_str(name)?;
        if let Some(baseline) = &against.baseline {
            write!(f, "={baseline}")?;
        }
        if let Some(confidence) = against.confidence {
            write!(f, "@{confidence}")?;
        }
        Ok(())
    }
}
