//! A recording: what is written, what is given back, and what is said where nothing fits.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mcp_cli::cassette::{Cassette, CassetteError, Exchange, Mode};
use mcp_cli::model::{
    Completion, ErrorKind, Message, ModelClient, ModelError, Params, Part, Reasoning, Remedy,
    Request, Role, StopReason, ToolCall, Usage,
};
use serde_json::json;
use tempfile::TempDir;

use crate::run::LITE;
use crate::scripted::{Scripted, answer, error, throttled};

fn request(text: &str) -> Request {
    Request {
        model: LITE.to_owned(),
        region: None,
        system: vec![Part::Text("You route tickets.".to_owned())],
        messages: vec![Message {
            role: Role::User,
            parts: vec![Part::Text(text.to_owned())],
        }],
        params: Params {
            max_tokens: 64,
            temperature: Some(0.1),
            ..Params::default()
        },
        tools: Vec::new(),
        tool_choice: None,
        answer_schema: None,
        embedding: None,
        additional_fields: None,
        service_tier: None,
        performance: None,
        guardrail: None,
        stream: false,
        sample: 0,
        asker: String::new(),
    }
}

fn sample(text: &str, sample: u32) -> Request {
    Request {
        sample,
        ..request(text)
    }
}

/// An answer with something in every field.
fn full() -> Completion {
    Completion {
        text: "naïve 🦀\n".to_owned(),
        tool_calls: vec![ToolCall {
            id: "t-1".to_owned(),
            name: "look_up".to_owned(),
            input: json!({ "order": 17, "price": 0.1 }),
        }],
        reasoning: vec![
            Reasoning::Text {
                text: "hm".to_owned(),
                signature: Some("s".to_owned()),
            },
            Reasoning::Redacted("AAE=".to_owned()),
        ],
        stop_reason: StopReason("tool_use".to_owned()),
        usage: Usage {
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_write_tokens: 5,
            cache_write_1h_tokens: 4,
        },
        latency: Duration::from_micros(1_234_567),
        time_to_first_token: Some(Duration::from_micros(345_678)),
        service_latency_ms: Some(1_200),
        service_tier: Some("flex".to_owned()),
        request_id: Some("r-1".to_owned()),
        estimated: true,
        vectors: vec![vec![0.1, -2.5]],
        recorded: false,
        batched: false,
    }
}

fn open(folder: &TempDir, mode: Mode) -> Cassette {
    Cassette::open(folder.path(), mode).unwrap()
}

fn replay(folder: &TempDir) -> Cassette {
    open(folder, Mode::Replay)
}

async fn text_of(client: &impl ModelClient, request: &Request) -> Result<String, ErrorKind> {
    let result = client.converse(request).await;
    result.map(|it| it.text).map_err(|error| error.kind)
}

/// Records `texts` with a model that says `ok`.
async fn recorded(texts: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let cassette = open(&folder, Mode::Record(Scripted::new(answer("ok")).shared()));
    for text in texts {
        cassette.converse(&request(text)).await.unwrap();
    }
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name();
    let files = walk.into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            entry
                .path()
                .strip_prefix(folder)
                .unwrap()
                .display()
                .to_string()
        })
        .collect()
}

