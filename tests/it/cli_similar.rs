//! Collections of vectors: made by `embed`, searched by `similar`, answered from by `query`.

use serde_json::Value;

use crate::program::{Outcome, Program};
use crate::service::Service;

/// Runs a command at a service, whose vectors count letters.
fn run(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let usual = ["--region", "us-east-1", "--endpoint-url", &url];
    program.run(&[args, &usual].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_found_and_answered_from() {
    let service = Service::whole().await;
    let program = Program::new();
    program
        .write("docs/zebras.md", "zzz zebra zzz")
        .write("docs/apples.md", "aaa apples aaa")
        .write("docs/queens.md", "qqq queens qqq");
    let embed = ["embed", "-i", "docs", "--collection", "docs", "-m"];
    let told = run(
        &program,
        &service,
        &[&embed[..], &["cohere-embed-english"]].concat(),
    )
    .exits(0);
    assert_eq!(told.stdout, "3 vectors added to the collection `docs`\n");
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["input_type"], "search_document");

    let told = run(&program, &service, &["similar", "zz", "--json", "-n", "2"]).exits(0);
    let found: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(found[0]["id"], "docs/zebras.md");
    assert_eq!(found[0]["text"], "zzz zebra zzz");
    assert!(found[0]["score"].as_f64() > found[1]["score"].as_f64());
    assert_eq!(found.as_array().unwrap().len(), 2);
    let (path, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["input_type"], "search_query");
    assert!(path.contains("cohere.embed-english-v3"), "{path}");

    let told = run(&program, &service, &["similar", "zz", "-n", "1"]).exits(0);
    assert_eq!(told.stdout, "── docs/zebras.md, 0.962 ──\nzzz zebra zzz\n");
    let args = ["query", "Which?", "--input-data", &told.stdout];
    let told = run(&program, &service, &args).exits(0);
    assert!(told.stdout.contains("zzz zebra zzz"), "{}", told.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collection_holds_is_not_asked_again() {
    let service = Service::whole().await;
    let program = Program::new();
    let rows = |rows: &[(&str, &str)]| {
        let rows = rows
            .iter()
            .map(|(id, text)| format!("{{\"id\":\"{id}\",\"text\":\"{text}\"}}\n"));
        program.write("rows.jsonl", &rows.collect::<String>());
        let args = [
            "embed",
            "-i",
            "rows.jsonl",
            "--collection",
            "c",
            "--db",
            "v.db",
            "--chunk-strategy",
            "fixed",
            "--chunk-unit",
            "chars",
            "--max-chunk-size",
            "4",
        ];
        run(&program, &service, &args).exits(0).stdout
    };
    let added = |count: &str| format!("{count} added to the collection `c`\n");
    assert_eq!(
        rows(&[("a", "one two six"), ("b", "four")]),
        added("4 vectors")
    );
    assert_eq!(
        rows(&[("a", "one two six"), ("b", "four")]),
        added("0 vectors")
    );
    // A text that changed is asked again as far as it changed, and what is left of its longer version goes.
    assert_eq!(rows(&[("a", "one ten")]), added("1 vector"));
    assert_eq!(service.requests().await.len(), 5);
    let told = run(
        &program,
        &service,
        &["similar", "x", "--db", "v.db", "-n", "9", "--json"],
    );
    let found: Value = serde_json::from_str(&told.exits(0).stdout).unwrap();
    let texts = found.as_array().unwrap().iter();
    let mut texts: Vec<&str> = texts.map(|row| row["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["four", "one ", "ten"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_texts_of_one_name_are_refused_where_one_would_be_lost() {
    let service = Service::whole().await;
    let program = Program::new();
    let rows = "{\"id\":\"a\",\"text\":\"one\"}\n{\"id\":\"a\",\"text\":\"two\"}\n";
    program.write("rows.jsonl", rows);
    for kept in [["--collection", "c"], ["--resume", "v.jsonl"]] {
        let args = [&["embed", "-i", "rows.jsonl"], &kept[..]].concat();
        let told = run(&program, &service, &args).exits(2);
        let told = told.stderr;
        assert!(told.starts_with("error: two texts are named `"), "{told}");
        assert!(told.contains("--id-field"), "{told}");
    }
    run(&program, &service, &["embed", "-i", "rows.jsonl"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_without_names_are_named_by_what_they_say() {
    let service = Service::whole().await;
    let program = Program::new();
    for text in ["first", "second", "first"] {
        run(
            &program,
            &service,
            &["embed", text, "--collection", "notes"],
        )
        .exits(0);
    }
    let told = program.run(&["similar"]).exits(0);
    assert_eq!(
        told.stdout,
        "notes: 2 vectors of amazon.titan-embed-text-v2:0\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_that_cannot_be_compared_are_not_mixed() {
    let service = Service::whole().await;
    let program = Program::new();
    let args = ["embed", "text", "--collection", "a", "--dimensions", "256"];
    run(&program, &service, &args).exits(0);
    let refused = |args: &[&str], expected: &str| {
        let told = run(&program, &service, args).exits(2);
        assert!(told.stderr.contains(expected), "{}", told.stderr);
    };
    let other = [
        "embed",
        "more",
        "--collection",
        "a",
        "-m",
        "cohere-embed-english",
    ];
    refused(
        &other,
        "error: the collection `a` holds vectors of `amazon.titan-embed-text-v2:0`, not of `cohere",
    );
    let longer = ["embed", "more", "--collection", "a", "--dimensions", "512"];
    refused(
        &longer,
        "error: the collection `a` holds vectors of 26 numbers, not of 512\n",
    );
    refused(
        &["similar", "x", "-m", "cohere-embed-english"],
        "holds vectors of",
    );
    refused(
        &["similar", "x", "--collection", "b"],
        "error: there is no collection `b`\nhint: there is `a`\n",
    );
    // Without a word about it, those that come later are made as the first were.
    run(&program, &service, &["embed", "more", "--collection", "a"]).exits(0);
    let (_, body) = service.requests().await.pop().unwrap();
    assert_eq!(body["dimensions"], 256);
    run(&program, &service, &["embed", "text", "--collection", "b"]).exits(0);
    refused(
        &["similar", "x"],
        "error: there are several collections\nhint: name one with --collection: `a` and `b`\n",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_there_is_lost() {
    let service = Service::whole().await;
    let program = Program::new();
    let cut = [
        "--chunk-strategy",
        "fixed",
        "--chunk-unit",
        "chars",
        "--max-chunk-size",
        "4",
    ];
    let count = || program.run(&["similar", "--json"]).exits(0).stdout;
    program.write("a.txt", "one two six");
    let embed = ["embed", "-i", "a.txt", "--collection", "c"];
    run(&program, &service, &[&embed[..], &cut].concat()).exits(0);
    assert!(count().contains("\"count\": 3"), "{}", count());
    // A dry run would cut it otherwise, and changes nothing.
    run(&program, &service, &[&embed[..], &["--dry-run"]].concat()).exits(0);
    assert!(count().contains("\"count\": 3"), "{}", count());
    // Nor does a run that fails.
    let denied = Service::failing(403, "AccessDeniedException", "no").await;
    program.write("a.txt", "other");
    run(&program, &denied, &embed).exits(4);
    assert!(count().contains("\"count\": 3"), "{}", count());
    // Vectors of another length are refused, whatever was asked for: here letters are counted, and there are 26.
    let longer = [&embed[..], &["--dimensions", "512"]].concat();
    let told = run(&program, &service, &longer).exits(2);
    assert!(
        told.stderr
            .contains("holds vectors of 26 numbers, not of 512"),
        "{}",
        told.stderr
    );

    for name in ["x.jsonl", "y.jsonl"] {
        program.write(name, &format!("{{\"id\": 1, \"text\": \"{name}\"}}\n"));
    }
    run(
        &program,
        &service,
        &["embed", "-i", "x.jsonl", "y.jsonl", "--collection", "d"],
    )
    .exits(0);
    let told = run(
        &program,
        &service,
        &["similar", "x", "--collection", "d", "--json"],
    )
    .exits(0);
    let found: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (&found[0]["id"], &found[1]["id"]),
        (&"x.jsonl#1".into(), &"y.jsonl#1".into())
    );
}
