//! What went wrong, by name: failed cases with their reasons and whose they were, what could not be decided, errors.
//!
//! Fed one record at a time, in the order of the plan; keeps no more text than is shown.

use std::collections::BTreeMap;

use super::again::again;
use super::errors::{Errors, add_error, merged};
use super::safe::{name, one_line};
use super::whose::Whose;
use crate::check::{CheckResult, Status};
use crate::journal::{Header, Record, TrialStatus};
use crate::plan::Position;

/// Lines of a suite after which further cases are only counted.
const LINES: usize = 15;
/// Lines of a run with many suites, shared out evenly.
const LINES_IN_ALL: usize = 60;
/// What a suite has at least, however many there are.
const LEAST_LINES: usize = 5;

/// What went wrong in a run. All text is safe to print on one line.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    /// Suites with failed trials, in the order of the plan.
    pub(super) failed: Vec<Affected>,
    /// Suites with undecided trials.
    pub(super) undecided: Vec<Affected>,
    /// Errors by kind and message, in the order of the plan.
    pub(super) errors: Vec<Errors>,
    /// Lines that a suite may take.
    lines: usize,
    /// Whether the run has only one label, which then goes without saying.
    alone: bool,
    /// The case that is being read.
    open: Option<OpenCase>,
}

/// Cases of one suite with a trouble of one sort.
#[derive(Debug)]
pub(super) struct Affected {
    /// Index of the suite.
    pub(super) suite: u32,
    /// How many cases.
    pub(super) count: u64,
    /// The first of them.
    pub(super) told: Vec<CaseTrouble>,
}

/// A case with trouble.
#[derive(Debug)]
pub(super) struct CaseTrouble {
    /// Its name.
    pub(super) case: String,
    /// The line of the suite on which its test begins.
    pub(super) line: Option<u64>,
    /// A command that asks its first such trial again.
    pub(super) again: Option<String>,
    /// The reasons that differ, in the order of the models.
    pub(super) reasons: Vec<Reason>,
}

/// Why trials of a case came out as they did.
#[derive(Debug)]
pub(super) struct Reason {
    /// The reason.
    pub(super) text: String,
    /// How many bytes of it tell what is wrong; the rest quotes the output.
    pub(super) told: usize,
    /// Whose trials, such as `haiku, sonnet (2 of 3)`; empty where there is but one model and nothing to say.
    pub(super) whose: String,
}

/// The trials of one case so far, by prompt and model.
#[derive(Debug)]
struct OpenCase {
    suite: u32,
    case: u64,
    name: String,
    /// The name as it is written, and its hash.
    known_as: (String, String),
    line: Option<u64>,
    tries: BTreeMap<(u32, u32), Tries>,
}

/// The repeats of one case with one prompt and model.
#[derive(Debug, Default)]
struct Tries {
    trials: u64,
    failed: Trouble,
    undecided: Trouble,
}

#[derive(Debug, Default)]
struct Trouble {
    count: u64,
    /// Why the first of them, and whether its answer was cut off.
    first: Option<(String, bool)>,
}

impl Troubles {
    /// Returns the troubles of a run of which nothing was read yet.
    pub(super) fn new(header: &Header) -> Self {
        let suites = &header.suites;
        let mut labels = suites.iter().flat_map(|suite| &suite.models);
        let first = labels.next().map(|model| model.label.clone());
        Self {
            lines: (LINES_IN_ALL / suites.len().max(1)).clamp(LEAST_LINES, LINES),
            alone: labels.all(|model| Some(&model.label) == first.as_ref()),
            ..Self::default()
        }
    }

    /// Ends with the last record.
    pub(super) fn finish(&mut self, header: &Header) {
        self.close(header);
        self.errors = merged(std::mem::take(&mut self.errors));
    }

    /// Takes in the next record in the order of the plan.
    pub(super) fn add(&mut self, header: &Header, record: &Record) {
        let at = record.at;
        let is_open = |open: &OpenCase| (open.suite, open.case) == (at.suite, at.case);
        if !self.open.as_ref().is_some_and(is_open) {
            self.close(header);
        }
        let open = self.open.get_or_insert_with(|| OpenCase {
            suite: at.suite,
            case: at.case,
            name: name(&record.case),
            known_as: (record.case.clone(), record.case_id.clone()),
            line: record.line,
            tries: BTreeMap::new(),
        });
        let tries = open.tries.entry((at.model, at.prompt)).or_default();
        tries.trials += 1;
        match record.status {
            TrialStatus::Passed => {}
            TrialStatus::Failed => tries.failed.add(record, Status::Failed),
            TrialStatus::Undecided => tries.undecided.add(record, Status::Undecided),
            TrialStatus::Error => add_error(&mut self.errors, header, record),
        }
    }

