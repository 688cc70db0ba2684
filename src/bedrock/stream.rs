//! A stream, read to its end: patience between events, the time to the first token, and what a broken one cost.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput;
use tokio::time::{Instant, timeout, timeout_at};

use super::error::{self, Call};
use super::fold::{self, Fold};
use super::route::Answer;
use crate::model::{Completion, ErrorKind, Hear, ModelError, Remedy, Request};

/// The most output that is taken in; far above what any model may generate.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// How long a whole answer's connection may take to end, so that it can be used again.
const FAREWELL: Duration = Duration::from_millis(250);

/// How long to wait for a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The longest that the whole answer may take, from the start of the call.
    pub(super) whole: Duration,
    /// When that is over.
    pub(super) deadline: Instant,
    /// The longest silence between two events.
    pub(super) idle: Duration,
}

impl Patience {
    /// Waits for `whole`, as long as a whole answer may take. It is pinned where it was made: handing over what may take
    /// kilobytes copies them.
    ///
    /// # Errors
    ///
    /// `Timeout` when that is over.
    pub(super) async fn bear<F: Future>(
        &self,
        whole: Pin<&mut F>,
    ) -> Result<F::Output, ModelError> {
        let ended = timeout_at(self.deadline, whole).await;
        ended.map_err(|_| error::overdue(self.whole))
    }
}

/// Reads what follows an opening to its end, piece by piece past `hear`. Latencies count from when the question was sent.
///
/// # Errors
///
/// Whatever ends the stream early. If the model had begun to answer, `billed` holds an estimate of the tokens that
/// were spent: see [`Fold::estimate`].
pub(super) async fn read(
    opening: Answer<ConverseStreamOutput>,
    request: &Request,
    call: &Call<'_>,
    patience: Patience,
    hear: &Hear<'_>,
) -> Result<Completion, ModelError> {
    let Answer {
        mut output, sent, ..
    } = opening;
    let mut fold = Fold::default();
    let mut first_token = None;
    let result = loop {
        let next = Instant::now()
            .checked_add(patience.idle)
            .map_or(patience.deadline, |idle| idle.min(patience.deadline));
        match timeout_at(next, output.stream.recv()).await {
            Ok(Ok(Some(event))) => {
                if let Some(said) = fold::said(&event) {
                    hear(said);
                }
                fold.push(event);
            }
            Ok(Ok(None)) => break Err(truncated()),
            Ok(Err(error)) => break Err(error::of_stream(&error, call)),
            Err(_) if next == patience.deadline => break Err(error::overdue(patience.whole)),
            Err(_) => break Err(silent(patience.idle)),
        }
        if first_token.is_none() && fold.has_begun() {
            first_token = Some(sent.elapsed());
        }
        if fold.is_whole() {
            break Ok(sent.elapsed());
        }
        if fold.received() > MOST_BYTES {
            break Err(endless());
        }
    };

    let request_id = output.request_id().map(str::to_owned);
    let latency = match result {
        Ok(latency) => latency,
        Err(error) => {
            return Err(ModelError {
                billed: fold.estimate(request),
                http_status: Some(200),
                request_id,
                ..error
            });
        }
    };
    // Only the end of the body is left. Reading it lets the connection be used again; nothing in it can matter.
    let _ = timeout(FAREWELL, output.stream.recv()).await;
    let completion = fold.finish().expect("the answer is whole");
    Ok(Completion {
        latency,
        time_to_first_token: first_token,
        request_id,
        ..completion
    })
}

fn truncated() -> ModelError {
    ModelError::new(
        ErrorKind::Stream,
        Remedy::Repeat,
        "the stream ended before the answer was whole",
    )
}

fn endless() -> ModelError {
    let message = format!("the answer is longer than {MOST_BYTES} bytes");
    ModelError::new(ErrorKind::Malformed, Remedy::RepeatOnce, message)
}

fn silent(idle: Duration) -> ModelError {
    let message = format!("the stream was silent for {idle:?}");
    ModelError::new(ErrorKind::Timeout, Remedy::Repeat, message)
}
