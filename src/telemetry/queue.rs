//! Spans on their way: a queue with an end, and a thread that sends what is in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanExporter as _, SpanProcessor};
use tokio::runtime::Handle;

use super::health::Health;

/// Spans that are sent together, as the SDK does it.
const TOGETHER: usize = 512;
/// Spans that may wait, at about a kilobyte each. More are lost.
const MOST_WAITING: usize = 32_768;
/// How long spans wait for more of them at most.
const TICK: Duration = Duration::from_secs(1);
/// How long nothing is sent to a collector that did not answer.
const REST: Duration = Duration::from_secs(5);

/// What the thread is told.
enum Message {
    /// A span has ended.
    Ended(Box<SpanData>),
    /// Send what there is, say so, and go.
    Finish(std::sync::mpsc::Sender<()>),
}

/// The end of the queue that spans enter.
#[derive(Debug)]
pub(super) struct Queue {
    entry: SyncSender<Message>,
    health: Arc<Health>,
}

/// The thread that sends.
pub(super) struct Sender(SyncSender<Message>);

impl Queue {
    /// Starts a thread that sends what enters the queue with `exporter`; `refused` says of its last attempt whether
    /// sending the same again is of no use.
    pub(super) fn start(
        mut exporter: SpanExporter,
        resource: &Resource,
        runtime: &Handle,
        refused: Arc<AtomicBool>,
        health: &Arc<Health>,
    ) -> Result<(Self, Sender), String> {
        exporter.set_resource(resource);
        let (entry, exit) = sync_channel(MOST_WAITING);
        let leaving = Leaving {
            exporter,
            runtime: runtime.clone(),
            refused,
            waiting: Vec::new(),
            rests_until: Instant::now(),
            health: Arc::clone(health),
        };
        let thread = std::thread::Builder::new().name("telemetry".to_owned());
        let started = thread.spawn(move || leaving.send_all(&exit));
        started.map_err(|error| format!("no thread to send with: {error}"))?;
        let queue = Self {
            entry: entry.clone(),
            health: Arc::clone(health),
        };
        Ok((queue, Sender(entry)))
    }
}

impl Sender {
    /// Sends what is left, and returns when that was tried.
    pub(super) fn finish(self) {
        let (done, is_done) = channel();
        if self.0.send(Message::Finish(done)).is_ok() {
            // A thread that is gone has nothing left to send.
            let _ = is_done.recv();
        }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.entry.try_send(Message::Ended(Box::new(span))).is_err() {
            self.health
                .note(None, "it takes less than there is to tell");
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The thread's own.
struct Leaving {
    exporter: SpanExporter,
    runtime: Handle,
    refused: Arc<AtomicBool>,
    waiting: Vec<SpanData>,
    rests_until: Instant,
    health: Arc<Health>,
}

impl Leaving {
    fn send_all(mut self, exit: &Receiver<Message>) {
        let mut next = Instant::now() + TICK;
        loop {
            let wait = next.saturating_duration_since(Instant::now());
            match exit.recv_timeout(wait) {
                Ok(Message::Ended(span)) => {
                    self.waiting.push(*span);
                    if !self.waiting.len().is_multiple_of(TOGETHER) && Instant::now() < next {
                        continue;
                    }
                }
                Ok(Message::Finish(done)) => {
                    self.send();
                    // Whoever asked may have lost patience.
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            next = Instant::now() + TICK;
            if Instant::now() >= self.rests_until {
                self.send();
            }
        }
    }

    /// Sends what waits, until there is nothing left or nobody answers.
    fn send(&mut self) {
        while !self.waiting.is_empty() {
            let together = self.waiting.len().min(TOGETHER);
            let batch = self.waiting[..together].to_vec();
            let sent = self.runtime.block_on(self.exporter.export(batch));
            if sent.is_err() && !self.refused.load(Ordering::Relaxed) {
                self.rests_until = Instant::now() + REST;
                self.forget();
                return;
            }
            self.waiting.drain(..together);
        }
    }

    /// Loses the oldest of more than may wait.
    fn forget(&mut self) {
        let many = self.waiting.len().saturating_sub(MOST_WAITING);
        if many > 0 {
            self.waiting.drain(..many);
            self.health
                .note(None, "it does not answer, and too much waits for it");
        }
    }
}
