//! Checks that are programs: kept running, ended where they have to be, and never in the way of the next.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use mcp_cli::check::{CheckResult, Status};

use crate::run::{LITE, Run};
use crate::scripted::{Scripted, answer};

/// Judges the canned answer `good` by these checks, of programs by name.
async fn judged(programs: &[(&str, &str)], checks: &[&str]) -> Vec<CheckResult> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in programs {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let folder = folder.path().display().to_string();
    let checks: Vec<String> = checks
        .iter()
        .map(|check| format!("      - {}\n", check.replace("DIR", &folder)))
        .collect();
    let run = Run::of(&format!(
        "prompts: [x]\nmodels: ['{LITE}']\ntests:\n  - vars: {{ want: good }}\n    output: good\n    assert:\n{}",
        checks.concat()
    ));
    let client = Scripted::new(answer("?")).shared();
    run.sit(client.clone()).await.result.unwrap();
    assert_eq!(client.asked().len(), 0);
    run.records().remove(0).checks
}

/// What a check must give: a status, and what its reason holds.
#[track_caller]
fn expect(found: &CheckResult, status: Status, reason: &str) {
    assert_eq!(found.status, status, "{found:?}");
    assert!(
        found.reason.contains(reason),
        "`{reason}` is not in {found:?}"
    );
}

/// Reads lines for ever, and counts them.
const COUNTS: &str = "#!/bin/sh\nn=0\nwhile read -r line; do n=$((n+1)); echo \"noise $n\"\n\
     case \"$line\" in *'\"want\":\"good\"'*) echo '{\"pass\": true, \"score\": 0.5, \"reason\": \"it is\"}';; \
     *) echo false;; esac; done\n";

#[tokio::test]
async fn commands_answer_lines() {
    let checks = [
        "{ type: exec, value: DIR/counts.sh }",
        "{ type: exec, value: [DIR/counts.sh], threshold: 0.6 }",
        "{ type: not-exec, value: DIR/no.sh }",
    ];
    let programs = [
        ("counts.sh", COUNTS),
        ("no.sh", "#!/bin/sh\nread -r line; echo false\n"),
    ];
    let found = judged(&programs, &checks).await;
    expect(&found[0], Status::Passed, "it is (it printed: noise");
    expect(&found[1], Status::Failed, "(score 0.5, 0.6 passes)");
    expect(&found[2], Status::Passed, "is false");
}

#[tokio::test]
async fn whatever_a_program_does_the_next_check_works() {
    let checks = [
        "{ type: exec, value: sleep 100, timeout: 200ms }",
        "{ type: exec, value: DIR/leaves.sh }",
        "{ type: exec, value: DIR/talks.sh, timeout: 5s }",
        "{ type: exec, value: DIR/nowhere.sh }",
        "{ type: not-exec, value: DIR/leaves.sh }",
        "{ type: exec, value: DIR/once.sh }",
        "{ type: exec, value: DIR/once.sh again }",
        "{ type: exec, value: DIR/counts.sh }",
    ];
    let programs = [
        (
            "leaves.sh",
            "#!/bin/sh\nread -r line; echo 'no way' >&2; exit 3\n",
        ),
        (
            "talks.sh",
            "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' 'x'; cat\n",
        ),
        ("once.sh", "#!/bin/sh\nread -r line; echo 1\n"),
        ("counts.sh", COUNTS),
    ];
    let found = judged(&programs, &checks).await;
    expect(&found[0], Status::Undecided, "no answer within 200ms");
    expect(&found[1], Status::Undecided, "(exit status: 3): no way");
    expect(
        &found[2],
        Status::Undecided,
        "a line of more than 1048576 bytes",
    );
    expect(&found[3], Status::Undecided, "cannot be started");
    expect(&found[4], Status::Undecided, "exit status: 3");
    expect(&found[5], Status::Passed, "is 1");
    expect(&found[6], Status::Passed, "is 1");
    expect(&found[7], Status::Passed, "it is");
}

#[tokio::test]
async fn python_is_started_once_and_keeps_its_functions() {
    if Command::new("python3").arg("--version").output().is_err() {
        // Nothing of it can be tried on a machine without Python.
        return;
    }
    let file = "import sys, time\ncalls = 0\n\
         def get_assert(output, context):\n    global calls\n    calls += 1\n    print('call', calls)\n\
         \x20   return {'pass': output == context['vars']['want'], 'score': 0.5, 'reason': 'looked'}\n\
         def leave(output, context):\n    sys.exit(3)\n\
         def eat(output, context):\n    return len('x' * (64 << 30)) > 0\n\
         def talk(output, context):\n    print('x' * 1000000)\n    return True\n\
         def loop(output, context):\n    while True: time.sleep(0.01)\n";
    let checks = [
        "{ type: python, value: \"len(output) == 4 and context['vars']['want'] == output\" }",
        "{ type: python, value: \"n = len(output)\\nreturn n / 8\" }",
        "{ type: python, value: \"n = len(output)\\nreturn n / 8\", threshold: 0.6 }",
        "{ type: python, value: file://DIR/check.py }",
        "{ type: python, value: file://DIR/check.py, threshold: 0.6 }",
        "{ type: python, value: 'file://DIR/check.py:leave' }",
        "{ type: python, value: 'file://DIR/check.py:eat' }",
        "{ type: python, value: 'file://DIR/check.py:loop', timeout: 300ms }",
        "{ type: python, value: 'file://DIR/check.py:talk' }",
        "{ type: python, value: 1/0 }",
        "{ type: python, value: 'None' }",
        "{ type: python, value: output.upper() == 'GOOD' }",
    ];
    let found = judged(&[("check.py", file)], &checks).await;
    expect(&found[0], Status::Passed, "is true");
    expect(&found[1], Status::Passed, "is 0.5");
    expect(&found[2], Status::Failed, "at least 0.6 passes");
    expect(&found[3], Status::Passed, "looked (it printed: call");
    expect(&found[4], Status::Failed, "(score 0.5, 0.6 passes)");
    expect(&found[5], Status::Undecided, "exit status: 3");
    expect(&found[6], Status::Undecided, "more memory than it may");
    expect(&found[7], Status::Undecided, "no answer within 300ms");
    expect(&found[8], Status::Passed, "(it printed: xxx");
    expect(&found[9], Status::Undecided, "ZeroDivisionError");
    expect(&found[10], Status::Undecided, "gives `null`");
    expect(&found[11], Status::Passed, "is true");
}
