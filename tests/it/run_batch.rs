//! Batch inference in process: jobs on a bench in memory, in paused time.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mcp_cli::catalog::Usd;
use mcp_cli::journal::Stopped;
use mcp_cli::model::{
    BatchClient, BatchOrder, BatchStage, BatchStatus, Batching, Completion, ErrorKind, ModelError,
    Part, Remedy, Request, StopReason, Usage,
};
use mcp_cli::run::{Batch, BatchError, Budget, Ordered, Ordering, Stop};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use crate::run::{LITE, MICRO, Run, yaml};
use crate::scripted::{Scripted, answer};

const WORDS: [&str; 4] = ["one", "two", "three", "four"];

/// Where jobs are: each answers `ok` to everything, but for what a test wants otherwise.
#[derive(Default)]
struct Bench {
    jobs: Mutex<BTreeMap<String, Job>>,
    /// Jobs that were asked for, by name, as often as they were.
    orders: Mutex<Vec<String>>,
    /// Looks at a job before it is over.
    looks: u32,
    /// Texts that have no answer.
    lost: &'static [&'static str],
    /// Texts whose record has an error that may pass.
    broken: &'static [&'static str],
    /// Jobs that are begun, and whose ARN is lost on the way back.
    cut: Mutex<u32>,
    /// Models that no job may ask.
    refused: &'static [&'static str],
}

struct Job {
    records: Vec<Value>,
    looked: u32,
}

impl Bench {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        self.jobs.lock().unwrap()
    }

    fn orders(&self) -> Vec<String> {
        self.orders.lock().unwrap().clone()
    }

    fn output(&self, record: &Value) -> Option<Value> {
        let text = record["text"].as_str().unwrap();
        let id = &record["recordId"];
        if self.lost.contains(&text) {
            None
        } else if self.broken.contains(&text) {
            Some(json!({"recordId": id, "error": "it broke"}))
        } else {
            Some(json!({"recordId": id, "answer": "ok"}))
        }
    }
}

fn said(request: &Request) -> String {
    match &request.messages[0].parts[0] {
        Part::Text(text) => text.clone(),
        other => unreachable!("{other:?}"),
    }
}

impl BatchClient for Bench {
    fn encode(&self, id: &str, request: &Request) -> Result<String, ModelError> {
        Ok(json!({"recordId": id, "text": said(request)}).to_string())
    }

    fn decode(&self, _: &Request, line: &[u8]) -> Result<Completion, ModelError> {
        let line: Value = serde_json::from_slice(line).unwrap();
        let broken = || ModelError::new(ErrorKind::Unavailable, Remedy::Repeat, "it broke");
        let answer = line["answer"].as_str().ok_or_else(broken)?;
        Ok(Completion {
            text: answer.to_owned(),
            stop_reason: StopReason("end_turn".to_owned()),
            usage: Usage::new(1_000, 100),
            batched: true,
            ..Completion::default()
        })
    }

    fn begin<'a>(&'a self, order: &'a BatchOrder) -> Batching<'a, String> {
        Box::pin(async move {
            self.orders.lock().unwrap().push(order.name.clone());
            if self.refused.contains(&order.model.as_str()) {
                let message = "no batches of this model";
                return Err(ModelError::new(ErrorKind::Invalid, Remedy::None, message));
            }
            let text = std::fs::read_to_string(&order.input).unwrap();
            let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
            self.jobs().entry(order.name.clone()).or_insert(Job {
                records: records.collect(),
                looked: 0,
            });
            let mut cut = self.cut.lock().unwrap();
            if *cut > 0 {
                *cut -= 1;
                let message = "the connection was closed";
                return Err(ModelError::new(
                    ErrorKind::Connection,
                    Remedy::Repeat,
                    message,
                ));
            }
            Ok(order.name.clone())
        })
    }

    fn look<'a>(&'a self, job: &'a str) -> Batching<'a, BatchStatus> {
        Box::pin(async move {
            let mut jobs = self.jobs();
            let job = jobs.get_mut(job).unwrap();
            job.looked += 1;
            let is_over = job.looked > self.looks;
            Ok(BatchStatus {
                stage: if is_over {
                    BatchStage::Ended
                } else {
                    BatchStage::Running
                },
                word: if is_over { "Completed" } else { "InProgress" }.to_owned(),
                message: None,
                records: Some(job.records.len() as u64),
                processed: Some(0),
            })
        })
    }

    fn fetch<'a>(&'a self, job: &'a str, folder: &'a Path) -> Batching<'a, Vec<PathBuf>> {
        Box::pin(async move {
            let jobs = self.jobs();
            // No order is promised.
            let records = jobs[job].records.iter().rev();
            let lines = records.filter_map(|record| self.output(record));
            let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
            let file = folder.join(format!("{job}.out"));
            std::fs::write(&file, lines.join("\n") + "\n").unwrap();
            Ok(vec![file])
        })
    }
}

