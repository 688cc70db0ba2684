//! Made-up journals for tests.

use serde_json::json;
use tempfile::TempDir;

use super::PlanOrder;
use crate::catalog::PriceRow;
use crate::check::{CheckResult, Status};
use crate::journal::{
    Attempt, ErrorRecord, Header, JournalReader, JournalWriter, ModelRecord, Record, RunOptions,
    RunRecord, SCHEMA, Stopped, SuiteRecord, TrialStatus,
};
use crate::model::{ErrorKind, Json, Usage};
use crate::plan::Position;

/// A price in dollars per token.
pub(crate) fn price(input: &str, output: &str) -> PriceRow {
    let rates = json!({"input": input, "output": output, "cache_read": "0"});
    let row = json!({
        "model": "m", "scope": "global", "tier": "default", "kind": "chat", "rates": rates,
        "input": input, "output": output,
    });
    serde_json::from_value(row).unwrap()
}

/// A suite of one prompt and two priced models, `nova-lite` and `sonnet-4-6`.
pub(crate) fn suite(name: &str, cases: u64) -> SuiteRecord {
    let model = |label: &str, model: &str, input, output| ModelRecord {
        label: label.to_owned(),
        model: model.to_owned(),
        digest: None,
        request: None,
        planned: cases,
        price: Some(price(input, output)),
        flex: None,
        prefixes: Vec::new(),
    };
    SuiteRecord {
        name: name.to_owned(),
        path: format!("suites/{name}.yaml"),
        cases,
        prompts: vec!["plain".to_owned()],
        prompt_digests: Vec::new(),
        models: vec![
            model(
                "nova-lite",
                "amazon.nova-lite-v1:0",
                "0.00000006",
                "0.00000024",
            ),
            model(
                "sonnet-4-6",
                "us.anthropic.claude-sonnet-4-6",
                "0.000003",
                "0.000015",
            ),
        ],
        judges: Vec::new(),
        baseline: None,
        margin: None,
        gates: Vec::new(),
    }
}

/// A header of one suite, `support`.
pub(crate) fn header() -> Header {
    header_of(vec![suite("support", 6)])
}

/// A header of these suites.
pub(crate) fn header_of(suites: Vec<SuiteRecord>) -> Header {
    Header {
        schema: SCHEMA,
        run: RunRecord {
            id: "2026-11-22T10-00-00-abcd".to_owned(),
            started_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            tool_version: "0.1.0".to_owned(),
            seed: 7,
            git_commit: None,
            graded: None,
        },
        plan_digest: "0".into(),
        options: RunOptions::default(),
        suites,
    }
}

/// A trial that passed; its latency depends on case and model.
pub(crate) fn record(suite: u32, case: u64, prompt: u32, model: u32) -> Record {
    let at = Position {
        suite,
        case,
        prompt,
        model,
        repeat: 0,
    };
    Record {
        id: "t".to_owned(),
        at,
        case: format!("case-{case}"),
        case_id: format!("id-{suite}-{case}"),
        case_hash: format!("hash-{suite}-{case}"),
        line: None,
        vars: Json::of(&json!({})),
        tags: Vec::new(),
        cluster: None,
        asked: None,
        prompt_bytes: None,
        turn: None,
        status: TrialStatus::Passed,
        score: Some(1.0),
        output: Some(Json::of(&"Yes.")),
        tool_calls: Vec::new(),
        stop_reason: Some("end_turn".to_owned()),
        checks: vec![check(Status::Passed, "the output contains `Yes`")],
        metrics: std::collections::BTreeMap::new(),
        judge_calls: Vec::new(),
        turns: Vec::new(),
        attempts: vec![attempt(Usage::new(1_000 + case, 200))],
        latency_ms: Some(
            400.5 + f64::from(model) * 700.25 + f64::from(u32::try_from(case).unwrap()) * 10.0,
        ),
        ttft_ms: None,
        service_latency_ms: Some(380),
        wait_ms: 12.5,
        request_id: None,
        error: None,
    }
}

/// The same trial, failed for `reason`.
pub(crate) fn failed(mut record: Record, reason: &str) -> Record {
    record.status = TrialStatus::Failed;
    record.score = Some(0.0);
    record.checks = vec![check(Status::Failed, reason)];
    record
}

/// The same trial, ended by an error after a throttled first attempt.
pub(crate) fn broken(mut record: Record, kind: ErrorKind, message: &str) -> Record {
    record.status = TrialStatus::Error;
    record.score = None;
    record.output = None;
    record.checks = Vec::new();
    record.stop_reason = None;
    record.latency_ms = None;
    record.service_latency_ms = None;
    record.attempts = [ErrorKind::Throttled, kind]
        .map(|failed| Attempt {
            usage: None,
            estimated: false,
            recorded: false,
            batched: false,
            failed: Some(failed),
        })
        .to_vec();
    record.error = Some(ErrorRecord {
        kind,
        code: Some("SomeException".to_owned()),
        http_status: Some(400),
        message: message.to_owned(),
        hint: Some("ask for access to the model".to_owned()),
        request_id: Some("r-1".to_owned()),
    });
    record
}

/// The same trial, which could not be decided.
pub(crate) fn undecided(mut record: Record, reason: &str) -> Record {
    record.status = TrialStatus::Undecided;
    record.score = None;
    record.checks = vec![check(Status::Undecided, reason)];
    record
}

/// A result of a `contains` check.
pub(crate) fn check(status: Status, reason: &str) -> CheckResult {
    CheckResult {
        kind: "contains".to_owned(),
        status,
        score: match status {
            Status::Passed => Some(1.0),
            Status::Failed => Some(0.0),
            Status::Undecided => None,
        },
        reason: reason.to_owned(),
        metric: None,
        weight: 1.0,
        opinions: Vec::new(),
        labels: Vec::new(),
    }
}

/// A successful attempt.
pub(crate) fn attempt(usage: Usage) -> Attempt {
    Attempt {
        usage: Some(usage),
        estimated: false,
        recorded: false,
        batched: false,
        failed: None,
    }
}

/// A journal of these records; the folder lives as long as its guard.
pub(crate) fn journal(header: &Header, records: Vec<Record>) -> (TempDir, PlanOrder) {
    stopped_journal(header, records, None)
}

/// A journal of these records that ended for a reason.
pub(crate) fn stopped_journal(
    header: &Header,
    records: Vec<Record>,
    stopped: Option<Stopped>,
) -> (TempDir, PlanOrder) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let mut writer = JournalWriter::create(&path, header).unwrap();
    for record in records {
        writer.append(record).unwrap();
    }
    let at = "2026-11-22T10:01:30Z".parse().unwrap();
    writer.finish(at, stopped).unwrap();
    let order = PlanOrder::read(JournalReader::open(&path).unwrap()).unwrap();
    (folder, order)
}
