//! A service in miniature on loopback, for what a mock of HTTP cannot do: event streams and broken connections.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How a stream's connection ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending {
    /// As HTTP wants it.
    Clean,
    /// Closed in the middle of the body.
    Cut,
    /// Never: silence.
    Silence,
}

/// Serves every connection the same stream of `frames`, and returns the endpoint's URL.
pub(crate) async fn serve(frames: Vec<Vec<u8>>, ending: Ending) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let frames = frames.clone();
            tokio::spawn(async move { answer(socket, &frames, ending).await });
        }
    });
    format!("http://{address}")
}

/// Returns the frame of an event.
pub(crate) fn event(kind: &str, payload: &Value) -> Vec<u8> {
    frame(
        &[
            (":message-type", "event"),
            (":event-type", kind),
            (":content-type", "application/json"),
        ],
        &payload.to_string(),
    )
}

/// Returns the frame of an exception.
pub(crate) fn exception(kind: &str, payload: &Value) -> Vec<u8> {
    frame(
        &[
            (":message-type", "exception"),
            (":exception-type", kind),
            (":content-type", "application/json"),
        ],
        &payload.to_string(),
    )
}

/// Returns a frame with any headers.
pub(crate) fn frame(headers: &[(&'static str, &str)], payload: &str) -> Vec<u8> {
    let mut message = Message::new(payload.as_bytes().to_vec());
    for (name, value) in headers {
        let value = HeaderValue::String((*value).to_owned().into());
        message = message.add_header(Header::new(*name, value));
    }
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes
}

async fn answer(mut socket: TcpStream, frames: &[Vec<u8>], ending: Ending) {
    if !read_request(&mut socket).await {
        return;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\n\
                x-amzn-requestid: stream-1\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut bytes = head.as_bytes().to_vec();
    for frame in frames {
        bytes.extend(format!("{:x}\r\n", frame.len()).bytes());
        bytes.extend(frame);
        bytes.extend(b"\r\n");
    }
    if let Ending::Clean = ending {
        bytes.extend(b"0\r\n\r\n");
    }
    // The client may have hung up already.
    let _ = socket.write_all(&bytes).await;
    if let Ending::Silence = ending {
        std::future::pending::<()>().await;
    }
}

/// Reads a request to the end of its body; says whether there was one.
async fn read_request(socket: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(length) => bytes.extend(&buffer[..length]),
        }
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return true;
        }
    }
}
