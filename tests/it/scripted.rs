//! A model that answers from a script, in paused time, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mcp_cli::model::{
    Asking, Completion, ErrorKind, ModelClient, ModelError, Part, Remedy, Request, StopReason,
    Usage,
};
use tokio::time::{Instant, sleep};

/// What the model gives once, and how long it takes to.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    after: Duration,
    given: Given,
}

#[derive(Debug, Clone)]
enum Given {
    Answer(Box<Completion>),
    Error(Box<ModelError>),
    Panic(&'static str),
}

/// Returns an answer of `text`, at once.
pub(crate) fn answer(text: &str) -> Reply {
    let completion = Completion {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        stop_reason: StopReason("end_turn".to_owned()),
        usage: Usage::new(10, 2),
        latency: Duration::ZERO,
        time_to_first_token: None,
        service_latency_ms: None,
        service_tier: None,
        request_id: None,
        ..Completion::default()
    };
    Reply::new(Given::Answer(Box::new(completion)))
}

/// Returns an error, at once.
pub(crate) fn error(kind: ErrorKind, remedy: Remedy) -> Reply {
    let error = ModelError::new(kind, remedy, "scripted");
    Reply::new(Given::Error(Box::new(error)))
}

/// Returns a throttle that asks to wait for `seconds`.
pub(crate) fn throttled(seconds: u64) -> Reply {
    error(ErrorKind::Throttled, Remedy::SlowDown)
        .with_error(|it| it.retry_after = Some(Duration::from_secs(seconds)))
}

/// Returns a bug of the client's own.
pub(crate) fn panic(message: &'static str) -> Reply {
    Reply::new(Given::Panic(message))
}

impl Reply {
    fn new(given: Given) -> Self {
        Self {
            after: Duration::ZERO,
            given,
        }
    }

    /// The same after some seconds, which are an answer's latency.
    pub(crate) fn after(mut self, seconds: u64) -> Self {
        self.after = Duration::from_secs(seconds);
        if let Given::Answer(completion) = &mut self.given {
            completion.latency = self.after;
        }
        self
    }

    /// The same answer with other facts.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Completion)) -> Self {
        if let Given::Answer(completion) = &mut self.given {
            change(completion);
        }
        self
    }

    /// The same error with other facts.
    pub(crate) fn with_error(mut self, change: impl FnOnce(&mut ModelError)) -> Self {
        if let Given::Error(error) = &mut self.given {
            change(error);
        }
        self
    }
}

/// The model. Replies are given in order; when there are no more, the last word is `otherwise`.
pub(crate) struct Scripted {
    begun: Instant,
    state: Mutex<State>,
}

struct State {
    scripts: Vec<(String, VecDeque<Reply>)>,
    otherwise: Reply,
    asked: Vec<Asked>,
    in_flight: usize,
    most_in_flight: usize,
    abandoned: usize,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Seconds since the model was made.
    pub(crate) at: f64,
    /// The last text of the conversation.
    pub(crate) text: String,
    /// Everything.
    pub(crate) request: Request,
}

impl Scripted {
    /// A model that always gives `otherwise`.
    pub(crate) fn new(otherwise: Reply) -> Self {
        Self {
            begun: Instant::now(),
            state: Mutex::new(State {
                scripts: Vec::new(),
                otherwise,
                asked: Vec::new(),
                in_flight: 0,
                most_in_flight: 0,
                abandoned: 0,
            }),
        }
    }

    /// Gives these, in order, to requests whose model or last text contains `part`; the first script that fits counts.
    pub(crate) fn on(self, part: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = (
            part.to_owned(),
            replies.into_iter().collect::<VecDeque<_>>(),
        );
        self.state().scripts.push(script);
        self
    }

    /// The model, to be shared.
    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }

    /// Every call so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// When and with what last text it was asked.
    pub(crate) fn calls(&self) -> Vec<(f64, String)> {
        let asked = self.asked().into_iter();
        asked.map(|asked| (asked.at, asked.text)).collect()
    }

    /// The most calls that were in flight at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    /// Calls that were dropped before they had an answer.
    pub(crate) fn abandoned(&self) -> usize {
        self.state().abandoned
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Notes a call and returns what to give.
    fn begin(&self, request: &Request) -> Reply {
        let text = last_text(request);
        let mut state = self.state();
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        state.asked.push(Asked {
            at: self.begun.elapsed().as_secs_f64(),
            text: text.clone(),
            request: request.clone(),
        });
        let fitting = state.scripts.iter_mut().find(|(part, replies)| {
            !replies.is_empty() && (text.contains(&**part) || request.model.contains(&**part))
        });
        fitting
            .and_then(|(_, replies)| replies.pop_front())
            .unwrap_or_else(|| state.otherwise.clone())
    }
}

impl ModelClient for Scripted {
    #[expect(clippy::panic, reason = "a test may ask for a client with a bug")]
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(async move {
            let reply = self.begin(request);
            let mut call = InFlight {
                model: self,
                answered: false,
            };
            sleep(reply.after).await;
            call.answered = true;
            drop(call);
            match reply.given {
                Given::Answer(completion) => Ok(*completion),
                Given::Error(error) => Err(*error),
                Given::Panic(message) => panic!("{message}"),
            }
        })
    }
}

/// A call in flight, until it is dropped.
struct InFlight<'a> {
    model: &'a Scripted,
    answered: bool,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut state = self.model.state();
        state.in_flight -= 1;
        state.abandoned += usize::from(!self.answered);
    }
}

fn last_text(request: &Request) -> String {
    let parts = request.messages.last().map(|message| &message.parts);
    let mut texts = parts.into_iter().flatten().rev();
    let text = texts.find_map(|part| match part {
        Part::Text(text) => Some(text.clone()),
        _ => None,
    });
    text.unwrap_or_default()
}
