//! `stats` against numbers that scipy, statsmodels and numpy computed: `fixtures/oracles/statistics.jsonl`.

use std::fs;

use mcp_cli::catalog::{PriceRow, Usd};
use mcp_cli::model::Usage;
use mcp_cli::stats::sequential::{
    Bets, ConfidenceSequence, Curtailed, EmpiricalBernstein, FlipEvidence, curtailed, rejected,
};
use mcp_cli::stats::{
    Agreement, Bootstrap, Cascade, Causes, Differences, Interval, PairTable, Repeats, Sample,
    Share, Spread, Stratum, Verdict, above_share, benjamini_hochberg, cases_for_margin,
    cases_needed, cases_with_repeats, clopper_pearson, cluster_error, clustered_t,
    clustered_wilson, corrected_rate, detectable, detectable_by_t, detectable_rate, fieller,
    got_worse_p, holm, mean, pair_power, pairs_needed, powered_mean, quantile_bounds, ratio_error,
    repeats_to_certify, sd, sign_test, stratified, student_t, wilson,
};
use serde_json::{Value, json};

use crate::program::repository;

/// One worked example.
struct Example {
    id: String,
    inputs: Value,
    expected: Value,
    tolerance: f64,
    held: usize,
}

impl Example {
    fn n(&self, name: &str) -> f64 {
        self.inputs[name].as_f64().unwrap()
    }

    fn count(&self, name: &str) -> u64 {
        self.inputs[name].as_u64().unwrap()
    }

    fn size(&self, name: &str) -> usize {
        usize::try_from(self.count(name)).unwrap()
    }

    fn list(&self, name: &str) -> Vec<f64> {
        floats(&self.inputs[name])
    }

    fn clusters(&self) -> Vec<u64> {
        let list = self.inputs["cluster"].as_array().unwrap().iter();
        list.map(|cluster| cluster.as_u64().unwrap()).collect()
    }

    fn pairs(&self) -> PairTable {
        let of = |name: &str| self.inputs[name].as_u64().unwrap_or(0);
        PairTable {
            both: of("both_pass"),
            only_candidate: of("cand_only"),
            only_baseline: of("base_only"),
            neither: of("both_fail"),
        }
    }

    /// Holds numbers, in order, against what is expected under `name`.
    #[track_caller]
    fn holds(&mut self, name: &str, found: impl Into<Found>) {
        let expected = floats(&self.expected[name]);
        let Found(found) = found.into();
        assert_eq!(found.len(), expected.len(), "{} {name}", self.id);
        for (found, expected) in found.iter().zip(&expected) {
            let near = (found - expected).abs() <= self.tolerance + 4.0 * f64::EPSILON;
            let both_nan = found.is_nan() && expected.is_nan();
            assert!(
                near || both_nan,
                "{} {name}: {found}, expected {expected}",
                self.id
            );
        }
        self.held += 1;
    }

    #[track_caller]
    fn says(&mut self, name: &str, found: impl Into<Value>) {
        assert_eq!(self.expected[name], found.into(), "{} {name}", self.id);
        self.held += 1;
    }
}

/// Numbers that were found.
struct Found(Vec<f64>);

impl From<f64> for Found {
    fn from(number: f64) -> Self {
        Self(vec![number])
    }
}

impl From<Vec<f64>> for Found {
    fn from(numbers: Vec<f64>) -> Self {
        Self(numbers)
    }
}

impl From<Interval> for Found {
    fn from(ends: Interval) -> Self {
        Self(vec![ends.low, ends.high])
    }
}

fn floats(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(floats).collect(),
        Value::String(text) => vec![text.parse().unwrap()],
        Value::Bool(yes) => vec![f64::from(u8::from(*yes))],
        other => vec![other.as_f64().unwrap()],
    }
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn float(count: u64) -> f64 {
    count as f64
}

