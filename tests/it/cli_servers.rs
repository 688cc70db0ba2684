//! `mcp_servers` of suites through the binary: whole dialogues with tools, recorded and replayed; servers that break.

use std::collections::BTreeMap;

use mcp_cli::mcp::ServerHost;
use mcp_cli::model::{Reach, Request, ServerSpec, ToolCall, ToolHost as _};
use serde_json::{Value, json};

use crate::cli_tools::{SHELL_SERVER, call};
use crate::program::{Outcome, Program};
use crate::service::Service;

/// Returns a suite with these lines about servers, whose tests say these words.
fn suite(servers: &str, words: &[&str]) -> String {
    let tests = words.iter().map(|word| {
        format!("  - {{ vars: {{ word: {word} }}, assert: [{{ type: equals, value: Done. }}, {{ type: tool-calls, count: 1 }}] }}\n")
    });
    format!(
        "{servers}\nprompts: ['Say {{{{ word }}}}']\nmodels: [amazon.nova-lite-v1:0]\ntests:\n{}",
        tests.collect::<String>()
    )
}

fn configured(program: &Program) {
    program.write("server.sh", SHELL_SERVER);
    let servers = json!({"mcpServers": {"shell": {"command": "sh", "args": ["server.sh"]}}});
    program.write(".mcp.json", &servers.to_string());
}

fn eval(program: &Program, service: Option<&Service>, args: &[&str]) -> Outcome {
    let url = service.map(Service::url).unwrap_or_default();
    let there = ["--region", "us-east-1", "--endpoint-url", &url];
    let there = if service.is_some() { &there[..] } else { &[] };
    let path = ("PATH", std::env::var("PATH").unwrap());
    program.run_with(&[path], &[&["eval"], args, there].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_with_a_server_is_recorded_and_replayed() {
    let program = Program::new();
    configured(&program);
    program.write("suites/a.yaml", &suite("mcp_servers: [shell]", &["one"]));
    let service = Service::saying(vec![
        json!([call("1", "echo", &json!({"word": "one"}))]),
        json!([{"text": "Done."}]),
    ])
    .await;
    eval(&program, Some(&service), &["--record", "tape"]).exits(0);
    let asked = service.requests().await;
    let tools = asked[0].1["toolConfig"]["tools"].as_array().unwrap();
    assert_eq!(tools[0]["toolSpec"]["name"], "echo");
    let result = &asked[1].1["messages"][2]["content"][0]["toolResult"];
    assert_eq!(result["content"], json!([{"text": "told one"}]));
    let first = program.results();
    assert_eq!(first[0]["tool_calls"][0]["name"], "echo");

    // Neither the service nor the server is there any more.
    std::fs::remove_file(program.path("server.sh")).unwrap();
    std::fs::remove_file(program.path(".mcp.json")).unwrap();
    eval(&program, None, &["--replay", "tape"]).exits(0);
    let again = program.results();
    for key in ["status", "output", "tool_calls", "usage", "cost_usd"] {
        assert_eq!(again[0][key], first[0][key], "{key}");
    }
    std::fs::remove_dir_all(program.path("tape/tools")).unwrap();
    eval(&program, None, &["--replay", "tape"]).exits(3);
    let error = &program.results()[0]["error"];
    assert_eq!(error["kind"], "replay_miss");
    assert_eq!(
        error["message"],
        "the recording has nothing of the tool servers shell"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_breaks_is_no_failure_of_the_model() {
    let program = Program::new();
    configured(&program);
    program.write("suites/a.yaml", &suite("mcp_servers: shell", &["die"]));
    let service = Service::saying(vec![json!([call("1", "echo", &json!({"word": "die"}))])]).await;
    eval(&program, Some(&service), &[]).exits(3);
    let results = program.results();
    assert_eq!(results[0]["status"], "error");
    assert_eq!(results[0]["error"]["kind"], "tool");
    let message = results[0]["error"]["message"].as_str().unwrap();
    let expected = "the tool `echo` could not be run: the server `shell`";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(results[0]["attempts"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_broke_is_started_anew() {
    let program = Program::new();
    program.write("server.sh", SHELL_SERVER);
    let spec = ServerSpec::new(
        "shell",
        Reach::Program {
            command: "sh".to_owned(),
            args: vec![program.path("server.sh").display().to_string()],
            env: BTreeMap::new(),
            cwd: None,
        },
    );
    let host = ServerHost::new(vec![spec], std::env::vars().collect());
    let servers = ["shell".to_owned()];
    let request: Request =
        serde_json::from_value(json!({"model": "m", "messages": [], "params": {"max_tokens": 1}}))
            .unwrap();
    let say = |word: &str| ToolCall {
        id: "1".to_owned(),
        name: "echo".to_owned(),
        input: json!({"word": word}),
    };
    for word in ["one", "die", "two"] {
        assert_eq!(host.offer(&servers).await.unwrap().len(), 2);
        let call = say(word);
        let gave = host.call(&servers, &request, &call).await;
        assert_eq!(gave.is_err(), word == "die", "{gave:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_start_costs_nothing() {
    let program = Program::new();
    let dead = "mcp_servers:\n  dead: { command: sh, args: [-c, 'echo no licence >&2; exit 3'] }";
    program.write("suites/a.yaml", &suite(dead, &["one"]));
    let service = Service::saying(vec![json!([{"text": "Done."}])]).await;
    eval(&program, Some(&service), &["--allow-exec"]).exits(3);
    let error = &program.results()[0]["error"];
    assert_eq!(error["kind"], "tool");
    assert_eq!(
        error["message"],
        "the tool server `dead` cannot be used: it ended with: no licence"
    );
    assert_eq!(service.requests().await.len(), 0);
}

#[test]
fn servers_that_are_not_there_or_may_not_start_are_refused() {
    let program = Program::new();
    let refused = |servers: &str, expected: &str| {
        program.write("suites/a.yaml", &suite(servers, &["one"]));
        let told = eval(&program, None, &["--region", "us-east-1"]).exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
        assert!(!program.path("reports").exists());
    };
    refused(
        "mcp_servers: [time]",
        "error: there is no tool server `time`\nhint: describe it in",
    );
    refused(
        "mcp_servers: { time: { command: uvx } }",
        "error: the suite `a` starts a program, the tool server `time`\nhint: allow it with --allow-exec",
    );
    let both = "mcp_servers: { time: { command: uvx, url: 'http://127.0.0.1:1/' } }";
    refused(both, "the server `time` has both `command` and `url`");
    let secret =
        "mcp_servers: { time: { url: 'http://127.0.0.1:1/', headers: { Key: '${KEY}' } } }";
    refused(secret, "`KEY` is not listed under `env`");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_suite_says_of_a_tool_wins() {
    let program = Program::new();
    configured(&program);
    let servers = "mcp_servers: [shell]\ntool_results: { echo: canned }";
    program.write("suites/a.yaml", &suite(servers, &["one"]));
    let service = Service::saying(vec![
        json!([call("1", "echo", &json!({"word": "one"}))]),
        json!([{"text": "Done."}]),
    ])
    .await;
    eval(&program, Some(&service), &[]).exits(0);
    let asked = service.requests().await;
    let result: &Value = &asked[1].1["messages"][2]["content"][0]["toolResult"];
    assert_eq!(result["content"], json!([{"text": "canned"}]));
}
