//! The account's own quotas through the binary, against Service Quotas on loopback.

use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::{Outcome, Program};

const APPLIED: &str = "ServiceQuotasV20190624.ListServiceQuotas";
const DEFAULTS: &str = "ServiceQuotasV20190624.ListAWSDefaultServiceQuotas";

const SUITE: &str = "prompts: [\"How many apples are left in basket {{ n }}?\"]\n\
                     models: [amazon.nova-lite-v1:0]\n\
                     tests:\n  - vars: {n: 1}\n    assert: [{type: contains, value: apples}]\n";

fn page(quotas: &[(&str, f64)], next: Option<&str>) -> ResponseTemplate {
    let quotas: Vec<Value> = quotas
        .iter()
        .map(|(name, value)| json!({"ServiceCode": "bedrock", "QuotaName": name, "Value": value, "QuotaCode": "L-1"}))
        .collect();
    ResponseTemplate::new(200).set_body_raw(
        json!({"Quotas": quotas, "NextToken": next}).to_string(),
        "application/x-amz-json-1.1",
    )
}

/// Returns an account whose Nova Lite has these requests a minute; the default has others.
async fn account(requests: f64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(header("x-amz-target", DEFAULTS))
        .and(body_partial_json(json!({"NextToken": "more"})))
        .respond_with(page(
            &[(
                "On-demand model inference tokens per minute for Amazon Nova Lite",
                20_000.0,
            )],
            None,
        ))
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", DEFAULTS))
        .respond_with(page(
            &[
                ("On-demand model inference requests per minute for Amazon Nova Lite", 1_000.0),
                ("Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1", 200_000.0),
                ("Sum of training records", 10.0),
            ],
            Some("more"),
        ))
        .with_priority(2)
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", APPLIED))
        .respond_with(page(
            &[(
                "On-demand model inference requests per minute for Amazon Nova Lite",
                requests,
            )],
            None,
        ))
        .mount(&server)
        .await;
    server
}

fn run(program: &Program, account: &MockServer, args: &[&str]) -> Outcome {
    let place = [("AWS_ENDPOINT_URL_SERVICE_QUOTAS", account.uri())];
    program.run_with(&place, &[args, &["--region", "us-east-1"]].concat())
}

async fn times_asked(account: &MockServer) -> usize {
    account.received_requests().await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_says_what_it_may_do() {
    let account = account(60.0).await;
    let program = Program::new();
    let told = run(&program, &account, &["models", "--quotas"]).exits(0);
    let lines: Vec<Vec<&str>> = told
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected: [&[&str]; 2] = [
        &["amazon.nova-lite-v1:0", "in-region", "60", "20000"],
        &["anthropic.claude-sonnet-4-5-20250929-v1:0", "geo", "200000"],
    ];
    assert_eq!(lines, expected);
    let told = run(
        &program,
        &account,
        &["models", "--quotas", "sonnet", "--json"],
    )
    .exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let expected = json!([{
        "id": "anthropic.claude-sonnet-4-5-20250929-v1:0", "scope": "geo",
        "tokens_per_minute": 200_000, "requests_per_minute": null,
    }]);
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_to_them_and_asks_once_a_day() {
    let account = account(60.0).await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let dry = ["eval", "suite.yaml", "--dry-run", "--account-quotas"];
    let told = run(&program, &account, &dry).exits(0);
    let line = "quota of amazon.nova-lite-v1:0 in us-east-1: 60 requests and 20000 tokens a minute";
    assert!(told.stderr.contains(line), "{}", told.stderr);
    assert_eq!(times_asked(&account).await, 3);

    // A flag wins, and what was read stands.
    let told = run(&program, &account, &[&dry[..], &["--rpm", "7"]].concat()).exits(0);
    let line = "quota of amazon.nova-lite-v1:0 in us-east-1: 7 requests and 20000 tokens a minute";
    assert!(told.stderr.contains(line), "{}", told.stderr);
    assert_eq!(times_asked(&account).await, 3);

    run(&program, &account, &["models", "--quotas"]).exits(0);
    assert_eq!(times_asked(&account).await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_may_not_be_asked_at_all_is_told_before_it_is() {
    let account = account(0.0).await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let told = run(
        &program,
        &account,
        &["eval", "suite.yaml", "--account-quotas"],
    )
    .exits(4);
    let expected = "the account's quota for `amazon.nova-lite-v1:0` in us-east-1 is 0";
    assert!(told.stderr.contains(expected), "{}", told.stderr);
    assert!(told.stderr.contains("hint: "), "{}", told.stderr);
    assert!(!program.path("reports").exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_them_is_told_the_action() {
    let server = MockServer::start().await;
    let denied = ResponseTemplate::new(400).set_body_raw(
        json!({
            "__type": "AccessDeniedException",
            "Message": "User: arn:aws:iam::1:user/a is not authorized to perform: servicequotas:ListAWSDefaultServiceQuotas",
        })
        .to_string(),
        "application/x-amz-json-1.1",
    );
    Mock::given(header("x-amz-target", DEFAULTS))
        .respond_with(denied)
        .mount(&server)
        .await;
    let program = Program::new();
    program.write("suite.yaml", SUITE);
    let told = run(
        &program,
        &server,
        &["eval", "suite.yaml", "--account-quotas"],
    )
    .exits(4);
    let expected = "servicequotas:ListAWSDefaultServiceQuotas";
    assert!(told.stderr.contains(expected), "{}", told.stderr);
}
