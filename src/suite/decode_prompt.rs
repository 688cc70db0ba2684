//! YAML to prompts: text, chat messages, and files of either.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::decode_chat::{Chat, chat_messages, content, json_chat, template};
use super::decode_tools;
use super::error::Problems;
use super::file::read_beside;
use super::prompt::{MessageTemplate, PartTemplate, Prompt};
use super::reader::{MapReader, listed};
use super::source::{Node, Place, SourceFile, Tree};
use super::toolset::ToolSet;
use crate::model::Role;
use crate::template::Template;

/// Extensions of files that a bare path may name as a prompt.
const PROMPT_FILES: [&str; 7] = ["txt", "md", "j2", "json", "yaml", "yml", "jsonl"];

/// Reads the value of `prompts`.
pub(super) fn prompts(node: &Node, problems: &mut Problems) -> Vec<Prompt> {
    let mut prompts = Vec::new();
    match &node.value {
        Tree::List(items) => {
            for item in items {
                one(item, &mut prompts, problems);
            }
        }
        _ => one(node, &mut prompts, problems),
    }
    if prompts.is_empty() && !problems.has_errors() {
        problems.error(&node.place, "a suite needs at least one prompt");
    }
    name_uniquely(&mut prompts);
    prompts
}

fn one(node: &Node, prompts: &mut Vec<Prompt>, problems: &mut Problems) {
    match &node.value {
        Tree::Text(text) => from_text(text, node, prompts, problems),
        Tree::Map(_) => from_map(node, prompts, problems),
        _ => problems.error(
            &node.place,
            format!("a prompt must be text or a map, found {}", node.kind()),
        ),
    }
}

fn from_text(text: &str, node: &Node, prompts: &mut Vec<Prompt>, problems: &mut Problems) {
    let bare = Path::new(text);
    let is_bare_path = !text.contains(char::is_whitespace)
        && bare
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|extension| PROMPT_FILES.contains(&extension));
    if let Some(program) = text.strip_prefix("exec:") {
        let message = format!("a prompt made by a program (`{program}`) is not supported");
        problems.error_with(
            &node.place,
            message,
            Some("write its output to a file, and name that"),
        );
        return;
    }
    match text.strip_prefix("file://") {
        Some(path) => from_file(path, None, &node.place, prompts, problems),
        None if is_bare_path => from_file(text, None, &node.place, prompts, problems),
        None => {
            if let Some(messages) = json_chat(text, node, problems) {
                let name = format!("prompt-{}", prompts.len() + 1);
                prompts.push(chat(name, messages, &node.place));
            } else if let Some(template) = template(text, &node.place, problems) {
                let name = format!("prompt-{}", prompts.len() + 1);
                prompts.push(user_prompt(name, template, &node.place));
            }
        }
    }
}

fn from_map(node: &Node, prompts: &mut Vec<Prompt>, problems: &mut Problems) {
    let Some(mut map) = MapReader::new("a prompt", node, problems) else {
        return;
    };
    let id_node = map.take("id");
    let id = map.text("id", problems);
    let label = map.text("label", problems);
    let system = map.take("system");
    let user = map.take("user");
    let raw = map.take("raw");
    let messages = map.take("messages");
    let tools = decode_tools::take(&mut map, problems);
    let file = id.and_then(|id| id.strip_prefix("file://"));
    if file.is_none() && [user, raw, messages] == [None; 3] {
        map.miss("user", "a prompt needs `user` or `messages`");
    }
    map.finish(problems);

    let name = label.or(id.filter(|_| file.is_none())).map(str::to_owned);
    if let (Some(path), Some(id_node)) = (file, id_node) {
        for beside in [system, user, raw, messages].into_iter().flatten() {
            let message = "a prompt that stands in a file says everything there";
            problems.error(&beside.place, message);
        }
        let before = prompts.len();
        from_file(path, name, &id_node.place, prompts, problems);
        for prompt in &mut prompts[before..] {
            prompt.tools = tools.clone();
        }
        return;
    }
    let name = name.unwrap_or_else(|| format!("prompt-{}", prompts.len() + 1));
    let system = system
        .map(|node| content(node, None, problems))
        .unwrap_or_default();
    let found = match (user, raw, messages) {
        (Some(text), None, None) | (None, Some(text), None) => Some(Chat {
            system: Vec::new(),
            messages: vec![MessageTemplate {
                role: Role::User,
                parts: content(text, Some(Role::User), problems),
            }],
        }),
        (None, None, Some(list)) => Some(chat_messages(list, problems)),
        (None, None, None) => None,
        _ => {
            let message = "a prompt has only one of `user`, `raw` and `messages`";
            problems.error(&node.place, message);
            None
        }
    };
    if let Some(mut found) = found {
        found.system.splice(0..0, system);
        prompts.push(Prompt {
            tools,
            ..chat(name, found, &node.place)
        });
    }
}

