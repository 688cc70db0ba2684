//! Flags that commands share, and values of flags that need reading.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::journal::RunOptions;

/// Who answers in place of Bedrock, or keeps what it answers.
#[derive(Debug, Clone, Args)]
pub(super) struct RecordingArgs {
    /// Write every exchange to this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["replay", "cache"], help_heading = "Recordings")]
    pub record: Option<PathBuf>,
    /// Answer only from this folder: no network, no credentials; what is missing is an error
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "cache",
        help_heading = "Recordings"
    )]
    pub replay: Option<PathBuf>,
    /// Answer from this folder, and record what is missing
    #[arg(long, value_name = "DIR", help_heading = "Recordings")]
    pub cache: Option<PathBuf>,
}

/// Where runs are.
#[derive(Debug, Clone, Args)]
pub(super) struct RunDirArgs {
    /// Where run folders are
    #[arg(
        long,
        visible_alias = "out",
        value_name = "DIR",
        default_value = "reports/"
    )]
    pub run_dir: PathBuf,
}

/// Whom to ask, and at what prices.
#[derive(Debug, Clone, Args)]
pub(super) struct AwsArgs {
    /// Where to ask instead of the region's endpoint
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub endpoint_url: Option<String>,
    /// The AWS region
    #[arg(long, help_heading = "AWS")]
    pub region: Option<String>,
    /// The profile of the AWS configuration
    #[arg(long, help_heading = "AWS")]
    pub profile: Option<String>,
    /// A price table whose rows add to or replace the built-in ones
    #[arg(long, value_name = "FILE", help_heading = "AWS")]
    pub pricing: Option<PathBuf>,
}

/// What is told of single calls.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct TellArgs {
    /// Tell of every call on stderr: time, tokens, cost, wait, error, request id
    #[arg(short, long)]
    pub verbose: bool,
    /// Send traces and metrics to this OpenTelemetry collector (OTLP over HTTP), in builds with the feature `otel`
    #[arg(long, value_name = "URL")]
    pub otel: Option<String>,
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl RecordingArgs {
    /// Returns the options of a run that these flags set.
    pub(super) fn options(&self) -> RunOptions {
        RunOptions {
            record: self.record.as_deref().map(shown),
            replay: self.replay.as_deref().map(shown),
            cache: self.cache.as_deref().map(shown),
            ..RunOptions::default()
        }
    }
}

impl AwsArgs {
    /// Returns `options` with what these flags set; what they do not set stays as it is.
    pub(super) fn over(&self, options: RunOptions) -> RunOptions {
        RunOptions {
            endpoint_url: self.endpoint_url.clone().or(options.endpoint_url),
            region: self.region.clone().or(options.region),
            profile: self.profile.clone().or(options.profile),
            pricing: self.pricing.as_deref().map(shown).or(options.pricing),
            ..options
        }
    }
}

/// Reads a duration: `3000` is milliseconds, `250ms`, `3s`, `2m`, `1h` say their unit.
///
/// # Errors
///
/// Anything else, in a sentence.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds_per_unit = match unit {
        "" | "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("`{unit}` is no unit of time: use ms, s, m or h")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "expected a duration such as 3000, 3s or 2m".to_owned())?;
    let duration = Duration::try_from_secs_f64(number * seconds_per_unit);
    match duration.map_err(|error| error.to_string())? {
        Duration::ZERO => Err("expected a duration above zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Reads a count of at least one.
///
/// # Errors
///
/// Anything else, in a sentence.
pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("expected a number of at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("expected a whole number of at least 1".to_owned()),
    }
}

/// Reads a fraction from 0 to below 1.
pub(super) fn fraction(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(fraction) if (0.0..1.0).contains(&fraction) => Ok(fraction),
        _ => Err("expected a fraction from 0 to 1, such as 0.02 for two points".to_owned()),
    }
}

/// Reads a share of something that is not nothing: above 0, at most 1.
///
/// # Errors
///
/// Anything else, in a sentence.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("expected a share above 0 and up to 1, such as 0.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_say_their_unit_or_are_milliseconds() {
        for (text, millis) in [
            ("3000", 3_000),
            ("250ms", 250),
            ("3s", 3_000),
            ("2m", 120_000),
            ("1.5s", 1_500),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "3 s", "3d", "-1s", "0"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
