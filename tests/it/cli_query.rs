//! `query` through the binary: what is said, what is shown, and what happens when it fails.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::double::{Ending, event, exception, serve};
use crate::program::{Outcome, Program};
use crate::service::Service;

/// Asks with these arguments at a service.
fn query(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let usual = ["query", "--region", "us-east-1", "--endpoint-url", &url];
    program.run(&[&usual, args].concat())
}

fn json_of(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_shown_as_it_streams() {
    let service = Service::whole().await;
    let program = Program::new();
    let told = query(&program, &service, &["What", "is it?", "-u"]).exits(0);
    assert_eq!(told.stdout, "What is it?\n");
    let usage = "us.amazon.nova-2-lite-v1:0: 10 tokens in, 5 out, $0.000";
    assert!(told.stderr.starts_with(usage), "{}", told.stderr);
    let (path, body) = service.requests().await.remove(0);
    assert_eq!(path, "/model/us.amazon.nova-2-lite-v1%3A0/converse-stream");
    assert_eq!(body["inferenceConfig"], json!({"maxTokens": 4096}));
    query(&program, &service, &["hi", "--no-stream"]).exits(0);
    let (path, _) = service.requests().await.remove(1);
    assert!(path.ends_with("/converse"), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_said_arrives_in_its_order() {
    let service = Service::whole().await;
    let program = Program::new();
    program
        .write("notes/a.md", "alpha")
        .write("notes/b.md", "beta");
    program.write("system.txt", "Be brief.");
    std::fs::write(program.path("pixel"), [0x89, b'P', b'N', b'G', 1]).unwrap();
    let args = [
        "Read this",
        "-m",
        "nova-lite",
        "-S",
        "@system.txt",
        "-c",
        "notes/*.md",
        "-a",
        "pixel",
        "--input-data",
        "the data",
        "--temperature",
        "0.5",
        "--stop",
        "END",
        "-O",
        "top_k=40",
    ];
    query(&program, &service, &args).exits(0);
    let (path, body) = service.requests().await.remove(0);
    assert!(path.starts_with("/model/us.amazon.nova-lite-v1"), "{path}");
    assert_eq!(body["system"], json!([{"text": "Be brief."}]));
    let content = body["messages"][0]["content"].as_array().unwrap();
    assert_eq!(
        content[0]["text"],
        "<file name=\"notes/a.md\">\nalpha\n</file>"
    );
    assert_eq!(
        content[1]["text"],
        "<file name=\"notes/b.md\">\nbeta\n</file>"
    );
    assert_eq!(content[2]["image"]["format"], "png");
    assert_eq!(content[3]["text"], "Read this");
    assert_eq!(content[4]["text"], "\n\nthe data");
    let config = json!({"maxTokens": 4096, "temperature": 0.5, "stopSequences": ["END"]});
    assert_eq!(body["inferenceConfig"], config);
    assert_eq!(body["additionalModelRequestFields"], json!({"top_k": 40}));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_one_object_or_a_stream_of_events() {
    let service = Service::whole().await;
    let program = Program::new();
    let told = json_of(&query(&program, &service, &["one two", "--json"]).exits(0));
    assert_eq!(
        (&told["response"], &told["output"]),
        (&json!("one two"), &json!("one two"))
    );
    assert_eq!(told["provider"], "bedrock");
    assert_eq!(told["usage"]["input_tokens"], 10);
    assert_eq!(told["attempts"], 1);
    assert!(told["time_taken"].as_u64().unwrap() > 1_000, "{told}");
    let told = query(&program, &service, &["one two", "--jsonl"]).exits(0);
    let kinds: Vec<String> = told
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(kinds, ["text", "text", "usage", "done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_models_answer_side_by_side() {
    let service = Service::whole().await;
    let told = query(
        &Program::new(),
        &service,
        &["hi", "--models", "nova-lite,nova-pro", "--json"],
    );
    let told = json_of(&told.exits(0));
    let models: Vec<_> = told
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["model"].clone())
        .collect();
    assert_eq!(
        models,
        ["us.amazon.nova-lite-v1:0", "us.amazon.nova-pro-v1:0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_held_to_a_schema() {
    let service = Service::whole().await;
    let program = Program::new();
    // Titan takes neither schemas nor tools: it is told in words, and echoes them.
    let args = |text| {
        [
            text,
            "-m",
            "amazon.titan-text-express-v1",
            "--schema",
            "n int",
            "-q",
        ]
    };
    let told = query(&program, &service, &args("no JSON")).exits(1);
    assert_eq!(told.stdout, "");
    assert!(
        told.stderr.contains("does not conform to the schema"),
        "{}",
        told.stderr
    );
    let asked = service.requests().await;
    assert_eq!(asked.len(), 2, "it is asked once more");
    let last = &asked[1].1["messages"][2]["content"][0]["text"];
    assert!(
        last.as_str().unwrap().starts_with("That does not conform"),
        "{last}"
    );
    query(
        &program,
        &service,
        &["x", "-m", "haiku", "--schema", "n int", "-q"],
    )
    .exits(1);
    let (_, body) = service.requests().await.remove(2);
    assert!(body["outputConfig"]["textFormat"].is_object(), "{body}");
    query(&program, &service, &["x", "--schema", "n years"]).exits(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_gets_the_answer_whole_or_not_at_all() {
    let service = Service::whole().await;
    let program = Program::new();
    let told = query(
        &program,
        &service,
        &["x ```sh\nls\n``` y", "-x", "-o", "out/a.txt"],
    )
    .exits(0);
    assert_eq!(told.stdout, "");
    assert_eq!(
        std::fs::read_to_string(program.path("out/a.txt")).unwrap(),
        "ls\n"
    );
    let failing = Service::failing(403, "AccessDeniedException", "no").await;
    query(&program, &failing, &["x", "-o", "out/b.txt"]).exits(4);
    assert!(!program.path("out/b.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_request_and_sends_nothing() {
    let service = Service::whole().await;
    let told = query(
        &Program::new(),
        &service,
        &["hi", "-m", "nova-lite", "--dry-run"],
    )
    .exits(0);
    let told = json_of(&told);
    assert_eq!(told["request"]["params"], json!({"max_tokens": 4096}));
    assert_eq!(told["cost_usd"]["most"], "0.00098916");
    assert!(service.requests().await.is_empty());
}

#[test]
fn nothing_to_ask_is_told_with_examples() {
    let told = Program::new().run(&["query"]).exits(2);
    assert!(
        told.stderr.contains("there is nothing to ask"),
        "{}",
        told.stderr
    );
    let told = Program::new()
        .run(&["query", "hi", "--provider", "openai", "--json"])
        .exits(2);
    let error: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(error["error"]["message"], "there is no provider `openai`");
}

/// Every error of the table, plain and as JSON.
#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_happened_and_what_to_do() {
    let program = Program::new();
    let mut shown = String::new();
    for (status, code, message, exit) in [
        (
            403,
            "AccessDeniedException",
            "User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/m",
            4,
        ),
        (
            403,
            "ExpiredTokenException",
            "The security token included in the request is expired",
            4,
        ),
        (
            404,
            "ResourceNotFoundException",
            "Could not resolve the foundation model from the model identifier.",
            3,
        ),
        (
            400,
            "ValidationException",
            "The provided model identifier is invalid.",
            3,
        ),
        (
            400,
            "ValidationException",
            "Invocation of model ID m with on-demand throughput isn\u{2019}t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
            3,
        ),
        (
            400,
            "ValidationException",
            "Input is too long for requested model.",
            3,
        ),
        (
            400,
            "ValidationException",
            "`temperature` is deprecated for this model.",
            3,
        ),
        (
            429,
            "ThrottlingException",
            "Too many requests, please wait before trying again.",
            3,
        ),
        (424, "ModelErrorException", "The model failed.", 3),
        (
            503,
            "ServiceUnavailableException",
            "Bedrock is unable to process your request.",
            3,
        ),
    ] {
        let service = Service::failing(status, code, message).await;
        let args = [
            "hi",
            "-m",
            "anthropic.claude-sonnet-4-6",
            "-q",
            "--max-retries",
            "0",
        ];
        let told = query(&program, &service, &args).exits(exit);
        assert_eq!(told.stdout, "");
        writeln!(shown, "{status} {code}\n{}", told.stderr).unwrap();
        let as_json = query(&program, &service, &[&args[..], &["--json"]].concat()).exits(exit);
        let error = &json_of(&as_json)["error"];
        assert_eq!(
            (&error["http_status"], &error["code"]),
            (&json!(status), &json!(code))
        );
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn what_cannot_be_reached_or_has_no_keys_is_told() {
    let program = Program::new();
    let nobody = [
        "query",
        "hi",
        "-q",
        "--region",
        "us-east-1",
        "--max-retries",
        "0",
        "--endpoint-url",
        "http://127.0.0.1:1",
    ];
    let told = program.run(&nobody).exits(3);
    assert!(
        told.stderr
            .starts_with("Error: cannot reach bedrock-runtime.us-east-1\n"),
        "{}",
        told.stderr
    );
    let told = program
        .run_without_credentials(&["query", "hi", "-q", "--region", "us-east-1"])
        .exits(4);
    assert!(
        told.stderr.starts_with("Error: no AWS credentials\n"),
        "{}",
        told.stderr
    );
    let told = program
        .run_without_credentials(&["query", "hi", "--region", "us-east-1", "--error-code-only"])
        .exits(4);
    assert_eq!((told.stdout.as_str(), told.stderr.as_str()), ("", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_say_whom_to_ask() {
    let service = Service::whole().await;
    let program = Program::new();
    let provider = "interface_type: aws_bedrock\nprovider_name: mine\nconfig:\n  aws_region: ${AWS_REGION:-eu-central-1}\n  endpoint_url: ${URL}\n  default_model: amazon.nova-micro-v1:0\n";
    program.write("config/providers/aws-bedrock.yaml", provider);
    program.write(
        ".env",
        &format!("export URL={} # the double\n", service.url()),
    );
    let told = json_of(&program.run(&["query", "hi", "--json"]).exits(0));
    assert_eq!(
        (&told["provider"], &told["model"]),
        (&json!("mine"), &json!("amazon.nova-micro-v1:0"))
    );
    program
        .run(&["query", "hi", "-m", "mine:amazon.nova-lite-v1:0"])
        .exits(0);
    let (path, _) = service.requests().await.remove(1);
    assert_eq!(path, "/model/amazon.nova-lite-v1%3A0/converse-stream");
    program.write(
        "config/providers/aws-bedrock.yaml",
        &provider.replace("default_model", "defualt_model"),
    );
    let told = program.run(&["query", "hi"]).exits(2);
    assert!(
        told.stderr.contains("did you mean `default_model`?"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr
            .contains("config/providers/aws-bedrock.yaml:6:3"),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_answers_without_a_network() {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    let args = ["hi there", "--no-stream", "--record", "tape"];
    query(&program, &service, &args).exits(0);
    let told = program
        .run_without_credentials(&["query", "hi there", "--replay", "tape"])
        .exits(0);
    assert_eq!(told.stdout, "hi there\n");
}

/// A suite of two prompts whose case offers a tool and a system prompt.
const SUITE: &str = "prompts:
  - { id: short, system: Be brief., user: 'Say {{ word }}' }
  - { id: long, user: 'Please say {{ word }}' }
models:
  - { id: amazon.nova-lite-v1:0, label: lite, params: { max_tokens: 9, temperature: 0.5 } }
  - { id: amazon.nova-pro-v1:0, label: pro }
tests:
  - { description: one, vars: { word: uno }, assert: [{ type: equals, value: one }] }
  - { description: \"it's $two\", vars: { word: [due, two] }, assert: [{ type: equals, value: two }] }
  - { description: canned, vars: { word: x }, output: x, assert: [{ type: equals, value: x }] }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_a_suite_is_asked_again_as_the_report_says() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write("suites/a.yaml", SUITE);
    let url = service.url();
    let there = ["--region", "us-east-1", "--endpoint-url", &url];
    let told = program.run(&[&["eval"], &there[..]].concat()).exits(1);
    let line = told
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("by hand: "));
    assert_eq!(
        line,
        Some("mcp-cli query --suite suites/a.yaml --case one -m lite@short")
    );
    let junit = std::fs::read_to_string(program.latest().join("junit.xml")).unwrap();
    let quoted = r"--case 'it'\''s $two [word=due]' -m pro@long";
    assert!(junit.contains(quoted), "{junit}");

    let asked = service.requests().await;
    let case = [
        "--suite",
        "suites/a.yaml",
        "--case",
        "it's $two [word=two]",
        "-m",
    ];
    for (whom, max_tokens) in [("lite@short", 9), ("pro@long", 4096)] {
        query(
            &program,
            &service,
            &[&case[..], &[whom, "--no-stream"]].concat(),
        )
        .exits(0);
        let again = service.requests().await.pop().unwrap();
        assert!(asked.contains(&again), "{whom}: {again:?}");
        assert_eq!(again.1["inferenceConfig"]["maxTokens"], max_tokens);
    }
    // What is said on the command line wins.
    query(
        &program,
        &service,
        &[&case[..], &["lite", "--temperature", "0.25"]].concat(),
    )
    .exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(
        body["inferenceConfig"],
        json!({"maxTokens": 9, "temperature": 0.25})
    );

    for (args, expected) in [
        (
            ["--case", "on", "-m", "lite"],
            "error: there is no case `on`\nhint: did you mean `one`?\n",
        ),
        (
            ["--case", "one", "-m", "lit"],
            "error: no model has the label or id `lit`\n",
        ),
        (
            ["--case", "one", "-m", "lite@wide"],
            "error: there is no prompt `wide`\nhint: there is `short` and `long`\n",
        ),
        (
            ["--case", "canned", "-m", "lite"],
            "error: `canned` has an answer of its own\n",
        ),
    ] {
        let told = query(
            &program,
            &service,
            &[&["--suite", "suites/a.yaml"], &args[..]].concat(),
        );
        let told = told.exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_before_a_prompt_is_kept_where_that_is_wanted() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write("notes.md", "alpha");
    let point = json!({"cachePoint": {"type": "default"}});
    let asked = ["Why?", "-c", "notes.md", "-S", "Be brief.", "-m"];
    query(
        &program,
        &service,
        &[&asked[..], &["nova-lite", "--cache-prompt"]].concat(),
    )
    .exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["system"][1], point);
    assert_eq!(body["messages"][0]["content"][1], point);
    assert_eq!(body["messages"][0]["content"][2]["text"], "Why?");
    // A model that keeps nothing is asked without.
    let told = query(
        &program,
        &service,
        &[&asked[..], &["llama3-3-70b", "--cache-prompt"]].concat(),
    );
    let told = told.exits(0);
    assert!(told.stderr.contains("keeps no prompts"), "{}", told.stderr);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["messages"][0]["content"].as_array().unwrap().len(), 2);
    // A provider's file says it for all questions.
    let provider = "interface_type: aws_bedrock\nprovider_name: bedrock\nconfig:\n  cache: 1h\n  guardrail: gr-1:DRAFT\n";
    program.write("config/providers/a.yaml", provider);
    query(&program, &service, &[&asked[..], &["haiku"]].concat()).exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["system"][1]["cachePoint"]["ttl"], "1h");
    assert_eq!(body["guardrailConfig"]["guardrailIdentifier"], "gr-1");
    query(
        &program,
        &service,
        &[&asked[..], &["haiku", "--cache-prompt=no"]].concat(),
    )
    .exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["system"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn thinking_is_for_those_who_take_it() {
    let service = Service::whole().await;
    let program = Program::new();
    query(
        &program,
        &service,
        &["Why?", "-m", "haiku", "--thinking", "2000"],
    )
    .exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    let thinking = &body["additionalModelRequestFields"]["thinking"];
    assert_eq!(*thinking, json!({"type": "enabled", "budget_tokens": 2000}));
    assert_eq!(body["inferenceConfig"]["maxTokens"], 6096);
    for (args, expected) in [
        (
            ["-m", "nova-lite", "--thinking", "2000"],
            "takes no number of tokens to think with",
        ),
        (["-m", "haiku", "--thinking", "100"], "hint: 1024 at least"),
    ] {
        let told = query(&program, &service, &[&["Why?"], &args[..]].concat()).exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_says_as_whom_and_through_which_profile() {
    let service = Service::whole().await;
    let program = Program::new();
    let provider = |more: &str| {
        let text = format!("interface_type: aws_bedrock\nprovider_name: bedrock\nconfig:\n{more}");
        program.write("config/providers/a.yaml", &text);
    };
    let path = async || service.requests().await.pop().unwrap().0;
    let ids = ["amazon.nova-lite-v1:0", "haiku"];
    for (profile, expected) in [
        ("auto", ["us.amazon.nova-lite", "us.anthropic.claude-haiku"]),
        ("none", ["amazon.nova-lite", "anthropic.claude-haiku"]),
        (
            "global",
            ["amazon.nova-lite", "global.anthropic.claude-haiku"],
        ),
    ] {
        provider(&format!("  inference_profile: {profile}\n"));
        for (id, expected) in ids.iter().zip(expected) {
            query(&program, &service, &["Why?", "-m", id]).exits(0);
            let path = path().await;
            assert!(
                path.starts_with(&format!("/model/{expected}")),
                "{profile}: {path}"
            );
        }
    }
    provider("  api_key: ${KEY}\n");
    let url = service.url();
    let args = [
        "query",
        "Why?",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    program
        .run_with(&[("KEY", "ABSKsecret".to_owned())], &args)
        .exits(0);
    let header = service.header("authorization").await;
    assert_eq!(header, "Bearer ABSKsecret");

    let roles = Service::of_roles("ASIAROLE").await;
    provider("  role_arn: arn:aws:iam::1:role/r\n");
    let there = ("AWS_ENDPOINT_URL_STS", roles.url());
    program.run_with(&[there], &args).exits(0);
    let header = service.header("authorization").await;
    assert!(header.contains("Credential=ASIAROLE/"), "{header}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_answers_is_held_to_a_schema() {
    let list = json!({"items": [{"name": "Ada", "age": 36}]});
    let answer = json!([{"toolUse": {"toolUseId": "1", "name": "answer", "input": list}}]);
    let service = Service::saying(vec![answer]).await;
    let program = Program::new();
    let args = ["Who?", "-m", "nova-lite", "--schema-multi", "name, age int"];
    let told = query(&program, &service, &args).exits(0);
    assert_eq!(json_of(&told), list);
    let (_, body) = service.requests().await.remove(0);
    let tool = &body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"];
    let item = &tool["properties"]["items"]["items"]["properties"];
    assert_eq!(item["age"]["type"], "integer", "{tool}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_model_is_asked_where_one_cannot_be() {
    let denied = Service::failing(403, "AccessDeniedException", "no").await;
    let program = Program::new();
    let args = ["Hi", "-m", "nova-pro", "--fallback", "haiku,nova-lite"];
    let told = query(&program, &denied, &args).exits(4);
    assert!(
        told.stderr.contains(
            "warning: us.amazon.nova-pro-v1:0 cannot be asked (denied): us.anthropic.claude-haiku"
        ),
        "{}",
        told.stderr
    );
    assert_eq!(denied.requests().await.len(), 3);
    // What is wrong with the question is wrong with all of them.
    let invalid = Service::failing(400, "ValidationException", "no such field").await;
    query(&program, &invalid, &args).exits(3);
    assert_eq!(invalid.requests().await.len(), 1);
    let whole = Service::whole().await;
    let told = query(&program, &whole, &[&args[..], &["-v"]].concat()).exits(0);
    assert_eq!(told.stdout, "Hi\n");
    assert!(
        told.stderr
            .contains("asks us.amazon.nova-pro-v1:0 in us-east-1, as the provider `bedrock` says"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr.contains("1 call, stopped for end_turn"),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_too_large_is_made_smaller_and_that_is_said() {
    let service = Service::whole().await;
    let program = Program::new();
    let wide = image::GrayImage::new(9_000, 90);
    wide.save(program.path("wide.png")).unwrap();
    let args = ["What is it?", "-m", "nova-lite", "-a", "wide.png"];
    let told = query(&program, &service, &args).exits(0).stderr;
    assert!(
        told.contains("warning: `wide.png`: 9000 × 90 pixels in "),
        "{told}"
    );
    assert!(told.contains("sent as 8000 × 80 in "), "{told}");
    assert_eq!(told.matches("warning").count(), 1, "{told}");
    let (_, body) = service.requests().await.remove(0);
    assert_eq!(body["messages"][0]["content"][0]["image"]["format"], "jpeg");
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_may_lie_elsewhere() {
    let web = wiremock::MockServer::start().await;
    let pixel = wiremock::ResponseTemplate::new(200).set_body_bytes([0x89, b'P', b'N', b'G', 1]);
    wiremock::Mock::given(wiremock::matchers::path("/pixel"))
        .respond_with(pixel)
        .mount(&web)
        .await;
    let service = Service::whole().await;
    let program = Program::new();
    let there = format!("{}/pixel", web.uri());
    let args = [
        "What?",
        "-m",
        "nova-lite",
        "-a",
        &there,
        "-a",
        "s3://bucket/report.pdf",
    ];
    std::fs::write(program.path("clip"), b"\0\0\0\x18ftypmp42....").unwrap();
    query(&program, &service, &[&args[..], &["-a", "clip"]].concat()).exits(0);
    let (_, body) = service.requests().await.remove(0);
    let content = &body["messages"][0]["content"];
    assert_eq!(content[0]["image"]["source"]["bytes"], "iVBORwE=");
    let document = &content[1]["document"];
    assert_eq!(document["format"], "pdf");
    assert_eq!(
        document["source"]["s3Location"]["uri"],
        "s3://bucket/report.pdf"
    );
    let video = &content[2]["video"];
    assert_eq!(video["format"], "mp4");
    assert!(video["source"]["bytes"].is_string(), "{video}");
    let gone = format!("{}/gone", web.uri());
    for (place, expected) in [
        (&*gone, "cannot be had: HTTP status 404"),
        ("s3://bucket/report", "its name does not tell what it is"),
    ] {
        let told = query(&program, &service, &["What?", "-a", place]).exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    }
}

#[test]
fn a_suite_starts_programs_only_where_it_may() {
    let program = Program::new();
    let suite = "mcp_servers: { x: { command: sh, args: [-c, 'touch started'] } }\nprompts: [Hi]\n\
                 models: [amazon.nova-lite-v1:0]\ntests: [{ assert: [{ type: contains, value: Hi }] }]\n";
    program.write("a.yaml", suite);
    let args = [
        "query",
        "--suite",
        "a.yaml",
        "--region",
        "us-east-1",
        "--endpoint-url",
        "http://127.0.0.1:1",
    ];
    let told = program.run(&args).exits(2);
    assert!(
        told.stderr.contains("allow it with --allow-exec"),
        "{}",
        told.stderr
    );
    assert!(!program.path("started").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_model_is_asked_once_something_was_shown() {
    let text = json!({"contentBlockIndex": 0, "delta": {"text": "Half"}});
    let frames = vec![
        event("messageStart", &json!({"role": "assistant"})),
        event("contentBlockDelta", &text),
        exception("throttlingException", &json!({"message": "slow down"})),
    ];
    let url = serve(frames, Ending::Clean).await;
    let program = Program::new();
    let args = [
        "query",
        "Hi",
        "-m",
        "nova-pro",
        "--fallback",
        "nova-lite",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let told = program.run(&args).exits(3);
    assert_eq!(told.stdout, "Half\n");
    assert!(!told.stderr.contains("cannot be asked"), "{}", told.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_model_is_asked_in_its_own_way() {
    let service = Service::failing(429, "ThrottlingException", "slow down").await;
    let program = Program::new();
    let args = [
        "Who?",
        "-m",
        "haiku",
        "--fallback",
        "nova-lite",
        "--schema",
        "name",
        "--max-retries",
        "0",
    ];
    query(&program, &service, &args).exits(3);
    let asked = service.requests().await;
    assert!(
        asked[0].1["toolConfig"].is_null(),
        "haiku is held to a schema natively"
    );
    assert_eq!(
        asked[1].1["toolConfig"]["tools"][0]["toolSpec"]["name"],
        "answer"
    );
}
