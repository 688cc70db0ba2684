//! How much of a quota a run uses: against services on loopback that keep one as Bedrock does, told or to be found out.
//!
//! `cargo bench --bench quota`. Takes about two minutes, since quotas are counted by the minute; all scenes run at once.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and stops at what it cannot"
)]

mod loopback;

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use loopback::{Reply, answer, reply, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Seconds of its limit that a bucket holds; it is full at the beginning.
const DEPTH: f64 = 10.0;
/// What a call takes: tokens of its prompt and of its answer, and its `max_tokens`.
const TOKENS: (u32, u32, u32) = (20, 30, 100);

/// A service, and what it is asked.
#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    model: &'static str,
    /// Requests and tokens a minute.
    requests: Option<u32>,
    tokens: Option<u32>,
    burndown: u32,
    latency: Duration,
    trials: u32,
}

const BASE: Scene = Scene {
    name: "",
    model: "amazon.nova-lite-v1:0",
    requests: None,
    tokens: None,
    burndown: 1,
    latency: Duration::from_millis(300),
    trials: 700,
};

/// Each is run twice: with its limits told, and without.
const SCENES: [Scene; 6] = [
    Scene {
        name: "600 requests",
        requests: Some(600),
        ..BASE
    },
    Scene {
        name: "600 requests, 2 s",
        requests: Some(600),
        latency: Duration::from_secs(2),
        ..BASE
    },
    Scene {
        name: "60 requests, 40 trials",
        requests: Some(60),
        trials: 40,
        ..BASE
    },
    Scene {
        name: "60,000 tokens",
        tokens: Some(60_000),
        trials: 1_600,
        ..BASE
    },
    Scene {
        name: "both",
        requests: Some(600),
        tokens: Some(29_000),
        ..BASE
    },
    Scene {
        name: "output counts five times",
        model: "us.anthropic.claude-sonnet-4-6",
        tokens: Some(120_000),
        burndown: 5,
        trials: 1_000,
        ..BASE
    },
];

#[tokio::main]
async fn main() {
    println!(
        "{:<38}{:>8}{:>9}{:>8}{:>9}",
        "", "floor", "took", "ratio", "refused"
    );
    let runs = SCENES
        .into_iter()
        .flat_map(|scene| [(scene, true), (scene, false)]);
    let runs: Vec<_> = runs
        .map(|(scene, told)| tokio::spawn(play(scene, told)))
        .collect();
    for run in runs {
        println!("{}", run.await.unwrap());
    }
}

/// Runs one scene and returns its line.
async fn play(scene: Scene, told: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = Arc::new(Mutex::new(Service::new(scene)));
    let serving = Arc::clone(&service);
    let server = tokio::spawn(serve(listener, move |body| {
        respond(Arc::clone(&serving), scene.latency, body)
    }));
    let ended = tokio::task::spawn_blocking(move || eval(scene, told, &url)).await;
    assert!(ended.unwrap(), "{}: every trial passes", scene.name);
    server.abort();
    let service = service.lock().unwrap();
    let took = service.last.unwrap() - service.first.unwrap();
    let (took, floor) = (took.as_secs_f64(), floor(scene));
    let refused = 100.0 * f64::from(service.refused) / f64::from(scene.trials + service.refused);
    let how = if told { "told" } else { "found out" };
    let name = format!("{}, {how}", scene.name);
    let ratio = took / floor;
    format!("{name:<38}{floor:>6.1} s{took:>7.1} s{ratio:>8.2}{refused:>7.1} %")
}

/// Returns the least seconds in which the quota lets all calls pass.
fn floor(scene: Scene) -> f64 {
    let (input, output, _) = TOKENS;
    let call = f64::from(input + output * scene.burndown);
    let seconds = |limit: Option<u32>, amount: f64| {
        limit.map_or(0.0, |limit| amount * 60.0 / f64::from(limit) - DEPTH)
    };
    let trials = f64::from(scene.trials);
    seconds(scene.requests, trials).max(seconds(scene.tokens, trials * call))
}

