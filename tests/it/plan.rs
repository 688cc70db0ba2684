//! Laws of a plan: what is chosen, in which order, and when a trial is the same trial again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use mcp_cli::plan::{self, Pattern, Plan, PlanError, Selection, Trial};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::run::{LITE, MICRO, load, yaml};

/// Plans what `selection` takes of a suite.
fn planned(yaml: &str, selection: Selection) -> Result<Arc<Plan>, PlanError> {
    let folder = tempfile::tempdir().unwrap();
    let suite = load(&folder, yaml);
    plan::build(vec![suite], selection, |_| None).map(Arc::new)
}

/// Plans everything of a suite.
fn whole(yaml: &str) -> Arc<Plan> {
    planned(yaml, Selection::default()).unwrap()
}

fn trials(plan: &Arc<Plan>) -> Vec<Trial> {
    plan.trials(|_| true).map(Result::unwrap).collect()
}

fn cases(plan: &Arc<Plan>) -> Vec<String> {
    let names = trials(plan)
        .into_iter()
        .map(|trial| trial.case.name.clone());
    let mut names: Vec<String> = names.collect();
    names.dedup();
    names
}

/// A suite made up by proptest: small numbers, so that equal things are common.
#[derive(Debug, Clone)]
struct MadeUp {
    /// Texts by number; equal numbers are equal prompts.
    prompts: Vec<u8>,
    /// Parameters by number; equal numbers are entries that ask the same.
    models: Vec<u8>,
    tests: Vec<MadeUpTest>,
    repeat: u8,
}

#[derive(Debug, Clone)]
struct MadeUpTest {
    /// Equal numbers are tests with one description.
    name: u8,
    value: u8,
    tag: Option<u8>,
    repeat: Option<u8>,
}

impl MadeUp {
    fn yaml(&self) -> String {
        let mut yaml = format!("repeat: {}\nprompts:\n", self.repeat);
        for prompt in &self.prompts {
            writeln!(yaml, "  - 'prompt {prompt}: {{{{ x }}}}'").unwrap();
        }
        yaml += "models:\n";
        for (label, tokens) in self.models.iter().enumerate() {
            let params = format!("{{ max_tokens: {} }}", tokens + 1);
            writeln!(
                yaml,
                "  - {{ id: '{LITE}', label: l{label}, params: {params} }}"
            )
            .unwrap();
        }
        yaml += "tests:\n";
        for test in &self.tests {
            writeln!(yaml, "  - description: test {}", test.name).unwrap();
            writeln!(yaml, "    vars: {{ x: {} }}\n    assert: []", test.value).unwrap();
            if let Some(tag) = test.tag {
                writeln!(yaml, "    tags: [t{tag}]").unwrap();
            }
            if let Some(repeat) = test.repeat {
                writeln!(yaml, "    repeat: {repeat}").unwrap();
            }
        }
        yaml
    }
}

fn made_up() -> impl Strategy<Value = MadeUp> {
    let test = (0..4_u8, 0..3_u8, option::of(0..3_u8), option::of(1..4_u8));
    let test = test.prop_map(|(name, value, tag, repeat)| MadeUpTest {
        name,
        value,
        tag,
        repeat,
    });
    let lists = (vec(0..2_u8, 1..3), vec(0..2_u8, 1..4), vec(test, 1..9));
    (lists, 1..3_u8).prop_map(|((prompts, models, tests), repeat)| MadeUp {
        prompts,
        models,
        tests,
        repeat,
    })
}

