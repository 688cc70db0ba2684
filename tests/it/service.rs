//! Bedrock as far as a run needs it: answers every Converse call, counts, and can tell a test when to act.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::double::event;

/// A running service.
pub(crate) struct Service {
    server: MockServer,
    asked: Arc<AtomicUsize>,
    calls: Receiver<usize>,
}

/// Answers every call otherwise: `answer 1`, `answer 2` …
struct Counting {
    asked: Arc<AtomicUsize>,
}

impl Respond for Counting {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        ResponseTemplate::new(200).set_body_json(answer(&json!(format!("answer {asked}"))))
    }
}

fn answer(text: &Value) -> Value {
    json!({
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15},
        "metrics": {"latencyMs": 1},
    })
}

/// Answers with the vector of a text that counts its letters.
fn letters(request: &Request) -> ResponseTemplate {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let text = body["inputText"].as_str().unwrap().to_lowercase();
    let count = |letter: char| text.chars().filter(|found| *found == letter).count();
    let vector: Vec<usize> = ('a'..='z').map(count).collect();
    ResponseTemplate::new(200)
        .set_body_json(json!({"embedding": vector, "inputTextTokenCount": text.len()}))
}

/// Returns all text of the last message.
fn said(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let last = body["messages"].as_array().unwrap().last().unwrap();
    let blocks = last["content"].as_array().unwrap();
    blocks
        .iter()
        .filter_map(|block| block["text"].as_str())
        .collect()
}

/// Says what it is told, a word at a time.
fn streamed(request: &Request) -> ResponseTemplate {
    let text = said(request);
    let mut frames = event("messageStart", &json!({"role": "assistant"}));
    for word in text.split_inclusive(' ') {
        let delta = json!({"contentBlockIndex": 0, "delta": {"text": word}});
        frames.extend(event("contentBlockDelta", &delta));
    }
    frames.extend(event("contentBlockStop", &json!({"contentBlockIndex": 0})));
    frames.extend(event("messageStop", &json!({"stopReason": "end_turn"})));
    let usage = json!({"inputTokens": 10, "outputTokens": 5, "totalTokens": 15});
    let metadata = json!({"usage": usage, "metrics": {"latencyMs": 1}});
    frames.extend(event("metadata", &metadata));
    ResponseTemplate::new(200).set_body_raw(frames, "application/vnd.amazon.eventstream")
}

/// Answers with vectors that count letters, in the form of the model that is asked.
fn vectors(request: &Request) -> ResponseTemplate {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let vector = |text: &Value| {
        let text = text.as_str().unwrap().to_lowercase();
        let count = |letter: char| text.chars().filter(|found| *found == letter).count();
        ('a'..='z').map(count).collect::<Vec<_>>()
    };
    let answer = if let Some(texts) = body["texts"].as_array() {
        let vectors: Vec<_> = texts.iter().map(vector).collect();
        json!({"embeddings": {"float": vectors}, "response_type": "embeddings_by_type"})
    } else if body["singleEmbeddingParams"].is_object() {
        let text = &body["singleEmbeddingParams"]["text"]["value"];
        json!({"embeddings": [{"embeddingType": "TEXT", "embedding": vector(text)}]})
    } else {
        // An image is its base64 text here.
        let text = body.get("inputText").unwrap_or(&body["inputImage"]);
        let tokens = text.as_str().unwrap().len();
        json!({"embedding": vector(text), "inputTextTokenCount": tokens})
    };
    ResponseTemplate::new(200).set_body_json(answer)
}

struct Echo {
    asked: Arc<AtomicUsize>,
    calls: Mutex<Sender<usize>>,
    delay: Duration,
    /// Part of the id of a model that says something else.
    but: Option<&'static str>,
}

impl Respond for Echo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        // A test that no longer listens needs no telling.
        let _ = self.calls.lock().unwrap().send(asked);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let text = &body["messages"][0]["content"][0]["text"];
        let other = self.but.is_some_and(|id| request.url.path().contains(id));
        let text = if other { &Value::from("no") } else { text };
        ResponseTemplate::new(200)
            .set_delay(self.delay)
            .set_body_json(answer(text))
    }
}

impl Service {
    /// Starts a service that says what it is told, after `delay`.
    pub(crate) async fn echo(delay: Duration) -> Self {
        Self::echo_but(None, delay).await
    }

    /// Starts the same, but a model with this part in its id says `no`.
    pub(crate) async fn echo_but(but: Option<&'static str>, delay: Duration) -> Self {
        let server = MockServer::start().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let (sender, calls) = channel();
        let echo = Echo {
            asked: Arc::clone(&asked),
            calls: Mutex::new(sender),
            delay,
            but,
        };
        Mock::given(method("POST"))
            .respond_with(echo)
            .mount(&server)
            .await;
        Self {
            server,
            asked,
            calls,
        }
    }

