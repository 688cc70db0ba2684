//! What a check costs on an answer of 500 bytes: the CPU time of one thread, for each kind.
//!
//! `cargo bench --bench checks [ROUNDS]`

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and stops at what it cannot"
)]

use std::hint::black_box;
use std::time::Instant;

use mcp_cli::check::{
    Check, Contains, Equals, JavaScript, Kind, LetterCase, Measure, Needles, Prepared, Reference,
    RegexMatch, Status, Subject,
};
use mcp_cli::script::Script;
use mcp_cli::template::Template;
use mcp_cli::text::Pattern;
use serde_json::{Map, Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let rounds: u32 = std::env::args()
        .skip(1)
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(1_000_000);
    let answer = "The parcel 4711 was sent on Monday and is on its way to you. ".repeat(8)
        + "Sorry for that.";
    let template = |text: &str| Template::parse(text).unwrap();
    let pattern = Pattern::parse(r"parcel (\d+) .* sorry", "is").unwrap();
    let script = "output.includes('Sorry') && output.length < context.vars.most";
    let kinds = [
        (
            "contains",
            rounds,
            Kind::Contains(Contains {
                needles: Needles::One(template("Sorry")),
                all: true,
                case: LetterCase::Exact,
            }),
        ),
        (
            "equals",
            rounds,
            Kind::Equals(Equals::parse(json!(answer)).unwrap()),
        ),
        (
            "regex",
            rounds,
            Kind::Regex(RegexMatch {
                pattern: Prepared::ready(pattern),
            }),
        ),
        (
            "javascript",
            rounds / 20,
            Kind::JavaScript(JavaScript {
                script: Prepared::ready(Script::parse(script).unwrap()),
                threshold: None,
            }),
        ),
        (
            "rouge-n",
            rounds / 20,
            Kind::Reference(Reference {
                measure: Measure::RougeN(1),
                references: vec![template(&answer)],
                least: 0.75,
            }),
        ),
    ];
    let (output, vars) = (
        Value::String(answer),
        Map::from_iter([("most".to_owned(), json!(600))]),
    );
    let subject = Subject {
        output: &output,
        vars: &vars,
        request: None,
        answers: None,
        tool_calls: &[],
        stop_reason: Some("end_turn"),
        usage: None,
        latency_ms: Some(800.0),
        ttft_ms: None,
        cost: None,
        is_labelled: false,
    };
    for (name, rounds, kind) in kinds {
        let check = Check::new(name, kind);
        assert_eq!(check.judge(&subject).status, Status::Passed, "{name}");
        let began = Instant::now();
        for _ in 0..rounds {
            black_box(check.judge(black_box(&subject)));
        }
        let each = began.elapsed() / rounds.max(1);
        println!(
            "{name:<12} {each:>10.1?} a check, {rounds} checks in {:.2?}",
            began.elapsed()
        );
    }
}
