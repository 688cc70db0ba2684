//! Shards of a run, asked apart and joined: the report is that of the whole.

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Outcome, Program, comparable};
use crate::service::Service;

/// Suites of seven and of two cases, with two models and a gate; the service lets `micro` fail.
fn with_suites(program: &Program) {
    for (name, cases) in [("a", 7), ("b", 2)] {
        let mut suite = "prompts: Say {{ n }}.\nmodels:\n  \
             - { id: us.amazon.nova-lite-v1:0, label: lite }\n  \
             - { id: us.amazon.nova-micro-v1:0, label: micro }\n\
             gates: [{ pass_rate: { at_least: 0.5, models: lite } }]\ntests:\n"
            .to_owned();
        for n in 0..cases {
            writeln!(
                suite,
                "  - {{ description: c{n}, vars: {{ n: {n} }}, assert: [{{ type: contains, value: Say }}] }}"
            )
            .unwrap();
        }
        program.write(&format!("suites/{name}.yaml"), &suite);
    }
}

fn eval(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let there = ["--region", "us-east-1", "--endpoint-url", &url];
    program.run(&[&["eval"], args, &there].concat())
}

fn whole(program: &Program) -> Value {
    let report = program.report();
    let mut kept = comparable(&report);
    kept.as_object_mut().unwrap().remove("run");
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_are_joined_to_the_report_of_the_whole() {
    let service = Service::echo_but(Some("micro"), std::time::Duration::ZERO).await;
    let program = Program::new();
    with_suites(&program);
    eval(&program, &service, &["--record", "tape"]).exits(0);
    let replay = |args: &[&str]| program.run(&[&["eval", "--replay", "tape"], args].concat());
    replay(&[]).exits(0);
    let expected = whole(&program);
    for shard in ["1/3", "2/3", "3/3"] {
        let folder = format!("shards/{}", &shard[..1]);
        let told = replay(&["--shard", shard, "--run-dir", &folder]).exits(0);
        assert!(!told.stderr.contains("--resume"), "{}", told.stderr);
    }
    let args = ["merge", "shards/2", "shards/3", "shards/1"];
    let told = program.run(&args).exits(0);
    assert!(
        told.stderr.contains(" of 3 shards in reports/"),
        "{}",
        told.stderr
    );
    assert_eq!(whole(&program), expected);
    assert_eq!(program.report()["run"]["complete"], true);
    assert_eq!(program.results().len(), 18);
    // What is joined can be shown again like any run.
    program.run(&["report", "latest"]).exits(0);

    let refused = |names: &[&str], expected: &str| {
        let told = program.run(&[&["merge"], names].concat()).exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    };
    refused(&["shards/1", "shards/2"], "error: the shard 3/3 is missing");
    refused(
        &["shards/1", "shards/1", "shards/2", "shards/3"],
        "are the same shard, 1/3",
    );
    refused(&["latest"], "is no shard");
    replay(&["--shard", "3/3", "--run-dir", "other", "--limit", "6"]).exits(0);
    refused(
        &["shards/1", "shards/2", "other"],
        "are not shards of one run",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_counts_when_shards_are_joined() {
    let service = Service::echo_but(Some("lite"), std::time::Duration::ZERO).await;
    let program = Program::new();
    with_suites(&program);
    for shard in ["1/2", "2/2"] {
        let told = eval(
            &program,
            &service,
            &["--shard", shard, "--run-dir", &shard[..1]],
        );
        assert!(
            told.exits(0)
                .stderr
                .contains("what failed counts when all are merged")
        );
    }
    program.run(&["merge", "1", "2"]).exits(1);
}
