//! `eval --batch` through the binary: S3 and a control plane on loopback, in one server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::program::{Outcome, Program, repository};

const ROLE: &str = "arn:aws:iam::123456789012:role/batch";
const ARN: &str = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/";

const SUITE: &str = "
name: numbers
models: [amazon.nova-lite-v1:0]
prompts: ['{{ n }}?']
tests:
  - { vars: { n: 1 }, assert: [{ type: equals, value: '1!' }] }
  - { vars: { n: 2 }, assert: [{ type: equals, value: '2!' }, { type: latency, threshold: 5 }] }
  - { vars: { n: 3 }, assert: [{ type: equals, value: '3!' }] }
  - { vars: { n: 4 }, assert: [{ type: equals, value: '4!' }] }
";

/// An account: what lies in its buckets, and the jobs that were begun.
#[derive(Default)]
struct Account {
    objects: BTreeMap<String, Vec<u8>>,
    jobs: Vec<Value>,
    /// Calls of Converse on demand.
    asked: u64,
}

#[derive(Clone, Default)]
struct Cloud(Arc<Mutex<Account>>);

impl Cloud {
    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap()
    }
}

impl Account {
    /// Answers every record of a job: `N?` with `N!`, `3?` with an error that may pass, `4?` not at all.
    fn run(&mut self, job: &Value) -> String {
        let id = format!("job{:09}", self.jobs.len());
        let input = job["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
            .as_str()
            .unwrap();
        let key = input.strip_prefix("s3://bucket/").unwrap();
        let text = String::from_utf8(self.objects[key].clone()).unwrap();
        let mut lines = String::new();
        for line in text.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            let said = record["modelInput"]["messages"][0]["content"][0]["text"]
                .as_str()
                .unwrap();
            let number = said.trim_end_matches('?');
            let mut answer =
                json!({"recordId": record["recordId"], "modelInput": record["modelInput"]});
            match number {
                "4" => continue,
                "3" => answer["error"] = json!({"errorCode": 503, "errorMessage": "try again"}),
                _ => {
                    answer["modelOutput"] = json!({
                        "output": {"message": {"role": "assistant", "content": [{"text": format!("{number}!")}]}},
                        "stopReason": "end_turn", "usage": {"inputTokens": 1000, "outputTokens": 500},
                    });
                }
            }
            writeln!(lines, "{answer}").unwrap();
        }
        let output = job["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"]
            .as_str()
            .unwrap();
        let folder = format!("{}{id}/", output.strip_prefix("s3://bucket/").unwrap());
        self.objects
            .insert(format!("{folder}input.jsonl.out"), lines.into_bytes());
        self.objects
            .insert(format!("{folder}manifest.json.out"), b"{}".to_vec());
        id
    }

    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let not_found = ResponseTemplate::new(404);
        match (request.method.as_str(), path) {
            ("POST", "/model-invocation-job") => {
                if body["roleArn"] != ROLE || body["modelInvocationType"] != "Converse" {
                    return ResponseTemplate::new(400).set_body_json(json!({"message": "no"}));
                }
                let id = self.run(&body);
                let mut job = body;
                job["jobArn"] = format!("{ARN}{id}").into();
                self.jobs.push(job);
                ResponseTemplate::new(200).set_body_json(json!({"jobArn": format!("{ARN}{id}")}))
            }
            ("GET", path) if path.starts_with("/model-invocation-job/") => {
                let known = |job: &&Value| {
                    let arn = job["jobArn"].as_str().unwrap();
                    path.ends_with(arn.rsplit('/').next().unwrap())
                };
                let Some(job) = self.jobs.iter().find(known) else {
                    let gone = json!({"message": "Could not find the job."});
                    return not_found.set_body_json(gone);
                };
                let mut told = job.clone();
                told["status"] = "Completed".into();
                told["submitTime"] = "2026-11-22T10:00:00Z".into();
                told["totalRecordCount"] = 4.into();
                told["processedRecordCount"] = 3.into();
                ResponseTemplate::new(200).set_body_json(told)
            }
            ("POST", path) if path.ends_with("/converse") => {
                self.asked += 1;
                ResponseTemplate::new(200).set_body_json(json!({
                    "output": {"message": {"role": "assistant", "content": [{"text": "3!"}]}},
                    "stopReason": "end_turn", "metrics": {"latencyMs": 1},
                    "usage": {"inputTokens": 1000, "outputTokens": 500, "totalTokens": 1500},
                }))
            }
            ("PUT", path) => {
                let key = path.strip_prefix("/bucket/").unwrap().to_owned();
                self.objects.insert(key, request.body.clone());
                ResponseTemplate::new(200)
            }
            ("GET", "/bucket/" | "/bucket") => {
                let query: BTreeMap<_, _> = request.url.query_pairs().collect();
                let under = |key: &&String| key.starts_with(query["prefix"].as_ref());
                let keys: Vec<String> = (self.objects.keys().filter(under))
                    .map(|key| format!("<Contents><Key>{key}</Key></Contents>"))
                    .collect();
                let keys = keys.concat();
                let list = format!(
                    "<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>"
                );
                ResponseTemplate::new(200).set_body_raw(list, "application/xml")
            }
            ("GET", path) => match path
                .strip_prefix("/bucket/")
                .and_then(|key| self.objects.get(key))
            {
                Some(object) => ResponseTemplate::new(200).set_body_bytes(object.clone()),
                None => not_found,
            },
            _ => not_found,
        }
    }
}