    /// Ends the case that was being read.
    fn close(&mut self, header: &Header) {
        let Some(open) = self.open.take() else {
            return;
        };
        let Some(suite) = header.suites.get(open.suite as usize) else {
            return;
        };
        let whose = Whose {
            suite,
            alone: self.alone,
        };
        let whose = &whose;
        open.tell(
            header,
            whose,
            |tries| &tries.failed,
            &mut self.failed,
            self.lines,
        );
        let undecided = &mut self.undecided;
        open.tell(
            header,
            whose,
            |tries| &tries.undecided,
            undecided,
            self.lines,
        );
    }
}

impl OpenCase {
    /// Adds the case to `all` if it has trouble of a sort; in full as long as its suite has lines left.
    fn tell(
        &self,
        header: &Header,
        whose: &Whose<'_>,
        sort: impl Fn(&Tries) -> &Trouble,
        all: &mut Vec<Affected>,
        lines: usize,
    ) {
        if self.tries.values().all(|tries| sort(tries).count == 0) {
            return;
        }
        if all.last().is_none_or(|last| last.suite != self.suite) {
            all.push(Affected {
                suite: self.suite,
                count: 0,
                told: Vec::new(),
            });
        }
        let Some(affected) = all.last_mut() else {
            return;
        };
        affected.count += 1;
        let told: usize = affected.told.iter().map(|case| case.reasons.len()).sum();
        if told < lines {
            affected.told.push(CaseTrouble {
                case: self.name.clone(),
                line: self.line,
                again: self.again(header, &sort),
                reasons: self.reasons(whose, sort),
            });
        }
    }

    fn again(&self, header: &Header, sort: &impl Fn(&Tries) -> &Trouble) -> Option<String> {
        let mut tries = self.tries.iter();
        let ((model, prompt), _) = tries.find(|(_, tries)| sort(tries).count > 0)?;
        let at = Position {
            suite: self.suite,
            case: self.case,
            prompt: *prompt,
            model: *model,
            repeat: 0,
        };
        let (case, case_id) = &self.known_as;
        again(header, at, case, case_id)
    }

    fn reasons(&self, whose: &Whose<'_>, sort: impl Fn(&Tries) -> &Trouble) -> Vec<Reason> {
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for ((model, prompt), tries) in &self.tries {
            let trouble = sort(tries);
            let Some((text, cut_off)) = &trouble.first else {
                continue;
            };
            let one = whose.one(*model, *prompt, &notes(tries, trouble, *cut_off));
            match reasons.iter_mut().find(|(known, _)| known == text) {
                Some((_, all)) => all.push(one),
                None => reasons.push((text.clone(), vec![one])),
            }
        }
        let reasons = reasons.into_iter();
        reasons
            .map(|(text, all)| Reason {
                told: told(&text),
                text,
                whose: whose.all(&all),
            })
            .collect()
    }
}

impl Trouble {
    fn add(&mut self, record: &Record, status: Status) {
        self.count += 1;
        self.first.get_or_insert_with(|| {
            let cut_off = record.stop_reason.as_deref() == Some("max_tokens");
            (reason(record, status), cut_off)
        });
    }
}

impl Affected {
    /// Returns how many cases are not told.
    pub(super) fn untold(&self) -> u64 {
        self.count - self.told.len() as u64
    }
}

impl Reason {
    /// Returns whose it is, as what stands before the text.
    pub(super) fn heading(&self) -> String {
        if self.whose.is_empty() {
            return String::new();
        }
        format!("{}: ", self.whose)
    }
}

/// Returns what is to say of repeats and answers: `2 of 3, cut off at max_tokens`.
fn notes(tries: &Tries, trouble: &Trouble, cut_off: bool) -> String {
    let mut notes = Vec::new();
    if tries.trials > 1 {
        notes.push(format!("{} of {}", trouble.count, tries.trials));
    }
    if cut_off {
        notes.push("cut off at max_tokens".to_owned());
    }
    notes.join(", ")
}

/// Returns why a trial came out as it did, on one line: its first check that came out so.
pub(super) fn reason(record: &Record, status: Status) -> String {
    let telling = |check: &&CheckResult| check.status == status && check.weight > 0.0;
    let check = record.checks.iter().find(telling);
    one_line(&match (check, record.score) {
        (Some(check), _) => {
            // Every check looks at the output: `contains: does not contain …` says it once.
            let reason = check.reason.as_str();
            let reason = reason.strip_prefix("the output ").unwrap_or(reason);
            format!("{}: {reason}", check.kind)
        }
        (None, Some(score)) => format!("the score {score:.2} is below the threshold"),
        (None, None) => "no check decided it".to_owned(),
    })
}

/// Returns how many bytes of a reason come before the quote of the output on which it ends, if it ends on one.
fn told(reason: &str) -> usize {
    let remark = reason.find("; it is `");
    let content = reason.find("): `").map(|bracket| bracket + 1);
    let start = remark.into_iter().chain(content).min();
    start.unwrap_or(reason.len())
}
