//! The body of a `ConverseStream` answer from a stranger, through the Bedrock client over loopback.
//!
//! Each line is an event: its type, a space, its payload; `!` before the type makes it an exception. Frames get their
//! checksums here, as no fuzzer would find them. After a first byte of zero the rest is the body as it stands.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use mcp_cli::bedrock::{Bedrock, Credentials, Settings};
use mcp_cli::model::{ModelClient, Request};
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

/// A service, a client of it, and what the client asks.
static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let body = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = Arc::clone(&body);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let served = Arc::clone(&served);
            std::thread::spawn(move || answer(socket, &served));
        }
    });
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let settings = Settings {
        region: Some("us-east-1".into()),
        endpoint_url: Some(url),
        credentials: Some(Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: None,
        }),
        timeout: Duration::from_secs(20),
        ..Settings::default()
    };
    let client = runtime
        .block_on(Bedrock::connect(settings))
        .expect("a client needs no network");
    let request = json!({
        "model": "amazon.nova-lite-v1:0",
        "messages": [{"role": "user", "parts": [{"text": "12345"}]}],
        "params": {"max_tokens": 9},
        "stream": true,
    });
    Bench {
        runtime: Mutex::new(runtime),
        client,
        request: serde_json::from_value(request).expect("a request"),
        body,
    }
});

struct Bench {
    runtime: Mutex<Runtime>,
    client: Bedrock,
    request: Request,
    /// What the service answers next.
    body: Arc<Mutex<Vec<u8>>>,
}

pub(crate) fn take(bytes: &[u8]) {
    let bench = &*BENCH;
    let runtime = bench.runtime.lock().unwrap_or_else(PoisonError::into_inner);
    *bench.body.lock().unwrap_or_else(PoisonError::into_inner) = match bytes {
        [0, raw @ ..] => raw.to_vec(),
        lines => framed(lines),
    };
    let said = Mutex::new(String::new());
    let hear = |part: mcp_cli::model::Said<'_>| {
        if let mcp_cli::model::Said::Text(text) = part {
            said.lock().expect("nobody panics here").push_str(text);
        }
    };
    let answer = runtime.block_on(bench.client.listen(&bench.request, &hear));
    match answer {
        Ok(completion) => assert!(completion.text.len() <= said.lock().expect("nor here").len()),
        Err(error) => assert!(!error.message.is_empty(), "{error:?}"),
    }
}

/// Returns a frame for each line.
fn framed(lines: &[u8]) -> Vec<u8> {
    let mut frames = Vec::new();
    for line in String::from_utf8_lossy(lines).lines() {
        let (name, payload) = line.split_once(' ').unwrap_or((line, ""));
        let (kind, name) = match name.strip_prefix('!') {
            Some(name) => ("exception", name),
            None => ("event", name),
        };
        let text = |text: &str| HeaderValue::String(text.to_owned().into());
        let message = Message::new(payload.as_bytes().to_vec())
            .add_header(Header::new(":message-type", text(kind)))
            .add_header(Header::new(format!(":{kind}-type"), text(name)))
            .add_header(Header::new(":content-type", text("application/json")));
        // A name that is too long for a header is no event.
        drop(write_message_to(&message, &mut frames));
    }
    frames
}

/// Answers every request of a connection with what is served at the time.
fn answer(mut socket: TcpStream, served: &Mutex<Vec<u8>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = socket.read(&mut buffer) {
        bytes.extend(&buffer[..length]);
        if !is_whole(&bytes) {
            continue;
        }
        bytes.clear();
        let body = served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        reply.extend(body);
        if socket.write_all(&reply).is_err() {
            return;
        }
    }
}

/// Returns whether a request has come to the end of its body.
fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}
