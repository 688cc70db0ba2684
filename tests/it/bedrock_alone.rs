//! What the environment decides: region, credentials, a bearer token.
//!
//! Each case runs in a process of its own, so that no test changes the environment of another.

use std::process::Command;

use mcp_cli::bedrock::{Bedrock, Settings};
use mcp_cli::model::ModelClient;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bedrock::request;

const ENDPOINT: &str = "MCP_CLI_TEST_ENDPOINT";

/// Connects in a process that has `variables` and no others, and returns what it printed.
fn alone(variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "bedrock_alone::child",
            "--ignored",
            "--nocapture",
        ])
        .env_clear()
        .env("HOME", home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "run by the other tests, with an environment of its own"]
#[expect(clippy::print_stdout, reason = "the parent process reads it")]
async fn child() {
    let settings = Settings {
        endpoint_url: std::env::var(ENDPOINT).ok(),
        ..Settings::default()
    };
    let error = match Bedrock::connect(settings).await {
        Ok(bedrock) => {
            println!("connected to {}", bedrock.region());
            bedrock.converse(&request()).await.unwrap_err()
        }
        Err(error) => error,
    };
    let (kind, hint) = (error.kind.as_str(), error.hint.as_deref().unwrap());
    println!("{kind} | {error} | {hint}");
}

#[test]
fn no_region_is_found_at_once() {
    let printed = alone(&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]);
    assert!(
        printed.contains("invalid | no AWS region is set | "),
        "{printed}"
    );
    assert!(printed.contains("`AWS_REGION`"), "{printed}");
}

#[test]
fn no_credentials_are_found_at_once() {
    let printed = alone(&[("AWS_REGION", "eu-west-1")]);
    assert!(
        printed.contains("credentials | no usable credentials: none in the environment"),
        "{printed}"
    );
    assert!(printed.contains("`AWS_PROFILE`"), "{printed}");
}

#[tokio::test]
async fn a_bearer_token_needs_no_keys_and_is_blamed_when_refused() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer token-of-the-test"))
        .respond_with(
            ResponseTemplate::new(403)
                .insert_header("x-amzn-errortype", "ExpiredTokenException")
                .set_body_string(r#"{"message": "expired"}"#),
        )
        .mount(&server)
        .await;
    let uri = server.uri();
    let printed = tokio::task::spawn_blocking(move || {
        alone(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_BEARER_TOKEN_BEDROCK", "token-of-the-test"),
            (ENDPOINT, &uri),
        ])
    })
    .await
    .unwrap();
    assert!(printed.contains("connected to eu-west-1"), "{printed}");
    assert!(printed.contains("credentials | expired | "), "{printed}");
    assert!(printed.contains("`AWS_BEARER_TOKEN_BEDROCK`"), "{printed}");
    assert!(!printed.contains("token-of-the-test"), "{printed}");
}
