//! `doctor` and the small call of `init`: what works from here, and what to do where it does not.

use serde_json::{Value, json};

use crate::cli_tools::SHELL_SERVER;
use crate::program::{Outcome, Program};
use crate::service::Service;

fn doctor(program: &Program, url: &str, args: &[&str]) -> Outcome {
    let usual = ["doctor", "--region", "us-east-1", "--endpoint-url", url];
    let path = ("PATH", std::env::var("PATH").unwrap());
    program.run_with(&[path], &[&usual, args].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_works_is_said() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write("server.sh", SHELL_SERVER);
    let servers = json!({"mcpServers": {"shell": {"command": "sh", "args": ["server.sh"]}}});
    program.write(".mcp.json", &servers.to_string());
    let told = doctor(&program, &service.url(), &[]).exits(0).stdout;
    let lines: Vec<String> = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(lines[0], "ok files 1 file read");
    assert_eq!(lines[2], "ok credentials access key AKID…");
    assert!(
        lines[3].starts_with("ok model us.amazon.nova-2-lite-v1:0 answers in "),
        "{told}"
    );
    assert!(
        lines[4].starts_with("ok vectors amazon.titan-embed-text-v2:0 answers in "),
        "{told}"
    );
    assert_eq!(lines[5], "ok server shell offers 2 tools");
    assert_eq!(lines.len(), 6);
    assert_eq!(service.requests().await.len(), 2);
    doctor(&program, &service.url(), &["--offline"]).exits(0);
    assert_eq!(service.requests().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_comes_with_what_to_do() {
    let service = Service::failing(
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModel",
    )
    .await;
    let program = Program::new();
    let dead = json!({"command": "sh", "args": ["-c", "echo no licence >&2; exit 3"]});
    program.write(
        ".mcp.json",
        &json!({"mcpServers": {"dead": dead, "gone": {"command": "no-such-program"}}}).to_string(),
    );
    let told = doctor(&program, &service.url(), &["--json"]).exits(4);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["exit_code"], 4);
    let findings = told["findings"].as_array().unwrap();
    let of = |what: &str, state: &str| {
        let mut found = findings
            .iter()
            .filter(|one| one["what"] == what && one["state"] == state);
        found
            .next()
            .unwrap_or_else(|| panic!("{what}: {told:#}"))
            .clone()
    };
    let missing = of("files", "warning");
    assert_eq!(
        missing["said"],
        "the server `gone` starts `no-such-program`, which is not there"
    );
    let denied = of("model", "failed");
    assert!(
        denied["said"]
            .as_str()
            .unwrap()
            .contains("AccessDeniedException: User is not authorized")
    );
    assert!(
        denied["fix"]
            .as_str()
            .unwrap()
            .contains("bedrock:InvokeModel"),
        "{denied}"
    );
    assert_eq!(
        of("server", "failed")["said"],
        "dead cannot be used: it ended with: no licence"
    );
}

#[test]
fn mistakes_in_files_come_first() {
    let program = Program::new();
    program.write("config.yaml", "includs: []\n");
    let told = doctor(&program, "http://127.0.0.1:1", &[]).exits(2).stdout;
    assert!(told.starts_with("failed   files"), "{told}");
    assert!(
        told.contains("config.yaml:1: unknown key `includs`"),
        "{told}"
    );
    assert!(told.contains("fix: did you mean `includes`?"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn init_tries_the_model_and_takes_servers_over() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write(
        "vendor.json",
        &json!({"mcpServers": {"time": {"command": "uvx"}}}).to_string(),
    );
    let url = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url());
    let args = [
        "init",
        "--yes",
        "--region",
        "us-east-1",
        "--import-mcp",
        "vendor.json",
        "--test",
    ];
    let told = program.run_with(std::slice::from_ref(&url), &args).exits(0);
    assert!(
        told.stderr
            .contains("us.amazon.nova-2-lite-v1:0 answers in "),
        "{}",
        told.stderr
    );
    assert!(
        told.stdout.contains("written        .mcp.json"),
        "{}",
        told.stdout
    );
    assert_eq!(service.requests().await.len(), 1);
    program.run(&["config", "validate"]).exits(0);
    let again = program.run_with(&[url], &args[..6]).exits(0);
    assert!(
        again.stdout.contains("unchanged      .mcp.json"),
        "{}",
        again.stdout
    );
    assert_eq!(service.requests().await.len(), 1);
    program.write("broken.json", "{\"mcpServers\": {\"time\": {}}}");
    let told = program
        .run(&["init", "--yes", "--import-mcp", "broken.json"])
        .exits(2);
    assert!(
        told.stderr.contains("needs a `command` or a `url`"),
        "{}",
        told.stderr
    );
}
