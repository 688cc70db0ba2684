//! What `init` writes.

/// What the files say.
pub(super) struct Choices {
    pub(super) provider: String,
    pub(super) region: String,
    pub(super) model: String,
    pub(super) embedding_model: String,
}

/// Returns the files, each with its path and its text.
pub(super) fn files(choices: &Choices) -> Vec<(&'static str, String)> {
    let Choices {
        provider,
        region,
        model,
        embedding_model,
    } = choices;
    let shared = format!(
        "interface_type: aws_bedrock
provider_name: {provider}
config:
  # Where a variable is not set, AWS's own chain decides: environment, profile, single sign-on, instance.
  aws_region: ${{AWS_REGION:-{region}}}
  aws_access_key_id: ${{AWS_ACCESS_KEY_ID}}
  aws_secret_access_key: ${{AWS_SECRET_ACCESS_KEY}}
  aws_session_token: ${{AWS_SESSION_TOKEN}}
"
    );
    vec![
        (
            "config.yaml",
            "# What mcp-cli reads: see `mcp-cli config show`.
includes:
  - config/settings.yaml
  - config/providers/*.yaml
  - config/embeddings/*.yaml
  - config/servers/*.yaml
"
            .to_owned(),
        ),
        (
            "config/settings.yaml",
            format!("# The provider of commands that name none.\ndefault_provider: {provider}\n"),
        ),
        (
            "config/servers/time.yaml",
            "# A server of tools, as an example: set `enabled` to use it, and install `uv` for its command.
server_name: time
config:
  command: uvx
  args: [mcp-server-time]
  enabled: false
"
            .to_owned(),
        ),
        (
            "config/providers/aws-bedrock.yaml",
            format!("{shared}  default_model: {model}\n  timeout_seconds: 300\n  max_retries: 3\n"),
        ),
        (
            "config/embeddings/aws-bedrock.yaml",
            format!("{shared}  default_model: {embedding_model}\n  timeout_seconds: 30\n  max_retries: 3\n"),
        ),
        (
            "suites/first.yaml",
            format!(
                "# A first suite: `mcp-cli eval suites/`. Everything that a suite can say is in the documentation.
name: first
prompts:
  - \"Answer in one word. {{{{ question }}}}\"
models:
  - {model}
tests:
  - vars: {{ question: What is the capital of France? }}
    assert:
      - {{ type: icontains, value: paris }}
  - vars: {{ question: Which planet is closest to the sun? }}
    assert:
      - {{ type: icontains, value: mercury }}
"
            ),
        ),
    ]
}

/// Returns `.env` with the variables that it lacks, commented out: secrets are for the user to fill in, or to leave to AWS.
pub(super) fn env(before: &str, region: &str) -> String {
    let lines = [
        format!("AWS_REGION={region}"),
        "# AWS_ACCESS_KEY_ID=".to_owned(),
        "# AWS_SECRET_ACCESS_KEY=".to_owned(),
    ];
    added(before, &lines, |line| {
        let name = line.trim_start_matches(['#', ' ']).split('=').next();
        name.unwrap_or_default().to_owned()
    })
}

/// Returns `.gitignore` with what must not be committed.
pub(super) fn gitignore(before: &str) -> String {
    added(
        before,
        &[".env".to_owned(), "reports/".to_owned()],
        |line| line.trim().to_owned(),
    )
}

/// Returns a text with the lines whose key none of its own has.
fn added(before: &str, lines: &[String], key: impl Fn(&str) -> String) -> String {
    let mut text = before.to_owned();
    for line in lines {
        let there = before
            .lines()
            .map(|line| line.trim_start().trim_start_matches("export "));
        if there.map(&key).any(|other| other == key(line)) {
            continue;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        let before = "export AWS_REGION=eu-west-1\nMINE=1";
        let after = env(before, "us-east-1");
        assert!(
            after.starts_with("export AWS_REGION=eu-west-1\nMINE=1\n# AWS_ACCESS_KEY_ID=\n"),
            "{after}"
        );
        assert_eq!(env(&after, "us-east-1"), after);
        assert_eq!(gitignore("target\n"), "target\n.env\nreports/\n");
        assert_eq!(gitignore(".env\nreports/\n"), ".env\nreports/\n");
    }
}