#[test]
fn every_worked_example_holds() {
    let text = fs::read_to_string(repository("fixtures/oracles/statistics.jsonl")).unwrap();
    let mut elsewhere = Vec::new();
    let mut all = 0;
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        let mut example = Example {
            id: value["id"].as_str().unwrap().to_owned(),
            inputs: value["inputs"].clone(),
            expected: value["expected"].clone(),
            tolerance: value["tolerance"].as_f64().unwrap(),
            held: 0,
        };
        let families = [
            rates,
            pairs,
            differences,
            power,
            repeats,
            looking,
            times,
            costs,
            judges,
        ];
        for family in families {
            family(&mut example);
        }
        if example.held == 0 {
            elsewhere.push(example.id);
        }
        all += 1;
    }
    assert_eq!(all, 118);
    // The token bucket's own tests hold this one: `run/limiter.rs`.
    assert_eq!(elsewhere, ["bedrock_quota_reservation"]);
}

fn rates(example: &mut Example) {
    let id = example.id.clone();
    if id.starts_with("prop_ci") {
        let (k, n) = (example.size("k"), example.size("n"));
        example.holds("wilson", wilson(example.n("k"), n, 0.95));
        example.holds("clopper_pearson", clopper_pearson(k, n, 0.95));
    } else if id.starts_with("zero_fail") {
        // One-sided 95 % is one end of two-sided 90 %.
        let bound = clopper_pearson(0, example.size("n"), 0.9).high;
        example.holds("upper", bound);
    } else if id == "mean_t_ci" {
        let scores = example.list("scores");
        let ends = student_t(&scores, 0.95).unwrap();
        example.holds("mean", mean(&scores));
        example.holds("sd", sd(&scores));
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "clustered_se" {
        let (scores, clusters) = (example.list("scores"), example.clusters());
        let (error, count) = cluster_error(&scores, &clusters).unwrap();
        example.holds("se_cr1", error);
        example.holds("df", float(count as u64 - 1));
        let iid = sd(&scores) / float(scores.len() as u64).sqrt();
        example.holds("design_effect", (error / iid).powi(2));
        let ends = clustered_t(&scores, &clusters, 0.95).unwrap();
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "wilson_clustered" {
        let ends = clustered_wilson(&example.list("scores"), &example.clusters(), 0.95).unwrap();
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "stratified_subset" {
        let (cases, asked, rates) = (
            example.list("N_h"),
            example.list("n_h"),
            example.list("pass_rate_h"),
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small counts"
        )]
        let strata: Vec<Stratum> = (0..3)
            .map(|at| Stratum {
                cases: cases[at] as usize,
                asked: asked[at] as usize,
                rate: rates[at],
            })
            .collect();
        let (rate, error) = stratified(&strata);
        example.holds("estimate", rate);
        example.holds("se", error);
    }
}

fn pairs(example: &mut Example) {
    let id = example.id.clone();
    let table = example.pairs();
    if id == "mcnemar_min_discordant" {
        let flips = |only_candidate| PairTable {
            only_candidate,
            ..PairTable::default()
        };
        let fewest = |p: fn(&PairTable) -> f64| (1..99).find(|b| p(&flips(*b)) < 0.05).unwrap();
        example.holds("min_discordant_exact", float(fewest(PairTable::exact_p)));
        example.holds("min_discordant_midp", float(fewest(PairTable::mid_p)));
        example.holds("p_at_5", flips(5).exact_p());
        example.holds("p_at_6", flips(6).exact_p());
        example.holds("midp_at_5", flips(5).mid_p());
        example.holds("midp_at_4", flips(4).mid_p());
    } else if id.starts_with("mcnemar_") {
        example.holds("diff", table.difference());
        example.holds("p_exact", table.exact_p());
        example.holds("p_midp", table.mid_p());
        example.holds("tango95", table.score_interval(0.95));
        example.holds("bonett_price95", table.adjusted_wald(0.95));
    } else if id.starts_with("noninf_binary") {
        let margin = example.n("delta");
        let lower = table.score_interval(0.9).low;
        example.holds("diff", table.difference());
        example.holds("z", table.score_z(-margin));
        example.holds("p", table.not_worse_p(margin));
        example.holds("lower_one_sided95", lower);
        example.says("non_inferior", lower > -margin);
    } else if id.starts_with("verdict_") {
        let table = PairTable {
            both: example.count("n") - table.discordant(),
            ..table
        };
        let (wide, narrow) = (table.score_interval(0.95), table.score_interval(0.9));
        example.holds("ci95", wide);
        example.holds("ci90", narrow);
        let verdict = Verdict::of(wide, narrow, table.mid_p(), Some(example.n("delta")));
        example.says("verdict", verdict.as_str());
    } else if id == "missing_worst_case" {
        let missing = (
            example.count("missing_base_pass"),
            example.count("missing_base_fail"),
        );
        let worst = PairTable {
            only_baseline: table.only_baseline + missing.0,
            neither: table.neither + missing.1,
            ..table
        };
        example.holds("completeness", float(table.n()) / float(worst.n()));
        example.holds("diff_observed", table.difference());
        example.holds("diff_worst_case", worst.difference());
    } else if id.starts_with("holm_") {
        let p = example.list("p");
        let adjusted = holm(&p);
        let rejects: Vec<bool> = adjusted.iter().map(|p| *p <= example.n("alpha")).collect();
        example.holds("holm_adj", adjusted);
        example.says("holm_reject", json!(rejects));
        example.holds("bh_adj", benjamini_hochberg(&p));
    }
}

fn differences(example: &mut Example) {
    let id = example.id.clone();
    let scores = |example: &Example| (example.list("candidate"), example.list("baseline"));
    let apart = |example: &Example| above_share(&scores(example).0, &scores(example).1, 1.0);
    if id == "paired_scored" {
        let found = Differences::new(&apart(example)).unwrap();
        let ends = found.interval(0.95);
        example.holds("mean_diff", found.mean);
        example.holds("se", found.error);
        example.holds("t", found.mean / found.error);
        example.holds("p_t", found.t_p());
        example.holds("low", ends.low);
        example.holds("high", ends.high);
        example.holds("p_signflip_exact", found.sign_flip_p().unwrap());
    } else if id == "paired_clustered" {
        let found = Differences::clustered(&example.list("diffs"), &example.clusters()).unwrap();
        let ends = found.interval(0.95);
        example.holds("mean_diff", found.mean);
        example.holds("se_cr1", found.error);
        example.holds("p_t", found.t_p());
        example.holds("low", ends.low);
        example.holds("high", ends.high);
        example.holds("p_cluster_signflip_exact", found.sign_flip_p().unwrap());
    } else if id == "noninf_scored" {
        let found = Differences::new(&apart(example)).unwrap();
        let (t, p) = found.not_worse(example.n("delta"));
        example.holds("t", t);
        example.holds("p", p);
        example.holds("lower_one_sided95", found.interval(0.9).low);
        let margin = example.expected["tost_equivalence_margin"]
            .as_f64()
            .unwrap();
        example.holds("tost_p", found.equivalence_p(margin));
    } else if id == "noninf_relative" {
        let (ours, theirs) = scores(example);
        let kept = above_share(&ours, &theirs, example.n("rho"));
        let (t, p) = Differences::new(&kept).unwrap().not_worse(0.0);
        example.holds("t", t);
        example.holds("p", p);
    } else if id == "paired_bootstrap_exact_n5" {
        let diffs = example.list("diffs");
        let of = |drawn: &[usize]| mean(&drawn.iter().map(|at| diffs[*at]).collect::<Vec<_>>());
        let found = Bootstrap::of(5, 0, 0, of).unwrap();
        example.holds("bootstrap_sd", found.sd());
        example.holds("low", found.interval(0.95).low);
        example.holds("high", found.interval(0.95).high);
    }
}

fn power(example: &mut Example) {
    let id = example.id.clone();
    if id.starts_with("mde_scored") {
        let (sd, n) = (example.n("sd_diff"), example.size("n"));
        example.holds("mde_normal", detectable(sd / example.n("n").sqrt()));
        example.holds("mde_t", detectable_by_t(sd, n));
    } else if id.starts_with("n_scored") {
        let (normal, exact) = pairs_needed(example.n("sd_diff"), example.n("delta"));
        example.holds("n_normal", float(normal));
        example.holds("n_t", float(exact));
    } else if id.starts_with("n_mcnemar") {
        let n = cases_needed(example.n("discordant_rate"), example.n("delta"));
        example.holds("n_unrounded", n);
        example.holds("n", n.ceil());
    } else if id.starts_with("mde_mcnemar") {
        let found = detectable_rate(example.count("n"), example.n("discordant_rate"));
        example.holds("mde", found.unwrap_or(f64::NAN));
    } else if id.starts_with("power_mcnemar") || id.starts_with("size_mcnemar") {
        let (up, down) = (example.n("p_cand_only"), example.n("p_base_only"));
        let found = pair_power(example.count("n"), up, down);
        let what = id.split('_').next().unwrap();
        example.holds(&format!("{what}_exact"), found.exact);
        example.holds(&format!("{what}_midp"), found.mid_p);
    } else if id.starts_with("n_noninf") {
        let n = cases_for_margin(example.n("discordant_rate"), example.n("delta"));
        example.holds("n", float(n));
    } else if id == "repeats_tradeoff" {
        let noise = example.n("sigA2") + example.n("sigB2");
        let needed =
            |repeats| cases_with_repeats(example.n("omega2"), noise, repeats, example.n("mde"));
        let repeats = [1, 2, 3, 5, 10];
        let n: Vec<f64> = repeats.iter().map(|k| float(needed(*k))).collect();
        let calls: Vec<f64> = repeats
            .iter()
            .map(|k| float(needed(*k) * u64::from(*k)))
            .collect();
        example.holds("n", n);
        example.holds("calls_per_model", calls);
    }
}

fn repeats(example: &mut Example) {
    let id = example.id.clone();
    let of = |example: &Example, passed: &str, n: &str| Repeats {
        passed: example.count(passed),
        n: example.count(n),
    };
    if id.starts_with("passk") {
        let (case, k) = (of(example, "passes", "repeats"), example.count("k"));
        example.holds("pass_at_k", case.any_of(k));
        example.holds("pass_hat_k", case.all_of(k));
        example.holds("disagreement_prob", case.disagreement().unwrap());
    } else if id.starts_with("flaky_post") {
        let case = of(example, "passes", "repeats");
        example.holds("p_flaky", case.probability_within(0.05, 0.95));
        example.holds("p_reliable", case.probability_within(0.95, 1.0));
        example.holds("jeffreys95", case.credible(0.95));
    } else if id.starts_with("fisher") {
        let before = of(example, "base_pass", "base_n");
        let now = of(example, "cand_pass", "cand_n");
        example.holds("p", got_worse_p(before, now));
    } else if id == "certify_pass_rate" {
        let rates = example.list("theta").into_iter();
        let needed: Vec<f64> = rates
            .map(|rate| float(repeats_to_certify(rate, 0.95)))
            .collect();
        example.holds("repeats", needed);
    } else if id == "repeats_two_level" {
        let cases: Vec<Vec<f64>> = example.inputs["outcomes_tests_by_repeats"]
            .as_array()
            .unwrap()
            .iter()
            .map(floats)
            .collect();
        let spread = Spread::of(&cases).unwrap();
        let means: Vec<f64> = cases.iter().map(|case| mean(case)).collect();
        example.holds("mean", mean(&means));
        example.holds("se", spread.error(6, 4));
        example.holds("within_var", spread.within);
        example.holds("between_var", spread.between);
        example.holds("icc", spread.intraclass());
        let ends = student_t(&means, 0.95).unwrap();
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "repeats_projected_se" {
        let spread = Spread {
            between: example.n("between_var"),
            within: example.n("within_var"),
        };
        let n = example.size("n_tests");
        let errors = [1, 2, 4, 8, 16].map(|k| spread.error(n, k));
        example.holds("se", errors.to_vec());
    } else if id == "nested_variance" {
        let scores: Vec<Vec<Vec<f64>>> =
            serde_json::from_value(example.inputs["scores_test_output_judge"].clone()).unwrap();
        let causes = Causes::of(&scores).unwrap();
        example.holds("var_judge", causes.judge);
        example.holds("var_output", causes.answers);
        example.holds("var_test", causes.cases);
    }
}

fn looking(example: &mut Example) {
    let id = example.id.clone();
    if id.starts_with("evalue") {
        let flips = FlipEvidence {
            up: example.count("cand_only"),
            down: example.count("base_only"),
        };
        example.holds("e_two_sided", flips.of_difference());
        example.holds("e_cand_better", flips.of_better());
        example.holds("e_cand_worse", flips.of_worse());
        example.says("reject_at_0.05", flips.of_difference() >= 20.0);
    } else if id == "betting_noninf" {
        let mut bets = Bets::not_worse(example.n("delta"), example.n("alpha"));
        let (mut stakes, mut first) = (Vec::new(), None);
        for (t, difference) in (1u64..).zip(example.list("diffs")) {
            if t <= 5 {
                stakes.push(bets.stake());
            }
            bets.add(f64::midpoint(difference, 1.0));
            if let Some(expected) = example.expected["capital_at"].get(t.to_string()) {
                assert!(
                    (bets.capital() - expected.as_f64().unwrap()).abs() < 1e-9,
                    "{t}"
                );
            }
            if bets.highest() >= 20.0 {
                first.get_or_insert(t);
            }
        }
        example.holds("lambda_first5", stakes);
        example.holds("max_capital", bets.highest());
        example.holds("first_reject_t", float(first.unwrap()));
    } else if id.starts_with("betting_cs") || id == "eb_cs_closed_form" {
        let population = example.inputs["N"].as_u64();
        let population = population.map(|n| usize::try_from(n).unwrap());
        let mut grid = ConfidenceSequence::new(example.n("alpha"), population);
        let mut closed = EmpiricalBernstein::new(example.n("alpha"));
        for (t, value) in (1u64..).zip(example.list("x")) {
            grid.add(value);
            closed.add(value);
            let found = if id == "eb_cs_closed_form" {
                closed.interval()
            } else {
                grid.interval()
            };
            if let Some(expected) = example.expected["ci_at"].get(t.to_string()) {
                let expected = floats(expected);
                let near = |a: f64, b: f64| (a - b).abs() <= example.tolerance;
                assert!(
                    near(found.low, expected[0]) && near(found.high, expected[1]),
                    "{id} {t}: {found:?} {expected:?}"
                );
                example.held += 1;
            }
        }
    } else if id == "curtailment" {
        let (all, required) = (example.count("n_tests"), example.count("required_passes"));
        let cases = example.inputs["cases"].as_array().unwrap().iter();
        let verdicts: Vec<&str> = cases
            .map(|case| {
                let of = |name: &str| case[name].as_u64().unwrap();
                match curtailed(all, required, of("done"), of("passes")) {
                    Curtailed::Fails => "fail_certain",
                    Curtailed::Passes => "pass_certain",
                    Curtailed::Open => "continue",
                }
            })
            .collect();
        example.says("verdicts", json!(verdicts));
    } else if id == "e_holm" {
        let found = rejected(&example.list("max_e"), example.n("alpha"));
        example.says("reject", json!(found));
    }
}

fn times(example: &mut Example) {
    let id = example.id.clone();
    if id.starts_with("latency_ci") {
        let q = id
            .trim_start_matches("latency_ci_q")
            .parse::<f64>()
            .unwrap()
            / 100.0;
        let times = example.list("latencies_ms");
        let sample = Sample::new(times).unwrap();
        let bounds = quantile_bounds(&sample, q, 0.95);
        example.holds("point_type7", sample.quantile(q));
        example.holds("low", bounds.low.unwrap());
        example.holds("high", bounds.high.unwrap());
    } else if id == "latency_min_n" {
        let enough = |q: f64, confidence: f64| {
            let bounded = |n: &u64| {
                let sample = Sample::new((0..*n).map(float).collect()).unwrap();
                quantile_bounds(&sample, q, confidence).high.is_some()
            };
            // Holds for all after the first: so the first is found by halving.
            let (mut low, mut high) = (1, 5000);
            while low < high {
                let middle = u64::midpoint(low, high);
                if bounded(&middle) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            float(low)
        };
        let quantiles = example.list("q");
        let two_sided = quantiles
            .iter()
            .map(|q| enough(*q, 0.95))
            .collect::<Vec<_>>();
        let one_sided = quantiles
            .iter()
            .map(|q| enough(*q, 0.9))
            .collect::<Vec<_>>();
        example.holds("n_upper_tail", two_sided);
        example.holds("n_one_sided95_upper", one_sided);
    } else if id == "latency_ratio" {
        let logs = |name: &str| {
            example
                .list(name)
                .iter()
                .map(|l| l.ln())
                .collect::<Vec<_>>()
        };
        let apart = above_share(&logs("candidate_ms"), &logs("baseline_ms"), 1.0);
        let found = Differences::new(&apart).unwrap();
        let ends = found.interval_unclipped(0.95);
        example.holds("ratio", found.mean.exp());
        example.holds("low", ends.low.exp());
        example.holds("high", ends.high.exp());
    }
}

fn costs(example: &mut Example) {
    let id = example.id.clone();
    if id == "cost_per_success" {
        let (cost, success) = (example.list("cost"), example.list("success"));
        let (ratio, error) = ratio_error(&cost, &success);
        example.holds("cost_per_success", ratio);
        example.holds("se_delta", error);
        example.holds("fieller", fieller(&cost, &success, 0.95).unwrap());
    } else if id == "cost_ratio_paired" {
        let (ours, theirs) = (
            example.list("candidate_cost"),
            example.list("baseline_cost"),
        );
        let (ratio, error) = ratio_error(&ours, &theirs);
        example.holds("ratio", ratio);
        example.holds("saving", 1.0 - ratio);
        example.holds("se_delta", error);
        example.holds("fieller", fieller(&ours, &theirs, 0.95).unwrap());
    } else if id == "cascade_cost" {
        let cascade = Cascade {
            cheap_cost: example.n("c_cheap"),
            strong_cost: example.n("c_strong"),
            accepted: example.n("p_cheap_accept"),
            right_if_accepted: example.n("acc_given_accept"),
            right_on_rest: example.n("acc_strong_on_rest"),
        };
        example.holds("expected_cost", cascade.cost());
        example.holds("expected_accuracy", cascade.accuracy());
        example.holds("saving_vs_strong", cascade.saving());
    } else if id == "bedrock_usage_cost" {
        let usage = &example.inputs["usage"];
        let tokens = |name: &str| usage[name].as_u64().unwrap();
        let usage = Usage {
            cache_read_tokens: tokens("cacheReadInputTokens"),
            cache_write_tokens: tokens("cacheWriteInputTokens"),
            ..Usage::new(tokens("inputTokens"), tokens("outputTokens"))
        };
        let per_token = |name: &str| {
            let dollars = example.inputs["usd_per_mtok"][name].to_string();
            let dollars: Usd = dollars.parse().unwrap();
            let row = dollars.to_f64() / 1e6;
            format!("{row:.12}").trim_end_matches('0').to_owned()
        };
        let row = json!({
            "model": "m", "scope": "global", "tier": "default", "kind": "chat",
            "rates": {"input": per_token("input"), "output": per_token("output"),
                "cache_read": per_token("cache_read"), "cache_write_5m": per_token("cache_write_5m")},
        });
        let row: PriceRow = serde_json::from_value(row).unwrap();
        example.holds("usd", row.cost(&usage).usd.to_f64());
    }
}

fn judges(example: &mut Example) {
    let id = example.id.clone();
    if id == "kappa" {
        let cells = example.list("table");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small counts"
        )]
        let cell = |at: usize| cells[at] as usize;
        let table = Agreement {
            both: cell(0),
            only_first: cell(1),
            only_second: cell(2),
            neither: cell(3),
        };
        let (kappa, ends) = table.kappa(0.95).unwrap();
        example.holds("kappa", kappa);
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "rogan_gladen" {
        let share = |rate: &str, n: &str| Share {
            value: example.n(rate),
            n: example.size(n),
        };
        let (rate, ends) = corrected_rate(
            share("judge_pass_rate", "n"),
            share("sensitivity", "n_pos"),
            share("specificity", "n_neg"),
            0.95,
        )
        .unwrap();
        example.holds("corrected", rate);
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "ppi_mean" {
        let passes = example.size("judge_unlabelled_pass");
        let mut unseen = vec![1.0; passes];
        unseen.resize(example.size("judge_unlabelled_n"), 0.0);
        let (human, judge) = (example.list("human"), example.list("judge_on_human"));
        let (estimate, ends) = powered_mean(&human, &judge, &unseen, 0.95).unwrap();
        example.holds("estimate", estimate);
        example.holds("low", ends.low);
        example.holds("high", ends.high);
    } else if id == "pairwise_swap" {
        let (wins, losses) = (
            example.count("cand_both_orders"),
            example.count("base_both_orders"),
        );
        let (first, second) = (
            example.count("first_position_both"),
            example.count("second_position_both"),
        );
        example.holds("p_sign_test", sign_test(wins, losses));
        example.holds("p_position_bias", sign_test(first, second));
    }
}