fn selection() -> impl Strategy<Value = Selection> {
    let filters = proptest::sample::select(vec!["", "TEST", "test 1", "/test [02]/", "suite/"]);
    let numbers = (
        option::of(1..9_u64),
        option::of(1..9_u64),
        option::of(1..4_u32),
    );
    (
        vec(filters, 0..3),
        vec(0..3_u8, 0..3),
        numbers,
        any::<u64>(),
    )
        .prop_map(|(filters, tags, (sample, limit, repeat), seed)| Selection {
            shard: None,
            shuffle: false,
            models: Vec::new(),
            filters: (filters.into_iter())
                .map(|pattern| Pattern::parse(pattern).unwrap())
                .collect(),
            tags: tags.into_iter().map(|tag| format!("t{tag}")).collect(),
            sample,
            limit,
            repeat,
            seed,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_trial_is_counted_once_and_in_order(suite in made_up(), selection in selection()) {
        let Ok(plan) = planned(&suite.yaml(), selection) else {
            return Ok(());
        };
        let trials = trials(&plan);
        prop_assert!(!plan.is_empty());
        prop_assert_eq!(trials.len() as u64, plan.len());
        prop_assert!(trials.is_sorted_by(|one, next| one.at < next.at), "sorted, no place twice");
        let ids: BTreeSet<&str> = trials.iter().map(|trial| &*trial.id).collect();
        prop_assert_eq!(ids.len(), trials.len());
        let keys: BTreeSet<u64> = trials.iter().map(Trial::key).collect();
        prop_assert_eq!(keys.len(), trials.len());
        for trial in &trials {
            prop_assert_eq!(&trial.id[..16], format!("{:016x}", trial.key()));
        }
    }

    #[test]
    fn lanes_share_out_the_plan(suite in made_up()) {
        let plan = whole(&suite.yaml());
        let of_lane = |odd: bool| -> Vec<Trial> {
            let wanted = move |entry: &mcp_cli::suite::ModelEntry| entry.label.ends_with(['1', '3']) == odd;
            plan.trials_by_turns(wanted).map(Result::unwrap).collect()
        };
        let mut parts = [of_lane(true), of_lane(false)].concat();
        parts.sort_by_key(|trial| trial.at);
        let ids = |trials: Vec<Trial>| -> Vec<String> {
            trials.into_iter().map(|trial| trial.id).collect()
        };
        prop_assert_eq!(ids(parts), ids(trials(&plan)));
    }

    #[test]
    fn the_same_suite_gives_the_same_plan(suite in made_up(), selection in selection()) {
        let plans = [(); 2].map(|()| planned(&suite.yaml(), selection.clone()));
        let [Ok(one), Ok(other)] = plans else {
            return Ok(());
        };
        prop_assert_eq!(one.digest(), other.digest());
        let ids = |plan| trials(plan).into_iter().map(|trial| trial.id).collect::<Vec<_>>();
        prop_assert_eq!(ids(&one), ids(&other));
    }

    #[test]
    fn a_larger_sample_holds_the_smaller(count in 2..40_usize, size in 1..30_u64, seed in any::<u64>()) {
        let words: Vec<String> = (0..count).map(|number| format!("w{number}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let yaml = yaml(&[LITE], &words);
        let drawn = |sample| {
            let selection = Selection { sample: Some(sample), seed, ..Selection::default() };
            cases(&planned(&yaml, selection).unwrap())
        };
        let (small, large) = (drawn(size), drawn(size + 1));
        prop_assert_eq!(small.len() as u64, size.min(count as u64));
        prop_assert!(small.iter().all(|name| large.contains(name)), "{small:?} in {large:?}");
    }

    #[test]
    fn selecting_is_filters_then_sample_then_limit(suite in made_up(), selection in selection()) {
        let yaml = suite.yaml();
        let all = |selection: Selection| -> Vec<String> {
            let plan = planned(&yaml, Selection { repeat: Some(1), ..selection });
            plan.map(|plan| cases_by_place(&plan)).unwrap_or_default()
        };
        let filtered = all(Selection { sample: None, limit: None, ..selection.clone() });
        let drawn = all(Selection { limit: None, ..selection.clone() });
        let limited = all(selection.clone());
        let size = |most: Option<u64>, of: usize| usize::try_from(most.unwrap_or(99)).unwrap().min(of);
        prop_assert_eq!(drawn.len(), size(selection.sample, filtered.len()));
        prop_assert!(is_part_of(&drawn, &filtered));
        prop_assert_eq!(&limited[..], &drawn[..size(selection.limit, drawn.len())]);
    }
}

/// The cases of a plan, one for each place, as `name=value`.
fn cases_by_place(plan: &Arc<Plan>) -> Vec<String> {
    let trials = trials(plan).into_iter();
    let first = trials.filter(|trial| (trial.at.prompt, trial.at.model) == (0, 0));
    let name = |trial: Trial| format!("{}={}", trial.case.name, trial.case.vars["x"]);
    first.map(name).collect()
}

/// Says whether `part` can be made of `whole` by leaving some out.
fn is_part_of(part: &[String], whole: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|name| rest.any(|other| other == name))
}

const SUITE: &str = "
prompts: [{ id: p, user: 'Say {{ word }}' }]
models: [{ id: us.amazon.nova-lite-v1:0, label: lite, params: { max_tokens: 9 } }]
tests:
  - description: a test
    vars: { word: hello }
    assert: [{ type: contains, value: hello }]
";

#[test]
fn an_id_is_made_of_what_is_asked_and_judged() {
    let id = |yaml: &str| trials(&whole(yaml)).remove(0).id;
    let original = id(SUITE);
    for (from, to, is_same) in [
        ("", "", true),
        ("label: lite", "label: cheap", true),
        ("id: p,", "id: q,", true),
        ("tests:", "baseline: lite\ntests:", true),
        (
            "description: a test",
            "description: a test\n    tags: [x]",
            true,
        ),
        ("Say", "Tell", false),
        ("word: hello", "word: hullo", false),
        ("value: hello", "value: hullo", false),
        ("max_tokens: 9", "max_tokens: 8", false),
        ("max_tokens: 9", "max_tokens: 9, temperature: 0.0", false),
        ("nova-lite", "nova-micro", false),
        ("label: lite", "label: lite, region: eu-west-1", false),
        ("label: lite", "label: lite, service_tier: flex", false),
        ("a test", "another", false),
        ("prompts:", "name: other\nprompts:", false),
    ] {
        let changed = SUITE.replacen(from, to, 1);
        assert_eq!(id(&changed) == original, is_same, "{from} to {to}");
    }
    assert_eq!(original.len(), 32);
}

#[test]
fn the_digest_knows_what_a_resumed_run_must_not_mix() {
    let digest = |yaml: &str, selection| planned(yaml, selection).unwrap().digest().to_owned();
    let original = digest(SUITE, Selection::default());
    let twice = Selection {
        repeat: Some(2),
        ..Selection::default()
    };
    assert_ne!(digest(SUITE, twice), original);
    for (from, to) in [
        ("Say", "Tell"),
        ("value: hello", "value: hullo"),
        ("max_tokens: 9", "max_tokens: 8"),
    ] {
        let changed = SUITE.replacen(from, to, 1);
        assert_ne!(digest(&changed, Selection::default()), original, "{from}");
    }
}

/// Two entries of one model, of which the second is called like the model.
fn entries() -> String {
    yaml(&[LITE, MICRO], &["hello"]).replacen(
        "models:\n",
        &format!("models:\n  - {{ id: '{LITE}', label: cold, params: {{ temperature: 0.0 }} }}\n"),
        1,
    )
}

#[test]
fn models_are_chosen_by_label_before_id() {
    for (wanted, expected) in [
        (&[][..], &["cold", LITE, MICRO][..]),
        (&["cold"], &["cold"]),
        (&[LITE], &[LITE]),
        (&[MICRO, "cold", MICRO], &[MICRO, "cold"]),
    ] {
        let selection = Selection {
            models: wanted.iter().map(|&name| name.to_owned()).collect(),
            ..Selection::default()
        };
        let plan = planned(&entries(), selection).unwrap();
        let labels: Vec<&str> = (plan.suites[0].entries.iter())
            .map(|entry| &*entry.label)
            .collect();
        assert_eq!(labels, expected, "{wanted:?}");
    }
}

#[test]
fn what_cannot_be_planned_says_why() {
    let problem = |selection| {
        let error = planned(&entries(), selection).unwrap_err();
        format!("{error}; {}", error.hint().unwrap_or_default())
    };
    let unknown = Selection {
        models: vec!["cald".to_owned()],
        ..Selection::default()
    };
    insta::assert_snapshot!(problem(unknown), @"no model has the label or id `cald`; did you mean `cold`?");
    let nothing = Selection {
        tags: vec!["no such".to_owned()],
        ..Selection::default()
    };
    insta::assert_snapshot!(problem(nothing), @"the selection leaves no case of `suite`; loosen --filter, --tag or --limit");
}

#[test]
fn an_order_that_is_drawn_spreads_every_tag_and_is_the_same_for_all_models() {
    let mut yaml = format!("prompts: Say {{{{ n }}}}.\nmodels: [{LITE}, {MICRO}]\ntests:\n");
    for n in 0..100 {
        let tag = if n < 80 { "many" } else { "few" };
        writeln!(
            yaml,
            "  - {{ description: c{n}, vars: {{ n: {n} }}, tags: [{tag}], assert: [{{ type: equals, value: a }}] }}"
        )
        .unwrap();
    }
    let drawn = |seed| {
        let selection = Selection {
            shuffle: true,
            seed,
            ..Selection::default()
        };
        planned(&yaml, selection).unwrap()
    };
    let plan = drawn(7);
    let order = cases(&plan);
    for end in [10, 25, 50, 100] {
        let of_few = |name: &&String| name[1..].parse::<u32>().unwrap() >= 80;
        let found = order[..end].iter().filter(of_few).count();
        assert!(found.abs_diff(end / 5) <= 1, "{found} of {end}");
    }
    assert_eq!(order, cases(&drawn(7)));
    assert_ne!(order, cases(&drawn(8)));
    let places: Vec<u64> = trials(&plan)
        .iter()
        .map(|trial| trial.turn.unwrap().place)
        .collect();
    assert_eq!(
        places,
        (0..100)
            .flat_map(|place| [place, place])
            .collect::<Vec<_>>()
    );
    assert_eq!(plan.digest(), whole(&yaml).digest());
    assert!(trials(&whole(&yaml))[0].turn.is_none());
}

#[test]
fn what_all_questions_begin_with_is_found() {
    let prefixes = |yaml: &str| {
        let folder = tempfile::tempdir().unwrap();
        let suite = crate::run::load(&folder, yaml);
        let plan = plan::build(vec![suite], Selection::default(), |_| None).unwrap();
        plan.prefixes(0)
    };
    let suite = |tests: &str| {
        format!(
            "prompts: [{{ system: Be brief., user: 'Say {{{{ word }}}}' }}, '{{{{ word }}}} and no more']\n\
             models: ['{}']\ntests:\n{tests}",
            crate::run::LITE
        )
    };
    let test = |word: &str| {
        format!("  - {{ vars: {{ word: {word} }}, assert: [{{ type: equals, value: ok }}] }}\n")
    };
    let several = suite(&["two", "ten"].map(test).concat());
    assert_eq!(prefixes(&several), ["Be brief.Say t".len() as u64, 1]);
    assert_eq!(
        prefixes(&suite(&test("two"))),
        [0, 0],
        "one question shares nothing"
    );
}

proptest! {
    /// The parts of a plan have all of its trials, each once, and know that they are of one.
    #[test]
    fn shards_are_a_plan_cut_up(made in made_up(), selection in selection(), of in 1u32..5) {
        let yaml = made.yaml();
        let Ok(whole) = planned(&yaml, selection.clone()) else { return Ok(()) };
        let mut expected: Vec<String> = trials(&whole).into_iter().map(|trial| trial.id).collect();
        let mut found = Vec::new();
        for number in 1..=of {
            let shard = Some(format!("{number}/{of}").parse().unwrap());
            let part = planned(&yaml, Selection { shard, ..selection.clone() }).unwrap();
            prop_assert_eq!(part.digest(), whole.digest());
            let ids: Vec<String> = trials(&part).into_iter().map(|trial| trial.id).collect();
            prop_assert_eq!(ids.len() as u64, part.len());
            found.extend(ids);
        }
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
    }
}
