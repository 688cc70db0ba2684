//! `embed` through the binary: texts of all kinds, vectors in all formats, and what is gone on with.

use serde_json::{Value, json};

use crate::program::{Outcome, Program};
use crate::service::Service;

fn embed(program: &Program, service: &Service, args: &[&str]) -> Outcome {
    let url = service.url();
    let usual = ["embed", "--region", "us-east-1", "--endpoint-url", &url];
    program.run(&[&usual, args].concat())
}

fn rows(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_texts_are_few_calls_to_cohere_and_keep_their_order() {
    let service = Service::whole().await;
    let program = Program::new();
    let texts: Vec<String> = (0..200).map(|number| format!("text {number}")).collect();
    program.write("texts.txt", &texts.join("\n"));
    let args = [
        "-i",
        "texts.txt",
        "--lines",
        "-m",
        "cohere-embed-english",
        "--output-format",
        "jsonl",
        "-u",
    ];
    let told = embed(&program, &service, &args).exits(0);
    let rows = rows(&told.stdout);
    let ids: Vec<String> = rows
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        ids,
        (0..200)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
    );
    assert_eq!(rows[7]["text"], "text 7");
    let asked = service.requests().await;
    let mut sizes: Vec<usize> = asked
        .iter()
        .map(|(_, body)| body["texts"].as_array().unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [8, 96, 96]);
    assert_eq!(asked[0].1["input_type"], "search_document");
    assert!(
        told.stderr.starts_with("cohere.embed-english-v3: "),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_begin_where_a_text_turns_to_something_else() {
    let service = Service::whole().await;
    let program = Program::new();
    let (zebras, apples) = ("Zzz zz zzz. Zz zzz zz. Zzzz zz. ", "Aaa aa aaa. Aa aaa aa.");
    program.write("text.txt", &format!("{zebras}{apples}"));
    let semantic = ["-i", "text.txt", "--chunk-strategy", "semantic"];
    for model in ["titan-embed", "cohere-embed-english"] {
        for concurrency in ["1", "8"] {
            let more = [
                "-m",
                model,
                "--concurrency",
                concurrency,
                "--output-format",
                "jsonl",
                "-u",
            ];
            let told = embed(&program, &service, &[&semantic[..], &more].concat()).exits(0);
            let rows = rows(&told.stdout);
            let texts: Vec<&Value> = rows.iter().map(|row| &row["text"]).collect();
            assert_eq!(texts, [zebras, apples], "{model}");
        }
    }
    // Five sentences and two chunks of Titan, a call each; one call and one of Cohere; all twice.
    assert_eq!(service.requests().await.len(), 2 * (5 + 2) + 2 * (1 + 1));
    let dry = ["-m", "titan-embed", "--dry-run"];
    let told = embed(&program, &service, &[&semantic[..], &dry].concat()).exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!((&told["calls"], &told["chunks"]), (&json!(6), &json!(1)));
    // Two sentences have one step, with nothing to compare it with: they are asked for neither then nor now.
    let short = ["One. Two.", "--chunk-strategy", "semantic", "--dry-run"];
    let told = embed(&program, &service, &short).exits(0);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["calls"], 1);
    let failing = Service::failing(400, "ValidationException", "no").await;
    let told = embed(&program, &failing, &semantic).exits(3).stderr;
    assert!(
        told.contains("without a vector: 1 text: text.txt"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_every_kind_are_read() {
    let service = Service::whole().await;
    let program = Program::new();
    program
        .write(
            "a.jsonl",
            "{\"id\": \"x\", \"text\": \"one\"}\n{\"text\": \"two\"}\n",
        )
        .write("b.json", "[\"three\", {\"id\": 4, \"text\": \"four\"}]")
        .write("c.csv", "id,text\nfive,\"a, b\"\n")
        .write("d.tsv", "id\ttext\nsix\tc\n")
        .write("e.txt", "seven\n");
    let args = [
        "given",
        "-i",
        "a.jsonl",
        "b.json",
        "c.csv",
        "d.tsv",
        "e.txt",
        "--output-format",
        "jsonl",
    ];
    let told = embed(&program, &service, &args).exits(0);
    let shown: Vec<(Value, Value)> = rows(&told.stdout)
        .into_iter()
        .map(|row| (row["id"].clone(), row["text"].clone()))
        .collect();
    let expected = [
        ("0", "given"),
        ("x", "one"),
        ("a.jsonl#1", "two"),
        ("b.json#0", "three"),
        ("4", "four"),
        ("five", "a, b"),
        ("six", "c"),
        ("e.txt", "seven\n"),
    ];
    assert_eq!(shown, expected.map(|(id, text)| (json!(id), json!(text))));
    let told = embed(&program, &service, &["-i", "c.csv", "--text-field", "body"]).exits(2);
    assert!(
        told.stderr
            .contains("name the column with --text-field: id, text"),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_become_chunks_that_are_slices() {
    let service = Service::whole().await;
    let program = Program::new();
    let text = "One is here. Twö is there.\n\nThree is a new one.";
    let args = [
        text,
        "--chunk-strategy",
        "sentence",
        "--max-chunk-size",
        "20",
        "--chunk-unit",
        "chars",
        "--output-format",
        "jsonl",
    ];
    let told = embed(&program, &service, &args).exits(0);
    for row in rows(&told.stdout) {
        let place = |key: &str| usize::try_from(row[key].as_u64().unwrap()).unwrap();
        assert_eq!(
            text[place("start")..place("end")],
            *row["text"].as_str().unwrap()
        );
    }
    let counted = embed(&program, &service, &[&args[..7], &["--dry-run"]].concat()).exits(0);
    let counted: Value = serde_json::from_str(&counted.stdout).unwrap();
    assert_eq!(
        (&counted["chunks"], &counted["calls"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(service.requests().await.len(), 3, "a dry run asks nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_gone_on_with() {
    let service = Service::whole().await;
    let program = Program::new();
    program.write("texts.txt", "one\ntwo\nthree\n");
    let args = ["-i", "texts.txt", "--lines", "--resume", "out/v.jsonl"];
    embed(&program, &service, &args).exits(0);
    let whole = std::fs::read_to_string(program.path("out/v.jsonl")).unwrap();
    assert_eq!(rows(&whole).len(), 3);
    // Killed in the middle of its second line.
    let torn = &whole[..whole.find('\n').unwrap() + 20];
    std::fs::write(program.path("out/v.jsonl"), torn).unwrap();
    embed(&program, &service, &args).exits(0);
    let again = std::fs::read_to_string(program.path("out/v.jsonl")).unwrap();
    assert_eq!(again, whole);
    assert_eq!(
        service.requests().await.len(),
        5,
        "what was there is not asked again"
    );
    embed(&program, &service, &args).exits(0);
    assert_eq!(service.requests().await.len(), 5);
    for other in ["a letter of one line", "{\"a\": 1}\n"] {
        std::fs::write(program.path("out/v.jsonl"), other).unwrap();
        embed(&program, &service, &args).exits(2);
        let kept = std::fs::read_to_string(program.path("out/v.jsonl")).unwrap();
        assert_eq!(kept, other, "what is not ours is not cut");
    }
    std::fs::write(program.path("out/v.jsonl"), "not JSON\n").unwrap();
    let told = embed(&program, &service, &args).exits(2);
    assert!(told.stderr.contains("no row of vectors"), "{}", told.stderr);
    assert_eq!(
        std::fs::read_to_string(program.path("out/v.jsonl")).unwrap(),
        "not JSON\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_written_in_every_format() {
    let service = Service::whole().await;
    let program = Program::new();
    for (file, begins) in [
        (
            "v.json",
            "{\"provider\":\"bedrock\",\"model\":\"amazon.titan-embed-text-v2:0\",\"embeddings\":[{\"id\":\"0\",",
        ),
        ("v.jsonl", "{\"id\":\"0\",\"chunk\":0,"),
        (
            "v.csv",
            "id,chunk,text,vector\r\n\"0\",\"0\",\"ab\",\"[1.0,1.0,",
        ),
        ("v.compact", "[1.0,1.0,"),
        ("v.npy", "\u{fffd}NUMPY"),
    ] {
        embed(&program, &service, &["ab", "b", "-o", file]).exits(0);
        let bytes = std::fs::read(program.path(file)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with(begins), "{file}: {text}");
    }
    let matrix = std::fs::read(program.path("v.npy")).unwrap();
    assert_eq!(matrix.len(), 128 + 2 * 26 * 4);
    let first = f32::from_le_bytes(matrix[128..132].try_into().unwrap());
    assert!((first - 1.0).abs() < f32::EPSILON);
    let whole: Value =
        serde_json::from_slice(&std::fs::read(program.path("v.json")).unwrap()).unwrap();
    assert_eq!(
        (&whole["count"], &whole["usage"]["input_tokens"]),
        (&json!(2), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_named_and_what_came_before_is_kept() {
    let program = Program::new();
    let failing = Service::failing(400, "ValidationException", "the text is too long").await;
    let told = embed(
        &program,
        &failing,
        &["one", "two", "-o", "v.jsonl", "--max-retries", "0"],
    )
    .exits(3);
    assert!(
        told.stderr.contains("without a vector: 1 text: 0\n"),
        "{}",
        told.stderr
    );
    assert!(
        told.stderr.contains("without a vector: 1 text: 1\n"),
        "{}",
        told.stderr
    );
    assert_eq!(
        std::fs::read_to_string(program.path("v.jsonl")).unwrap(),
        ""
    );
    let denied = Service::failing(403, "AccessDeniedException", "no").await;
    let told = embed(&program, &denied, &["one", "two"]).exits(4);
    assert_eq!(
        told.stderr.matches("without a vector").count(),
        1,
        "{}",
        told.stderr
    );
    for (args, message) in [
        (&["x", "-m", "nova-lite"][..], "makes no vectors"),
        (
            &["x", "--dimensions", "7"],
            "it makes them of 1024, 512, 256",
        ),
        (&["-i", "none.txt"], "there is no file `none.txt`"),
        (&[" "], "is blank"),
    ] {
        let told = embed(&program, &denied, args).exits(2);
        assert!(told.stderr.contains(message), "{}", told.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_have_vectors_of_their_own() {
    let service = Service::whole().await;
    let program = Program::new();
    std::fs::write(program.path("pixel.png"), [0x89, b'P', b'N', b'G', 1]).unwrap();
    let url = service.url();
    let there = ["--region", "us-east-1", "--endpoint-url", &url];
    let args = [
        "embed",
        "text",
        "--attach",
        "pixel.png",
        "-m",
        "titan-embed-image",
    ];
    let more = ["--output-format", "jsonl", "-u"];
    let told = program.run(&[&args[..], &more, &there].concat()).exits(0);
    let rows: Vec<Value> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[1]["id"], "pixel.png");
    assert!(
        rows[1]["text"].as_str().unwrap().starts_with("image "),
        "{}",
        rows[1]
    );
    // What an image costs is not known, so that the sum is not either.
    assert!(told.stderr.contains("unpriced"), "{}", told.stderr);
    let asked = service.requests().await;
    assert!(
        asked
            .iter()
            .any(|(_, body)| body["inputImage"] == "iVBORwE=")
    );
    let told = program
        .run(&[&args[..5], &["titan-embed"], &there].concat())
        .exits(2);
    assert!(
        told.stderr.contains("makes vectors of texts alone"),
        "{}",
        told.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_texts_are_compared() {
    let service = Service::whole().await;
    let program = Program::new();
    let told = embed(&program, &service, &["--compare", "aab", "bba"]).exits(0);
    // Vectors count letters: (2, 1) and (1, 2).
    assert_eq!(told.stdout, "0.8000\n");
    let told = program.run(&["embed", "--show-strategies"]).exits(0);
    assert!(
        told.stdout.contains("markdown   At headings of Markdown"),
        "{}",
        told.stdout
    );
}
