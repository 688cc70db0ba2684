//! YAML to model entries: which models a suite asks, and with what parameters.

use serde_json::{Map, Value};

use super::case::ModelEntry;
use super::decode::Surroundings;
use super::decode_chat::cache_ttl;
use super::decode_tools;
use super::error::Problems;
use super::reader::{MapReader, listed};
use super::source::{Node, Place, Tree};
use super::toolset::ToolSet;
use crate::catalog::{Ability, Catalog, Kind, Restriction, Support};
use crate::model::{Guardrail, ModelId, Params};

/// Service tiers that Bedrock knows.
const TIERS: [&str; 4] = ["default", "flex", "priority", "reserved"];
/// Latency settings that Bedrock knows.
const PERFORMANCE: [&str; 2] = ["standard", "optimized"];
/// Reasoning efforts that Bedrock knows.
const EFFORTS: [&str; 5] = ["low", "medium", "high", "xhigh", "max"];

/// Reads the value of `models`.
pub(super) fn models(
    node: &Node,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Vec<ModelEntry> {
    let items = match &node.value {
        Tree::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let mut entries: Vec<ModelEntry> = Vec::new();
    for item in items {
        let Some(entry) = one(item, Kind::Chat, around, problems) else {
            continue;
        };
        if entries.iter().any(|earlier| earlier.label == entry.label) {
            let label_place = item.get("label").map_or(&item.place, |node| &node.place);
            problems.error_with(
                label_place,
                format!("two models have the label `{}`", entry.label),
                Some("give one of them a `label` of its own"),
            );
            continue;
        }
        entries.push(entry);
    }
    if items.is_empty() {
        problems.error(&node.place, "a suite needs at least one model");
    }
    entries
}

/// Returns the entry of a model that is named by its id alone.
pub fn entry_of(id: &str, catalog: &Catalog) -> ModelEntry {
    let id = bare_id(id);
    ModelEntry {
        label: id.to_owned(),
        id: id.to_owned(),
        region: None,
        params: Params {
            max_tokens: catalog.default_max_tokens(&ModelId::parse(id)),
            ..Params::default()
        },
        additional_fields: None,
        service_tier: None,
        performance: None,
        guardrail: None,
        cache_system: None,
        cache_auto: false,
        tools: ToolSet::default(),
        streams_tools: catalog
            .look_up(&ModelId::parse(id))
            .is_none_or(|facts| facts.supports(Ability::ToolsStreaming) != Support::No),
    }
}

/// Reads one model, which is of this kind: its id, or a map.
pub(super) fn one(
    node: &Node,
    kind: Kind,
    around: &Surroundings<'_>,
    problems: &mut Problems,
) -> Option<ModelEntry> {
    if let Some(id) = node.as_text() {
        known(id, kind, &node.place, around, problems);
        return Some(entry_of(id, around.catalog));
    }
    let mut map = MapReader::new("a model", node, problems)?;
    let id_node = map.take("id");
    let id = map.text("id", problems);
    let label = map.text("label", problems);
    let region = map.text("region", problems);
    let service_tier = one_of("service_tier", &TIERS, &mut map, problems);
    let performance = one_of("performance", &PERFORMANCE, &mut map, problems);
    let guardrail = map
        .take("guardrail")
        .and_then(|node| guardrail(node, problems));
    let cache = map.take("cache");
    let params_node = map.take("params");
    let fields = map
        .take("additional_fields")
        .and_then(|node| object("additional_fields", node, problems));
    let tools_place = map.take("tools").map(|node| &node.place);
    let tools = decode_tools::take(&mut map, problems);
    let hint = "parameters stand in `params`, the rest beside `id`: `region`, `guardrail`, `additional_fields`, …";
    map.instead("config", hint, problems);
    map.later(
        &["prompts", "transform", "delay", "env", "response_schema"],
        problems,
    );
    if id_node.is_none() {
        map.miss("id", "a model needs an `id`");
    }
    map.finish(problems);

    let (id, id_node) = (id?, id_node?);
    known(id, kind, &id_node.place, around, problems);
    let mut entry = entry_of(id, around.catalog);
    if let Some(label) = label {
        label.clone_into(&mut entry.label);
    }
    entry.region = region.map(str::to_owned);
    entry.service_tier = service_tier;
    entry.performance = performance;
    entry.guardrail = guardrail;
    entry.additional_fields = fields;
    let facts = around.catalog.look_up(&ModelId::parse(id));
    if let Some(place) = tools_place
        && facts.is_some_and(|facts| facts.supports(Ability::Tools) == Support::No)
    {
        let hint = "Bedrock would refuse the call; leave them out";
        problems.warning(place, format!("`{}` calls no tools", entry.id), Some(hint));
    }
    entry.tools = tools;
    match cache {
        Some(node) if node.as_text() == Some("auto") => entry.cache_auto = true,
        Some(node)
            if node
                .as_text()
                .is_some_and(|text| text != "5m" && text != "1h") =>
        {
            problems.error(&node.place, "`cache` is `true`, `5m`, `1h` or `auto`");
        }
        Some(node) if !matches!(node.value, Tree::Bool(false)) => {
            entry.cache_system = cache_ttl(node, problems);
        }
        _ => {}
    }
    if let Some(node) = params_node {
        params(node, &mut entry, around.catalog, problems);
    }
    Some(entry)
}

fn params(node: &Node, entry: &mut ModelEntry, catalog: &Catalog, problems: &mut Problems) {
    let Some(mut map) = MapReader::new("`params`", node, problems) else {
        return;
    };
    let max_tokens_place = map.take("max_tokens").map(|node| &node.place);
    if let Some(count) = map.count("max_tokens", 1, problems) {
        entry.params.max_tokens = u32::try_from(count).unwrap_or(u32::MAX);
    }
    let temperature_place = map.take("temperature").map(|node| &node.place);
    entry.params.temperature = fraction("temperature", &mut map, problems);
    let top_p_place = map.take("top_p").map(|node| &node.place);
    entry.params.top_p = fraction("top_p", &mut map, problems);
    if let Some(stop) = map.texts("stop", problems) {
        entry.params.stop = stop;
    }
    entry.params.effort = one_of("effort", &EFFORTS, &mut map, problems);
    if let Some(fields) = map
        .take("additional_fields")
        .and_then(|node| object("additional_fields", node, problems))
    {
        entry
            .additional_fields
            .get_or_insert_default()
            .extend(fields);
    }
    map.finish(problems);

    let Some(facts) = catalog.look_up(&ModelId::parse(&entry.id)) else {
        return;
    };
    let refuses = "Bedrock would refuse the call; leave it out";
    if let (Some(place), Some(most)) = (max_tokens_place, facts.max_output_tokens)
        && entry.params.max_tokens > most
    {
        problems.warning(
            place,
            format!("`{}` answers with at most {most} tokens", entry.id),
            Some(refuses),
        );
    }
    for (place, name) in [(temperature_place, "temperature"), (top_p_place, "top_p")] {
        if let Some(place) = place.filter(|_| facts.refuses(Restriction::Sampling)) {
            problems.warning(
                place,
                format!("`{}` takes no `{name}`", entry.id),
                Some(refuses),
            );
        }
    }
    if let (Some(_), Some(place)) = (temperature_place, top_p_place)
        && facts.refuses(Restriction::TemperatureWithTopP)
    {
        let message = format!("`{}` takes `temperature` or `top_p`, not both", entry.id);
        problems.warning(place, message, Some(refuses));
    }
}

fn fraction(name: &'static str, map: &mut MapReader<'_>, problems: &mut Problems) -> Option<f64> {
    let place = &map.take(name)?.place;
    let value = map.number(name, problems)?;
    if !(0.0..=1.0).contains(&value) {
        problems.error(
            place,
            format!("`{name}` lies between 0 and 1, found {value}"),
        );
    }
    Some(value)
}

fn one_of(
    name: &'static str,
    words: &[&str],
    map: &mut MapReader<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let place = &map.take(name)?.place;
    let word = map.text(name, problems)?;
    if !words.contains(&word) {
        problems.error(
            place,
            format!("`{name}` is one of {}, found `{word}`", listed(words)),
        );
    }
    Some(word.to_owned())
}

fn guardrail(node: &Node, problems: &mut Problems) -> Option<Guardrail> {
    let mut map = MapReader::new("a guardrail", node, problems)?;
    if map.take("id").is_none() {
        map.miss("id", "a guardrail needs an `id`");
    }
    let id = map.text("id", problems);
    let version = match map.take("version") {
        None => Some("DRAFT".to_owned()),
        Some(node) => match &node.value {
            Tree::Text(text) => Some(text.clone()),
            Tree::Number(number) => Some(number.to_string()),
            _ => {
                problems.error(&node.place, "a guardrail's `version` is a number or DRAFT");
                None
            }
        },
    };
    map.finish(problems);
    Some(Guardrail {
        id: id?.to_owned(),
        version: version?,
    })
}

fn object(name: &str, node: &Node, problems: &mut Problems) -> Option<Map<String, Value>> {
    match node.to_json() {
        Value::Object(map) => Some(map),
        _ => {
            problems.error(
                &node.place,
                format!("`{name}` must be a map, found {}", node.kind()),
            );
            None
        }
    }
}

/// Refuses what is no model that can be asked, and passes on what the catalog has to say of the others.
fn known(id: &str, kind: Kind, place: &Place, around: &Surroundings<'_>, problems: &mut Problems) {
    let id = bare_id(id);
    if id.trim().is_empty() || id.contains(char::is_whitespace) {
        let hint = "an id looks like `us.amazon.nova-lite-v1:0`";
        problems.error_with(place, format!("`{id}` is no model id"), Some(hint));
        return;
    }
    if is_foreign(id) {
        let hint =
            "models are Bedrock ids, inference profiles or ARNs, such as us.amazon.nova-lite-v1:0";
        problems.error_with(place, format!("`{id}` is no model of Bedrock"), Some(hint));
        return;
    }
    let id = ModelId::parse(id);
    if let Some(facts) = around.catalog.look_up(&id)
        && facts.kind != kind
    {
        let message = match kind {
            Kind::Embedding => format!("`{id}` makes no vectors of texts"),
            _ => format!("`{id}` makes no text: it cannot be asked in a suite"),
        };
        problems.error(place, message);
        return;
    }
    for warning in around.catalog.warnings(&id, around.today) {
        problems.warning(place, warning, None::<String>);
    }
}

/// Returns whether an id belongs to somebody else: another vendor's prefix, a path, an ARN of another service.
fn is_foreign(id: &str) -> bool {
    if let Some(arn) = id.strip_prefix("arn:") {
        let service = arn.split(':').nth(1);
        return !matches!(service, Some("bedrock" | "sagemaker"));
    }
    let vendor = id.split('.').next().unwrap_or(id);
    id.contains("://") || vendor.contains([':', '/'])
}

/// Strips the prefixes that other tools put before Bedrock's ids.
fn bare_id(id: &str) -> &str {
    let id = id.strip_prefix("bedrock:").unwrap_or(id);
    id.strip_prefix("converse:").unwrap_or(id)
}
