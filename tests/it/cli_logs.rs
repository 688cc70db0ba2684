//! Conversations that go on, and the log that they are kept in.

use serde_json::{Value, json};

use crate::program::{Outcome, Program};
use crate::service::Service;

fn query(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let usual = ["query", "--region", "us-east-1", "--endpoint-url", &url];
    program.run(&[&usual, args].concat())
}

/// Returns the texts of a request's messages.
fn said(body: &Value) -> Vec<&str> {
    let messages = body["messages"].as_array().unwrap().iter();
    let texts = messages.map(|message| message["content"][0]["text"].as_str().unwrap());
    texts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_with_its_model_and_system_prompt() {
    let service = Service::whole().await;
    let program = Program::new();
    query(
        &program,
        &service,
        &["One", "-m", "nova-pro", "-S", "Be brief."],
    )
    .exits(0);
    query(&program, &service, &["Other"]).exits(0);
    query(&program, &service, &["Two", "--conversation", "1"]).exits(0);
    let told = query(&program, &service, &["Three", "-C", "--json"]).exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["conversation_id"], 1);
    let (path, body) = service.requests().await.pop().unwrap();
    assert_eq!(said(&body), ["One", "One", "Two", "Two", "Three"]);
    assert_eq!(body["system"], json!([{"text": "Be brief."}]));
    assert!(path.contains("nova-pro"), "{path}");
    query(
        &program,
        &service,
        &["Four", "-C", "-m", "nova-lite", "-S", "Be long."],
    )
    .exits(0);
    let (path, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["system"], json!([{"text": "Be long."}]));
    assert_eq!(said(&body).len(), 7);
    assert!(path.contains("nova-lite"), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_found_again() {
    let service = Service::whole().await;
    let program = Program::new();
    for prompt in ["Where is the parcel?", "Two\nlines", "A PARCEL again"] {
        query(&program, &service, &[prompt]).exits(0);
    }
    query(&program, &service, &["And?", "-C"]).exits(0);
    let logs = |args: &[&str]| program.run(&[&["logs"], args].concat()).exits(0).stdout;
    let lines = logs(&[]);
    assert_eq!(lines.lines().count(), 4, "{lines}");
    assert!(lines.contains("Two lines → Two lines\n"), "{lines}");
    assert_eq!(
        logs(&["-n", "1"]),
        lines.lines().last().unwrap().to_owned() + "\n"
    );
    let found: Value = serde_json::from_str(&logs(&["-q", "parcel", "--json"])).unwrap();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0]["conversation_id"], 1);
    assert_eq!(found[0]["response"], "Where is the parcel?");
    assert_eq!(found[0]["usage"]["input_tokens"], 10);
    assert_eq!(found[0]["cost_usd"], "0.00001705");
    let whole = logs(&["--conversation", "3"]);
    assert!(
        whole.contains("> A PARCEL again\n\nA PARCEL again\n\n── "),
        "{whole}"
    );
    assert!(whole.ends_with("> And?\n\nAnd?\n"), "{whole}");
    let path = logs(&["--path"]);
    let path = std::path::Path::new(path.trim());
    assert_eq!(path, program.path(".local/share/mcp-cli/log.db"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_where_it_is_not_wanted() {
    let service = Service::whole().await;
    let program = Program::new();
    let told = query(&program, &service, &["Secret", "--no-log", "--json"]).exits(0);
    assert!(
        told.stdout.contains("\"conversation_id\": null"),
        "{}",
        told.stdout
    );
    program.write("config.yaml", "log: false\n");
    query(&program, &service, &["Secret"]).exits(0);
    assert!(!program.path(".local").exists());
    let told = query(&program, &service, &["And?", "-C"]).exits(2);
    let expected = "error: there is no conversation to go on with\n";
    assert!(told.stderr.starts_with(expected), "{}", told.stderr);
    let told = query(&program, &service, &["And?", "--conversation", "7"]).exits(2);
    assert!(
        told.stderr
            .starts_with("error: there is no conversation 7\n")
    );
    assert_eq!(service.requests().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_kept_is_an_answer_all_the_same() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write(
        ".local/share/mcp-cli/log.db",
        "This is no database, but somebody's notes.",
    );
    let told = query(&program, &service, &["Hello"]).exits(0);
    assert_eq!(told.stdout, "Hello\n");
    let expected = "warning: the answer is not in the log: ";
    assert!(told.stderr.starts_with(expected), "{}", told.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_said_again() {
    let service = Service::whole().await;
    let program = Program::new();
    std::fs::write(program.path("pixel.png"), [0x89, b'P', b'N', b'G', 1]).unwrap();
    let asked = [
        "What is it?",
        "-m",
        "nova-lite",
        "-a",
        "pixel.png",
        "--cache-prompt",
    ];
    query(&program, &service, &asked).exits(0);
    query(&program, &service, &["Which colour?", "-C"]).exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    let first = body["messages"][0]["content"].as_array().unwrap();
    assert_eq!(first[0]["image"]["source"]["bytes"], "iVBORwE=");
    // A point of the cache was of its own question.
    assert_eq!(first.len(), 2, "{first:?}");
}
