//! Whom checks ask: `judge:` and `embedding_model:` on the suite, on a test or on an assertion; the nearest one counts.

use std::sync::Arc;

use super::case::ModelEntry;
use super::decode::Surroundings;
use super::decode_model;
use super::error::Problems;
use super::reader::MapReader;
use super::source::{Node, Tree};
use crate::catalog::{Ability, Catalog, Kind, Restriction, Support};
use crate::check::{Embedder, Judge, Shape};
use crate::model::{Embedding, Family, ModelId, Request};

/// Who makes vectors where nobody is named: cheap, and to be had in most regions.
const USUAL_EMBEDDER: &str = "amazon.titan-embed-text-v2:0";

/// The models that checks ask in a part of a suite, and what is needed to read others.
#[derive(Clone)]
pub(super) struct Judging<'a> {
    around: &'a Surroundings<'a>,
    /// The models under test.
    models: &'a [ModelEntry],
    /// The label that others are compared with.
    baseline: Option<&'a str>,
    judges: Option<Arc<[Judge]>>,
    embedder: Arc<Embedder>,
}

impl<'a> Judging<'a> {
    /// Returns what holds before anything names a judge.
    pub(super) fn new(
        around: &'a Surroundings<'a>,
        models: &'a [ModelEntry],
        baseline: Option<&'a str>,
    ) -> Self {
        Self {
            around,
            models,
            baseline,
            judges: None,
            embedder: Arc::new(embedder_of(decode_model::entry_of(
                USUAL_EMBEDDER,
                around.catalog,
            ))),
        }
    }

    /// Returns what holds below values of `judge` and `embedding_model`, where there are any.
    pub(super) fn below(&self, named: Named<'_>, problems: &mut Problems) -> Self {
        let judges = named.judge.map(|node| self.read(node, problems));
        let embedder = named
            .embedder
            .and_then(|node| self.read_embedder(node, problems));
        Self {
            judges: judges.or_else(|| self.judges.clone()),
            embedder: embedder.map_or_else(|| Arc::clone(&self.embedder), Arc::new),
            ..self.clone()
        }
    }

    /// Returns the labels of the models under test.
    pub(super) fn labels(&self) -> Vec<&'a str> {
        self.models
            .iter()
            .map(|entry| entry.label.as_str())
            .collect()
    }

    /// Returns the label that others are compared with, where the suite names one.
    pub(super) fn baseline(&self) -> Option<&'a str> {
        self.baseline
    }

    /// Returns who makes vectors here.
    pub(super) fn embedder(&self) -> &Arc<Embedder> {
        &self.embedder
    }

    /// Returns the judges that hold here; `None` if nobody named one.
    pub(super) fn judges(&self) -> Option<&Arc<[Judge]>> {
        self.judges.as_ref()
    }

    /// Reads a value of `judge`: a model, or a list of them. What cannot be read is noted and left out.
    fn read(&self, node: &Node, problems: &mut Problems) -> Arc<[Judge]> {
        let items = match &node.value {
            Tree::List(items) if items.is_empty() => {
                problems.error(&node.place, "`judge` needs at least one model");
                return Arc::default();
            }
            Tree::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut judges: Vec<Judge> = Vec::new();
        for item in items {
            let Some(judge) = self.one(item, problems) else {
                continue;
            };
            if judges.iter().any(|other| other.label == judge.label) {
                let message = format!("two judges are called `{}`", judge.label);
                let hint =
                    "`votes` asks one judge several times; or give each a `label` of its own";
                problems.error_with(&item.place, message, Some(hint));
                continue;
            }
            judges.push(judge);
        }
        judges.into()
    }

    fn read_embedder(&self, node: &Node, problems: &mut Problems) -> Option<Embedder> {
        let entry = decode_model::one(node, Kind::Embedding, self.around, problems)?;
        Some(embedder_of(entry))
    }

    fn one(&self, node: &Node, problems: &mut Problems) -> Option<Judge> {
        let by_label = node
            .as_text()
            .and_then(|label| self.models.iter().find(|entry| entry.label == label));
        let entry = match by_label {
            Some(entry) => entry.clone(),
            None => decode_model::one(node, Kind::Chat, self.around, problems)?,
        };
        self.warn_of_kin(&entry, node, problems);
        Some(judge_of(entry, self.around.catalog))
    }

    /// Warns where a judge and a model under test are of one family: judges favour their own (Zheng et al. 2023,
    /// arXiv 2306.05685).
    fn warn_of_kin(&self, judge: &ModelEntry, node: &Node, problems: &mut Problems) {
        let family = ModelId::parse(&judge.id).family();
        let is_kin = |entry: &&ModelEntry| ModelId::parse(&entry.id).family() == family;
        if let Some(kin) = self
            .models
            .iter()
            .find(is_kin)
            .filter(|_| family != Family::Other)
        {
            let who = if kin.id == judge.id {
                format!("the judge `{}` is itself under test", judge.label)
            } else {
                format!(
                    "the judge `{}` and the model `{}` are of one family",
                    judge.label, kin.label
                )
            };
            let hint = "judges tend to favour their own kind; one of another family is safer";
            problems.warning(&node.place, who, Some(hint));
        }
    }
}

