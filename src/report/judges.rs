//! How far judges can be trusted, as the document has it and as people read it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::human::{counted, listed, percent};
use super::safe::name;
use crate::journal::Header;
use crate::stats::{Causes, Interval};
use crate::tally::{Bench, Benches, CONFIDENCE, Corrected, FEW_LABELS, Judging, Pairs};

/// The checks of one type, metric and judges in a suite: what labels of humans tell of them, and how far judges agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeRow {
    /// The suite.
    pub suite: String,
    /// The type of the checks, as the suite wrote it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The metric that their scores count for.
    pub metric: Option<String>,
    /// The judges' labels.
    pub judges: Vec<String>,
    /// Krippendorff's alpha of the judges' verdicts, or of the votes of a single judge; null where there was nothing to
    /// agree on.
    pub alpha: Option<f64>,
    /// Answers that at least two judges, or votes, decided.
    pub alpha_n: u64,
    /// What judges of pairs went by; null where none saw two answers in both orders.
    pub pairs: Option<PairsRow>,
    /// Where single opinions differ; null without repeats that were judged several times.
    pub noise: Option<JudgeNoiseRow>,
    /// What humans say; null without their labels.
    pub human: Option<HumanRow>,
}

/// Whether judges that see two answers in both orders prefer a place to an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairsRow {
    /// Pairs that were decided, one for each vote.
    pub n: u64,
    /// How often whatever stood first was preferred.
    pub first: u64,
    /// How often whatever stood last was.
    pub last: u64,
    /// (first − last) ÷ n: 0 for a judge without a favourite place.
    pub position_bias: f64,
    /// The probability that such a judge is at least as uneven, by an exact sign test over cases.
    pub p: f64,
}

/// How much of the spread of single opinions, which are 1 or 0, has which cause: variances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeNoiseRow {
    /// Questions that it is computed from, of all models.
    pub questions: u64,
    /// Between questions.
    pub between_cases: f64,
    /// Between a model's answers to one question.
    pub between_answers: f64,
    /// Between opinions of one answer.
    pub between_opinions: f64,
}

/// Judges against the labels of humans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HumanRow {
    /// Answers that a human has judged.
    pub labels: u64,
    /// Of these, what the judges did not decide.
    pub undecided: u64,
    /// Both let it pass.
    pub both_pass: u64,
    /// The human lets it pass, the judges do not.
    pub wrongly_failed: u64,
    /// The judges let it pass, the human does not.
    pub wrongly_passed: u64,
    /// Neither lets it pass.
    pub both_fail: u64,
    /// Cohen's kappa; null where it has none.
    pub kappa: Option<WithEnds>,
    /// What it means for the models.
    pub models: Vec<CorrectedRow>,
}

/// A number and its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WithEnds {
    /// The estimate.
    pub value: f64,
    /// The lower end; null where there are too few labels for one.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The confidence of the interval.
    pub confidence: f64,
}

/// A model's rate of passes of these checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectedRow {
    /// The label of the model entry.
    pub label: String,
    /// The rate that the judges found, the mean over cases.
    pub pass_rate: f64,
    /// The same without the judges' errors (Rogan and Gladen); null if labels do not tell, or tell that the judges are no
    /// better than chance.
    pub corrected: Option<WithEnds>,
}

impl JudgeRow {
    /// Returns a row for everything that tells something.
    pub(super) fn all(header: &Header, benches: &Benches) -> Vec<Self> {
        let rows = benches.iter().filter_map(|(bench, judging)| {
            let suite = header.suites.get(bench.suite as usize)?;
            let labels: Vec<&str> = suite.models.iter().map(|it| it.label.as_str()).collect();
            Some(Self::of(&suite.name, &labels, bench, judging))
        });
        rows.collect()
    }

    fn of(suite: &str, labels: &[&str], bench: &Bench, judging: &Judging) -> Self {
        let (alpha, alpha_n) = judging.alpha();
        Self {
            suite: suite.to_owned(),
            kind: bench.kind.clone(),
            metric: bench.metric.clone(),
            judges: bench.judges.clone(),
            alpha,
            alpha_n: alpha_n as u64,
            pairs: judging.by_place().map(PairsRow::of),
            noise: judging.causes().map(JudgeNoiseRow::of),
            human: (judging.labels() > 0).then(|| HumanRow::of(labels, judging)),
        }
    }

    /// Returns what people are told, a sentence each; `suite` names the suite where there are several.
    pub(super) fn sentences(&self, of_several: bool) -> Vec<String> {
        let judges: Vec<String> = self.judges.iter().map(|it| name(it)).collect();
        let judges = listed(&judges);
        let metric = self.metric.as_ref();
        let metric = metric.map_or_else(String::new, |metric| format!(", {}", name(metric)));
        let suite = if of_several {
            format!(" in {}", name(&self.suite))
        } else {
            String::new()
        };
        let who = format!("{judges} ({}{metric}){suite}", name(&self.kind));
        let mut sentences = Vec::new();
        if let Some(human) = &self.human {
            sentences.push(format!("{who}: {}", human.agreement()));
            sentences.extend(human.models.iter().filter_map(CorrectedRow::sentence));
        }
        if let Some(pairs) = &self.pairs {
            sentences.push(format!("{who}: {}", pairs.sentence()));
        }
        if self.alpha_n > 0 {
            let among = match self.judges.len() {
                1 => "with itself",
                _ => "among each other",
            };
            let answers = counted(self.alpha_n, "answer");
            sentences.push(match self.alpha {
                Some(alpha) => format!("{who}: agreement {among}: alpha {alpha:.2} on {answers}"),
                None => format!("{who}: one verdict on all of {answers}: alpha cannot tell"),
            });
        }
        if let Some(noise) = &self.noise {
            sentences.push(format!("{who}: {}", noise.sentence()));
        }
        sentences
    }
}

