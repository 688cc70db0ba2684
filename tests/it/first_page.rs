//! The command lines and files that the first page about this program promised, as they were written there: each works
//! unchanged, `./mcp-cli` from the working directory included.

use std::process::Command;

use serde_json::Value;

use crate::program::{Outcome, Program};
use crate::service::Service;

const PROVIDER: &str = "\
interface_type: aws_bedrock
provider_name: bedrock
config:
  # AWS credentials (required)
  aws_region: ${AWS_REGION}
  aws_access_key_id: ${AWS_ACCESS_KEY_ID}
  aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}
  # aws_session_token: ${AWS_SESSION_TOKEN}  # Optional
  
  # Default model
  default_model: anthropic.claude-3-5-sonnet-20241022-v2:0
  
  # Request settings
  timeout_seconds: 300
  max_retries: 3
";

const EMBEDDING: &str = "\
interface_type: aws_bedrock
provider_name: bedrock
config:
  aws_region: ${AWS_REGION}
  aws_access_key_id: ${AWS_ACCESS_KEY_ID}
  aws_secret_access_key: ${AWS_SECRET_ACCESS_KEY}
  default_model: cohere.embed-english-v3
  timeout_seconds: 30
  max_retries: 3
  embedding_models:
    cohere.embed-english-v3:
      description: Cohere English embeddings (serverless)
      dimensions: 1024
      max_tokens: 512
    cohere.embed-multilingual-v3:
      description: Cohere multilingual (100+ languages)
      dimensions: 1024
      max_tokens: 512
    amazon.titan-embed-text-v2:0:
      description: Amazon Titan Embeddings V2
      dimensions: 1024
      max_tokens: 8192
";

/// Command lines, with the model that must be asked.
const LINES: &[(&str, &str)] = &[
    (
        "./mcp-cli query \"Hello from Bedrock!\" --provider bedrock",
        "",
    ),
    (
        "./mcp-cli query \"What is the capital of France?\" --provider bedrock",
        "",
    ),
    (
        "./mcp-cli query \"Hello\" --provider bedrock --model anthropic.claude-3-haiku-20240307-v1:0",
        "anthropic.claude-3-haiku-20240307-v1:0",
    ),
    (
        "./mcp-cli query \"Complex reasoning task\" \\\n  --provider bedrock \\\n  --model anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
    ),
    (
        "./mcp-cli query \"Code generation\" \\\n  --provider bedrock \\\n  --model meta.llama3-1-70b-instruct-v1:0",
        "meta.llama3-1-70b-instruct-v1:0",
    ),
    (
        "./mcp-cli query \"Simple query\" \\\n  --provider bedrock \\\n  --model amazon.titan-text-premier-v1:0",
        "amazon.titan-text-premier-v1:0",
    ),
    (
        "./mcp-cli query \"Search for AI news and summarize\" \\\n  --provider bedrock \\\n  --model anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
    ),
    (
        "./mcp-cli query \"Explain REST APIs\" --provider bedrock --model anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
    ),
    (
        "./mcp-cli query \"Explain REST APIs\" --provider bedrock --model meta.llama3-1-70b-instruct-v1:0",
        "meta.llama3-1-70b-instruct-v1:0",
    ),
    (
        "./mcp-cli query \"Explain REST APIs\" --provider bedrock --model amazon.titan-text-premier-v1:0",
        "amazon.titan-text-premier-v1:0",
    ),
    (
        "./mcp-cli query \"What is Python?\" --provider bedrock --model anthropic.claude-3-5-haiku-20241022-v1:0",
        "anthropic.claude-3-5-haiku-20241022-v1:0",
    ),
    (
        "./mcp-cli query \"Design a microservices architecture\" --provider bedrock --model anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
    ),
    (
        "./mcp-cli query \"Answer based on retrieved context: ...\" \\\n  --provider bedrock",
        "",
    ),
    (
        "./mcp-cli embed \"Your text here\" \\\n  --provider bedrock \\\n  --model cohere.embed-english-v3",
        "cohere.embed-english-v3",
    ),
    (
        "./mcp-cli embed \"Your text\" \\\n  --provider bedrock \\\n  --model amazon.titan-embed-text-v2:0",
        "amazon.titan-embed-text-v2:0",
    ),
    (
        "./mcp-cli embed \"$(cat document.txt)\" \\\n  --provider bedrock \\\n  --model cohere.embed-english-v3",
        "cohere.embed-english-v3",
    ),
];

/// Runs a line of a shell in the program's folder, which holds a link to the program.
fn shell(program: &Program, service: &Service, line: &str) -> Outcome {
    let binary = assert_cmd::cargo::cargo_bin!("mcp-cli");
    let linked = program.path("mcp-cli");
    if !linked.exists() {
        std::os::unix::fs::symlink(binary, &linked).unwrap();
    }
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(program.path(""))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", program.path(""))
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url())
        .env("NO_PROXY", "127.0.0.1");
    Outcome::of(command.output().unwrap())
}

/// Runs every line, and checks who was asked.
async fn every_line_works(program: &Program, default_model: &str) {
    let service = Service::whole().await;
    program.write("document.txt", "A document, \"quoted\",\nof two lines.\n");
    for (at, (line, model)) in LINES.iter().enumerate() {
        let told = shell(program, &service, line).exits(0);
        let (path, _) = service.requests().await.remove(at);
        let model = if model.is_empty() {
            default_model
        } else {
            model
        };
        let asked = format!("/model/{}/", model.replace(':', "%3A"));
        assert!(path.starts_with(&asked), "{line}: {path}");
        if line.contains(" embed ") {
            let vectors: Value = serde_json::from_str(&told.stdout).unwrap();
            assert_eq!(
                vectors["embeddings"][0]["vector"].as_array().unwrap().len(),
                26
            );
        } else {
            let asked = line.split('"').nth(1).unwrap();
            assert_eq!(told.stdout.trim_end(), asked, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_works_without_a_file() {
    every_line_works(&Program::new(), "us.amazon.nova-2-lite-v1:0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_works_with_the_files() {
    let program = Program::new();
    program.write("config/providers/aws-bedrock.yaml", PROVIDER);
    program.write("config/embeddings/aws-bedrock.yaml", EMBEDDING);
    every_line_works(&program, "anthropic.claude-3-5-sonnet-20241022-v2:0").await;
    let service = Service::whole().await;
    shell(&program, &service, "./mcp-cli embed hi").exits(0);
    let (path, _) = service.requests().await.remove(0);
    assert!(path.contains("cohere.embed-english-v3"), "{path}");
    let told = shell(&program, &service, "./mcp-cli config validate").exits(0);
    let gone = "consider";
    assert!(
        told.stderr.contains(gone),
        "a model that is gone: {}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_works_after_init() {
    let program = Program::new();
    let service = Service::whole().await;
    let told = shell(&program, &service, "./mcp-cli init").exits(0);
    assert!(
        told.stderr.contains("next: mcp-cli query"),
        "{}",
        told.stderr
    );
    every_line_works(&program, "us.amazon.nova-2-lite-v1:0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_an_env_file_are_enough() {
    let program = Program::new();
    let service = Service::whole().await;
    let env = "export AWS_ACCESS_KEY_ID=AKIA...\nexport AWS_SECRET_ACCESS_KEY=...\nexport AWS_REGION=us-west-2\n";
    program.write(".env", env);
    let line = "env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_REGION ./mcp-cli query Hi --provider bedrock";
    assert_eq!(shell(&program, &service, line).exits(0).stdout, "Hi\n");
}
