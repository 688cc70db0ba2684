//! Comparisons, baselines and gates through the binary, on the recorded demo.

use serde_json::Value;

use crate::program::{Outcome, Program, repository};
use crate::service::Service;

/// Runs the demo's suite of 20 cases, whose suite declares a baseline and a margin, with more flags.
fn eval(program: &Program, flags: &[&str]) -> Outcome {
    let (suite, demo) = (
        repository("suites/triage.yaml"),
        repository("fixtures/demo"),
    );
    let args = ["eval", &suite, "--replay", &demo];
    program.run(&[&args[..], flags].concat())
}

fn statuses(report: &Value) -> Vec<(&str, &str)> {
    let gates = report["gates"].as_array().unwrap().iter();
    gates
        .map(|gate| {
            (
                gate["model"].as_str().unwrap_or(""),
                gate["status"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_candidate_meets_the_baseline() {
    let program = Program::new();
    let told = eval(&program, &[]).exits(1).stdout;
    let report = program.report();
    let rows = report["comparisons"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(row["baseline"], "sonnet");
        let of = |name: &str| row[name].as_u64().unwrap();
        let cells = ["both_pass", "candidate_only", "baseline_only", "both_fail"].map(of);
        assert_eq!(cells.iter().sum::<u64>(), of("pairs"));
        let flips = |name: &str| row[name].as_array().unwrap().len() as u64;
        assert_eq!((flips("fixed"), flips("broken")), (cells[1], cells[2]));
        assert!(row["minimum_detectable_difference"].as_f64().unwrap() > 0.1);
        assert!(row["cost_saving"]["value"].as_f64().unwrap() > 0.5);
        let p = &row["p_value"];
        assert!(p["adjusted"].as_f64() >= p["value"].as_f64());
    }
    assert!(told.contains("Verdict\n"), "{told}");
}

#[test]
fn gates_decide_the_exit_code() {
    let program = Program::new();
    // Cases fail, and no gate does.
    eval(&program, &["--gate", "pass_rate>=0.5"]).exits(0);
    assert_eq!(program.report()["exit_code"], 0);
    let told = eval(&program, &["--gate", "pass_rate>=0.8"]).exits(1);
    assert_eq!(
        statuses(&program.report()),
        [
            ("nova-micro", "failed"),
            ("nova-lite", "passed"),
            ("haiku", "passed")
        ]
    );
    assert!(told.stdout.contains("it is 70.0 %, not 80.0 %"));
    eval(&program, &["--gate", "no_worse_than", "--margin", "0.05"]).exits(3);
    eval(&program, &["--gate", "total_cost<=0"]).exits(0);
    let junit = std::fs::read_to_string(program.latest().join("junit.xml")).unwrap();
    assert!(junit.contains("total_cost"), "gates stand in JUnit too");
}

#[test]
fn a_gate_that_cannot_be_meant_is_refused_before_anything_is_asked() {
    let program = Program::new();
    for (flags, expected) in [
        (
            &["--gate", "pass_rat>=0.8"][..],
            "did you mean `pass_rate`?",
        ),
        (&["--gate", "no_worse_than=nobody"], "which no suite has"),
        (&["--margin", "2"], "expected a fraction"),
        (
            &["--baseline", "nobody"],
            "no label, file or run is called `nobody`",
        ),
    ] {
        let told = eval(&program, flags).exits(2).stderr;
        assert!(told.contains(expected), "{told}");
    }
    program.write(
        "unpriced.yaml",
        "prompts: Say yes.\nmodels: [some.unknown-model-v1:0]\ntests: [{ assert: [{ type: equals, value: yes }] }]\n",
    );
    let gate = [
        "eval",
        "unpriced.yaml",
        "--region",
        "us-east-1",
        "--gate",
        "cost_per_pass<=1",
    ];
    let told = program.run(&gate).exits(2).stderr;
    assert!(told.contains("has no price"), "{told}");
    assert!(!program.path("reports").exists());
}

#[test]
fn recorded_runs_are_compared_without_asking() {
    let program = Program::new();
    eval(&program, &[]).exits(1);
    let json = |args: &[&str]| -> Value {
        let told = program.run(&[args, &["--json"]].concat()).exits(0).stdout;
        serde_json::from_str(&told).unwrap()
    };
    let report = json(&[
        "compare",
        "latest",
        "--baseline",
        "haiku",
        "--candidate",
        "nova-lite",
        "--margin",
        "0.4",
    ]);
    let row = &report["comparisons"][0];
    assert_eq!(
        (&row["baseline"], &row["candidate"]),
        (&"haiku".into(), &"nova-lite".into())
    );
    assert_eq!(
        (&row["margin"], &row["margin_post_hoc"]),
        (&0.4.into(), &true.into())
    );
    assert_eq!(row["verdict"], "non_inferior");
    assert_eq!(report["exit_code"], 0);

    let first = program.latest().file_name().unwrap().to_owned();
    eval(&program, &["--model", "haiku"]).exits(1);
    let report = json(&["compare", first.to_str().unwrap(), "latest"]);
    let rows = report["comparisons"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["baseline_run"], first.to_str().unwrap());
    assert_eq!(
        (&rows[0]["candidate_only"], &rows[0]["baseline_only"]),
        (&0.into(), &0.into())
    );
    program.run(&["compare", "latest"]).exits(2);
    program
        .run(&["compare", "latest", "--baseline", "x"])
        .exits(2);
    let gate = [
        "compare",
        first.to_str().unwrap(),
        "latest",
        "--gate",
        "pass_rate>=0.99",
    ];
    program.run(&gate).exits(1);
}

#[test]
fn a_committed_baseline_says_what_changed() {
    let program = Program::new();
    eval(&program, &["--model", "sonnet"]).exits(1);
    let told = program.run(&["baseline", "update"]).exits(0).stdout;
    assert!(told.contains("20 lines"), "{told}");
    program.run(&["baseline", "show"]).exits(0);
    let shown = program.run(&["baseline", "show", "--json"]).exits(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["models"][0]["questions"], 20);

    eval(
        &program,
        &["--model", "sonnet", "--baseline", "baseline.jsonl"],
    )
    .exits(1);
    let row = &program.report()["comparisons"][0];
    assert_eq!((&row["pairs"], &row["both_fail"]), (&20.into(), &1.into()));
    assert_eq!(row["broken"], Value::Array(vec![]));
    // The run keeps what it was compared with.
    std::fs::remove_file(program.path("baseline.jsonl")).unwrap();
    let again = program.run(&["report", "--json"]).exits(0).stdout;
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["comparisons"], program.report()["comparisons"]);

    program.run(&["baseline", "update"]).exits(0);
    let file = program.path("baseline.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"judged\":1", "\"judged\":2")).unwrap();
    let told = program.run(&["baseline", "show"]).exits(2).stderr;
    assert!(told.contains("changed by hand"), "{told}");
}

#[test]
fn old_runs_are_removed_and_the_newest_stays() {
    let program = Program::new();
    for _ in 0..3 {
        eval(&program, &["--limit", "1"]);
    }
    let would = program
        .run(&["runs", "prune", "--keep", "1", "--dry-run"])
        .exits(0);
    assert_eq!(would.stdout.lines().count(), 2);
    let count = || std::fs::read_dir(program.path("reports")).unwrap().count();
    assert_eq!(count(), 4);
    program.run(&["runs", "prune", "--keep", "1"]).exits(0);
    assert_eq!(count(), 2);
    program.run(&["report"]).exits(0);
}

#[test]
fn a_report_can_use_other_prices() {
    let program = Program::new();
    eval(&program, &["--model", "nova-lite"]).exits(1);
    program.write(
        "prices.csv",
        "model_id,region_scope,input_per_mtok,output_per_mtok\namazon.nova-lite-v1:0,us,1000,0\n",
    );
    let report = |flags: &[&str]| -> Value {
        let told = program
            .run(&[&["report", "--json"], flags].concat())
            .exits(0)
            .stdout;
        serde_json::from_str(&told).unwrap()
    };
    let row = |report: &Value| report["models"][0].clone();
    let tokens = row(&report(&[]))["usage"]["input_tokens"].as_u64().unwrap();
    let dear = row(&report(&["--reprice", "--pricing", "prices.csv"]));
    let expected = format!("{}.{:03}", tokens / 1000, tokens % 1000);
    assert_eq!(
        dear["cost_usd"],
        expected.trim_end_matches('0').trim_end_matches('.')
    );
    assert_eq!(row(&report(&["--reprice"])), row(&report(&[])));
}

#[test]
fn github_gets_a_summary_and_annotations() {
    let program = Program::new();
    let suite = std::fs::read_to_string(repository("suites/arithmetic.yaml")).unwrap();
    let folder = repository("suites");
    program.write(
        "suites/a.yaml",
        &suite.replace("file://", &format!("file://{folder}/")),
    );
    let demo = repository("fixtures/demo");
    let args = [
        "eval",
        "suites/a.yaml",
        "--replay",
        &demo,
        "--gate",
        "pass_rate>=0.9",
    ];
    let variables = [
        ("GITHUB_ACTIONS", "true".to_owned()),
        (
            "GITHUB_STEP_SUMMARY",
            program.path("summary").display().to_string(),
        ),
        ("GITHUB_WORKSPACE", program.path("").display().to_string()),
    ];
    let told = program.run_with(&variables, &args).exits(1).stderr;
    let summary = std::fs::read_to_string(program.path("summary")).unwrap();
    assert!(summary.contains("| sonnet |"), "{summary}");
    assert!(told.contains("\n::error title=gate failed,file=suites/a.yaml::pass_rate>=0.9 (nova-micro): it is 66.7 %25"), "{told}");
    let line = suite
        .lines()
        .position(|line| line.contains("description: bakery"))
        .unwrap()
        + 1;
    let expected = format!(
        "::warning title=failed%3A bakery,file=suites/a.yaml,line={line}::nova-micro: number"
    );
    assert!(told.contains(&expected), "{expected}\n{told}");
    assert!(!eval(&program, &[]).stderr.contains("::"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_asked_twice_shows_the_noise() {
    let service = Service::echo_but(None, std::time::Duration::ZERO).await;
    let program = Program::new();
    program.write(
        "suite.yaml",
        "prompts: Say {{ n }}.\nmodels:\n  - { id: us.amazon.nova-lite-v1:0, label: lite }\n  \
         - { id: us.amazon.nova-pro-v1:0, label: pro }\nbaseline: pro\n\
         default_test: { assert: [{ type: contains, value: Say }] }\n\
         tests: [{ vars: { n: 1 } }, { vars: { n: 2 } }, { vars: { n: 3 } }]\n",
    );
    let url = service.url();
    let args = [
        "eval",
        "suite.yaml",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
        "--noise-floor",
    ];
    let told = program
        .run(&[&args[..], &["--gate", "pass_rate>=0.5"]].concat())
        .exits(0)
        .stdout;
    assert_eq!(service.asked(), 9);
    assert!(
        told.contains("Noise floor: pro asked again comes out otherwise on 0 ± 1 of 3"),
        "{told}"
    );
    assert_eq!(statuses(&program.report()), [("lite", "passed")]);
}
