//! Progress on stderr: a bar on a terminal, a plain line now and then elsewhere.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::clock::{Clock, Expected};
use super::ui::{Ui, plural};
use crate::catalog::Usd;
use crate::journal::TrialStatus;
use crate::report::{safe_text, span_of_time};
use crate::run::Event;

/// Between two looks at the bar.
const TICK: Duration = Duration::from_millis(100);
/// Between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// How long the last failure is shown at least.
const SHOWN_FOR: Duration = Duration::from_secs(2);

/// The order in which counts are shown.
const ORDER: [TrialStatus; 4] = [
    TrialStatus::Passed,
    TrialStatus::Failed,
    TrialStatus::Undecided,
    TrialStatus::Error,
];

/// Says what is expected of a run, if that is known.
pub(super) type LookAhead = Option<Box<dyn FnOnce() -> Option<Expected> + Send>>;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Progress {
    /// A bar on a terminal, plain lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// A line every ten seconds.
    Plain,
    /// Nothing.
    None,
}

impl Progress {
    /// Shows what `events` tell of `planned` trials, on a thread of its own, until nobody sends any more and it is unparked.
    ///
    /// It looks ten times a second: to be woken by every event would cost a run more than counting it. `look_ahead` says what is
    /// expected of the run, on another thread.
    pub(super) fn show(
        self,
        ui: &Ui,
        planned: u64,
        events: Receiver<Event>,
        look_ahead: LookAhead,
    ) -> JoinHandle<()> {
        let style = match self {
            Self::Auto if ui.may_draw() => Self::Bar,
            Self::Auto => Self::Plain,
            chosen => chosen,
        };
        let (sender, expected) = channel();
        if let (Some(look), true) = (look_ahead, style != Self::None) {
            // A run does not wait for it, and may be over before.
            std::thread::spawn(move || look().map(|expected| sender.send(expected)));
        }
        std::thread::spawn(move || Watcher::new(style, planned, expected).watch(&events))
    }
}

/// What has happened so far.
struct Watcher {
    style: Progress,
    planned: u64,
    clock: Clock,
    expected: Receiver<Expected>,
    finished: u64,
    by_status: BTreeMap<&'static str, u64>,
    paid: Usd,
    unpriced: bool,
    retries: u64,
    retrying: Option<(Instant, String)>,
}

impl Watcher {
    fn new(style: Progress, planned: u64, expected: Receiver<Expected>) -> Self {
        Self {
            style,
            planned,
            clock: Clock::new(planned),
            expected,
            finished: 0,
            by_status: BTreeMap::new(),
            paid: Usd::ZERO,
            unpriced: false,
            retrying: None,
            retries: 0,
        }
    }

    fn watch(mut self, events: &Receiver<Event>) {
        let target = match self.style {
            Progress::Bar => ProgressDrawTarget::stderr(),
            _ => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(self.planned), target);
        let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {wide_msg}")
            .expect("the template is well formed");
        bar.set_style(style.progress_chars("━╸─"));
        let mut next_line = Instant::now() + LINE_EVERY;
        loop {
            let is_over = loop {
                match events.try_recv() {
                    Ok(event) => {
                        let line = self.note(event);
                        if let (Some(line), true) = (line, self.style != Progress::None) {
                            bar.suspend(|| Ui::new().note(&safe_text(&line)));
                        }
                    }
                    Err(why) => break why == TryRecvError::Disconnected,
                }
            };
            if is_over {
                break;
            }
            if let Ok(expected) = self.expected.try_recv() {
                self.begin(expected);
            }
            match self.style {
                Progress::Bar => {
                    bar.set_position(self.finished);
                    bar.set_message(self.summary());
                }
                Progress::Plain if Instant::now() >= next_line => {
                    next_line += LINE_EVERY;
                    let summary = self.summary();
                    let (finished, planned) = (self.finished, self.planned);
                    Ui::new().note(&format!("{finished}/{planned} {summary}"));
                }
                _ => {}
            }
            std::thread::park_timeout(TICK);
        }
        bar.finish_and_clear();
    }

    /// Takes in what is expected, and says it where lines are few.
    fn begin(&mut self, expected: Expected) {
        let whole = expected.total();
        self.clock.expect(expected);
        if self.style == Progress::Plain && whole > LINE_EVERY {
            Ui::new().note(&format!(
                "{} to ask, about {}",
                plural(self.planned, "trial"),
                span_of_time(whole)
            ));
        }
    }

    /// Counts an event; returns a line that should stay, if it has one.
    fn note(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Slow { model, message } => {
                return Some(format!("`{model}` has not answered yet: {message}"));
            }
            Event::GivenUp {
                model,
                message,
                hint,
            } => {
                self.clock.give_up(&model);
                let hint = hint.map_or(String::new(), |hint| format!("\nhint: {hint}"));
                return Some(format!("`{model}` is not asked any more: {message}{hint}"));
            }
            Event::Finished {
                status,
                paid,
                model,
                latency,
                ..
            } => {
                self.finished += 1;
                self.clock.finished(&model, latency);
                *self.by_status.entry(status.as_str()).or_default() += 1;
                match paid {
                    Some(paid) => self.paid += paid,
                    None => self.unpriced = true,
                }
            }
            Event::Retrying { model, kind, wait } => {
                self.retries += 1;
                // Where nothing is waited for, nobody needs to know.
                if !wait.is_zero() {
                    let until = Instant::now() + wait.max(SHOWN_FOR);
                    self.retrying = Some((until, format!("{model} {}", kind.as_str())));
                }
            }
        }
        None
    }

    /// Counts, time left, cost so far, rate; what was last asked again. The most telling comes first, since a narrow
    /// terminal cuts the end.
    fn summary(&mut self) -> String {
        let mut parts: Vec<String> = ORDER
            .iter()
            .filter_map(|status| Some((self.by_status.get(status.as_str())?, status)))
            .map(|(count, status)| format!("{count} {}", status.as_str()))
            .collect();
        if let Some(left) = self.clock.left() {
            parts.push(format!("about {} left", span_of_time(left)));
        }
        let unpriced = if self.unpriced { " + unpriced" } else { "" };
        parts.push(format!("${:.3}{unpriced}", self.paid.to_f64()));
        let seconds = self.clock.elapsed().as_secs_f64();
        if self.finished > 0 && seconds > 0.5 {
            parts.push(format!("{:.0}/s", to_f64(self.finished) / seconds));
        }
        if self.retries > 0 {
            parts.push(format!("{} asked again", self.retries));
        }
        let fresh = self
            .retrying
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until);
        parts.extend(fresh.map(|(_, what)| what.clone()));
        parts.join(" · ")
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn to_f64(count: u64) -> f64 {
    count as f64
}
