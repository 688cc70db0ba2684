//! A provider's file: `interface_type`, `provider_name`, and under `config` whom to ask and how.

use std::collections::BTreeMap;
use std::time::Duration;

use super::environment::{Environment, Lacking};
use crate::model::CacheTtl;
use crate::suite::{MapReader, Node, Problems, Tree};

/// The only interface there is.
const INTERFACE: &str = "aws_bedrock";

/// What a file says of a provider. What is `None` is looked up as AWS tools do.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provider {
    /// Its name, for `--provider`.
    pub name: String,
    /// `aws_region`.
    pub region: Option<String>,
    /// `aws_access_key_id`.
    pub access_key_id: Option<String>,
    /// `aws_secret_access_key`.
    pub secret_access_key: Option<String>,
    /// `aws_session_token`.
    pub session_token: Option<String>,
    /// `api_key`: a Bedrock API key, in place of access keys.
    pub api_key: Option<String>,
    /// `role_arn`: a role to take on.
    pub role_arn: Option<String>,
    /// `inference_profile`: `auto`, `none`, or a scope such as `global`.
    pub inference_profile: Option<String>,
    /// `guardrail`: applied to questions, as `ID:VERSION`.
    pub guardrail: Option<String>,
    /// `cache`: how long what comes before a prompt is kept, `5m` or `1h`.
    pub cache: Option<CacheTtl>,
    /// `aws_profile`.
    pub profile: Option<String>,
    /// `endpoint_url`.
    pub endpoint_url: Option<String>,
    /// `default_model`.
    pub default_model: Option<String>,
    /// `timeout_seconds`.
    pub timeout: Option<Duration>,
    /// `max_retries`.
    pub max_retries: Option<u32>,
    /// `prices`: a file whose rows add to the built-in ones.
    pub prices: Option<String>,
    /// Models that the file describes, by id.
    pub models: BTreeMap<String, Known>,
}

/// What a file says of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What it is.
    pub description: Option<String>,
    /// The length of its vectors.
    pub dimensions: Option<u32>,
    /// The longest text that it takes, in tokens.
    pub max_tokens: Option<u32>,
}

impl Provider {
    /// Reads a provider; notes problems where they stand. `None` if it has no name to be called by.
    pub(super) fn decode(
        node: &Node,
        environment: &Environment,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut map = MapReader::new("a provider", node, problems)?;
        if let Some(interface) = map.take("interface_type")
            && interface.as_text() != Some(INTERFACE)
        {
            let message = format!("the one interface there is, is `{INTERFACE}`");
            problems.error(&interface.place, message);
        }
        let name = map.text("provider_name", problems);
        let config = map.take("config");
        if name.is_none() {
            map.miss("provider_name", "a provider needs a `provider_name`");
        }
        let place = map.place().clone();
        map.finish(problems);
        let mut provider = Self {
            name: name?.to_owned(),
            ..Self::default()
        };
        if let Some(config) = config
            && let Some(map) = MapReader::new("a provider's `config`", config, problems)
        {
            provider.fill(map, environment, problems);
        }
        if provider.access_key_id.is_some() != provider.secret_access_key.is_some() {
            let message = "of the access key's two halves only one is set";
            let hint = "set `aws_access_key_id` and `aws_secret_access_key`, or neither";
            problems.error_with(&place, message, Some(hint));
        }
        if provider.api_key.is_some() && provider.role_arn.is_some() {
            let message = "an `api_key` takes on no role: `role_arn` needs access keys";
            problems.error(&place, message);
        }
        Some(provider)
    }