fn change(folder: &TempDir, request: &Request, from: &str, to: &str) {
    let path = Exchange::path(folder.path(), request);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_recorded_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let told = ModelError {
        code: Some("ThrottlingException".to_owned()),
        http_status: Some(429),
        hint: Some("slow down".to_owned()),
        request_id: Some("r-0".to_owned()),
        retry_after: Some(Duration::from_millis(1_500)),
        billed: Some(Usage::new(1, 0)),
        ..ModelError::new(ErrorKind::Throttled, Remedy::SlowDown, "too fast")
    };
    let model = Scripted::new(answer("").with(|it| *it = full()));
    let model = model.on("hello", [throttled(0).with_error(|it| *it = told.clone())]);
    let recording = open(&folder, Mode::Record(model.shared()));
    let mut live = Vec::new();
    for _ in 0..2 {
        live.push(recording.converse(&request("hello")).await);
    }
    assert_eq!(live, [Err(told.clone()), Ok(full())]);

    let replaying = replay(&folder);
    // Twice: a second asking of the same begins anew.
    for _ in 0..2 {
        let error = replaying.converse(&request("hello")).await.unwrap_err();
        assert!(error.recorded);
        assert_eq!(
            ModelError {
                recorded: false,
                ..error
            },
            told
        );
        let completion = replaying.converse(&request("hello")).await.unwrap();
        assert!(completion.recorded);
        assert_eq!(
            Completion {
                recorded: false,
                ..completion
            },
            full()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_says_what_was_asked_and_what_came_back_and_nothing_else() {
    let folder = recorded(&["Where is my parcel?"]).await;
    let path = Exchange::path(folder.path(), &request("Where is my parcel?"));
    let text = std::fs::read_to_string(path).unwrap();
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn samples_are_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::new(answer("0")).on("hello", [answer("0"), answer("1"), answer("2")]);
    let recording = open(&folder, Mode::Record(model.shared()));
    for number in 0..3 {
        recording.converse(&sample("hello", number)).await.unwrap();
    }
    assert_eq!(files(folder.path()).len(), 3);
    let replaying = replay(&folder);
    for number in [2, 0, 1] {
        let text = text_of(&replaying, &sample("hello", number)).await;
        assert_eq!(text, Ok(number.to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn streamed_or_not_it_is_the_same_question() {
    let folder = recorded(&["hello"]).await;
    let streamed = Request {
        stream: true,
        ..request("hello")
    };
    assert_eq!(
        text_of(&replay(&folder), &streamed).await,
        Ok("ok".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_cache_asks_what_is_missing_and_keeps_no_error() {
    let folder = recorded(&["known"]).await;
    let before = files(folder.path());
    let broken = error(ErrorKind::Unavailable, Remedy::Repeat);
    let model = Scripted::new(answer("fresh")).on("new", [broken]).shared();
    let cache = open(&folder, Mode::Cache(model.clone()));

    assert_eq!(
        text_of(&cache, &request("known")).await,
        Ok("ok".to_owned())
    );
    assert_eq!(model.asked().len(), 0);
    let failed = text_of(&cache, &request("new")).await;
    assert_eq!(failed, Err(ErrorKind::Unavailable));
    assert_eq!(files(folder.path()), before);
    for _ in 0..2 {
        assert_eq!(
            text_of(&cache, &request("new")).await,
            Ok("fresh".to_owned())
        );
    }
    assert_eq!(model.asked().len(), 2, "the error, then the answer");
    assert_eq!(files(folder.path()).len(), before.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_cache_asks_again_where_only_an_error_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let denied = || error(ErrorKind::Denied, Remedy::None);
    let recording = open(&folder, Mode::Record(Scripted::new(denied()).shared()));
    recording.converse(&request("hello")).await.unwrap_err();
    let replayed = text_of(&replay(&folder), &request("hello")).await;
    assert_eq!(replayed, Err(ErrorKind::Denied));

    let cache = open(&folder, Mode::Cache(Scripted::new(answer("ok")).shared()));
    assert_eq!(
        text_of(&cache, &request("hello")).await,
        Ok("ok".to_owned())
    );
    let replayed = text_of(&replay(&folder), &request("hello")).await;
    assert_eq!(replayed, Ok("ok".to_owned()));
}

#[tokio::test]
async fn many_may_record_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = Scripted::new(answer("ok")).shared();
    let recording = Arc::new(open(&folder, Mode::Record(model)));
    let askings = (0..64).map(|number| {
        let recording = Arc::clone(&recording);
        // Every fourth asks the same as another.
        let text = format!("question {}", number * 3 / 4);
        tokio::spawn(async move { recording.converse(&request(&text)).await })
    });
    for asking in askings.collect::<Vec<_>>() {
        asking.await.unwrap().unwrap();
    }
    assert_eq!(files(folder.path()).len(), 48);
    let replaying = replay(&folder);
    for number in 0..48 {
        let text = text_of(&replaying, &request(&format!("question {number}"))).await;
        assert_eq!(text, Ok("ok".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_kept_is_an_answer_and_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the model's folder should be.
    let path = Exchange::path(folder.path(), &request("hello"));
    std::fs::write(path.parent().unwrap(), "").unwrap();
    let recording = open(&folder, Mode::Record(Scripted::new(answer("ok")).shared()));
    let completion = recording.converse(&request("hello")).await.unwrap();
    assert_eq!(completion.text, "ok");
    assert_eq!(recording.unwritten().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn there_must_be_something_to_replay() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Cassette::open(&folder.path().join("missing"), Mode::Replay);
    assert!(matches!(missing, Err(CassetteError::NoFolder(_))));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let model = Scripted::new(answer("ok")).shared();
    let occupied = Cassette::open(&file, Mode::Record(model));
    assert!(matches!(occupied, Err(CassetteError::Create { .. })));
}

/// Replays `request` and returns the whole complaint.
async fn complaint(folder: &TempDir, request: &Request) -> String {
    let error = replay(folder).converse(request).await.unwrap_err();
    assert_eq!(
        (error.kind, error.remedy),
        (ErrorKind::ReplayMiss, Remedy::None)
    );
    let text = error
        .message
        .replace(&folder.path().display().to_string(), "FOLDER");
    text.replace(std::path::MAIN_SEPARATOR, "/")
}

const LONG: &str = "My parcel with order number 4711 has been on its way for three weeks now. What can you do about it?";

#[tokio::test(start_paused = true)]
async fn a_miss_shows_the_nearest_and_what_differs() {
    let folder = recorded(&["Hi", LONG]).await;
    let asked = request(LONG);
    let other_word = request(&LONG.replace("three", "four"));
    insta::assert_snapshot!(complaint(&folder, &other_word).await, @r#"`messages[0].parts[0].text`: asked "…on its way for four weeks now. What can you do about it?", recorded "…on its way for three weeks now. What can you do about it?"; the nearest recording is `us.amazon.nova-lite-v1_0/a7a1cc01623913b9.json` in `FOLDER`"#);

    let other_model = Request {
        model: "amazon.nova-pro-v1:0".to_owned(),
        ..asked.clone()
    };
    insta::assert_snapshot!(complaint(&folder, &other_model).await, @r#"`model`: asked "amazon.nova-pro-v1:0", recorded "us.amazon.nova-lite-v1:0"; the nearest recording is `us.amazon.nova-lite-v1_0/a7a1cc01623913b9.json` in `FOLDER`"#);

    let mut other_length = asked.clone();
    other_length.params.max_tokens = 65;
    insta::assert_snapshot!(complaint(&folder, &other_length).await, @r#"`params.max_tokens`: asked "65", recorded "64"; the nearest recording is `us.amazon.nova-lite-v1_0/a7a1cc01623913b9.json` in `FOLDER`"#);

    let mut more = asked.clone();
    more.params.top_p = Some(0.5);
    more.params.temperature = None;
    insta::assert_snapshot!(complaint(&folder, &more).await, @r#"`params.top_p`: asked "0.5", not recorded; `params.temperature`: not asked, recorded "0.1"; the nearest recording is `us.amazon.nova-lite-v1_0/a7a1cc01623913b9.json` in `FOLDER`"#);

    insta::assert_snapshot!(complaint(&folder, &sample(LONG, 2)).await, @"sample 2 of this request is not recorded; `us.amazon.nova-lite-v1_0/a7a1cc01623913b9.json` in `FOLDER` holds another sample");

    let mut all_different = request("¡Hola! ¿Qué tal?");
    all_different.system.clear();
    all_different.params.stop = vec!["END".to_owned()];
    all_different.service_tier = Some("flex".to_owned());
    insta::assert_snapshot!(complaint(&folder, &all_different).await, @r#"`messages[0].parts[0].text`: asked "¡Hola! ¿Qué tal?", recorded "Hi"; `params.stop[0]`: asked "END", not recorded; `service_tier`: asked "flex", not recorded; and 1 more place; the nearest recording is `us.amazon.nova-lite-v1_0/dff723522420cb52.json` in `FOLDER`"#);
}

#[tokio::test(start_paused = true)]
async fn a_miss_in_an_empty_folder_says_so() {
    let folder = recorded(&[]).await;
    insta::assert_snapshot!(complaint(&folder, &request("hello")).await, @"`FOLDER` holds no recording that can be read");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_fit_is_not_used() {
    for (from, to, expected) in [
        (
            "hello",
            "hullo",
            "its request was changed, so that it no longer fits its name",
        ),
        (
            "0.1",
            "0.2",
            "its request was changed, so that it no longer fits its name",
        ),
        (
            "\"schema\": 1",
            "\"schema\": 2, \"new\": 0",
            "it has schema 2, this version reads up to 1",
        ),
        ("\"replies\"", "\"answers\"", "unknown field `answers`"),
        ("\"usage\": {", "\"usage\": [", "expected"),
        ("{", "", "expected"),
    ] {
        let folder = recorded(&["hello"]).await;
        change(&folder, &request("hello"), from, to);
        let text = complaint(&folder, &request("hello")).await;
        assert!(text.contains(expected), "{from} to {to}: {text}");
        // Not even where what is missing may be asked: whoever changed it should know.
        let model = Scripted::new(answer("fresh")).shared();
        let cache = open(&folder, Mode::Cache(model.clone()));
        cache.converse(&request("hello")).await.unwrap_err();
        assert_eq!(model.asked().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_may_be_laid_out_anew_and_its_answer_edited() {
    let folder = recorded(&["hello"]).await;
    let path = Exchange::path(folder.path(), &request("hello"));
    let mut file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    file["replies"][0]["answer"]["text"] = json!("by hand");
    file["note"] = json!("edited");
    // Without white space, and the request's keys in another order.
    let request_text = file["request"]
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .rev();
    file["request"] = request_text.collect::<serde_json::Map<_, _>>().into();
    std::fs::write(path, file.to_string()).unwrap();
    assert_eq!(
        text_of(&replay(&folder), &request("hello")).await,
        Ok("by hand".to_owned())
    );
}

#[test]
fn the_files_name_is_plain_whatever_the_model_is_called() {
    for (model, expected) in [
        (LITE, "us.amazon.nova-lite-v1_0"),
        (
            "arn:aws:bedrock:eu-west-1:1:inference-profile/x",
            "arn_aws_bedrock_eu-west-1_1_inference-profile_x",
        ),
        ("..", "_."),
        ("../../etc", "_._.._etc"),
        ("", "_"),
    ] {
        let request = Request {
            model: model.to_owned(),
            ..request("hello")
        };
        let path = Exchange::path(Path::new("folder"), &request);
        let folder = path.parent().unwrap();
        assert_eq!(folder, Path::new("folder").join(expected), "{model}");
    }
}
