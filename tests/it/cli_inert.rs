//! What models and suites say is inert in every output, through the binary.

use std::fmt::Write as _;

use crate::program::Program;

/// Texts that would act somewhere.
const NASTY: [&str; 8] = [
    "\u{1b}]0;title\u{7}\u{1b}[31mred",
    "::error::broken",
    "##[error]broken",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "![x](http://evil/x.png) <img src=x> [y](javascript:z)",
    "]]></failure><testcase name=\"a\"/>",
    "a\u{202e}b\u{200f}c | d `e` @team #12",
];

/// A program with a run whose names, answers and reasons are nasty.
fn with_run() -> (Program, String) {
    let mut suite = "prompts: hi\nmodels: [us.amazon.nova-lite-v1:0]\ntests:\n".to_owned();
    for text in NASTY {
        let text = serde_json::to_string(text).unwrap();
        writeln!(
            suite,
            "  - {{ description: {text}, output: {text}, tags: [{text}], assert: [{{ type: equals, value: '{{{{ \"no\" }}}}', metric: {text} }}] }}"
        )
        .unwrap();
    }
    let program = Program::new();
    program.write("nasty.yaml", &suite);
    let variables = [
        ("GITHUB_ACTIONS", "true".to_owned()),
        (
            "GITHUB_STEP_SUMMARY",
            program.path("summary").display().to_string(),
        ),
    ];
    let told = program
        .run_with(&variables, &["eval", "nasty.yaml"])
        .exits(1);
    (program, told.stderr)
}

fn output(program: &Program, format: &str) -> String {
    let told = program.run(&["report", "--format", format]).exits(0);
    told.stdout
}

/// Neither escapes nor marks that turn the direction of reading.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| {
        let turns =
            ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
        (c == '\n' || !c.is_control()) && !turns
    })
}

/// No line commands a CI system.
fn commands_nothing(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim_start();
        !line.starts_with("::") && !line.contains("##[")
    })
}

#[test]
fn on_a_terminal() {
    let text = output(&with_run().0, "terminal");
    assert!(is_plain(&text) && commands_nothing(&text), "{text}");
}

#[test]
fn in_csv() {
    let text = output(&with_run().0, "csv");
    assert!(is_plain(&text), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut cells = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
            cells += 1;
        }
    }
    assert!(cells > 8 * NASTY.len());
}

#[test]
fn in_markdown_and_the_summary_of_a_step() {
    let (program, _) = with_run();
    let summary = std::fs::read_to_string(program.path("summary")).unwrap();
    for text in [output(&program, "markdown"), summary] {
        assert!(is_plain(&text) && commands_nothing(&text), "{text}");
        // A bracket after a backslash is one that is shown.
        let text = text.replace("\\]", "");
        for mark in ["![", "](", "<img", "@team", "http://"] {
            assert!(!text.contains(mark), "{mark}: {text}");
        }
    }
}

#[test]
fn in_junit() {
    let text = output(&with_run().0, "junit");
    assert!(is_plain(&text) && commands_nothing(&text), "{text}");
    let cases = text.matches("<testcase ").count();
    assert_eq!(
        (cases, text.matches("<failure ").count()),
        (NASTY.len(), NASTY.len())
    );
    assert_eq!(text.matches("</testcase>").count(), cases);
}

#[test]
fn in_annotations_of_github() {
    let (_, told) = with_run();
    let commands: Vec<&str> = told
        .lines()
        .filter(|line| line.trim_start().starts_with("::"))
        .collect();
    assert_eq!(commands.len(), NASTY.len(), "{told}");
    assert!(
        commands
            .iter()
            .all(|line| line.starts_with("::error title=failed")),
        "{told}"
    );
    assert!(
        told.chars().all(|c| c == '\n' || !c.is_control()),
        "{told:?}"
    );
}
