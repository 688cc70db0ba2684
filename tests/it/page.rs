//! `report.html` in a browser: what a reader does, done by a script beside the page's own.
//!
//! Needs Chromium and is ignored without it: `cargo test --test it page -- --ignored`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::{Program, repository};

/// Texts that would act on a page that made HTML of them.
const NASTY: [&str; 6] = [
    "</script><script>document.title = 'acted'</script>",
    "<img src=x onerror=\"document.title = 'acted'\">",
    "<!-- <script> \u{2028} \u{202e}drawkcab \u{0} \u{feff}",
    "\"><svg onload=document.title='acted'>",
    "]]>&lt;b&gt;{{constructor.constructor('document.title=1')()}}",
    "🙂 e\u{301} \u{1f469}\u{200d}\u{1f4bb} \u{fffd}",
];

/// What a driving script may use beside the page.
const HELPERS: &str = r##"
const find = (id) => document.getElementById(id);
const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
const until = async (holds) => { for (let i = 0; i < 400 && !holds(); i++) await pause(25); if (!holds()) throw new Error(`never: ${holds}`); };
const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const enter = async (id, value) => { find(id).value = value; find(id).dispatchEvent(new Event("input", { bubbles: true })); await pause(30); };
const shown = () => [...document.querySelectorAll("#rows .row")].map((row) => row.firstChild.textContent);
const opened = async () => { await until(() => !find("detail").hidden && find("detail").children.length > 2); return find("detail"); };
"##;

/// Opens a page in Chromium, runs `script` once it is ready, and returns what that returns.
fn drive(page: &Path, script: &str) -> Value {
    let text = std::fs::read_to_string(page).unwrap();
    let driver = format!(
        "<script>(async () => {{ {HELPERS}
        const out = document.createElement('pre'); out.id = 'driven';
        try {{ await until(() => document.documentElement.dataset.ready);
        const result = await (async () => {{ {script} }})();
        out.textContent = JSON.stringify(result);
        }} catch (error) {{ out.textContent = JSON.stringify({{ error: String(error) }}); }}
        document.body.append(out); }})();</script></body>"
    );
    let (before, after) = text.rsplit_once("</body>").unwrap();
    let copy = page.with_extension("driven.html");
    std::fs::write(&copy, format!("{before}{driver}{after}")).unwrap();
    let output = Command::new("chromium")
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--dump-dom",
        ])
        .args(["--virtual-time-budget=30000", "--window-size=1200,900"])
        .arg(format!("file://{}", copy.display()))
        .output()
        .expect("chromium can be started");
    let dom = String::from_utf8_lossy(&output.stdout);
    let result = dom.rsplit_once("<pre id=\"driven\">").map(|(_, rest)| rest);
    let result = result.and_then(|rest| rest.split_once("</pre>"));
    let result = result.expect("the script ended").0;
    let plain = result
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let value: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(value["error"], Value::Null, "{value}");
    value
}

fn with_demo() -> Program {
    let program = Program::new();
    program
        .run(&[
            "eval",
            &repository("suites"),
            "--replay",
            &repository("fixtures/demo"),
        ])
        .exits(1);
    program
}

#[test]
#[ignore = "needs Chromium"]
fn cases_are_filtered_sorted_and_read_side_by_side() {
    let program = with_demo();
    let found = drive(
        &program.latest().join("report.html"),
        r##"
        const all = find("count").textContent;
        await enter("words", "fence posts");
        const one = shown();
        press("j"); press("Enter");
        const sides = (await opened()).querySelectorAll(".side").length;
        const marked = find("detail").querySelectorAll("ins, del").length;
        press("d"); await until(() => find("detail").querySelectorAll("ins, del").length === 0);
        const reasons = find("detail").querySelector(".checks").textContent;
        const asked = find("detail").querySelector("details pre").textContent;
        press("Escape");
        const closed = find("detail").hidden;
        await enter("words", "");
        await enter("outcome", "b");
        const broken = find("count").textContent;
        await enter("outcome", "");
        document.querySelector('[data-by="cost"]').click();
        const dearest = shown()[0];
        press("/");
        const focused = document.activeElement.id;
        find("deep").checked = true;
        await enter("words", "VAT number");
        await until(() => find("count").textContent !== all);
        const deep = find("count").textContent;
        return { all, one, sides, marked, reasons, asked, closed, broken, dearest, focused, deep,
            charts: document.querySelectorAll("#charts svg").length, lead: document.querySelector(".lead").textContent };
        "##,
    );
    assert_eq!(found["all"], "65 cases");
    assert_eq!(
        found["one"],
        serde_json::json!(["arithmetic / fence posts"])
    );
    assert_eq!(found["sides"], 8, "four models, asked twice");
    assert!(found["marked"].as_u64().unwrap() > 0);
    assert!(found["reasons"].as_str().unwrap().contains("expected 16"));
    assert!(found["asked"].as_str().unwrap().len() > 20);
    assert_eq!(
        (&found["closed"], &found["focused"]),
        (&true.into(), &"words".into())
    );
    assert!(found["broken"].as_str().unwrap().ends_with(" of 65 cases"));
    assert!(
        found["dearest"].as_str().unwrap().contains("leaking tank"),
        "{found}"
    );
    assert!(
        found["deep"].as_str().unwrap().ends_with("of 65 cases"),
        "{found}"
    );
    assert_eq!(found["charts"], 2);
    assert!(
        found["lead"]
            .as_str()
            .unwrap()
            .contains("is worse than sonnet")
    );
}

#[test]
#[ignore = "needs Chromium"]
fn nothing_that_a_model_says_acts() {
    let program = Program::new();
    let tests = NASTY.map(|text| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "  - {{ description: {text}, output: {text}, vars: {{ v: {text} }}, tags: [{text}], \
             assert: [{{ type: equals, value: '{{{{ v }}}}' }}, {{ type: equals, value: b }}] }}\n"
        )
    });
    let tests = tests.concat();
    program.write(
        "nasty.yaml",
        &format!("prompts: ['{{{{ v }}}}']\nmodels: [us.amazon.nova-lite-v1:0]\ntests:\n{tests}"),
    );
    program.run(&["eval", "nasty.yaml"]).exits(1);
    let found = drive(
        &program.latest().join("report.html"),
        r#"
        const names = shown();
        const outputs = [];
        for (let at = 0; at < names.length; at++) {
            press("j"); press("Enter");
            const box = await opened();
            await until(() => box.querySelector("h2").textContent.includes(shown()[at]));
            outputs.push(box.querySelector("pre").textContent);
            press("Escape");
        }
        return { names, outputs, title: document.title, strays: document.querySelectorAll("img, body > svg, main b").length };
        "#,
    );
    assert_eq!(
        (&found["title"], &found["strays"]),
        (&"mcp-cli report".into(), &0.into())
    );
    let outputs: Vec<&str> = found["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|output| output.as_str().unwrap())
        .collect();
    assert_eq!(outputs, NASTY);
}
