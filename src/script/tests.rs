use serde_json::json;

use super::*;

fn call(source: &str, output: &Value) -> Result<Option<Value>, String> {
    Script::parse(source)?.call(output, &json!({"vars": {"city": "Paris"}}))
}

#[test]
fn files_export_functions_in_several_ways() {
    for (text, name) in [
        (
            "module.exports = (output, context) => output.length === context.n;",
            None,
        ),
        (
            "export default function (output, context) { return output.length === context.n }",
            None,
        ),
        ("export default (output) => output === 'abc'", None),
        (
            "const n = 3;\nfunction check(output) { return output.length === n }\nmodule.exports = { check };",
            Some("check"),
        ),
        (
            "export const unused = 1;\nexport async function check(output) {\n  return output === 'abc';\n}",
            Some("check"),
        ),
        (
            "exports.check = (output) => output === 'abc'",
            Some("check"),
        ),
        (
            "let calls = 0;\nmodule.exports = () => { calls += 1; return calls === 1; }",
            None,
        ),
    ] {
        let script = Script::parse_file(text, name).unwrap();
        for _ in 0..2 {
            let found = script.call(&json!("abc"), &json!({"n": 3}));
            assert_eq!(found, Ok(Some(json!(true))), "{text}");
        }
    }
    for (text, name) in [
        ("const a = 1;", None),
        ("module.exports = () => true", Some("check")),
    ] {
        let error = Script::parse_file(text, name)
            .unwrap()
            .call(&json!(""), &json!({}));
        assert!(error.unwrap_err().contains("exports no function"), "{text}");
    }
    assert!(Script::parse_file("import fs from 'fs';\nexport default 1", None).is_err());
}

#[test]
fn scripts_are_expressions_or_bodies() {
    for (source, expected) in [
        ("output.length > 3", json!(true)),
        ("output === 'hello';\n", json!(true)),
        ("const n = output.length;\nreturn n / 2;", json!(2.5)),
        (
            "({ pass: true, score: 0.5, reason: context.vars.city })",
            json!({"pass": true, "score": 0.5, "reason": "Paris"}),
        ),
        ("/(?<=h)e/u.test(output) && JSON.parse('[1]')[0]", json!(1)),
        ("Promise.resolve(7)", json!(7)),
    ] {
        assert_eq!(
            call(source, &json!("hello")),
            Ok(Some(expected)),
            "{source}"
        );
    }
    assert_eq!(call("undefined", &json!("")), Ok(None));
    assert_eq!(
        call("output.a[1]", &json!({"a": [1, 2]})),
        Ok(Some(json!(2)))
    );
}

#[test]
fn what_a_script_throws_is_told() {
    for (source, part) in [
        ("return 1", "unexpected token"),
        ("nothing.at.all", "nothing is not defined"),
        ("(() => { throw new Error('too short') })()", "too short"),
        ("Promise.reject(new Error('later'))", "later"),
        ("require('fs')", "require is not defined"),
        ("fetch('http://localhost')", "fetch is not defined"),
        ("process.exit(3)", "process is not defined"),
    ] {
        let error = call(source, &json!("")).unwrap_err();
        assert!(error.contains(part), "{source}: {error}");
    }
}

#[test]
fn limits_end_a_script_and_the_next_one_works() {
    for (source, part) in [
        ("(() => { for (;;) {} })()", "did not come to an end"),
        (
            "(() => { const all = []; for (;;) all.push(new Array(1000).fill(7)); })()",
            "more than 16 MB",
        ),
        ("'x'.repeat(1e9)", ""),
        ("(() => { throw null; })()", "threw `null`"),
        ("(function deep() { return deep(); })()", "stack"),
    ] {
        let error = call(source, &json!("")).unwrap_err();
        assert!(error.contains(part), "{source}: {error}");
        assert_eq!(
            call("output + 1", &json!(1)),
            Ok(Some(json!(2))),
            "after {source}"
        );
    }
}

#[test]
fn nothing_is_left_for_the_next_call() {
    for source in [
        "globalThis.leak = 1",
        "(() => { leak = 1; return 1 })()",
        "(() => { Array.prototype.leak = 1; return 1 })()",
        "(() => { JSON.leak = 1; return 1 })()",
        "(() => { Object.getPrototypeOf(function* () {}).leak = 1; return 1 })()",
    ] {
        let _ = call(source, &json!(""));
    }
    let left = "[typeof leak, [].leak, JSON.leak, Object.getPrototypeOf(function* () {}).leak].map(String)";
    assert_eq!(
        call(left, &json!("")),
        Ok(Some(json!([
            "undefined",
            "undefined",
            "undefined",
            "undefined"
        ])))
    );
}