/// The values of `judge` and `embedding_model` in one place.
#[derive(Default, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) judge: Option<&'a Node>,
    pub(super) embedder: Option<&'a Node>,
}

impl<'a> Named<'a> {
    /// Takes both from a map.
    pub(super) fn take(map: &mut MapReader<'a>) -> Self {
        Self {
            judge: map.take("judge"),
            embedder: map.take("embedding_model"),
        }
    }
}

/// Returns an entry as a model that makes vectors.
fn embedder_of(entry: ModelEntry) -> Embedder {
    Embedder {
        label: entry.label.clone(),
        request: Request {
            embedding: Some(Embedding::default()),
            ..request_of(entry)
        },
    }
}

/// Returns an entry as a judge that is made to answer as surely as the model allows.
fn judge_of(entry: ModelEntry, catalog: &Catalog) -> Judge {
    Judge {
        shape: shape(&entry, catalog),
        label: entry.label.clone(),
        request: request_of(entry),
    }
}

/// Returns how an entry is asked, without what.
fn request_of(entry: ModelEntry) -> Request {
    Request {
        model: entry.id,
        region: entry.region,
        system: Vec::new(),
        messages: Vec::new(),
        params: entry.params,
        tools: Vec::new(),
        tool_choice: None,
        answer_schema: None,
        embedding: None,
        additional_fields: entry.additional_fields,
        service_tier: entry.service_tier,
        performance: entry.performance,
        guardrail: entry.guardrail,
        stream: false,
        sample: 0,
        asker: String::new(),
    }
}

/// Only Claude and Nova can be made to call one certain tool, and Claude not while it reasons at length.
fn shape(entry: &ModelEntry, catalog: &Catalog) -> Shape {
    let id = ModelId::parse(&entry.id);
    let can = |ability| {
        let facts = catalog.look_up(&id);
        facts.is_some_and(|facts| facts.supports(ability) == Support::Yes)
    };
    let refuses = catalog
        .look_up(&id)
        .is_some_and(|facts| facts.refuses(Restriction::ForcedToolChoice));
    let fields = entry.additional_fields.as_ref();
    let reasons = fields.is_some_and(|fields| {
        fields.contains_key("thinking") || fields.contains_key("reasoning_config")
    });
    let can_be_forced = matches!(id.family(), Family::Claude | Family::Nova);
    if can_be_forced && can(Ability::Tools) && !refuses && !reasons {
        Shape::Tool
    } else if can(Ability::StructuredOutput) {
        Shape::Schema
    } else {
        Shape::Text
    }
}
