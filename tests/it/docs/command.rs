//! A command line of a page: what it runs, what it should exit with, where its output goes.

/// Programs of others, which are not run. A line that begins with none of these nor with ours is a mistake.
const OTHERS: [&str; 6] = [
    "cargo install",
    "cargo test",
    "duckdb",
    "export",
    "jq",
    "gh",
];

/// Commands to which what we print may be piped.
const READERS: [&str; 2] = ["jq", "head"];

/// A command of ours.
#[derive(Debug, PartialEq)]
pub(crate) struct Command {
    /// Its arguments, without the program's name.
    pub args: Vec<String>,
    /// The exit code that its comment names, as in `# exit 3`.
    pub exit: Option<i32>,
    /// The file that its stdout goes to.
    pub into: Option<String>,
    /// Another command of ours that reads it.
    pub then: Option<Box<Self>>,
}

/// Reads a line of a shell block; `None` if it runs nothing of ours.
///
/// # Errors
///
/// A command that nobody knows.
pub(crate) fn parse(line: &str) -> Result<Option<Command>, String> {
    let line = line.trim();
    let starts = |program: &str| line == program || line.starts_with(&format!("{program} "));
    if line.is_empty() || line.starts_with('#') || OTHERS.iter().any(|other| starts(other)) {
        return Ok(None);
    }
    let ours = ["mcp-cli ", "cargo run -- "];
    let Some(rest) = ours.iter().find_map(|name| line.strip_prefix(name)) else {
        return Err(format!(
            "`{line}` is neither ours nor known to be another's"
        ));
    };
    let (rest, comment) = rest.split_once(" # ").unwrap_or((rest, ""));
    let (rest, piped) = rest.split_once(" | ").unwrap_or((rest, ""));
    let then = if piped.starts_with("mcp-cli ") {
        parse(piped)?.map(Box::new)
    } else {
        None
    };
    let reader = piped.split_whitespace().next().unwrap_or_default();
    if then.is_none() && !reader.is_empty() && !READERS.contains(&reader) {
        return Err(format!("`{reader}` is no known reader"));
    }
    let (rest, into) = match rest.split_once(" > ") {
        Some((rest, file)) => (rest, Some(file.trim().to_owned())),
        None => (rest, None),
    };
    let args = words(rest).ok_or_else(|| format!("`{line}` needs a shell"))?;
    Ok(Some(Command {
        args,
        exit: comment
            .trim()
            .strip_prefix("exit ")
            .map(|code| code.parse().unwrap()),
        into,
        then,
    }))
}

impl Command {
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| arg == flag)
    }

    /// Returns whether this exit code is what the page says; without a word of it, an evaluation may fail, and so may judging again.
    pub(crate) fn may_exit(&self, code: Option<i32>) -> bool {
        match self.exit {
            Some(expected) => code == Some(expected),
            None if matches!(self.args[0].as_str(), "eval" | "grade") => {
                matches!(code, Some(0 | 1))
            }
            None => code == Some(0),
        }
    }
}

#[test]
fn lines_are_told_apart() {
    let command = parse("cargo run -- eval a/ --limit 2 > out.json    # exit 3").unwrap();
    let command = command.unwrap();
    assert_eq!(command.args, ["eval", "a/", "--limit", "2"]);
    assert_eq!(
        (command.exit, command.into.as_deref()),
        (Some(3), Some("out.json"))
    );
    let piped = parse("mcp-cli similar a | mcp-cli query b | head").unwrap();
    assert_eq!(piped.unwrap().then.unwrap().args, ["query", "b"]);
    assert_eq!(parse("jq .models report.json"), Ok(None));
    for wrong in ["rm -rf /", "mcp-cli report | sh", "mcp-cli eval $HOME"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

/// Splits words, of which whole ones may stand in single quotes; `None` for what only a shell understands.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for (index, part) in text.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else if part.contains(['"', '$', '\\', '&', ';', '<', '>']) {
            return None;
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    Some(words)
}