    /// Starts a service that answers every call otherwise.
    pub(crate) async fn counting() -> Self {
        let server = MockServer::start().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counting = Counting {
            asked: Arc::clone(&asked),
        };
        Mock::given(method("POST"))
            .respond_with(counting)
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked,
            calls,
        }
    }

    /// Starts a service that answers every call with the tool of a judge, and `verdict` for its arguments. Its vectors count
    /// the letters of a text.
    pub(crate) async fn judging(verdict: &Value) -> Self {
        let server = MockServer::start().await;
        let call = json!({"toolUseId": "t1", "name": "give_verdict", "input": verdict});
        let mut answer = answer(&json!(""));
        answer["output"]["message"]["content"] = json!([{"toolUse": call}]);
        Mock::given(path_regex("/invoke$"))
            .respond_with(letters)
            .mount(&server)
            .await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked: Arc::default(),
            calls,
        }
    }

    /// Starts a service that says what it is told, streamed where it is asked for that, and makes vectors of letters.
    pub(crate) async fn whole() -> Self {
        let server = MockServer::start().await;
        Mock::given(path_regex("/invoke$"))
            .respond_with(vectors)
            .mount(&server)
            .await;
        Mock::given(path_regex("/converse-stream$"))
            .respond_with(streamed)
            .mount(&server)
            .await;
        Mock::given(path_regex("/converse$"))
            .respond_with(|request: &Request| {
                ResponseTemplate::new(200).set_body_json(answer(&json!(said(request))))
            })
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked: Arc::default(),
            calls,
        }
    }

    /// Starts a service whose prompts and answers have as many tokens as `measure` makes of the bytes that are said, and which counts
    /// those of prompts beforehand too.
    pub(crate) async fn measuring(measure: fn(usize) -> (usize, usize)) -> Self {
        let server = MockServer::start().await;
        let respond = move |request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let counted = body["input"]["converse"]["messages"].as_array();
            let text = match counted {
                Some(messages) => messages[0]["content"][0]["text"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
                None => said(request),
            };
            let (input, output) = measure(text.len());
            if counted.is_some() {
                return ResponseTemplate::new(200).set_body_json(json!({"inputTokens": input}));
            }
            let mut answer = answer(&json!("ok"));
            answer["usage"] = json!({"inputTokens": input, "outputTokens": output, "totalTokens": input + output});
            ResponseTemplate::new(200).set_body_json(answer)
        };
        Mock::given(method("POST"))
            .respond_with(respond)
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked: Arc::default(),
            calls,
        }
    }

    /// Starts a service that gives these contents of messages, one after the other, the last one for ever.
    pub(crate) async fn saying(contents: Vec<Value>) -> Self {
        let server = MockServer::start().await;
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let respond = move |_: &Request| {
            let at = counted
                .fetch_add(1, Ordering::SeqCst)
                .min(contents.len() - 1);
            let mut answer = answer(&json!(""));
            answer["output"]["message"]["content"] = contents[at].clone();
            ResponseTemplate::new(200).set_body_json(answer)
        };
        Mock::given(method("POST"))
            .respond_with(respond)
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked,
            calls,
        }
    }

    /// Returns every request so far: its path, and its body.
    pub(crate) async fn requests(&self) -> Vec<(String, Value)> {
        let requests = self.server.received_requests().await.unwrap();
        let told = requests.into_iter().map(|request| {
            let body = serde_json::from_slice(&request.body).unwrap();
            (request.url.path().to_owned(), body)
        });
        told.collect()
    }

    /// Returns a header of the last request.
    pub(crate) async fn header(&self, name: &str) -> String {
        let last = self
            .server
            .received_requests()
            .await
            .unwrap()
            .pop()
            .unwrap();
        last.headers[name].to_str().unwrap().to_owned()
    }

    /// Starts a service that gives whoever asks for a role the keys of one.
    pub(crate) async fn of_roles(access_key_id: &str) -> Self {
        let server = MockServer::start().await;
        let body = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>{access_key_id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
             <AssumedRoleUser><AssumedRoleId>A:mcp-cli</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/mcp-cli</Arn>\
             </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
        );
        let response = ResponseTemplate::new(200).set_body_raw(body, "text/xml");
        Mock::given(method("POST"))
            .respond_with(response)
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked: Arc::new(AtomicUsize::new(0)),
            calls,
        }
    }

    /// Starts a service that answers every call with an error.
    pub(crate) async fn failing(status: u16, code: &str, message: &str) -> Self {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(status)
            .insert_header("x-amzn-ErrorType", code)
            .set_body_json(json!({"message": message}));
        Mock::given(method("POST"))
            .respond_with(response)
            .mount(&server)
            .await;
        let (_, calls) = channel();
        Self {
            server,
            asked: Arc::default(),
            calls,
        }
    }

    /// Returns where it listens.
    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    /// Waits until `count` calls have arrived.
    pub(crate) fn wait_for(&self, count: usize) {
        while self
            .calls
            .recv_timeout(Duration::from_secs(30))
            .expect("a call within 30 s")
            < count
        {}
    }

    /// Returns how many calls have arrived.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
