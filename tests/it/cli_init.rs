//! `init`, `config` and `models` through the binary: what is written is read, and what was there is not lost.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::program::Program;

#[test]
fn an_empty_folder_gets_files_that_are_valid() {
    let program = Program::new();
    let told = program
        .run_without_credentials(&["init", "--region", "eu-west-1"])
        .exits(0);
    assert!(
        told.stdout.starts_with("written        config.yaml\n"),
        "{}",
        told.stdout
    );
    let mode = std::fs::metadata(program.path(".env"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let valid = program.run(&["config", "validate", "--json"]).exits(0);
    let valid: Value = serde_json::from_str(&valid.stdout).unwrap();
    assert_eq!(
        (&valid["problems"], &valid["warnings"]),
        (&json!([]), &json!([]))
    );
    program.run(&["validate", "suites/"]).exits(0);
    let shown = program.run(&["config", "show", "--json"]).exits(0);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["region"], "eu-west-1");
    assert_eq!(shown["model"], "eu.amazon.nova-2-lite-v1:0");
    assert_eq!(shown["credentials"], "access key AKID…");
    let before = std::fs::read_to_string(program.path("config.yaml")).unwrap();
    let again = program.run(&["init", "--region", "eu-west-1"]).exits(0);
    assert_eq!(
        again.stdout.matches("unchanged").count(),
        8,
        "{}",
        again.stdout
    );
    assert_eq!(
        std::fs::read_to_string(program.path("config.yaml")).unwrap(),
        before
    );
}

#[test]
fn what_was_there_is_kept() {
    let program = Program::new();
    program
        .write("config.yaml", "default_provider: bedrock\n")
        .write(".env", "MINE=1\n")
        .write(".gitignore", "target\n");
    let told = program.run(&["init", "--region", "us-east-1"]).exits(0);
    assert!(
        told.stdout.contains("kept as it is  config.yaml"),
        "{}",
        told.stdout
    );
    let read = |name: &str| std::fs::read_to_string(program.path(name)).unwrap();
    assert_eq!(read("config.yaml"), "default_provider: bedrock\n");
    assert!(read(".env").starts_with("MINE=1\nAWS_REGION=us-east-1\n"));
    assert_eq!(read(".gitignore"), "target\n.env\nreports/\n");
    program
        .run(&["init", "--region", "us-east-1", "--force"])
        .exits(0);
    assert!(read("config.yaml").contains("includes:"));
    let kept = std::fs::read_dir(program.path("")).unwrap();
    let kept = kept.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("config.") && name.to_string_lossy().ends_with(".bak")
    });
    assert_eq!(kept.count(), 1);
}

#[test]
fn a_dry_run_writes_nothing() {
    let program = Program::new();
    let told = program.run(&["init", "--dry-run", "--json"]).exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        told["files"][0],
        json!({"file": "config.yaml", "fate": "written"})
    );
    assert_eq!(std::fs::read_dir(program.path("")).unwrap().count(), 0);
}

#[test]
fn mistakes_in_files_are_all_told_at_their_lines() {
    let program = Program::new();
    program.write(
        "config.yaml",
        "includes: [\"config/**/*.yaml\"]\ndefault_provder: a\n",
    );
    let provider = "interface_type: aws_bedrock\nprovider_name: a\nconfig:\n  aws_access_key_id: AKIA123\n  default_model: ${MODEL}\n  timeout_seconds: soon\n";
    program.write("config/providers/a.yaml", provider);
    let told = program.run(&["config", "validate"]).exits(2);
    insta::assert_snapshot!(
        told.stderr
            .replace(&program.path("").display().to_string(), "…/")
    );
}

#[test]
fn models_are_listed_with_what_is_known() {
    let program = Program::new();
    let told = program.run(&["models", "nova-lite"]).exits(0);
    assert!(
        told.stdout.contains("amazon.nova-lite-v1:0"),
        "{}",
        told.stdout
    );
    let told = program
        .run(&["models", "claude-3-5-sonnet", "--all", "--json"])
        .exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(told[0]["successor"].is_string(), "{told}");
    let told = program.run(&["models", "nonesuch"]).exits(2);
    assert!(told.stderr.contains("no known model"), "{}", told.stderr);
}

#[cfg(not(feature = "cloud"))]
#[test]
fn a_build_that_cannot_ask_the_account_says_so() {
    let suite = "prompts: [hi]\nmodels: [nova-lite]\ntests: [{}]\n";
    for args in [
        &["models", "--live"][..],
        &["models", "--quotas", "--region", "us-east-1"],
        &[
            "eval",
            "suite.yaml",
            "--account-quotas",
            "--region",
            "us-east-1",
        ],
    ] {
        let program = Program::new();
        let told = program.write("suite.yaml", suite).run(args).exits(2);
        assert!(
            told.stderr.contains("--features cloud"),
            "{args:?}: {}",
            told.stderr
        );
    }
}

#[test]
fn values_say_where_they_are_from() {
    let program = Program::new();
    let provider = "interface_type: aws_bedrock\nprovider_name: bedrock\nconfig:\n  default_model: nova-lite\n";
    program.write("config/providers/a.yaml", provider);
    let args = ["config", "show", "--resolved", "--json"];
    let origins = |variables: &[(&str, String)], more: &[&str]| {
        let told = program
            .run_with(variables, &[&args[..], more].concat())
            .exits(0);
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        told["origins"].clone()
    };
    let plain = origins(&[("AWS_REGION", "eu-west-1".to_owned())], &[]);
    assert_eq!(plain["region"], "AWS_REGION");
    assert_eq!(plain["credentials"], "AWS_ACCESS_KEY_ID");
    assert_eq!(
        (&plain["model"], &plain["embedding_model"]),
        (&json!("a file"), &json!("built in"))
    );
    let flags = origins(&[], &["--region", "us-east-1", "-m", "haiku"]);
    assert_eq!(
        (&flags["region"], &flags["model"]),
        (&json!("a flag"), &json!("a flag"))
    );
    let variable = origins(&[("MCP_CLI_MODEL", "haiku".to_owned())], &[]);
    assert_eq!(variable["model"], "MCP_CLI_MODEL");
    let told = program.run(&args[..3]).exits(0).stdout;
    assert!(
        told.contains("model            us.amazon.nova-lite-v1:0  (a file)\n"),
        "{told}"
    );
}
