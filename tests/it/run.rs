//! One run from suite text to records: what the tests of plan, run and journal share.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use mcp_cli::catalog::{Catalog, Quota};
use mcp_cli::journal::{
    Header, JournalReader, JournalWriter, JudgeRecord, ModelRecord, Record, RunOptions, RunRecord,
    SCHEMA, Stopped, SuiteRecord,
};
use mcp_cli::model::{ModelClient, ModelId, ToolHost};
use mcp_cli::plan::{self, Plan, Selection, Trial, TrialKey};
use mcp_cli::run::{
    Event, Execution, Lane, LaneSettings, Lengths, RetryPolicy, RunError, Stop, Watch, execute,
};
use mcp_cli::suite::{self, Suite, Surroundings};
use mcp_cli::tally::{PlanOrder, RecordsError};
use tempfile::TempDir;

/// A model that has a price.
pub(crate) const LITE: &str = "us.amazon.nova-lite-v1:0";
/// Another.
pub(crate) const MICRO: &str = "us.amazon.nova-micro-v1:0";

/// Loads a suite from its text, in `folder`.
pub(crate) fn load(folder: &TempDir, yaml: &str) -> Suite {
    let path = folder.path().join("suite.yaml");
    std::fs::write(&path, yaml).unwrap();
    let environment = BTreeMap::from([("SECRET".to_owned(), "hunter2".to_owned())]);
    let around = Surroundings {
        catalog: &Catalog::builtin(),
        environment: &environment,
        today: "2026-11-22".parse().unwrap(),
    };
    let mut loaded = suite::load(&[path], &around).unwrap();
    assert_eq!(loaded.suites.len(), 1, "{:#?}", loaded.problems);
    loaded.suites.remove(0)
}

/// Returns a suite that puts each of `words` to each of `models` and wants `ok` for an answer.
pub(crate) fn yaml(models: &[&str], words: &[&str]) -> String {
    let mut yaml = "prompts: ['{{ word }}']\nmodels:\n".to_owned();
    for model in models {
        writeln!(
            yaml,
            "  - {{ id: '{model}', params: {{ max_tokens: 99 }} }}"
        )
        .unwrap();
    }
    yaml += "tests:\n";
    for word in words {
        let check = "{ type: equals, value: ok }";
        writeln!(
            yaml,
            "  - {{ vars: {{ word: '{word}' }}, assert: [{check}] }}"
        )
        .unwrap();
    }
    yaml
}

/// A run in a folder of its own, and how it is driven.
pub(crate) struct Run {
    pub(crate) plan: Arc<Plan>,
    pub(crate) settings: LaneSettings,
    pub(crate) quota: Quota,
    pub(crate) max_failures: Option<u64>,
    pub(crate) tools: Option<Arc<dyn ToolHost>>,
    pub(crate) lengths: Option<Lengths>,
    pub(crate) watch: Watch,
    header: Arc<Header>,
    folder: TempDir,
}

/// What a sitting gave.
pub(crate) struct Sat {
    pub(crate) result: Result<(), RunError>,
    pub(crate) events: Vec<Event>,
}

impl Run {
    /// Plans everything of a suite. Lanes have one slot, no limits, and wait only as long as an error asks for.
    pub(crate) fn of(yaml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let suite = load(&folder, yaml);
        let plan = plan::build(vec![suite], Selection::default(), |_| None).unwrap();
        Self {
            header: Arc::new(header(&plan)),
            plan: Arc::new(plan),
            settings: LaneSettings {
                slots: 1,
                policy: RetryPolicy {
                    max_retries: 3,
                    base: Duration::ZERO,
                    cap: Duration::from_secs(1),
                },
                limited: false,
                approach: false,
            },
            quota: Quota {
                tokens_per_minute: None,
                requests_per_minute: None,
                output_burndown: 1,
            },
            max_failures: None,
            tools: None,
            lengths: None,
            watch: Watch::default(),
            folder,
        }
    }

    /// The same with more slots.
    pub(crate) fn slots(mut self, slots: usize) -> Self {
        self.settings.slots = slots;
        self
    }

    /// The same within limits of tokens and requests per minute.
    pub(crate) fn quota(mut self, tokens: Option<u64>, requests: Option<u64>) -> Self {
        self.settings.limited = true;
        self.quota.tokens_per_minute = tokens;
        self.quota.requests_per_minute = requests;
        self
    }

    /// The journal's header.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Where the journal is.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    /// Every trial, in order.
    pub(crate) fn trials(&self) -> Vec<Trial> {
        self.plan.trials(|_| true).map(Result::unwrap).collect()
    }

