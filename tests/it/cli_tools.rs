//! Tools over MCP through the binary: servers that are programs and services, tools that fail, servers that die.

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::program::{Outcome, Program};
use crate::service::Service;

/// A server in a shell: it adds nothing and echoes what it is told, and fails for `boom`.
pub(crate) const SHELL_SERVER: &str = r#"
while read -r line; do
  id=${line#*\"id\":}; id=${id%%[,\}]*}
  case $line in
    *'"method":"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"shell","version":"1"}}}\n' "$id";;
    *tools/list*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"echo","description":"Says it again.","inputSchema":{"type":"object","properties":{"word":{"type":"string"}}}},{"name":"wipe","inputSchema":{"type":"object"},"annotations":{"destructiveHint":true}}]}}\n' "$id";;
    *boom*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"it went wrong"}],"isError":true}}\n' "$id";;
    *die*) exit 7;;
    *tools/call*) word=${line#*\"word\":\"}; word=${word%%\"*}; printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"told %s"}]}}\n' "$id" "$word";;
  esac
done
"#;

/// A server over HTTP with one tool, `look`, that gives an image.
async fn http_server() -> MockServer {
    let server = MockServer::start().await;
    let respond = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let result = match body["method"].as_str() {
            Some("initialize") => json!({
                "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                "serverInfo": {"name": "http", "version": "1"},
            }),
            Some("tools/list") => {
                json!({"tools": [{"name": "look", "inputSchema": {"type": "object"}}]})
            }
            Some("tools/call") => json!({"content": [
                {"type": "text", "text": "a picture"},
                {"type": "image", "mimeType": "image/png", "data": "iVBORw=="},
            ]}),
            _ => return ResponseTemplate::new(202),
        };
        ResponseTemplate::new(200)
            .set_body_json(json!({"jsonrpc": "2.0", "id": body["id"], "result": result}))
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(405))
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

pub(crate) fn call(id: &str, name: &str, input: &Value) -> Value {
    json!({"toolUse": {"toolUseId": id, "name": name, "input": input}})
}

/// Returns a program with the shell's server, and with others that a test adds to `mcpServers`.
fn with_servers(others: &Value) -> Program {
    let program = Program::new();
    program.write("server.sh", SHELL_SERVER);
    let mut servers = others.clone();
    servers["shell"] = json!({"command": "sh", "args": ["server.sh"]});
    program.write(".mcp.json", &json!({"mcpServers": servers}).to_string());
    program
}

fn query(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let usual = [
        "query",
        "go",
        "-m",
        "amazon.nova-lite-v1:0",
        "--no-stream",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let path = ("PATH", std::env::var("PATH").unwrap());
    program.run_with(&[path], &[&usual, args].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_of_several_rounds_with_tools_that_fail() {
    let http = http_server().await;
    let program = with_servers(&json!({
        "http": {"type": "http", "url": format!("{}/mcp", http.uri())},
        "dead": {"command": "sh", "args": ["-c", "echo no licence >&2; exit 3"]},
    }));
    let service = Service::saying(vec![
        json!([{"text": "First. "}, call("1", "echo", &json!({"word": "one"})), call("2", "echo", &json!({"word": "boom"}))]),
        json!([call("3", "look", &json!({}))]),
        json!([call("4", "nonesuch", &json!({}))]),
        json!([call("5", "echo", &json!({"word": "five"}))]),
        json!([{"text": "Done."}]),
    ])
    .await;
    let told = query(&program, &service, &["--json", "--tools-trace"]).exits(0);
    let told_json: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told_json["output"], "Done.");
    assert_eq!(told_json["tool_calls"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&told_json["attempts"], &told_json["usage"]["input_tokens"]),
        (&json!(5), &json!(50))
    );
    assert!(
        told.stderr
            .contains("warning: the server `dead` cannot be used: it ended with: no licence"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr
            .contains("echo {\"word\":\"boom\"} failed: it went wrong"),
        "{}",
        told.stderr
    );

    let asked = service.requests().await;
    let tools = asked[0].1["toolConfig"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .map(|tool| tool["toolSpec"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["look", "echo", "wipe"]);
    let results =
        |at: usize| asked[at].1["messages"].as_array().unwrap().last().unwrap()["content"].clone();
    let first = results(1);
    assert_eq!(
        first[0]["toolResult"]["content"],
        json!([{"text": "told one"}])
    );
    assert_eq!(first[1]["toolResult"]["status"], "error");
    assert_eq!(
        results(2)[0]["toolResult"]["content"][1]["image"]["format"],
        "png"
    );
    assert_eq!(
        results(3)[0]["toolResult"]["content"],
        json!([{"text": "there is no tool `nonesuch`"}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_in_the_middle_is_a_result() {
    let program = with_servers(&json!({}));
    let service = Service::saying(vec![
        json!([call("1", "echo", &json!({"word": "die"}))]),
        json!([{"text": "It is gone."}]),
    ])
    .await;
    let told = query(&program, &service, &["-s", "shell"]).exits(0);
    assert_eq!(told.stdout, "It is gone.\n");
    let (_, body) = service.requests().await.remove(1);
    assert_eq!(
        body["messages"][2]["content"][0]["toolResult"]["status"],
        "error"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_are_chosen_and_rounds_are_limited() {
    let program = with_servers(&json!({}));
    let service = Service::saying(vec![json!([call("1", "echo", &json!({"word": "on"}))])]).await;
    let told = query(
        &program,
        &service,
        &["--max-tool-rounds", "2", "--deny-tool", "w*"],
    )
    .exits(3);
    assert!(
        told.stderr
            .starts_with("Error: the model still calls tools after 2 rounds"),
        "{}",
        told.stderr
    );
    let asked = service.requests().await;
    assert_eq!(asked.len(), 3);
    assert_eq!(
        asked[0].1["toolConfig"]["tools"].as_array().unwrap().len(),
        1
    );
    query(&program, &service, &["--no-tools"]).exits(0);
    assert!(service.requests().await[3].1["toolConfig"].is_null());
    query(
        &program,
        &service,
        &["--approve", "never", "--max-tool-rounds", "1"],
    )
    .exits(3);
    let refused = &service.requests().await[5].1["messages"][2]["content"][0]["toolResult"];
    assert_eq!(
        refused["content"],
        json!([{"text": "the user does not allow this call"}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_named_must_work() {
    let program = with_servers(
        &json!({"dead": {"command": "sh", "args": ["-c", "exit 3"]}, "off": {"command": "x", "disabled": true}}),
    );
    let service = Service::saying(vec![json!([{"text": "hi"}])]).await;
    query(&program, &service, &["-s", "dead"]).exits(3);
    let told = query(&program, &service, &["-s", "off"]).exits(2);
    assert!(
        told.stderr.contains("there is `dead` and `shell`"),
        "{}",
        told.stderr
    );
    let url = service.url();
    let titan = [
        "query",
        "hi",
        "-m",
        "amazon.titan-text-express-v1",
        "-s",
        "shell",
        "-q",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let told = program
        .run_with(&[("PATH", std::env::var("PATH").unwrap())], &titan)
        .exits(3);
    assert!(told.stderr.contains("cannot call tools"), "{}", told.stderr);
    let unset = "{\"mcpServers\": {\"a\": {\"command\": \"${NONE}\"}}}";
    program.write(".mcp.json", unset);
    let told = query(&program, &service, &[]).exits(2);
    assert!(told.stderr.contains("NONE is not set"), "{}", told.stderr);
    // A broken server keeps nobody from what needs none.
    query(&program, &service, &["--no-tools", "--dry-run"]).exits(0);
    program.run(&["embed", "hi", "--dry-run"]).exits(0);
    program.write(
        "broken.json",
        "{\"mcpServers\": {\"a\": {\"comand\": \"x\"}}}",
    );
    let told = query(&program, &service, &["--mcp-config", "broken.json"]).exits(2);
    assert!(
        told.stderr.contains("did you mean `command`?"),
        "{}",
        told.stderr
    );
    assert!(service.requests().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_results_are_events_and_raw_data() {
    let program = with_servers(&json!({}));
    let replies = || {
        vec![
            json!([call("1", "echo", &json!({"word": "one"}))]),
            json!([{"text": "Done."}]),
        ]
    };
    let service = Service::saying(replies()).await;
    let told = query(&program, &service, &["--jsonl"]).exits(0);
    let events: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["tool_call", "tool_result", "text", "usage", "done"]);
    assert_eq!(events[1]["content"], "told one");

    let service = Service::saying(replies()).await;
    let told = query(&program, &service, &["--raw-data"]).exits(0);
    let raw: Value = serde_json::from_str(&told.stdout).unwrap();
    let expected = json!([{"name": "echo", "input": {"word": "one"}, "result": "told one", "is_error": false}]);
    assert_eq!(raw, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_end_where_they_cost_too_much() {
    let program = with_servers(&json!({}));
    let service = Service::saying(vec![json!([call("1", "echo", &json!({"word": "on"}))])]).await;
    // A call costs 0.0000018: the third round is one too many.
    let told = query(&program, &service, &["--max-cost", "0.000005"]).exits(5);
    assert!(
        told.stderr
            .starts_with("Error: the tools have cost $0.0000054 and the model calls more"),
        "{}",
        told.stderr
    );
    assert_eq!(service.requests().await.len(), 3);
    let args = [
        "query",
        "go",
        "-m",
        "made.up-v1:0",
        "--max-cost",
        "1",
        "--region",
        "us-east-1",
    ];
    let told = program.run(&args).exits(2);
    assert!(
        told.stderr.contains("`made.up-v1:0` has no known price"),
        "{}",
        told.stderr
    );
}