/// A run, its bench of jobs, a model that answers on demand, and what was told.
struct Shop {
    run: Run,
    bench: Arc<Bench>,
    live: Arc<Scripted>,
    folder: TempDir,
    told: Mutex<Vec<String>>,
    fewest: u64,
    adopted: Vec<String>,
    budget: Option<Budget>,
}

impl Shop {
    fn new(bench: Bench) -> Self {
        Self {
            run: Run::of(&yaml(&[LITE, MICRO], &WORDS)),
            bench: Arc::new(bench),
            live: Scripted::new(answer("live")).shared(),
            folder: tempfile::tempdir().unwrap(),
            told: Mutex::default(),
            fewest: 1,
            adopted: Vec::new(),
            budget: None,
        }
    }

    fn batch(&self) -> Batch {
        Batch {
            client: Arc::clone(&self.bench) as Arc<dyn BatchClient>,
            folder: self.folder.path().join("batch"),
            name: "run-1".to_owned(),
            adopted: self.adopted.clone(),
            fewest: self.fewest,
        }
    }

    async fn order(&self, stop: &Stop) -> Result<Ordered, BatchError> {
        let batch = self.batch();
        let ordering = Ordering {
            plan: &self.run.plan,
            done: &HashSet::new(),
            header: self.run.header(),
            budget: self.budget.as_ref(),
            live: Arc::clone(&self.live) as Arc<_>,
            stop,
        };
        let tell = |told: &str| self.told.lock().unwrap().push(told.to_owned());
        batch.order(ordering, &tell).await
    }

    /// Orders everything and carries it out; returns what was answered, in the order of the plan.
    async fn outputs(&self) -> Vec<String> {
        let ordered = self.order(&Stop::default()).await.unwrap();
        self.run.sit(ordered.answers).await.result.unwrap();
        let records = self.run.records().into_iter();
        let outputs = records.map(|record| record.output.unwrap().value());
        outputs
            .map(|output| output.as_str().unwrap().to_owned())
            .collect()
    }

