//! Whether a run is told to an OpenTelemetry collector: as `--otel` or the variables of the environment say.
//!
//! What the standard variables mean is read here as far as it decides whether anything is sent; the SDK reads the others.

#[cfg(feature = "otel")]
mod with;
#[cfg(feature = "otel")]
use with as live;
#[cfg(not(feature = "otel"))]
mod without;
use std::time::Duration;
#[cfg(not(feature = "otel"))]
use without as live;

pub(super) use live::Live;

use super::error::CliError;

/// The longest that sending may take, where `OTEL_EXPORTER_OTLP_TIMEOUT` says nothing: OTLP's own.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be sent, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a variable of its own"
)]
pub(super) struct Wanted {
    /// What the flag says; `None` where variables do.
    endpoint: Option<String>,
    traces: bool,
    metrics: bool,
    /// Whether spans hold what was asked and answered.
    content: bool,
    timeout: Duration,
    /// Whether the environment asks for gRPC, which is not spoken.
    grpc: bool,
    /// The span that the run is a part of.
    parent: Option<String>,
}

impl Wanted {
    /// Returns what a flag and the environment ask for; `None` where nobody asks for anything.
    ///
    /// # Errors
    ///
    /// A flag that is no URL, or that this build can do nothing with.
    pub(super) fn find(flag: Option<&str>) -> Result<Option<Self>, CliError> {
        if let Some(url) = flag {
            if !url.starts_with("http://") && !url.starts_with("https://") {
                let error = CliError::usage(format!("`{url}` is no URL of a collector"));
                return Err(error.hint("such as --otel http://localhost:4318"));
            }
            live::check()?;
        }
        let variable = |name: &str| std::env::var(name).ok();
        Ok(Self::of(flag, &variable))
    }

    fn of(flag: Option<&str>, variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let is = |name: &str, values: &[&str]| {
            set(name).is_some_and(|value| values.contains(&&*value.trim().to_lowercase()))
        };
        if flag.is_none() && is("OTEL_SDK_DISABLED", &["true"]) {
            return None;
        }
        let everywhere = flag.is_some() || set("OTEL_EXPORTER_OTLP_ENDPOINT").is_some();
        let wanted = |signal: &str| {
            let own = set(&format!("OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")).is_some();
            (everywhere || own) && !is(&format!("OTEL_{signal}_EXPORTER"), &["none"])
        };
        let (traces, metrics) = (wanted("TRACES"), wanted("METRICS"));
        if !traces && !metrics {
            return None;
        }
        let timeout = set("OTEL_EXPORTER_OTLP_TIMEOUT").and_then(|millis| millis.parse().ok());
        Some(Self {
            endpoint: flag.map(str::to_owned),
            traces,
            metrics,
            content: is(
                "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
                &["true", "span_only", "span_and_event"],
            ),
            grpc: flag.is_none() && is("OTEL_EXPORTER_OTLP_PROTOCOL", &["grpc"]),
            timeout: timeout.map_or(PATIENCE, Duration::from_millis),
            parent: set("TRACEPARENT"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(flag: Option<&str>, variables: &[(&str, &str)]) -> Option<Wanted> {
        let find = |name: &str| {
            let mut found = variables.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| (*value).to_owned())
        };
        Wanted::of(flag, &find)
    }

    #[test]
    fn nothing_is_sent_unless_somebody_asks() {
        let here = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
        let url = Some("http://c");
        for (flag, variables, expected) in [
            (None, &[][..], None),
            (None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], None),
            (None, &[here], Some((true, true))),
            (url, &[], Some((true, true))),
            (None, &[here, ("OTEL_SDK_DISABLED", "TRUE")], None),
            (url, &[("OTEL_SDK_DISABLED", "true")], Some((true, true))),
            (
                None,
                &[here, ("OTEL_TRACES_EXPORTER", "none")],
                Some((false, true)),
            ),
            (
                None,
                &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c")],
                Some((true, false)),
            ),
            (
                url,
                &[
                    ("OTEL_TRACES_EXPORTER", "none"),
                    ("OTEL_METRICS_EXPORTER", "none"),
                ],
                None,
            ),
        ] {
            let wanted = wanted(flag, variables);
            let signals = wanted.map(|wanted| (wanted.traces, wanted.metrics));
            assert_eq!(signals, expected, "{flag:?} {variables:?}");
        }
    }

    #[test]
    fn grpc_is_not_spoken_and_a_flag_means_http() {
        let grpc = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ];
        assert!(wanted(None, &grpc).unwrap().grpc);
        assert!(!wanted(Some("http://c:4318"), &grpc).unwrap().grpc);
        assert!(!wanted(None, &grpc[..1]).unwrap().grpc);
    }

    #[test]
    fn content_is_never_sent_unless_the_standard_variable_says_so() {
        let name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
        for (value, expected) in [
            ("", false),
            ("false", false),
            ("NO_CONTENT", false),
            ("EVENT_ONLY", false),
            ("true", true),
            ("SPAN_ONLY", true),
            ("SPAN_AND_EVENT", true),
        ] {
            let wanted = wanted(Some("http://c"), &[(name, value)]).unwrap();
            assert_eq!(wanted.content, expected, "{value}");
        }
    }
}
