//! Dialogues with tools: as long as each call has a result, the model is told it and asked on.

use mcp_cli::journal::{Record, TrialStatus};
use mcp_cli::model::{
    ErrorKind, Json, Part, Reasoning, Remedy, Role, StopReason, ToolCall, ToolResult, Usage,
};
use serde_json::json;

use crate::run::{LITE, Run};
use crate::scripted::{Reply, Scripted, answer, error, throttled};

fn suite(checks: &str) -> String {
    format!(
        "prompts: ['Where is {{{{ what }}}}?']\nmodels: ['{LITE}']\n\
         tools: [{{ name: look_up }}, {{ name: refund }}]\n\
         tool_results: {{ look_up: {{ found: '{{{{ what }}}}' }} }}\n\
         tests: [{{ vars: {{ what: it }}, assert: [{checks}] }}]\n"
    )
}

/// Calls a tool after a second, which takes tokens like any answer.
fn calls(text: &str, names: &[&str]) -> Reply {
    let call = |name: &&str| ToolCall {
        id: format!("id-{name}"),
        name: (*name).to_owned(),
        input: json!({"q": 1}),
    };
    let calls = names.iter().map(call).collect();
    answer(text).after(1).with(|it| {
        it.tool_calls = calls;
        it.stop_reason = StopReason("tool_use".to_owned());
    })
}

async fn only(checks: &str, client: Scripted) -> (Record, Vec<mcp_cli::model::Request>) {
    let run = Run::of(&suite(checks));
    let client = client.shared();
    run.sit(client.clone()).await.result.unwrap();
    let [record] = <[Record; 1]>::try_from(run.records()).unwrap();
    let asked = client.asked().into_iter().map(|asked| asked.request);
    (record, asked.collect())
}

#[tokio::test(start_paused = true)]
async fn results_are_told_until_the_model_has_enough() {
    let replies = [
        calls("Let me see.", &["look_up"]),
        throttled(1),
        calls("", &["look_up", "look_up"]),
        answer("Here.").after(3),
    ];
    let checks = "{ type: tool-calls, count: 3 }, { type: tokens, output: { at_most: 6, at_least: 6 } }, \
                  { type: equals, value: Here. }";
    let (record, asked) = only(checks, Scripted::new(answer("?")).on(LITE, replies)).await;
    assert_eq!(record.status, TrialStatus::Passed, "{:?}", record.checks);
    assert_eq!(record.output, Some(Json::of(&"Here.")));
    assert_eq!((record.tool_calls.len(), record.attempts.len()), (3, 4));
    assert_eq!(record.usage(), Usage::new(30, 6));
    assert_eq!(
        (record.latency_ms, record.stop_reason.as_deref()),
        (Some(5_000.0), Some("end_turn"))
    );
    let last = &asked[3].messages;
    let roles: Vec<Role> = last.iter().map(|message| message.role).collect();
    assert_eq!(
        roles,
        [
            Role::User,
            Role::Assistant,
            Role::User,
            Role::Assistant,
            Role::User
        ]
    );
    assert!(
        matches!(&last[1].parts[..], [Part::Text(_), Part::ToolUse(_)]),
        "{last:?}"
    );
    let [Part::ToolResult(first), Part::ToolResult(_)] = &last[4].parts[..] else {
        panic!("two results: {last:?}");
    };
    assert_eq!(
        (first.id.as_str(), &first.content),
        ("id-look_up", &json!({"found": "it"}))
    );
    assert_eq!(asked[0].tools.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_model_thought_before_it_called_goes_back_to_it_first() {
    let thought = Reasoning::Redacted("AAE=".to_owned());
    let thoughtful = calls("Let me see.", &["look_up"]).with(|it| {
        it.reasoning = vec![thought.clone()];
    });
    let client = Scripted::new(answer("?")).on(LITE, [thoughtful, answer("Here.")]);
    let (record, asked) = only("{ type: equals, value: Here. }", client).await;
    assert_eq!(record.status, TrialStatus::Passed, "{:?}", record.checks);
    let [Part::Reasoning(told), Part::Text(_), Part::ToolUse(_)] = &asked[1].messages[1].parts[..]
    else {
        panic!("{:?}", asked[1].messages);
    };
    assert_eq!(*told, thought);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_may_tell_of_calls_and_their_results() {
    let run = Run::of(&format!(
        "prompts:\n  - messages:\n\
         \x20     - {{ role: user, content: Where is it? }}\n\
         \x20     - role: assistant\n\
         \x20       content:\n\
         \x20         - {{ tool_use: {{ id: t1, name: look_up, input: {{ q: '{{{{ what }}}}' }} }} }}\n\
         \x20         - {{ type: tool_use, id: t2, name: look_up }}\n\
         \x20     - role: user\n\
         \x20       content:\n\
         \x20         - {{ toolResult: {{ toolUseId: t1, content: [{{ json: {{ n: 1 }} }}] }} }}\n\
         \x20         - {{ type: tool_result, tool_use_id: t2, content: '{{{{ what }}}}?', is_error: true }}\n\
         models: ['{LITE}']\n\
         tools: [{{ name: look_up }}]\n\
         tests: [{{ vars: {{ what: it }} }}]\n"
    ));
    let client = Scripted::new(answer("Here.")).shared();
    run.sit(client.clone()).await.result.unwrap();
    let asked = &client.asked()[0].request.messages;
    let call = |id: &str, input| {
        Part::ToolUse(ToolCall {
            id: id.to_owned(),
            name: "look_up".to_owned(),
            input,
        })
    };
    let result = |id: &str, content, is_error| {
        Part::ToolResult(ToolResult {
            id: id.to_owned(),
            content,
            images: Vec::new(),
            is_error,
        })
    };
    assert_eq!(
        asked[1].parts,
        [call("t1", json!({"q": "it"})), call("t2", json!({}))]
    );
    assert_eq!(
        asked[2].parts,
        [
            result("t1", json!({"n": 1}), false),
            result("t2", json!("it?"), true)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_result_ends_the_dialogue() {
    let client = Scripted::new(calls("", &["look_up", "refund"]));
    let (record, asked) = only("{ type: tool-calls, value: [refund, look_up] }", client).await;
    assert_eq!((record.status, asked.len()), (TrialStatus::Passed, 1));
    assert_eq!(record.stop_reason.as_deref(), Some("tool_use"));
}

#[tokio::test(start_paused = true)]
async fn a_model_that_never_has_enough_is_left_at_that() {
    let client = Scripted::new(calls("", &["look_up"]));
    let (record, asked) = only("{ type: tool-calls, count: 20 }", client).await;
    assert_eq!((record.status, asked.len()), (TrialStatus::Passed, 20));
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_middle_is_an_error_with_what_was_billed() {
    let broken = error(ErrorKind::Invalid, Remedy::None);
    let client = Scripted::new(broken).on(LITE, [calls("", &["look_up"])]);
    let (record, _) = only("{ type: tool-calls, count: 1 }", client).await;
    assert_eq!(
        (record.status, record.attempts.len()),
        (TrialStatus::Error, 2)
    );
    assert_eq!(record.usage(), Usage::new(10, 2));
}