impl Respond for Cloud {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.account().answer(request)
    }
}

async fn cloud() -> (MockServer, Cloud) {
    let server = MockServer::start().await;
    let cloud = Cloud::default();
    Mock::given(any())
        .respond_with(cloud.clone())
        .mount(&server)
        .await;
    (server, cloud)
}

fn run(program: &Program, server: &MockServer, args: &[&str]) -> Outcome {
    let url = server.uri();
    let endpoint = |name: &'static str| (name, url.clone());
    let places = [
        endpoint("AWS_ENDPOINT_URL_S3"),
        endpoint("AWS_ENDPOINT_URL_BEDROCK"),
        endpoint("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ("AWS_REGION", "us-east-1".to_owned()),
    ];
    program.run_with(&places, args)
}

const ORDER: [&str; 8] = [
    "eval",
    "suite.yaml",
    "--batch",
    "s3://bucket/evals",
    "--batch-role",
    ROLE,
    "--batch-fewest",
    "1",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_goes_through_a_job() {
    let (server, cloud) = cloud().await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    // The record that is lost leaves the run unfinished.
    let told = run(&program, &server, &ORDER).exits(3);
    assert!(
        told.stderr.contains("batch job arn:aws:bedrock"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr.contains("to finish it: mcp-cli eval --resume"),
        "{}",
        told.stderr
    );
    assert!(
        told.stdout.contains("2 answers of batch inference"),
        "{}",
        told.stdout
    );

    let results = program.results();
    let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
    // No latency is known of what a batch answered.
    assert_eq!(statuses, ["passed", "undecided", "passed"]);
    // 1,000 tokens at 0.03 and 500 at 0.12 in a batch; twice that on demand.
    assert_eq!(results[0]["cost_usd"], json!("0.00009"));
    assert_eq!(results[2]["cost_usd"], json!("0.00018"));
    assert_eq!(results[0]["latency_ms"], Value::Null);
    assert_eq!(cloud.account().asked, 1, "what the job was to ask again");
    let report = program.report();
    assert_eq!(report["models"][0]["batched"], json!(2));
    assert_eq!(report["run"]["not_asked"], json!(1));
    let input: Vec<String> = cloud.account().objects.keys().cloned().collect();
    assert!(input[0].starts_with("evals/mcp-cli-"), "{input:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_takes_the_answers_of_a_job() {
    let (server, cloud) = cloud().await;
    let here = Program::new();
    here.write("suite.yaml", SUITE);
    run(&here, &server, &[&ORDER[..], &["--limit", "2"]].concat()).exits(3);
    let arn = cloud.account().jobs[0]["jobArn"]
        .as_str()
        .unwrap()
        .to_owned();

    let there = Program::new();
    there.write("suite.yaml", SUITE);
    let adopt = [&ORDER[..], &["--limit", "2", "--batch-job", &arn]].concat();
    run(&there, &server, &adopt).exits(3);
    assert_eq!(cloud.account().jobs.len(), 1, "nothing is ordered anew");
    let outputs = |program: &Program| {
        let results = program.results().into_iter();
        results
            .map(|result| result["output"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(outputs(&here), ["1!", "2!"]);
    assert_eq!(outputs(&there), outputs(&here));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_batch_from_beginning_is_told() {
    let (server, cloud) = cloud().await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let mut wrong = ORDER;
    wrong[3] = "bucket/evals";
    let told = run(&program, &server, &wrong).exits(2);
    assert!(
        told.stderr.contains("is not a place in S3"),
        "{}",
        told.stderr
    );
    let mut wrong = ORDER;
    wrong[5] = "arn:aws:iam::1:role/other";
    let told = run(&program, &server, &wrong);
    assert!(
        told.stderr.contains("no batch job for 4 questions"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr.contains("to go on: mcp-cli eval --resume"),
        "{}",
        told.stderr
    );
    let told = run(&program, &server, &[&ORDER[..], &["--dry-run"]].concat()).exits(0);
    assert!(
        told.stderr.contains("batch inference costs about half"),
        "{}",
        told.stderr
    );
    let told = run(&program, &server, &[&ORDER[..], &["--stream"]].concat()).exits(2);
    assert!(
        told.stderr.contains("cannot be used with"),
        "{}",
        told.stderr
    );
    let adopted = [&ORDER[..], &["--batch-job", "abc"]].concat();
    let told = run(&program, &server, &adopted);
    assert!(
        told.stderr.contains("is not the ARN of a batch job"),
        "{}",
        told.stderr
    );
    assert!(cloud.account().jobs.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_page_are_ours() {
    let page = std::fs::read_to_string(repository("docs/batch.md")).unwrap();
    let commands = page
        .lines()
        .filter_map(|line| line.strip_prefix("mcp-cli "));
    let mut tried = 0;
    let (server, _) = cloud().await;
    for command in commands {
        let args: Vec<&str> = command.split_whitespace().collect();
        let program = Program::new();
        program.write("suites/suite.yaml", SUITE);
        let told = run(&program, &server, &args);
        assert!(!told.stderr.contains("Usage"), "{command}: {}", told.stderr);
        tried += 1;
    }
    assert_eq!(tried, 3);
}
