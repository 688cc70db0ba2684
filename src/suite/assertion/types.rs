//! The one list of assertion types: those that there are, and those that will not be.

use super::super::reader::{listed, nearest};
use super::fields::{Fields, Read};
use super::{combine, group, json, judged, limits, markup, reference, script, sql, text, tools};
use crate::check::Kind;

/// A type of assertion.
pub(super) struct Type {
    name: &'static str,
    /// Whether `not-` may stand before it.
    negatable: bool,
    /// Reads what it says.
    pub(super) read: fn(&mut Fields<'_, '_>) -> Read<Kind>,
}

const fn negatable(name: &'static str, read: fn(&mut Fields<'_, '_>) -> Read<Kind>) -> Type {
    Type {
        name,
        negatable: true,
        read,
    }
}

const fn plain(name: &'static str, read: fn(&mut Fields<'_, '_>) -> Read<Kind>) -> Type {
    Type {
        name,
        negatable: false,
        read,
    }
}

/// Every type that there is.
static TYPES: [Type; 69] = [
    negatable("equals", text::equals),
    negatable("contains", text::contains),
    negatable("icontains", text::contains),
    negatable("contains-any", text::contains_several),
    negatable("contains-all", text::contains_several),
    negatable("icontains-any", text::contains_several),
    negatable("icontains-all", text::contains_several),
    negatable("starts-with", text::starts_with),
    negatable("ends-with", text::ends_with),
    negatable("regex", text::regex),
    negatable("levenshtein", text::levenshtein),
    negatable("word-count", text::word_count),
    negatable("rouge-n", reference::rouge_n),
    negatable("rouge-l", reference::rouge_l),
    negatable("bleu", reference::bleu),
    negatable("gleu", reference::gleu),
    negatable("meteor", reference::meteor),
    negatable("number", text::number),
    negatable("is-refusal", text::is_refusal),
    negatable("is-json", json::is_json),
    negatable("contains-json", json::contains_json),
    negatable("json-path", json::json_path),
    negatable("is-xml", markup::is_xml),
    negatable("contains-xml", markup::contains_xml),
    negatable("is-html", markup::is_html),
    negatable("contains-html", markup::contains_html),
    negatable("is-sql", sql::is_sql),
    negatable("contains-sql", sql::contains_sql),
    negatable("latency", limits::latency),
    negatable("ttft", limits::first_token),
    negatable("cost", limits::cost),
    negatable("tokens", limits::tokens),
    negatable("stop-reason", limits::stop_reason),
    negatable("finish-reason", limits::finish_reason),
    negatable("guardrails", limits::guardrails),
    negatable("no-repetition", text::no_repetition),
    negatable("tool-call-f1", tools::tool_call_f1),
    negatable("tool-calls", tools::tool_calls),
    negatable("is-valid-openai-tools-call", tools::valid_tools_call),
    negatable("is-valid-function-call", tools::valid_function_call),
    negatable("is-valid-openai-function-call", tools::valid_function_call),
    negatable("expr", text::expr),
    negatable("javascript", script::javascript),
    negatable("python", script::python),
    negatable("exec", script::exec),
    negatable("webhook", script::webhook),
    negatable("language", text::language),
    negatable("llm-rubric", judged::llm_rubric),
    negatable("model-graded-closedqa", judged::closedqa),
    negatable("g-eval", judged::g_eval),
    negatable("factuality", judged::factuality),
    negatable("model-graded-factuality", judged::factuality),
    negatable("context-recall", judged::context_recall),
    negatable("context-relevance", judged::context_relevance),
    negatable("context-faithfulness", judged::context_faithfulness),
    negatable("conversation-relevance", judged::conversation_relevance),
    negatable("answer-relevance", judged::answer_relevance),
    negatable("similar", judged::similar),
    negatable("similar:cosine", judged::similar),
    negatable("similar:dot", judged::similar),
    negatable("similar:euclidean", judged::similar),
    negatable("select-best", group::select_best),
    negatable("max-score", group::max_score),
    negatable("pairwise", group::pairwise),
    negatable("pass_at_k", group::pass_at_k),
    plain("assert-set", combine::assert_set),
    plain("any-of", combine::any_of),
    plain("all-of", combine::all_of),
    plain("none-of", combine::none_of),
];

