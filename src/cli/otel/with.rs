//! In builds that can tell a collector.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::Wanted;
use crate::cli::error::CliError;
use crate::cli::log::Line;
use crate::cli::progress::Ear;
use crate::cli::ui::Ui;
use crate::run::Watch;
use crate::telemetry::{Server, Settings, Telemetry};

/// A run that is told to a collector.
pub(in crate::cli) struct Live {
    telemetry: Arc<Telemetry>,
    content: bool,
}

/// Returns whether this build can do it.
///
/// # Errors
///
/// None.
#[expect(clippy::unnecessary_wraps, reason = "other builds cannot")]
pub(super) fn check() -> Result<(), CliError> {
    Ok(())
}

impl Live {
    /// Begins to tell of a run, if that is wanted and can be done; what hinders it is worth a warning and no more.
    pub(in crate::cli) fn start(
        wanted: Option<Wanted>,
        run: &str,
        (endpoint, region): (Option<&str>, Option<&str>),
        runtime: &Handle,
        ui: &Ui,
    ) -> Option<Self> {
        let wanted = wanted?;
        if wanted.grpc {
            let why =
                "OTEL_EXPORTER_OTLP_PROTOCOL asks for gRPC; name a port of OTLP/HTTP with --otel";
            ui.note(&format!("warning: no telemetry is sent: {why}"));
            return None;
        }
        let settings = Settings {
            endpoint: wanted.endpoint,
            traces: wanted.traces,
            metrics: wanted.metrics,
            timeout: wanted.timeout,
            parent: wanted.parent,
            server: Server {
                endpoint: endpoint.map(str::to_owned),
                region: region.map(str::to_owned),
            },
            run: run.to_owned(),
        };
        match Telemetry::start(&settings, runtime) {
            Ok(telemetry) => Some(Self {
                telemetry: Arc::new(telemetry),
                content: wanted.content,
            }),
            Err(why) => {
                ui.note(&format!("warning: no telemetry is sent: {why}"));
                None
            }
        }
    }

    /// Returns how closely the run must be watched.
    pub(in crate::cli) fn watch(&self) -> Watch {
        if self.content {
            Watch::Content
        } else {
            Watch::Calls
        }
    }

    /// Returns what hears of the run's events.
    pub(in crate::cli) fn ear(&self) -> Ear {
        let telemetry = Arc::clone(&self.telemetry);
        Box::new(move |event| {
            telemetry.hear(event);
            telemetry.problem().map(|problem| warning(&problem))
        })
    }

    /// Ends it, once nobody has an [`ear`](Self::ear) any more. Waits for what is left to be sent, a few seconds at most.
    pub(in crate::cli) fn finish(self, ui: &Ui) {
        let problem = Arc::into_inner(self.telemetry).and_then(Telemetry::finish);
        if let Some(problem) = problem {
            ui.tell(&warning(&problem));
        }
    }
}

fn warning(problem: &str) -> Line {
    Line::of(&format!("warning: {problem}"))
}
