//! What a trial costs beside a bare call of the SDK: CPU, rate and memory, against one service on loopback.
//!
//! `cargo bench --bench weight [TRIALS]`. Linux only: CPU times of children are read from `/proc`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and stops at what it cannot"
)]

mod loopback;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message,
};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

// The program's own, so that both allocate alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls in flight, for both.
const IN_FLIGHT: usize = 64;
/// Clock ticks a second of `/proc`, the same on every Linux.
const TICKS: f64 = 100.0;

fn main() {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    match args
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["serve"] => runtime().block_on(serve()),
        ["bare", url, count] => runtime().block_on(bare(url, count.parse().unwrap())),
        rest => compare(rest.first().map_or(20_000, |count| count.parse().unwrap())),
    }
}

fn compare(trials: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Command::new(std::env::current_exe().unwrap())
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = first_line(&mut service);

    let mut loop_ = Command::new(std::env::current_exe().unwrap());
    let bare = measure(loop_.args(["bare", &url, &trials.to_string()]), trials);
    let whole = measure(&mut eval(folder.path(), &url, trials), trials);
    println!("                CPU a call    calls/s    peak memory");
    println!("bare SDK loop   {bare}");
    println!("mcp-cli eval    {whole}");
    println!("ratio           {:.2} x", whole.cpu / bare.cpu);
    for trials in [10_000, 100_000] {
        let eval = measure(&mut eval(folder.path(), &url, trials), trials);
        println!("{trials:>7} trials  {eval}");
    }
    service.kill().unwrap();
    service.wait().unwrap();
}

/// What a process took.
struct Taken {
    /// Milliseconds of CPU for each call.
    cpu: f64,
    /// Calls a second.
    rate: f64,
    /// Megabytes.
    peak: f64,
}

impl std::fmt::Display for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:>7.3} ms {:>10.0} {:>11.0} MB",
            self.cpu, self.rate, self.peak
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark")]
fn measure(command: &mut Command, calls: usize) -> Taken {
    let (began, before) = (Instant::now(), cpu_of_children());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let peak = watch(&mut child);
    let cpu = cpu_of_children() - before;
    Taken {
        cpu: cpu * 1e3 / calls as f64,
        rate: calls as f64 / began.elapsed().as_secs_f64(),
        peak,
    }
}

/// Waits for a child, looking at its peak memory all the while.
fn watch(child: &mut Child) -> f64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        peak = kilobytes.map_or(peak, |kilobytes| kilobytes / 1e3);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    peak
}

/// Returns the CPU seconds of all children that have ended.
fn cpu_of_children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    // Fields 16 and 17 of proc(5), counted from the third, which comes after the name.
    let ticks: f64 = fields[13..15]
        .iter()
        .map(|field| field.parse::<f64>().unwrap())
        .sum();
    ticks / TICKS
}

fn eval(folder: &Path, url: &str, trials: usize) -> Command {
    let rows = (0..trials).fold(String::new(), |mut rows, number| {
        writeln!(rows, "{{\"n\": {number}}}").unwrap();
        rows
    });
    std::fs::write(folder.join("rows.jsonl"), rows).unwrap();
    let suite = "prompts: [\"How many apples are left in basket {{ n }} after the pickers came by this morning?\"]\n\
                 models: [{id: amazon.nova-lite-v1:0, params: {max_tokens: 256}}]\n\
                 tests:\n  - dataset: rows.jsonl\n    assert:\n      - {type: contains, value: apples}\n      \
                 - {type: word-count, value: {min: 5, max: 200}}\n      - {type: regex, value: \"\\\\d+\"}\n";
    std::fs::write(folder.join("suite.yaml"), suite).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-cli"));
    command
        .args([
            "eval",
            "suite.yaml",
            "--endpoint-url",
            url,
            "--region",
            "us-east-1",
            "--progress",
            "none",
        ])
        .args(["--concurrency", &IN_FLIGHT.to_string()])
        .current_dir(folder)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Asks `count` times, as the SDK does it: no journal, no checks.
async fn bare(url: &str, count: usize) {
    let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "bench");
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(keys)
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .build();
    let client = Client::from_conf(config);
    let mut loops = JoinSet::new();
    for first in 0..IN_FLIGHT {
        let client = client.clone();
        loops.spawn(async move {
            for number in (first..count).step_by(IN_FLIGHT) {
                let text = format!(
                    "How many apples are left in basket {number} after the pickers came by this morning?"
                );
                let message = Message::builder()
                    .role(ConversationRole::User)
                    .content(ContentBlock::Text(text))
                    .build()
                    .unwrap();
                let limits = InferenceConfiguration::builder().max_tokens(256).build();
                let call = client.converse().model_id("amazon.nova-lite-v1:0");
                let answer = call.messages(message).inference_config(limits).send().await;
                assert!(answer.unwrap().usage.is_some());
            }
        });
    }
    loops.join_all().await;
}

/// Answers every request at once; prints where it listens.
async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let text = "There are 7 apples left in the basket, ".to_owned()
        + &"as the pickers took the rest to the market today. ".repeat(5);
    let answer = loopback::answer(&text, 20, 70);
    let always = move |_| std::future::ready(Arc::clone(&answer));
    loopback::serve(listener, always).await;
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    line.trim().to_owned()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}
