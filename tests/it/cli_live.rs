//! `models --live` through the binary: what the account has, against a control plane on loopback.

use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::program::Program;

async fn account() -> MockServer {
    let server = MockServer::start().await;
    let model = |id: &str, ways: &[&str], life: Value| {
        json!({
            "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id,
            "modelName": format!("Name of {id}"), "providerName": "Someone", "outputModalities": ["TEXT"],
            "inferenceTypesSupported": ways, "modelLifecycle": life,
        })
    };
    let models = json!({"modelSummaries": [
        model("amazon.nova-lite-v1:0", &["ON_DEMAND"], json!({"status": "ACTIVE"})),
        model("someone.new-v1:0", &["INFERENCE_PROFILE"], json!({"status": "LEGACY", "endOfLifeTime": "2027-01-31T00:00:00Z"})),
    ]});
    Mock::given(path("/foundation-models"))
        .respond_with(ResponseTemplate::new(200).set_body_json(models))
        .mount(&server)
        .await;
    let page = |id: &str, next: Option<&str>| {
        let base = id.split_once('.').unwrap().1;
        let arn = format!("arn:aws:bedrock:us-west-2::foundation-model/{base}");
        let profile = json!({
            "inferenceProfileName": id, "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:1:inference-profile/{id}"),
            "inferenceProfileId": id, "models": [{"modelArn": arn}], "status": "ACTIVE", "type": "SYSTEM_DEFINED",
        });
        ResponseTemplate::new(200)
            .set_body_json(json!({"inferenceProfileSummaries": [profile], "nextToken": next}))
    };
    Mock::given(path("/inference-profiles"))
        .and(query_param_is_missing("nextToken"))
        .respond_with(page("us.someone.new-v1:0", Some("more")))
        .mount(&server)
        .await;
    Mock::given(path("/inference-profiles"))
        .and(query_param("nextToken", "more"))
        .respond_with(page("us.amazon.nova-lite-v1:0", None))
        .mount(&server)
        .await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_says_what_it_has() {
    let account = account().await;
    let program = Program::new();
    let url = account.uri();
    let args = [
        "models",
        "--live",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let told = program.run(&args).exits(0);
    let lines: Vec<Vec<&str>> = told
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[1],
        [
            "amazon.nova-lite-v1:0",
            "active",
            "id",
            "us.amazon.nova-lite-v1:0",
            "yes"
        ]
    );
    assert_eq!(
        lines[2],
        [
            "someone.new-v1:0",
            "legacy",
            "2027-01-31",
            "us.someone.new-v1:0",
            "no"
        ]
    );
    assert!(
        told.stderr.starts_with("1 model without a known price"),
        "{}",
        told.stderr
    );
    let told = program
        .run(&[&args[..], &["--json", "new"]].concat())
        .exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["profiles"], json!(["us.someone.new-v1:0"]));
    assert_eq!(
        (&told[0]["priced"], &told[0]["end_of_life"]),
        (&json!(false), &json!("2027-01-31"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_is_told_the_action() {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(403)
        .insert_header("x-amzn-errortype", "AccessDeniedException")
        .set_body_json(json!({"message": "User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:ListFoundationModels"}));
    Mock::given(method("GET"))
        .respond_with(response)
        .mount(&server)
        .await;
    let url = server.uri();
    let args = [
        "models",
        "--live",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let told = Program::new().run(&args).exits(4);
    assert!(
        told.stderr.contains("bedrock:ListFoundationModels"),
        "{}",
        told.stderr
    );
}