impl JudgeNoiseRow {
    fn of((causes, questions): (Causes, usize)) -> Self {
        Self {
            questions: questions as u64,
            between_cases: causes.cases,
            between_answers: causes.answers,
            between_opinions: causes.judge,
        }
    }

    fn sentence(&self) -> String {
        let all = self.between_cases + self.between_answers + self.between_opinions;
        let questions = counted(self.questions, "question");
        if all <= 0.0 {
            return format!("every opinion of {questions} is the same");
        }
        let share = |part: f64| percent(part / all);
        let advice = if self.between_opinions > self.between_answers {
            "more votes would help more than more repeats"
        } else {
            "more repeats would help more than more votes"
        };
        format!(
            "of the spread of opinions on {questions}, {} is the questions, {} the model's answers, {} the judging: {advice}",
            share(self.between_cases),
            share(self.between_answers),
            share(self.between_opinions),
        )
    }
}

impl PairsRow {
    #[expect(clippy::cast_precision_loss, reason = "there are not so many pairs")]
    fn of((pairs, p): (Pairs, f64)) -> Self {
        Self {
            n: pairs.n,
            first: pairs.first,
            last: pairs.last,
            position_bias: (pairs.first as f64 - pairs.last as f64) / pairs.n as f64,
            p,
        }
    }

    fn sentence(&self) -> String {
        let p = if self.p < 0.001 {
            "p < 0.001".to_owned()
        } else {
            format!("p = {:.3}", self.p)
        };
        format!(
            "preferred the first place {} and the last {} in {}: position bias {:+.2}, {p} by a sign test",
            times(self.first),
            times(self.last),
            counted(self.n, "pair"),
            self.position_bias,
        )
    }
}

/// Returns how often in words: `never`, `once`, `7 times`.
fn times(count: u64) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        many => format!("{many} times"),
    }
}

impl HumanRow {
    fn of(labels: &[&str], judging: &Judging) -> Self {
        let table = judging.agreement();
        let models = judging.corrected().into_iter().filter_map(|row| {
            let label = labels.get(row.model as usize)?;
            Some(CorrectedRow::of(label, row))
        });
        Self {
            labels: judging.labels() as u64,
            undecided: (judging.labels() - table.n()) as u64,
            both_pass: table.both as u64,
            wrongly_failed: table.only_first as u64,
            wrongly_passed: table.only_second as u64,
            both_fail: table.neither as u64,
            kappa: table
                .kappa(CONFIDENCE)
                .map(|(value, ends)| WithEnds::of(value, Some(ends))),
            models: models.collect(),
        }
    }

    /// Returns how far judges and humans agree.
    fn agreement(&self) -> String {
        let agreed = self.both_pass + self.both_fail;
        let kappa = match &self.kappa {
            Some(kappa) => kappa.shown(|value| format!("{value:.2}")),
            None => "unknown without labels of both kinds".to_owned(),
        };
        let undecided = match self.undecided {
            0 => String::new(),
            some => format!(", {some} undecided"),
        };
        format!(
            "right by {agreed} of {}, kappa {kappa}; {} wrongly passed, {} wrongly failed{undecided}",
            counted(self.labels, "human label"),
            self.wrongly_passed,
            self.wrongly_failed,
        )
    }
}

impl CorrectedRow {
    fn of(label: &str, row: Corrected) -> Self {
        Self {
            label: label.to_owned(),
            pass_rate: row.found,
            corrected: row.rate.map(|rate| WithEnds::of(rate, row.interval)),
        }
    }

    fn sentence(&self) -> Option<String> {
        let corrected = self.corrected.as_ref()?;
        let few = match corrected.low {
            Some(_) => String::new(),
            None => format!(", a guess below {FEW_LABELS} labels of each kind"),
        };
        Some(format!(
            "{}: judged {}, without the errors of the judging {}{few}",
            name(&self.label),
            percent(self.pass_rate),
            corrected.shown(percent)
        ))
    }
}

impl WithEnds {
    fn of(value: f64, ends: Option<Interval>) -> Self {
        Self {
            value,
            low: ends.map(|ends| ends.low),
            high: ends.map(|ends| ends.high),
            confidence: CONFIDENCE,
        }
    }

    fn shown(&self, number: impl Fn(f64) -> String) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => {
                format!("{} [{}, {}]", number(self.value), number(low), number(high))
            }
            _ => number(self.value),
        }
    }
}
