//! The command lines of the pages, run in a copy of the repository's suites and recordings.

use walkdir::WalkDir;

use super::command::{self, Command};
use super::page::{Block, Page};
use super::{PAGES, beside};
use crate::program::{Program, repository};
use crate::service::Service;

/// Returns the lines of a page that may be commands, with line numbers.
fn command_lines(page: &Page) -> Vec<(usize, String)> {
    let lines = |block: &Block| {
        let first = block.line + 1;
        let lines: Vec<_> = block.body.lines().map(str::to_owned).collect();
        (first..).zip(lines).collect::<Vec<_>>()
    };
    let workflow = |(number, line): (usize, String)| {
        let command = line
            .trim()
            .trim_start_matches("- ")
            .trim_start_matches("run: ");
        let is_ours = command.starts_with("mcp-cli ");
        is_ours.then(|| (number, command.to_owned()))
    };
    page.blocks()
        .iter()
        .flat_map(
            |block| match (block.language.as_str(), block.mark.as_str()) {
                ("sh", _) => lines(block),
                ("yaml", "workflow") => lines(block).into_iter().filter_map(workflow).collect(),
                _ => Vec::new(),
            },
        )
        .collect()
}

/// Adds to an evaluation that would ask Bedrock whoever answers it here: the demo, or for recordings the service.
fn answered(command: &Command, service: &Service) -> Vec<String> {
    let mut args = command.args.clone();
    let by_hand = ["query", "embed", "similar"].contains(&args[0].as_str());
    if by_hand && !command.has("--replay") && !command.has("--region") {
        let more = ["--region", "us-east-1", "--endpoint-url", &service.url()];
        args.extend(more.map(str::to_owned));
    }
    if args[0] != "eval" || command.has("--replay") || command.has("--resume") {
        return args;
    }
    let is_counted = args.iter().any(|arg| arg.starts_with("--count-tokens"));
    let is_recorded = command.has("--record") || command.has("--cache") || is_counted;
    let more: &[&str] = if is_recorded {
        &["--region", "us-east-1", "--endpoint-url", &service.url()]
    } else {
        &["--replay", "fixtures/demo"]
    };
    args.extend(more.iter().map(|&arg| arg.to_owned()));
    args
}

fn copy_repository(program: &Program) {
    for folder in ["suites", "fixtures/demo", "fixtures/pricing", "config"] {
        for entry in WalkDir::new(repository(folder)).into_iter().flatten() {
            if entry.file_type().is_file() {
                let below = entry.path().strip_prefix(repository("")).unwrap();
                let text = std::fs::read_to_string(entry.path()).unwrap();
                program.write(below.to_str().unwrap(), &text);
            }
        }
    }
}

/// Runs the commands of a page one after the other in one folder; returns what went wrong.
fn try_commands(page: &Page, service: &Service) -> Vec<String> {
    let program = beside(page);
    copy_repository(&program);
    let mut wrong = Vec::new();
    for (number, line) in command_lines(page) {
        let place = format!("{}:{number}", page.name);
        let command = match command::parse(&line) {
            Ok(Some(command)) => command,
            Ok(None) => continue,
            Err(error) => {
                wrong.push(format!("{place}: {error}"));
                continue;
            }
        };
        let mut next = Some(&command);
        let mut piped = String::new();
        while let Some(command) = next {
            if command.has("--watch") {
                // It waits for its reader, who is not here.
                next = None;
                continue;
            }
            let args = answered(command, service);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let outcome = program.run_reading(&piped, &args);
            if !command.may_exit(outcome.code) {
                let code = outcome.code;
                wrong.push(format!(
                    "{place}: {args:?} gave {code:?}\n{}",
                    outcome.stderr
                ));
            }
            if let Some(file) = &command.into {
                program.write(file, &outcome.stdout);
            }
            piped = outcome.stdout;
            next = command.then.as_deref();
        }
    }
    wrong
}

#[tokio::test]
async fn commands_run_as_the_pages_say() {
    let service = Service::whole().await;
    let mut wrong = Vec::new();
    for page in PAGES.map(Page::read) {
        wrong.extend(try_commands(&page, &service));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
