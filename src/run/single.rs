//! One question by hand: asked at the pace of its lane, heard as it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::event::Event;
use super::lane::Lane;
use super::paced::{Asked, Notice};
use super::stop::Stop;
use crate::journal::Attempt;
use crate::model::{Asking, Completion, Hear, ModelClient, ModelError, Remedy, Request, Said};

/// What one question came to.
#[derive(Debug)]
pub struct Answered {
    /// The completion, or the last error.
    pub result: Result<Completion, ModelError>,
    /// Every attempt, in order.
    pub attempts: Vec<Attempt>,
}

/// Puts a question to the model of a lane, with its slots, limits and retries; `watch` hears of what goes on.
pub async fn ask(lane: &Lane, request: &Request, stop: &Stop, watch: impl Fn(Event)) -> Answered {
    let notify = |notice: Notice<'_>| {
        if let Some(event) = Event::of(&request.model, &notice) {
            watch(event);
        }
    };
    let Asked {
        result, attempts, ..
    } = lane.paced.ask(request, None, stop, notify).await;
    Answered { result, attempts }
}

/// A client whose answers somebody follows. What fails after something was heard is not asked again: it would be heard twice.
pub struct Aloud {
    inner: Arc<dyn ModelClient>,
    hear: Box<Hear<'static>>,
}

impl Aloud {
    /// Lets `hear` follow what `inner` answers.
    pub fn new(inner: Arc<dyn ModelClient>, hear: Box<Hear<'static>>) -> Self {
        Self { inner, hear }
    }
}

impl ModelClient for Aloud {
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(async move {
            let heard = AtomicBool::new(false);
            let hear = |said: Said<'_>| {
                heard.store(true, Ordering::Relaxed);
                (self.hear)(said);
            };
            let result = self.inner.listen(request, &hear).await;
            result.map_err(|error| ModelError {
                remedy: if heard.load(Ordering::Relaxed) {
                    Remedy::None
                } else {
                    error.remedy
                },
                ..error
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorKind;

    /// Says a word, if it is asked for a stream, and breaks.
    struct Breaking;

    impl ModelClient for Breaking {
        fn converse<'a>(&'a self, _: &'a Request) -> Asking<'a> {
            Box::pin(async { Err(ModelError::new(ErrorKind::Stream, Remedy::Repeat, "broken")) })
        }

        fn listen<'a>(&'a self, request: &'a Request, hear: &'a Hear<'a>) -> Asking<'a> {
            if request.stream {
                hear(Said::Text("word"));
            }
            self.converse(request)
        }
    }

    #[tokio::test]
    async fn what_was_heard_is_not_asked_again() {
        for (stream, expected) in [(true, Remedy::None), (false, Remedy::Repeat)] {
            let mut request: Request = serde_json::from_value(serde_json::json!({
                "model": "m", "messages": [], "params": {"max_tokens": 1},
            }))
            .unwrap();
            request.stream = stream;
            let aloud = Aloud::new(Arc::new(Breaking), Box::new(|_| {}));
            let error = aloud.converse(&request).await.unwrap_err();
            assert_eq!(error.remedy, expected, "{stream}");
        }
    }
}