    fn has_told(&self, part: &str) -> bool {
        self.told
            .lock()
            .unwrap()
            .iter()
            .any(|told| told.contains(part))
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_answered_by_jobs_at_their_price() {
    let shop = Shop::new(Bench::default());
    assert_eq!(shop.outputs().await, vec!["ok"; 8]);
    assert_eq!(shop.bench.orders().len(), 2, "a job for each model");
    assert!(shop.live.asked().is_empty());
    let records = shop.run.records();
    assert!(records.iter().all(|record| record.latency_ms.is_none()));
    assert!(records.iter().all(|record| record.attempts[0].batched));
    // Nova Lite in batch: 0.03 and 0.12 a million.
    let lite = records.iter().find(|record| record.at.model == 0).unwrap();
    let price = shop.run.header().suites[0].models[0].price.as_ref();
    let batched = lite.cost(price).unwrap();
    assert_eq!(batched.to_string(), "0.000042");
    assert_eq!(batched.times(2), price.unwrap().cost(&lite.usage()).usd);
}

#[tokio::test(start_paused = true)]
async fn waiting_grows_to_a_minute() {
    let bench = Bench {
        looks: 10,
        ..Bench::default()
    };
    let shop = Shop::new(bench);
    let begun = Instant::now();
    shop.order(&Stop::default()).await.unwrap();
    // 1 + 2 + 4 + 8 + 16 + 32 and then four times 60.
    assert_eq!(begun.elapsed(), Duration::from_secs(63 + 240));
    assert!(shop.has_told("InProgress, 0 of 4 records"));
}

#[tokio::test(start_paused = true)]
async fn what_a_record_broke_on_is_asked_on_demand_and_what_is_lost_is_not_asked() {
    let bench = Bench {
        lost: &["two"],
        broken: &["three"],
        ..Bench::default()
    };
    let shop = Shop::new(bench);
    let ordered = shop.order(&Stop::default()).await.unwrap();
    let lost: HashSet<_> = (shop.run.trials().iter())
        .filter(|trial| trial.case.vars["word"] == "two")
        .map(mcp_cli::plan::Trial::key)
        .collect();
    assert_eq!(ordered.unanswered, lost);
    shop.run.sit(ordered.answers).await.result.unwrap();
    let live: Vec<String> = shop
        .live
        .asked()
        .into_iter()
        .map(|asked| asked.text)
        .collect();
    // The scripted run knows nothing of what is unanswered and asks it as well.
    assert_eq!(live.iter().filter(|text| *text == "three").count(), 2);
    assert_eq!(live.iter().filter(|text| *text == "one").count(), 0);
    let records = shop.run.records();
    let repeated = records.iter().find(|record| record.attempts.len() == 2);
    let attempts = &repeated.unwrap().attempts;
    assert_eq!(attempts[0].failed, Some(ErrorKind::Unavailable));
    assert!(!attempts[1].batched);
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_goes_on_with_its_jobs() {
    let bench = Bench {
        looks: 5,
        ..Bench::default()
    };
    let shop = Shop::new(bench);
    // Dropped while it waits, as a kill would drop it.
    let ending = Stop::default();
    let killed = timeout(Duration::from_secs(4), shop.order(&ending)).await;
    assert!(killed.is_err());
    assert_eq!(shop.bench.orders().len(), 2);
    assert_eq!(shop.outputs().await, vec!["ok"; 8]);
    assert_eq!(shop.bench.orders().len(), 2, "no job is begun twice");
}

#[tokio::test(start_paused = true)]
async fn jobs_are_adopted_by_name_on_another_machine() {
    let mut shop = Shop::new(Bench::default());
    shop.order(&Stop::default()).await.unwrap();
    let jobs = shop.bench.orders();
    shop.folder = tempfile::tempdir().unwrap();
    shop.adopted.clone_from(&jobs);
    assert_eq!(shop.outputs().await, vec!["ok"; 8]);
    assert_eq!(shop.bench.orders(), jobs, "nothing is ordered anew");
    assert!(shop.live.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_little_for_a_job_is_asked_on_demand() {
    let mut shop = Shop::new(Bench::default());
    shop.fewest = 5;
    assert_eq!(shop.outputs().await, vec!["live"; 8]);
    assert!(shop.bench.orders().is_empty());
    assert!(shop.has_told("a batch job has at least 5"));
    let left = std::fs::read_dir(shop.folder.path().join("batch")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["jobs.json"]);
}

#[tokio::test(start_paused = true)]
async fn a_model_without_batches_holds_up_no_other() {
    let bench = Bench {
        refused: &[MICRO],
        ..Bench::default()
    };
    let shop = Shop::new(bench);
    let ordered = shop.order(&Stop::default()).await.unwrap();
    assert_eq!(ordered.unanswered.len(), 4);
    assert!(shop.has_told("no batches of this model"));

    let shop = Shop::new(Bench {
        refused: &[LITE, MICRO],
        ..Bench::default()
    });
    let error = shop.order(&Stop::default()).await.err().unwrap();
    assert_eq!(error.to_string(), "no batches of this model");
}

#[tokio::test(start_paused = true)]
async fn a_budget_bounds_what_is_ordered() {
    let mut shop = Shop::new(Bench::default());
    // At its worst a question has about 103 tokens and an answer of 99: 0.0000150 with Lite, 0.0000088 with Micro.
    let limit: Usd = "0.00005".parse().unwrap();
    shop.budget = Some(Budget::new(Some((limit, Usd::ZERO)), Vec::new()));
    let ending = Stop::default();
    let ordered = shop.order(&ending).await.unwrap();
    let records: usize = shop
        .bench
        .jobs()
        .values()
        .map(|job| job.records.len())
        .sum();
    assert_eq!(records, 4, "two pairs of a Lite and a Micro fit");
    // They are not asked on demand either, at twice the price.
    assert_eq!(ordered.unanswered.len(), 4);
    assert_eq!(ending.reason(), Some(Stopped::Budget));
    assert!(shop.has_told("4 questions are not ordered"));
}

#[tokio::test(start_paused = true)]
async fn interrupting_ends_the_waiting_and_not_the_jobs() {
    let bench = Bench {
        looks: u32::MAX,
        ..Bench::default()
    };
    let shop = Shop::new(bench);
    let ending = Stop::default();
    let (ordered, ()) = tokio::join!(shop.order(&ending), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        ending.stop(Stopped::Interrupted);
    });
    assert_eq!(ordered.unwrap().unanswered.len(), 8);
    assert_eq!(shop.bench.jobs().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_beginning_was_lost_is_found_and_not_ordered_twice() {
    let shop = Shop::new(Bench {
        cut: Mutex::new(2),
        ..Bench::default()
    });
    assert_eq!(shop.outputs().await, vec!["ok"; 8]);
    let orders = shop.bench.orders();
    assert_eq!(orders.len(), 4, "two of them twice");
    assert_eq!(orders.iter().collect::<HashSet<_>>().len(), 2);
    assert!(shop.has_told("cannot begin a batch job yet"));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_does_not_look_for_what_was_removed() {
    let shop = Shop::new(Bench::default());
    shop.order(&Stop::default()).await.unwrap();
    shop.batch().clear();
    let left = std::fs::read_dir(shop.folder.path().join("batch")).unwrap();
    assert_eq!(left.count(), 1);
    shop.order(&Stop::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn money_for_what_never_comes_is_given_back() {
    let mut shop = Shop::new(Bench {
        lost: &["one", "two", "three", "four"],
        ..Bench::default()
    });
    let limit: Usd = "0.0001".parse().unwrap();
    shop.budget = Some(Budget::new(Some((limit, Usd::ZERO)), Vec::new()));
    for _ in 0..3 {
        let ordered = shop.order(&Stop::default()).await.unwrap();
        assert_eq!(ordered.unanswered.len(), 8);
        assert!(
            !shop.has_told("not ordered"),
            "what was held is there again"
        );
    }
}