/// Reads a prompt file: text, several texts split by `---` lines, or chat messages.
fn from_file(
    path: &str,
    name: Option<String>,
    place: &Place,
    prompts: &mut Vec<Prompt>,
    problems: &mut Problems,
) {
    let extension = Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| !PROMPT_FILES.contains(&extension)) {
        let message = format!("`{path}` is no prompt file that this version reads");
        let hint = format!("prompt files end in {}", listed(&PROMPT_FILES));
        problems.error_with(place, message, Some(hint));
        return;
    }
    let Some(file) = read_beside(path, place, problems) else {
        return;
    };
    let stem = || {
        Path::new(path)
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    };
    let name = name.unwrap_or_else(stem);
    match extension {
        Some("json" | "yaml" | "yml") => match Node::parse(&file) {
            Ok(node) => prompts.push(chat(name, chat_messages(&node, problems), &node.place)),
            Err(error) => problems.push(error),
        },
        Some("jsonl") => {
            for (index, line) in file
                .text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim().is_empty())
            {
                // Blank lines before it keep the line numbers of the file.
                let text = "\n".repeat(index) + line;
                let line_file = Arc::new(SourceFile {
                    path: file.path.clone(),
                    text,
                });
                match Node::parse(&line_file) {
                    Ok(node) => prompts.push(chat(
                        name.clone(),
                        chat_messages(&node, problems),
                        &node.place,
                    )),
                    Err(error) => problems.push(error),
                }
            }
        }
        _ => {
            let texts = split_at_rules(&file.text);
            for (first_line, text) in texts {
                let start = Place {
                    line: first_line,
                    ..Place::start_of(&file)
                };
                if let Some(template) = template(&text, &start, problems) {
                    prompts.push(user_prompt(name.clone(), template, &start));
                }
            }
        }
    }
}

/// Splits text at lines that are `---` alone, into trimmed texts with their first lines (from 1).
fn split_at_rules(text: &str) -> Vec<(usize, String)> {
    let mut texts = vec![(1, String::new())];
    for (index, line) in text.lines().enumerate() {
        if line.trim_end() == "---" {
            texts.push((index + 2, String::new()));
        } else if let Some((_, text)) = texts.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    texts.retain(|(_, text)| !text.trim().is_empty());
    for (_, text) in &mut texts {
        text.truncate(text.trim_end().len());
    }
    texts
}

fn chat(name: String, chat: Chat, place: &Place) -> Prompt {
    Prompt {
        name,
        system: chat.system,
        tools: ToolSet::default(),
        messages: chat.messages,
        place: place.clone(),
    }
}

fn user_prompt(name: String, template: Template, place: &Place) -> Prompt {
    Prompt {
        name,
        system: Vec::new(),
        tools: ToolSet::default(),
        messages: vec![MessageTemplate {
            role: Role::User,
            parts: vec![PartTemplate::Text(template)],
        }],
        place: place.clone(),
    }
}

/// Makes names unique by numbering repeated ones: `cot`, `cot-2`.
fn name_uniquely(prompts: &mut [Prompt]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for prompt in prompts {
        let count = seen.entry(prompt.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            prompt.name = format!("{}-{count}", prompt.name);
        }
    }
}