    /// Sits down with `client` until everything is asked; goes on with the journal if there is one.
    pub(crate) async fn sit(&self, client: Arc<impl ModelClient + 'static>) -> Sat {
        self.sit_until(client, &Stop::default()).await
    }

    /// The same, unless `stop` says so first.
    pub(crate) async fn sit_until(
        &self,
        client: Arc<impl ModelClient + 'static>,
        stop: &Stop,
    ) -> Sat {
        let (watcher, events) = mpsc::channel();
        let result = self.watched(client, stop, watcher).await;
        Sat {
            result,
            events: events.try_iter().collect(),
        }
    }

    /// The same before the eyes of `watcher`.
    pub(crate) async fn watched(
        &self,
        client: Arc<impl ModelClient + 'static>,
        stop: &Stop,
        watcher: mpsc::Sender<Event>,
    ) -> Result<(), RunError> {
        let (journal, done) = if self.journal().exists() {
            (JournalWriter::resume(&self.journal()), self.done())
        } else {
            let journal = JournalWriter::create(&self.journal(), &self.header);
            (journal, HashSet::new())
        };
        let execution = Execution {
            early: None,
            lengths: self.lengths.clone(),
            watch: self.watch,
            plan: Arc::clone(&self.plan),
            done,
            header: Arc::clone(&self.header),
            lanes: self.lanes(&(client as Arc<dyn ModelClient>)),
            stream: false,
            budget: None,
            max_failures: self.max_failures,
            recall: None,
            tools: self.tools.clone(),
        };
        let journal = execute(execution, journal.unwrap(), stop, watcher).await?;
        let at = "2026-11-22T10:01:00Z".parse().unwrap();
        journal.finish(at, stop.reason()).map_err(RunError::from)
    }

    /// What is on disk, in the order of the plan.
    pub(crate) fn order(&self) -> PlanOrder {
        PlanOrder::read(JournalReader::open(&self.journal()).unwrap()).unwrap()
    }

    /// The records on disk, in the order of the plan.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut order = self.order();
        let read = order.each(|_, record| {
            records.push(record);
            Ok::<_, RecordsError>(())
        });
        read.unwrap();
        records
    }

    /// Why the last sitting ended early.
    pub(crate) fn stopped(&self) -> Option<Stopped> {
        self.order().end().unwrap().1
    }

    /// The trials that have a record.
    fn done(&self) -> HashSet<TrialKey> {
        let ids: HashSet<String> = self.records().into_iter().map(|it| it.id).collect();
        let trials = self.trials().into_iter();
        let done = trials.filter(|trial| ids.contains(&trial.id));
        done.map(|trial| trial.key()).collect()
    }

    fn lanes(&self, client: &Arc<dyn ModelClient>) -> Vec<Lane> {
        let models = self.plan.models().into_iter();
        let lane = |(model, region)| {
            Lane::new(
                model,
                region,
                Arc::clone(client),
                &self.quota,
                &self.settings,
            )
        };
        models.map(lane).collect()
    }
}

fn header(plan: &Plan) -> Header {
    let catalog = Catalog::builtin();
    let suites = plan.suites.iter().map(|part| SuiteRecord {
        name: part.suite.name.clone(),
        path: "suite.yaml".to_owned(),
        cases: part.cases,
        prompts: (part.suite.prompts.iter())
            .map(|prompt| prompt.name.clone())
            .collect(),
        prompt_digests: (part.prompt_digests.iter())
            .map(ToString::to_string)
            .collect(),
        models: (part.entries.iter().zip(&part.entry_digests))
            .map(|(entry, digest)| ModelRecord {
                digest: Some(digest.to_string()),
                label: entry.label.clone(),
                model: entry.id.clone(),
                request: None,
                planned: part.trials_per_model,
                price: (catalog.price(&ModelId::parse(&entry.id), None, None)).cloned(),
                flex: None,
                prefixes: Vec::new(),
            })
            .collect(),
        judges: (part.suite.helpers().into_iter())
            .map(|judge| JudgeRecord {
                label: judge.label.to_owned(),
                model: judge.request.model.clone(),
                region: None,
                service_tier: None,
                price: (catalog.price(&ModelId::parse(&judge.request.model), None, None)).cloned(),
            })
            .collect(),
        baseline: None,
        margin: None,
        gates: Vec::new(),
    });
    Header {
        schema: SCHEMA,
        run: RunRecord {
            id: "2026-11-22T10-00-00-abcd".to_owned(),
            started_at: "2026-11-22T10:00:00Z".parse().unwrap(),
            tool_version: "0.0.0".to_owned(),
            seed: 0,
            git_commit: None,
            graded: None,
        },
        options: RunOptions::default(),
        plan_digest: plan.digest().to_owned(),
        suites: suites.collect(),
    }
}
