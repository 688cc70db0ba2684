//! Nothing that a command writes or prints holds a secret: not the run folder, not a recording, not a report of any
//! format, not the log of `query`, not stderr.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::program::{Outcome, Program};
use crate::service::Service;

/// Every secret that these tests use: what it is, the variable that holds it, its value.
const SECRETS: [(&str, &str, &str); 5] = [
    (
        "secret key",
        "AWS_SECRET_ACCESS_KEY",
        "wJalrXUtnFEMIexample",
    ),
    (
        "session token",
        "AWS_SESSION_TOKEN",
        "FwoGZXIvYXdzEBYaDHexample",
    ),
    (
        "bearer token",
        "AWS_BEARER_TOKEN_BEDROCK",
        "ABSKQmVkcm9jaBearerexample",
    ),
    ("API key", "KEY", "ABSKQmVkcm9ja0FQSUtleSexample"),
    ("value in a prompt", "WORD", "hunter2-in-a-prompt"),
];

/// A provider that is configured with an API key from the environment.
const PROVIDER: &str = "interface_type: aws_bedrock\nprovider_name: bedrock\nconfig:\n  aws_region: us-east-1\n  api_key: ${KEY}\n";

/// Returns the value of a variable.
fn value_of(variable: &str) -> &'static str {
    let found = SECRETS.iter().find(|(_, name, _)| *name == variable);
    found.unwrap().2
}

/// Returns every file below a folder but those named, which the test wrote.
fn files(folder: &Path, but: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if but.contains(&name) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, but));
        } else {
            found.push(path);
        }
    }
    found
}

/// Returns what of the secrets stands in some bytes, as it is or in base64.
fn spilt(bytes: &[u8]) -> Vec<&'static str> {
    let holds = |secret: &str| {
        let secret = secret.as_bytes();
        bytes.windows(secret.len()).any(|part| part == secret)
    };
    // Of base64 the last letters depend on what comes next.
    let encoded = |secret: &str| STANDARD.encode(&secret.as_bytes()[..secret.len() / 3 * 3]);
    let secrets = SECRETS.iter();
    secrets
        .filter(|(_, _, secret)| holds(secret) || holds(&encoded(secret)))
        .map(|(what, ..)| *what)
        .collect()
}

/// Asserts that neither what was printed nor any file but those that the test wrote holds a secret; returns how many
/// files there are.
fn assert_dry(program: &Program, told: &[&Outcome], but: &[&str]) -> usize {
    let files = files(&program.path(""), but);
    for file in &files {
        let found = spilt(&std::fs::read(file).unwrap());
        assert!(found.is_empty(), "{} holds {found:?}", file.display());
    }
    for outcome in told {
        for text in [&outcome.stdout, &outcome.stderr] {
            let found = spilt(text.as_bytes());
            assert!(found.is_empty(), "{found:?} was printed:\n{text}");
        }
    }
    files.len()
}

#[test]
fn what_is_looked_for_would_be_found() {
    for (what, _, secret) in SECRETS {
        assert_eq!(spilt(format!("x{secret}y").as_bytes()), [what]);
        assert_eq!(spilt(STANDARD.encode(secret).as_bytes()), [what]);
    }
    assert!(spilt(b"AKIDEXAMPLE").is_empty());
}

/// A suite that uses a secret in its prompts, its turns and its checks, passing and failing.
const SUITE: &str = "env: [WORD]
prompts:
  - 'The word is {{ env.WORD }}. {{ a }}'
  - { system: 'Never say {{ env.WORD }}', user: '{{ a }}' }
models: [us.amazon.nova-lite-v1:0, us.amazon.nova-micro-v1:0]
tests:
  - vars: { a: one }
    assert:
      - { type: contains, value: one }
  - vars: { a: two }
    assert:
      - { type: equals, value: nothing }
      - { type: contains, value: '{{ env.WORD }}' }
";

/// A conversation with the same secret.
const TALK: &str = "env: [WORD]
prompts: ['{{ turn }}']
models: [us.amazon.nova-lite-v1:0]
tests:
  - turns: ['Remember {{ env.WORD }}', 'What was {{ env.WORD }}?']
    assert:
      - { type: contains, value: '{{ env.WORD }}' }
";

/// A picture that is not there, called by the same secret.
const PICTURE: &str = "env: [WORD]
prompts:
  - user: [Look, { image: 'file://{{ env.WORD }}.png' }]
models: [us.amazon.nova-lite-v1:0]
tests: [{ assert: [{ type: contains, value: a }] }]
";

/// Returns the suite with a word of its own: recordings are asked for what was asked, and so hold it.
fn without_environment() -> String {
    SUITE
        .replace("env: [WORD]\n", "")
        .replace("{{ env.WORD }}", "sesame")
}