    /// Returns this provider with what it leaves open as another says it; models and the default are its own.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let has_keys = self.access_key_id.is_some() || self.api_key.is_some();
        let keys = |own: Option<String>, theirs| if has_keys { own } else { theirs };
        Self {
            region: self.region.or(other.region),
            access_key_id: keys(self.access_key_id.clone(), other.access_key_id),
            secret_access_key: keys(self.secret_access_key, other.secret_access_key),
            session_token: keys(self.session_token, other.session_token),
            profile: self.profile.or(other.profile),
            api_key: keys(self.api_key, other.api_key),
            role_arn: self.role_arn.or(other.role_arn),
            inference_profile: self.inference_profile.or(other.inference_profile),
            endpoint_url: self.endpoint_url.or(other.endpoint_url),
            timeout: self.timeout.or(other.timeout),
            max_retries: self.max_retries.or(other.max_retries),
            prices: self.prices.or(other.prices),
            ..self
        }
    }

    fn fill(&mut self, mut map: MapReader<'_>, environment: &Environment, problems: &mut Problems) {
        let optional = ["aws_region", "aws_access_key_id", "aws_secret_access_key"];
        let [region, key, secret] =
            optional.map(|name| text(&mut map, name, environment, true, problems));
        (self.region, self.access_key_id, self.secret_access_key) = (region, key, secret);
        self.session_token = text(&mut map, "aws_session_token", environment, true, problems);
        self.api_key = text(&mut map, "api_key", environment, true, problems);
        self.role_arn = text(&mut map, "role_arn", environment, true, problems);
        self.inference_profile = text(&mut map, "inference_profile", environment, false, problems);
        self.guardrail = guardrail(&mut map, environment, problems);
        self.cache = map.take("cache").and_then(|node| cache(node, problems));
        self.profile = text(&mut map, "aws_profile", environment, true, problems);
        self.endpoint_url = text(&mut map, "endpoint_url", environment, true, problems);
        self.default_model = text(&mut map, "default_model", environment, false, problems);
        self.prices = text(&mut map, "prices", environment, false, problems);
        let seconds = map.count("timeout_seconds", 1, problems);
        self.timeout = seconds.map(Duration::from_secs);
        let retries = map.count("max_retries", 0, problems);
        self.max_retries = retries.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        if let Some(models) = map.take_one_of(&["models", "embedding_models"], problems) {
            self.models = decode_models(models, problems);
        }
        map.finish(problems);
    }
}

/// Reads `guardrail`: its id, a colon, and its version.
fn guardrail(
    map: &mut MapReader<'_>,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<String> {
    let place = map.take("guardrail")?.place.clone();
    let written = text(map, "guardrail", environment, true, problems)?;
    if written
        .rsplit_once(':')
        .is_none_or(|(id, version)| id.is_empty() || version.is_empty())
    {
        let hint = "such as `gr-1234:1` or `gr-1234:DRAFT`";
        problems.error_with(&place, "`guardrail` is an id with its version", Some(hint));
        return None;
    }
    Some(written)
}

/// Reads `cache`: whether what comes before a prompt is kept, and how long.
fn cache(node: &Node, problems: &mut Problems) -> Option<CacheTtl> {
    match (&node.value, node.as_text()) {
        (Tree::Bool(false), _) => None,
        (Tree::Bool(true), _) | (_, Some("5m")) => Some(CacheTtl::FiveMinutes),
        (_, Some("1h")) => Some(CacheTtl::OneHour),
        _ => {
            problems.error(&node.place, "`cache` is `true`, `false`, `5m` or `1h`");
            None
        }
    }
}

/// Returns a text with its variables; `None` where it may be absent and a variable of it is not set.
fn text(
    map: &mut MapReader<'_>,
    name: &'static str,
    environment: &Environment,
    optional: bool,
    problems: &mut Problems,
) -> Option<String> {
    let place = map.take(name)?.place.clone();
    let written = map.text(name, problems)?;
    let lacking = match environment.expand(written) {
        Ok(text) => return (!text.is_empty()).then_some(text),
        Err(lacking) => lacking,
    };
    match lacking {
        Lacking::Unset(_) if optional => {}
        Lacking::Unset(variable) => {
            let message = format!(
                "`{name}` needs {variable}, which is not set (not in the environment or .env)"
            );
            let hint = format!("set it, or write `${{{variable}:-a value}}`");
            problems.error_with(&place, message, Some(hint));
        }
        Lacking::Required(variable, message) => {
            let message = format!("`{name}` needs {variable}: {message}");
            problems.error(&place, message);
        }
        Lacking::Malformed(_) => {
            let message = format!("`{name}` names no variable after its `$`");
            let hint =
                "write `${NAME}`, `${NAME:-default}` or `${NAME:?message}`, and `$$` for a `$`";
            problems.error_with(&place, message, Some(hint));
        }
    }
    None
}

fn decode_models(node: &Node, problems: &mut Problems) -> BTreeMap<String, Known> {
    let Tree::Map(entries) = &node.value else {
        problems.error(
            &node.place,
            format!("models must be a map by id, found {}", node.kind()),
        );
        return BTreeMap::new();
    };
    let mut models = BTreeMap::new();
    for (key, node) in entries {
        let known = match node.value {
            Tree::Null => Some(Known::default()),
            _ => Known::decode(node, problems),
        };
        models.extend(known.map(|known| (key.name.clone(), known)));
    }
    models
}

impl Known {
    fn decode(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut map = MapReader::new("a model", node, problems)?;
        let description = map.text("description", problems).map(str::to_owned);
        let dimensions = map.count("dimensions", 1, problems);
        let max_tokens = map.count("max_tokens", 1, problems);
        map.finish(problems);
        let small = |count: Option<u64>| count.and_then(|count| u32::try_from(count).ok());
        Some(Self {
            description,
            dimensions: small(dimensions),
            max_tokens: small(max_tokens),
        })
    }
}
