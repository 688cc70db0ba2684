//! The binary, with an environment of its own and a folder to work in.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A place to run the program in: suites are written here, runs go to `reports/`.
pub(crate) struct Program {
    folder: TempDir,
}

/// What a run of the program gave.
pub(crate) struct Outcome {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Its stdout.
    pub stdout: String,
    /// Its stderr.
    pub stderr: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Returns a path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.command(args).output().unwrap())
    }

    /// Runs the program with this text on its stdin.
    pub(crate) fn run_reading(&self, text: &str, args: &[&str]) -> Outcome {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read it closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        Outcome::of(child.wait_with_output().unwrap())
    }

    /// Starts the program, with pipes in place of a terminal.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Reads the newest run's `report.json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.latest().join("report.json")).unwrap())
            .unwrap()
    }

    /// Reads the newest run's `results.jsonl`.
    pub(crate) fn results(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.latest().join("results.jsonl")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Returns the folder of the newest run.
    pub(crate) fn latest(&self) -> PathBuf {
        let latest = std::fs::read_to_string(self.path("reports/latest")).unwrap();
        self.path("reports").join(latest.trim())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("mcp-cli"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIexample")
            .env("NO_PROXY", "127.0.0.1");
        command
    }

    /// Runs the program with more variables in its environment.
    pub(crate) fn run_with(&self, variables: &[(&str, String)], args: &[&str]) -> Outcome {
        let mut command = self.command(args);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Outcome::of(command.output().unwrap())
    }

    /// Runs the program with an environment that holds no credentials.
    pub(crate) fn run_without_credentials(&self, args: &[&str]) -> Outcome {
        let mut command = self.command(args);
        command
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY");
        Outcome::of(command.output().unwrap())
    }
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code, and shows everything if it is another.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Returns a path of the repository.
pub(crate) fn repository(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(name)
        .display()
        .to_string()
}

/// Returns a report or a result without what two runs of one recording may differ in.
pub(crate) fn comparable(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| {
                    !key.ends_with("_ms")
                        && !["run", "attempts", "throttled", "retried", "request_id"]
                            .contains(&key.as_str())
                })
                .map(|(key, value)| (key.clone(), comparable(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(comparable).collect()),
        other => other.clone(),
    }
}
