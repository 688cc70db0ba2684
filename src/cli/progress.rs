//! Progress on stderr: a bar on a terminal, a plain line now and then elsewhere.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::clock::{Clock, Expected};
use super::log::{Level, Line};
use super::told;
use super::ui::{Ui, plural};
use crate::catalog::Usd;
use crate::journal::TrialStatus;
use crate::report::span_of_time;
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
    /// Shows what `told` says of what `events` tell of `planned` trials, on a thread of its own, until nobody sends any more and it is unparked.
    ///
    /// It looks ten times a second: to be woken by every event would cost a run more than counting it. `look_ahead` says what is
    /// expected of the run, on another thread.
    pub(super) fn show(
        self,
        ui: &Ui,
        told: Told,
        planned: u64,
        events: Receiver<Event>,
        look_ahead: LookAhead,
    ) -> JoinHandle<()> {
        let ui = ui.clone();
        let style = match self {
            Self::Auto if ui.may_draw() => Self::Bar,
            Self::Auto => Self::Plain,
            Self::Bar if ui.is_json() => Self::Plain,
            chosen => chosen,
        };
        let (sender, expected) = channel();
        if let (Some(look), true) = (look_ahead, style != Self::None) {
            // A run does not wait for it, and may be over before.
            std::thread::spawn(move || look().map(|expected| sender.send(expected)));
        }
        std::thread::spawn(move || Watcher::new(style, ui, told, planned, expected).watch(&events))
    }
}

/// Hears of every event, on the thread that shows progress; returns what there is to tell of its own.
pub(super) type Ear = Box<dyn FnMut(&Event) -> Option<Line> + Send>;

/// Who hears of a run beside whoever looks at its progress.
#[derive(Default)]
pub(super) struct Told {
    /// Whether every call is told.
    pub(super) calls: bool,
    /// Hears of everything.
    pub(super) ear: Option<Ear>,
}

/// What has happened so far.
struct Watcher {
    style: Progress,
    ui: Ui,
    told: Told,
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
    fn new(
        style: Progress,
        ui: Ui,
        told: Told,
        planned: u64,
        expected: Receiver<Expected>,
    ) -> Self {
        Self {
            style,
            ui,
            told,
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
                        let heard = self.told.ear.as_mut().and_then(|ear| ear(&event));
                        if let Some(line) = heard {
                            bar.suspend(|| self.ui.tell(&line));
                        }
                        if self.is_told(&event)
                            && let Some(line) = told::line_of(&event)
                        {
                            bar.suspend(|| self.ui.tell(&line));
                        }
                        self.note(event);
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
                    let line = self.line();
                    self.ui.tell(&line);
                }
                _ => {}
            }
            std::thread::park_timeout(TICK);
        }
        bar.finish_and_clear();
        if self.ui.is_json() && self.style != Progress::None {
            let line = self.line();
            self.ui.tell(&line);
        }
    }

    /// Takes in what is expected, and says it where lines are few.
    fn begin(&mut self, expected: Expected) {
        let whole = expected.total();
        self.clock.expect(expected);
        if self.style == Progress::Plain && whole > LINE_EVERY {
            let trials = plural(self.planned, "trial");
            let message = format!("{trials} to ask, about {}", span_of_time(whole));
            let line = Line::new(Level::Info, "run_expected", message)
                .with("planned", self.planned)
                .with("expected_ms", told::millis(whole));
            self.ui.tell(&line);
        }
    }

    /// Returns whether an event gets a line that stays.
    fn is_told(&self, event: &Event) -> bool {
        match event {
            Event::Called(_) => self.told.calls,
            // People see them counted.
            Event::Retrying { .. } => self.ui.is_json() && self.style != Progress::None,
            _ => self.style != Progress::None,
        }
    }

    /// Counts an event.
    fn note(&mut self, event: Event) {
        match event {
            Event::Slow { .. } | Event::Called(_) => {}
            Event::GivenUp { model, .. } => self.clock.give_up(&model),
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
    }

    /// Returns the line of the progress so far.
    fn line(&mut self) -> Line {
        let summary = self.summary();
        let message = format!("{}/{} {summary}", self.finished, self.planned);
        let line = Line::new(Level::Info, "progress", message)
            .with("finished", self.finished)
            .with("planned", self.planned);
        let line = ORDER.iter().fold(line, |line, status| {
            let count = self.by_status.get(status.as_str());
            line.with(status.as_str(), count.copied().unwrap_or_default())
        });
        line.with("cost_usd", self.paid.to_f64())
            .with("unpriced", self.unpriced)
            .with("retries", self.retries)
            .with("elapsed_ms", told::millis(self.clock.elapsed()))
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