/// What to write in place of a program.
pub(super) const AS_EXPRESSION: &str = "write it as an expression: `{ type: expr, value: … }` sees `output`, `json`, `vars` and `tool_calls`";
/// What to write in place of a check of tool calls.
const TOOL_CALLS: &str = "say which tools should be called: `{ type: tool-calls, value: … }`";

/// Types of promptfoo that will not be, with what to use.
const NEVER: [(&str, &str); 10] = [
    (
        "perplexity",
        "Bedrock gives no log-probabilities to compute it from",
    ),
    (
        "perplexity-score",
        "Bedrock gives no log-probabilities to compute it from",
    ),
    (
        "classifier",
        "there are no classifiers on Bedrock; a judge (`llm-rubric`) comes nearest",
    ),
    (
        "moderation",
        "put a guardrail on the model, or use a judge (`llm-rubric`)",
    ),
    ("pi", "a judge (`llm-rubric`) comes nearest"),
    ("search-rubric", "a judge (`llm-rubric`) comes nearest"),
    ("agent-rubric", "a judge (`llm-rubric`) comes nearest"),
    (
        "human",
        "nobody watches a run; a judge (`llm-rubric`) comes nearest",
    ),
    ("ruby", AS_EXPRESSION),
    ("skill-used", TOOL_CALLS),
];

/// Returns every name that a suite may write as a type.
#[cfg(test)]
pub(in crate::suite) fn names() -> Vec<String> {
    let negated = TYPES.iter().filter(|entry| entry.negatable);
    let negated = negated.map(|entry| format!("not-{}", entry.name));
    let plain = TYPES.iter().map(|entry| entry.name.to_owned());
    plain.chain(negated).collect()
}

/// Returns whether a name, `not-` included, is meant to be a type, whether there is one or not.
pub(in crate::suite) fn is_type(written: &str) -> bool {
    let name = written.strip_prefix("not-").unwrap_or(written);
    TYPES.iter().any(|entry| entry.name == name) || NEVER.iter().any(|(never, _)| *never == name)
}

/// What a type's name leads to.
pub(super) enum Found {
    /// A type.
    Type(&'static Type),
    /// A mistake.
    Problem {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Looks up a type as a suite writes it, `not-` included.
pub(super) fn find(written: &str) -> Found {
    let (name, negated) = match written.strip_prefix("not-") {
        Some(name) => (name, true),
        None => (written, false),
    };
    let problem = |message: String, hint: Option<String>| Found::Problem { message, hint };
    if let Some(entry) = TYPES.iter().find(|entry| entry.name == name) {
        if negated && !entry.negatable {
            let hint = "negate the assertions in it, or put them into `none-of`";
            let message = format!("`{name}` has no `not-` form");
            return problem(message, Some(hint.to_owned()));
        }
        return Found::Type(entry);
    }
    if let Some((_, hint)) = NEVER.iter().find(|(never, _)| *never == name) {
        return problem(
            format!("`{name}` is not supported"),
            Some((*hint).to_owned()),
        );
    }
    if name.starts_with("trajectory:") || name.starts_with("trace-") {
        let hint = format!("traces are not collected; {TOOL_CALLS}");
        return problem(format!("`{name}` is not supported"), Some(hint));
    }
    let names = || TYPES.iter().map(|entry| entry.name);
    let prefix = if negated { "not-" } else { "" };
    let hint = match nearest(name, names()) {
        Some(near) => format!("did you mean `{prefix}{near}`?"),
        None => format!("the types are {}", listed(&names().collect::<Vec<_>>())),
    };
    problem(format!("unknown assertion type `{written}`"), Some(hint))
}
