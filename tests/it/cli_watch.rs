//! `eval --watch`, through the binary: rounds follow changes of files, and Ctrl-C ends them.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::program::Program;
use crate::service::Service;

/// A watching program whose lines are read as they come.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(program: &Program, args: &[&str]) -> Self {
        let mut child = program.start(args);
        let (sender, lines) = channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // A test that has ended reads no more.
                    let _ = sender.send(line);
                }
            });
        }
        Self { child, lines }
    }

    /// Waits until each of these was part of a line; returns all lines until then.
    fn wait_for(&self, parts: &[&str]) -> String {
        let mut all = String::new();
        while !parts.iter().all(|part| all.contains(part)) {
            let line = self.lines.recv_timeout(Duration::from_mins(1));
            let line = line.map_err(|_| format!("not all of {parts:?} in\n{all}"));
            all += &line.unwrap();
            all.push('\n');
        }
        all
    }

    fn ctrl_c(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_runs_what_it_touches_and_pays_for_nothing_twice() {
    let service = Service::echo(Duration::ZERO).await;
    let program = Program::new();
    let suite = |prompt: &str, value: &str| {
        format!(
            "prompts: [{prompt}]\nmodels: [us.amazon.nova-lite-v1:0]\n\
             tests: [{{ description: one, vars: {{ w: one }}, assert: [{{ type: contains, value: '{value}' }}] }}]\n"
        )
    };
    program
        .write("suites/said.txt", "Say {{ w }}")
        .write("suites/a.yaml", &suite("file://said.txt", "one"))
        .write("suites/b.yaml", &suite("'Tell {{ w }}'", "one"));
    let url = service.url();
    let args = [
        "eval",
        "--watch",
        "--region",
        "us-east-1",
        "--endpoint-url",
        &url,
    ];
    let watching = Watching::start(&program, &args);
    let first = watching.wait_for(&["watching 2 suites", "round 1:"]);
    assert!(
        first.contains("a us.amazon.nova-lite-v1:0: 1 passed"),
        "{first}"
    );
    assert_eq!(service.asked(), 2);

    // Another check: judged anew, asked of nobody.
    program.write("suites/b.yaml", &suite("'Tell {{ w }}'", "two"));
    let second = watching.wait_for(&["watching", "round 2: not all"]);
    assert!(
        second.contains("b us.amazon.nova-lite-v1:0: 0 passed, 1 failed"),
        "{second}"
    );
    assert!(
        second.contains("  failed: one:") && !second.contains("a us."),
        "{second}"
    );
    assert_eq!(service.asked(), 2);

    // A prompt of the other suite.
    program.write("suites/said.txt", "Please say {{ w }}");
    let third = watching.wait_for(&["watching", "round 3: all"]);
    assert!(
        third.contains("said.txt has changed") && !third.contains("b us."),
        "{third}"
    );
    assert_eq!(service.asked(), 3);

    // A mistake, and its end.
    program.write(
        "suites/a.yaml",
        "prompts: [file://said.txt]\ntests: [{ asert: 1 }]\n",
    );
    let fourth = watching.wait_for(&["watching"]);
    assert!(
        fourth.contains("did you mean `assert`") && fourth.contains("nothing was sent"),
        "{fourth}"
    );
    program.write("suites/a.yaml", &suite("file://said.txt", "one"));
    let fifth = watching.wait_for(&["watching", "round 5: all"]);
    assert!(
        fifth.contains("a us.amazon.nova-lite-v1:0: 1 passed"),
        "{fifth}"
    );
    assert_eq!(service.asked(), 3);
    assert_eq!(watching.ctrl_c(), Some(0));
}

#[test]
fn what_is_not_there_cannot_be_watched() {
    let program = Program::new();
    let outcome = program.run(&["eval", "none.yaml", "--watch"]).exits(2);
    assert!(
        outcome.stderr.contains("no such file or folder"),
        "{}",
        outcome.stderr
    );
}
