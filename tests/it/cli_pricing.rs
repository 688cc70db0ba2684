//! `pricing`: AWS's price list held against the table, through the binary.

use serde_json::Value;

use crate::program::{Program, repository};

fn offers() -> [String; 2] {
    [
        "fixtures/pricing/amazon-bedrock.json",
        "fixtures/pricing/foundation-models.json",
    ]
    .map(repository)
}

#[test]
fn what_changed_is_told_written_and_then_the_same() {
    let program = Program::new();
    let [bedrock, models] = offers();
    let from = ["pricing", "--from", &bedrock, &models];
    let told = program
        .run(&[&from[..], &["--write", "prices.csv"]].concat())
        .exits(0);
    let expected = "amazon.nova-lite-v1:0 region:us-east-1 default input: 0.06 → 0.05 (−16.7 %)";
    assert!(told.stdout.contains(expected), "{}", told.stdout);
    assert!(
        told.stdout.contains("1 × the word `turbo`"),
        "{}",
        told.stdout
    );
    assert!(
        told.stderr.contains("3 rows in `prices.csv`"),
        "{}",
        told.stderr
    );
    program.run(&[&from[..], &["--check"]].concat()).exits(1);

    let again = [&from[..], &["--check", "--json", "--pricing", "prices.csv"]].concat();
    let again: Value = serde_json::from_str(&program.run(&again).exits(0).stdout).unwrap();
    assert_eq!(
        (&again["changed"], &again["new"]),
        (&Value::from(Vec::<Value>::new()), &again["changed"])
    );
    assert_eq!(again["offers"][0]["published"], "2026-11-20");
    assert_eq!(again["not_understood"].as_array().unwrap().len(), 8);
}

#[test]
fn a_file_that_is_no_price_list_is_said_to_be_none() {
    let program = Program::new();
    let offer =
        |code: &str| format!(r#"{{"offerCode": "{code}", "products": {{}}, "terms": {{}}}}"#);
    program
        .write("a.json", "{}")
        .write("b.json", &offer("AmazonEC2"))
        .write("c.json", &offer("AmazonBedrockService"));
    for (file, why) in [
        ("a.json", "no offer file"),
        ("b.json", "`AmazonEC2` is not one of Bedrock"),
        ("c.json", "holds no prices of tokens"),
        ("none.json", "cannot read `none.json`"),
    ] {
        let outcome = program.run(&["pricing", "--from", file]).exits(2);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    }
}
