//! What a check in Python costs: CPU of this process and of Python together, with many questions on their way.
//!
//! `cargo bench --bench programs [ROUNDS]`; needs `python3`, and Linux for its accounts of CPU time.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and stops at what it cannot"
)]

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use mcp_cli::check::{Code, Program};
use mcp_cli::run::Workers;
use serde_json::json;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions on their way at a time.
const OPEN: usize = 64;

fn main() {
    let rounds: u32 = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(50_000);
    let answer = "The parcel 4711 was sent on Monday and is on its way to you. ".repeat(8);
    let code = Code::Python {
        source: "'parcel' in output and len(output) < context['vars']['most']".into(),
        function: None,
    };
    let program = Program::new(code, PathBuf::new(), Program::DEFAULT_TIMEOUT);
    let program = Arc::new(program);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = |rounds: u32| {
        runtime.block_on(async {
            let workers = Workers::default();
            let input = json!({"output": answer, "vars": {"most": 600}});
            let asked = stream::iter(0..rounds)
                .map(|_| workers.ask(&program, &input))
                .buffer_unordered(OPEN);
            let right = asked.filter(|ran| {
                let right = ran.as_ref().is_ok_and(|ran| ran.value == true);
                async move { right }
            });
            assert_eq!(right.count().await, rounds as usize);
        });
        // Python ends when nobody can ask it any more; only then is its time told.
        std::thread::sleep(std::time::Duration::from_millis(500));
    };
    // What starting costs is not what a check costs.
    ask(1);
    let before = cpu();
    ask(1);
    let start = cpu() - before;
    let before = cpu();
    ask(rounds);
    let each = (cpu() - before - start) / f64::from(rounds);
    println!(
        "python   {:6.1} µs of CPU a check, both processes together, {rounds} checks",
        each * 1e6
    );
    println!("         {:6.1} ms of CPU to start", start * 1e3);
}

/// Returns the CPU time of this process and of all that it started and that have ended, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |index: usize| {
        let field = fields.split_whitespace().nth(index);
        field.unwrap().parse::<f64>().unwrap()
    };
    // utime, stime, cutime, cstime, after the state, which is the first; in hundredths of a second.
    (11..=14).map(ticks).sum::<f64>() / 100.0
}