fn eval(scene: Scene, told: bool, url: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let rows = (0..scene.trials).fold(String::new(), |mut rows, number| {
        writeln!(rows, "{{\"n\": {number}}}").unwrap();
        rows
    });
    std::fs::write(folder.path().join("rows.jsonl"), rows).unwrap();
    // What no catalog knows has no quota that could be looked up.
    let model = if told {
        scene.model
    } else {
        "acme.unknown-v1:0"
    };
    let suite = json!({
        "prompts": ["How many apples are left in basket {{ n }} after the pickers came by this morning?"],
        "models": [{"id": model, "params": {"max_tokens": TOKENS.2}}],
        "tests": [{"dataset": "rows.jsonl", "assert": [{"type": "contains", "value": "apples"}]}],
    });
    std::fs::write(folder.path().join("suite.yaml"), suite.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-cli"));
    command
        .args(["eval", "suite.yaml", "--endpoint-url", url])
        .args(["--region", "us-east-1", "--progress", "none"])
        .current_dir(folder.path())
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if told {
        // What is not limited here is told to be far away: the catalog's own quota is not meant.
        let far = |limit: Option<u32>| limit.unwrap_or(100_000_000).to_string();
        command.args(["--rpm", &far(scene.requests), "--tpm", &far(scene.tokens)]);
    }
    command.status().unwrap().success()
}

/// A quota, kept as Bedrock keeps it, and what was counted.
struct Service {
    burndown: u32,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    refused: u32,
    first: Option<Instant>,
    last: Option<Instant>,
}

struct Bucket {
    rate: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    fn new(per_minute: u32) -> Self {
        let rate = f64::from(per_minute) / 60.0;
        Self {
            rate,
            level: rate * DEPTH,
            at: Instant::now(),
        }
    }

    fn refill(&mut self) {
        let passed = self.at.elapsed().as_secs_f64();
        self.at = Instant::now();
        self.level = (self.level + passed * self.rate).min(self.rate * DEPTH);
    }
}

impl Service {
    fn new(scene: Scene) -> Self {
        Self {
            burndown: scene.burndown,
            requests: scene.requests.map(Bucket::new),
            tokens: scene.tokens.map(Bucket::new),
            refused: 0,
            first: None,
            last: None,
        }
    }

    /// Takes a request and reserves its tokens.
    ///
    /// # Errors
    ///
    /// What there is too little of.
    fn admit(&mut self, reserved: f64) -> Result<(), &'static str> {
        self.first.get_or_insert_with(Instant::now);
        for bucket in [&mut self.requests, &mut self.tokens].into_iter().flatten() {
            bucket.refill();
        }
        let lacks = |bucket: &Option<Bucket>, amount| {
            bucket.as_ref().is_some_and(|bucket| bucket.level < amount)
        };
        if lacks(&self.requests, 1.0) {
            self.refused += 1;
            return Err("requests");
        }
        if lacks(&self.tokens, reserved) {
            self.refused += 1;
            return Err("tokens");
        }
        if let Some(bucket) = &mut self.requests {
            bucket.level -= 1.0;
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.level -= reserved;
        }
        Ok(())
    }

    fn settle(&mut self, reserved: f64) {
        let (input, output, _) = TOKENS;
        let used = f64::from(input + output * self.burndown);
        if let Some(bucket) = &mut self.tokens {
            bucket.refill();
            bucket.level += reserved - used;
        }
        self.last = Some(Instant::now());
    }
}

async fn respond(service: Arc<Mutex<Service>>, latency: Duration, body: Vec<u8>) -> Reply {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let longest = body["inferenceConfig"]["maxTokens"].as_u64();
    let longest = u32::try_from(longest.unwrap()).unwrap();
    let (input, output, _) = TOKENS;
    let reserved = f64::from(input + longest);
    let admitted = service.lock().unwrap().admit(reserved);
    if let Err(lack) = admitted {
        let message = format!("Too many {lack}, please wait before trying again.");
        let status = "429 Too Many Requests";
        return reply(
            status,
            Some("ThrottlingException"),
            &json!({"message": message}),
        );
    }
    tokio::time::sleep(latency).await;
    service.lock().unwrap().settle(reserved);
    answer("There are 7 apples left.", input.into(), output.into())
}
