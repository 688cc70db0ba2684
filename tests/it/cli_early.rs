//! `--stop-early` through the binary: what is asked, what is said of it, and what it ends with.

use std::fmt::Write as _;
use std::time::Duration;

use crate::program::Program;
use crate::service::Service;

const CASES: usize = 300;

/// A program with a suite of three models, of which the service lets `micro` fail.
fn with_suite(program: &Program, more: &str) {
    let mut suite = format!(
        "prompts: Say {{{{ n }}}}.\nmodels:\n  \
         - {{ id: us.amazon.nova-lite-v1:0, label: lite }}\n  \
         - {{ id: us.amazon.nova-micro-v1:0, label: micro }}\n  \
         - {{ id: us.amazon.nova-pro-v1:0, label: pro }}\n{more}tests:\n"
    );
    for n in 0..CASES {
        writeln!(
            suite,
            "  - {{ description: c{n}, vars: {{ n: {n} }}, assert: [{{ type: contains, value: Say }}] }}"
        )
        .unwrap();
    }
    program.write("suite.yaml", &suite);
}

fn args<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "eval",
        "suite.yaml",
        "--region",
        "us-east-1",
        "--endpoint-url",
        url,
    ];
    [&fixed[..], &["--concurrency", "8"], more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loser_is_dropped_and_the_rest_goes_on() {
    let service = Service::echo_but(Some("micro"), Duration::from_millis(1)).await;
    let program = Program::new();
    with_suite(
        &program,
        "margin: 0.1\ngates: [{ no_worse_than: { models: pro } }]\n",
    );
    let told = program
        .run(&args(&service.url(), &["--stop-early"]))
        .exits(0);
    let report = program.report();
    assert_eq!(report["run"]["stopped_by"], "early");
    let rows = report["comparisons"].as_array().unwrap();
    let verdicts: Vec<&str> = rows
        .iter()
        .map(|row| row["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["worse_beyond_margin", "non_inferior"]);
    let after = |at: usize| rows[at]["watched"]["decided_after"].as_u64().unwrap();
    // Failing every case is clear long before agreeing on every case.
    assert!(after(0) < 12 && (25..100).contains(&after(1)), "{rows:?}");
    assert_eq!(rows[0]["p_value"]["method"], "e_value");
    assert_eq!(rows[0]["difference"]["method"], "betting");
    let asked = |at: usize| report["models"][at]["trials"].as_u64().unwrap();
    assert!(asked(1) < after(0) + 40, "{}", asked(1));
    assert!(
        asked(0) < 200 && asked(2) < 200,
        "{} {}",
        asked(0),
        asked(2)
    );
    assert_eq!(report["gates"][0]["status"], "passed");
    assert!(
        told.stdout.contains("That was clear after"),
        "{}",
        told.stdout
    );
    assert!(!told.stderr.contains("--resume"), "{}", told.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_needs_every_case_gets_them() {
    let service = Service::echo_but(Some("micro"), Duration::ZERO).await;
    let program = Program::new();
    with_suite(
        &program,
        "margin: 0.1\ngates: [{ latency_p95: { at_most: 60s, models: lite } }]\n",
    );
    program
        .run(&args(&service.url(), &["--stop-early"]))
        .exits(0);
    assert_eq!(service.asked(), 3 * CASES);
    assert_eq!(program.report()["run"]["complete"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_rate_is_asked_for_until_the_rest_cannot_change_it() {
    let service = Service::echo_but(Some("micro"), Duration::ZERO).await;
    let program = Program::new();
    with_suite(
        &program,
        "baseline: lite\ngates: [{ pass_rate: { at_least: 0.9 } }]\n",
    );
    program
        .run(&args(&service.url(), &["--stop-early"]))
        .exits(1);
    let report = program.report();
    assert_eq!(report["run"]["stopped_by"], "early");
    let asked = |at: usize| report["models"][at]["trials"].as_u64().unwrap();
    // 31 failures are one too many, 270 passes are enough; some more are in flight by then.
    assert!((31..60).contains(&asked(1)), "micro {}", asked(1));
    assert!((270..299).contains(&asked(2)), "pro {}", asked(2));
    let status = |at: usize| report["gates"][at]["status"].clone();
    assert_eq!((status(0), status(1)), ("failed".into(), "passed".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_stays_when_a_run_is_taken_up_again() {
    let service = Service::echo_but(Some("micro"), Duration::from_millis(1)).await;
    let program = Program::new();
    with_suite(&program, "margin: 0.1\n");
    let url = service.url();
    program.run(&args(&url, &["--stop-early"])).exits(1);
    let before = program.report();
    let asked = service.asked();
    program.run(&["eval", "--resume", "latest"]).exits(1);
    assert_eq!(service.asked(), asked);
    let after = program.report();
    assert_eq!(after["comparisons"], before["comparisons"]);
    assert_eq!(after["run"]["stopped_by"], "early");
}