/// Formats of reports.
const FORMATS: [&str; 7] = [
    "terminal", "json", "jsonl", "csv", "markdown", "junit", "html",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_its_reports_hold_no_secret() {
    let service = Service::counting().await;
    let url = service.url();
    for keys in [
        &["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"][..],
        &["AWS_BEARER_TOKEN_BEDROCK"],
    ] {
        let program = Program::new();
        program.write("suite.yaml", SUITE);
        program.write("talk.yaml", TALK);
        program.write("picture.yaml", PICTURE);
        let variables: Vec<_> = keys
            .iter()
            .chain(&["WORD"])
            .map(|name| (*name, value_of(name).to_owned()))
            .collect();
        let at = ["--region", "us-east-1", "--endpoint-url", &url];
        let run = |args: &[&str]| program.run_with(&variables, args);
        let evaluated = run(&[
            &["eval", "suite.yaml", "talk.yaml", "picture.yaml"],
            &at[..],
        ]
        .concat())
        .exits(3);
        let mut told = vec![evaluated];
        for format in FORMATS {
            let shown = run(&["report", "latest", "--format", format]).exits(0);
            assert!(!shown.stdout.is_empty(), "{format}");
            told.push(shown);
        }
        told.push(run(&["config", "show", "--resolved"]).exits(0));
        told.push(run(&[&["doctor"], &at[..]].concat()));
        told.push(run(&[&["eval", "suite.yaml", "--dry-run"], &at[..]].concat()).exits(0));
        let told: Vec<&Outcome> = told.iter().collect();
        let files = assert_dry(
            &program,
            &told,
            &["suite.yaml", "talk.yaml", "picture.yaml"],
        );
        assert!(files >= 4, "a run writes more than {files} files");
    }
    let asked = service.requests().await;
    let sent = asked
        .iter()
        .filter(|(_, body)| body.to_string().contains(value_of("WORD")));
    assert!(sent.count() > 0, "the prompt never held the word");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_holds_no_credential() {
    let service = Service::counting().await;
    let url = service.url();
    let program = Program::new();
    program.write("suite.yaml", &without_environment());
    let keys = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let variables = keys.map(|name| (name, value_of(name).to_owned()));
    let args = [
        "eval",
        "suite.yaml",
        "--record",
        "tape",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let told = program.run_with(&variables, &args).exits(1);
    let tapes = files(&program.path("tape"), &[]);
    assert_eq!(tapes.len(), 8);
    for tape in tapes {
        let text = std::fs::read_to_string(tape).unwrap();
        assert!(!text.contains("AKIDEXAMPLE"), "{text}");
        assert!(!text.to_lowercase().contains("authorization"), "{text}");
    }
    assert_dry(&program, &[&told], &["suite.yaml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_by_hand_leaves_no_key_in_the_log() {
    let service = Service::whole().await;
    let url = service.url();
    let program = Program::new();
    program.write("config/providers/bedrock.yaml", PROVIDER);
    program.write(".env", &format!("KEY={}\n", value_of("KEY")));
    let query = [
        "query",
        "Why?",
        "-m",
        "nova-lite",
        "-v",
        "--endpoint-url",
        &url,
    ];
    let asked = program.run(&query).exits(0);
    let bearer = format!("Bearer {}", value_of("KEY"));
    assert_eq!(service.header("authorization").await, bearer);
    let refused = Service::failing(
        403,
        "AccessDeniedException",
        &format!("{bearer} is not known"),
    )
    .await;
    let url = refused.url();
    let query = [
        "query",
        "Why?",
        "-m",
        "nova-lite",
        "-v",
        "--endpoint-url",
        &url,
    ];
    let denied = program.run(&query);
    assert_ne!(denied.code, Some(0));
    let told = [
        asked,
        denied,
        program.run(&["logs"]),
        program.run(&["config", "show", "--resolved"]),
    ];
    let told: Vec<&Outcome> = told.iter().collect();
    assert_dry(&program, &told, &["config", ".env"]);
    assert!(program.path(".local/share/mcp-cli/log.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_the_service_that_repeats_the_request_is_dry() {
    let told = format!(
        "The signature has expired. The canonical string should have been 'POST\nx-amz-security-token:{}\n'",
        value_of("AWS_SESSION_TOKEN")
    );
    let service = Service::failing(403, "InvalidSignatureException", &told).await;
    let program = Program::new();
    program.write("suite.yaml", &without_environment());
    let variables = [(
        "AWS_SESSION_TOKEN",
        value_of("AWS_SESSION_TOKEN").to_owned(),
    )];
    let url = service.url();
    let args = [
        "eval",
        "suite.yaml",
        "--record",
        "tape",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let outcome = program.run_with(&variables, &args);
    assert!(outcome.stdout.contains("expired"), "{}", outcome.stdout);
    assert_dry(&program, &[&outcome], &["suite.yaml"]);
}
