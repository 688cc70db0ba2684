//! A service on loopback that speaks just enough HTTP for a benchmark.

use std::future::Future;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A whole reply, head and body.
pub(crate) type Reply = Arc<[u8]>;

/// Returns a reply with a JSON body; `kind` is the type of an error.
pub(crate) fn reply(status: &str, kind: Option<&str>, body: &serde_json::Value) -> Reply {
    let body = body.to_string();
    let kind = kind.map_or(String::new(), |kind| {
        format!("x-amzn-errortype: {kind}\r\n")
    });
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{kind}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
    .into()
}

/// Returns the answer of a model.
pub(crate) fn answer(text: &str, input_tokens: u64, output_tokens: u64) -> Reply {
    let body = serde_json::json!({
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": input_tokens,
            "outputTokens": output_tokens,
            "totalTokens": input_tokens + output_tokens,
        },
        "metrics": {"latencyMs": 1},
    });
    reply("200 OK", None, &body)
}

/// Answers the body of every request on every connection by `answer`, for ever.
pub(crate) async fn serve<F, R>(listener: TcpListener, answer: F)
where
    F: Fn(Vec<u8>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer_all(socket, answer.clone()));
    }
}

async fn answer_all<F, R>(mut socket: TcpStream, answer: F)
where
    F: Fn(Vec<u8>) -> R,
    R: Future<Output = Reply>,
{
    let mut buffer = Vec::new();
    while socket
        .read_buf(&mut buffer)
        .await
        .is_ok_and(|read| read > 0)
    {
        while let Some((head, whole)) = request(&buffer) {
            let body = buffer[head..whole].to_vec();
            buffer.drain(..whole);
            if socket.write_all(&answer(body).await).await.is_err() {
                return;
            }
        }
    }
}

/// Returns where the head and the body of the first request in `buffer` end, if it is whole.
fn request(buffer: &[u8]) -> Option<(usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse::<usize>().ok());
    let whole = head + length.unwrap_or(0);
    (buffer.len() >= whole).then_some((head, whole))
}
