//! Model identifiers: what a text says about the model, its scope and its region, and nothing it does not say.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::family::Family;

/// The beginnings of a system profile's id, as AWS lists them; `global` besides. Anything else before the first dot
/// is a provider.
const GEOGRAPHIES: [&str; 8] = ["us", "eu", "apac", "jp", "au", "in", "us-gov", "ca"];

/// Where a call may be served, which decides its price and its quota. Prints `in-region`, `us`, `global`, ….
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Only in the region that is asked: a bare id.
    InRegion,
    /// In several regions of one geography: `us`, `eu`, `apac`, ….
    Geo(String),
    /// In any commercial region.
    Global,
}

impl Scope {
    /// Returns the scope that prints as `text`, if AWS has one of that name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "in-region" => Some(Self::InRegion),
            "global" => Some(Self::Global),
            geo if GEOGRAPHIES.contains(&geo) => Some(Self::Geo(geo.to_owned())),
            _ => None,
        }
    }

    /// Returns the scope as it prints.
    pub fn as_str(&self) -> &str {
        match self {
            Self::InRegion => "in-region",
            Self::Geo(geo) => geo,
            Self::Global => "global",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("no scope `{text}`")))
    }
}

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// A foundation model, by id or ARN. Unknown names without an ARN's shape count as such.
    Foundation,
    /// A foundation model with a throughput suffix (`:300k`), which only provisioned throughput accepts.
    ThroughputVariant,
    /// A cross-region profile of AWS: `us.…`, `global.…`, or its ARN.
    SystemProfile,
    /// A profile of the account's own; its model must be asked for.
    ApplicationProfile,
    /// Provisioned throughput, paid by the hour.
    Provisioned,
    /// A custom model or its deployment.
    Custom,
    /// An imported model, paid by the minute.
    Imported,
    /// A prompt router, which chooses the model for each call.
    PromptRouter,
    /// A prompt of prompt management.
    Prompt,
    /// An endpoint of `SageMaker` or the marketplace, paid by the hour.
    SageMaker,
    /// An ARN of some other resource.
    OtherArn,
}

/// A model as someone named it: foundation id, inference profile or ARN.
///
/// Reading never fails: what the text does not say is simply not known. Prints as it was written, without the
/// prefix `bedrock:` or `bedrock:converse:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId {
    text: String,
    kind: IdKind,
    scope: Scope,
    base: Option<Range<usize>>,
    region: Option<String>,
}

impl ModelId {
    /// Reads any form of identifier.
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix("bedrock:converse:").unwrap_or(text);
        let text = text.strip_prefix("bedrock:").unwrap_or(text);
        match text.strip_prefix("arn:") {
            Some(rest) => Self::parse_arn(text, rest),
            None => Self::parse_name(text, 0, IdKind::Foundation),
        }
    }

    /// Returns the id as it is sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns what the id names.
    pub fn kind(&self) -> IdKind {
        self.kind
    }

    /// Returns where a call with this id may be served; in-region where the id does not say.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the foundation model's id without geography, ARN and throughput suffix, or `None` where the model
    /// cannot be read from the id.
    pub fn base(&self) -> Option<&str> {
        self.base.clone().map(|range| &self.text[range])
    }

    /// Returns the region that an ARN names.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Returns the family of the model; [`Family::Other`] where it is unknown.
    pub fn family(&self) -> Family {
        self.base().map_or(Family::Other, Family::of)
    }

    /// Reads `text[start..]` as the name of a foundation model or of a system profile.
    fn parse_name(text: &str, start: usize, kind: IdKind) -> Self {
        let name = &text[start..];
        let prefixed = name.split_once('.').and_then(|(prefix, rest)| {
            let scope = Scope::parse(prefix).filter(|scope| *scope != Scope::InRegion)?;
            rest.contains('.').then_some((scope, rest))
        });
        let (kind, scope, name) = match prefixed {
            Some((scope, rest)) => (IdKind::SystemProfile, scope, rest),
            None => (kind, Scope::InRegion, name),
        };
        let base = without_throughput(name);
        let kind = if base.len() < name.len() {
            IdKind::ThroughputVariant
        } else {
            kind
        };
        let start = text.len() - name.len();
        Self {
            base: (!base.is_empty()).then(|| start..start + base.len()),
            text: text.to_owned(),
            kind,
            scope,
            region: None,
        }
    }

    /// Reads an ARN; `rest` is what follows `arn:`, that is `partition:service:region:account:resource`.
    fn parse_arn(text: &str, rest: &str) -> Self {
        let parts: Vec<&str> = rest.splitn(5, ':').collect();
        let (service, region, resource) = match parts[..] {
            [_, service, region, _, resource] => (service, region, resource),
            _ => ("", "", ""),
        };
        let (resource_kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let start = text.len() - name.len();
        let kind = match (service, resource_kind) {
            ("sagemaker", _) | (_, "marketplace") => IdKind::SageMaker,
            ("bedrock", "foundation-model") => IdKind::Foundation,
            ("bedrock", "inference-profile") => IdKind::SystemProfile,
            ("bedrock", "application-inference-profile") => IdKind::ApplicationProfile,
            ("bedrock", "provisioned-model") => IdKind::Provisioned,
            ("bedrock", "custom-model" | "custom-model-deployment") => IdKind::Custom,
            ("bedrock", "imported-model") => IdKind::Imported,
            ("bedrock", "prompt-router" | "default-prompt-router") => IdKind::PromptRouter,
            ("bedrock", "prompt") => IdKind::Prompt,
            _ => IdKind::OtherArn,
        };
        let region = (!region.is_empty()).then(|| region.to_owned());
        if matches!(kind, IdKind::Foundation | IdKind::SystemProfile) {
            return Self {
                region,
                ..Self::parse_name(text, start, kind)
            };
        }
        Self {
            text: text.to_owned(),
            kind,
            scope: Scope::InRegion,
            base: None,
            region,
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns `name` without a last part such as `:300k` or `:1m`.
fn without_throughput(name: &str) -> &str {
    let Some((base, suffix)) = name.rsplit_once(':') else {
        return name;
    };
    let Some(digits) = suffix.strip_suffix(['k', 'm']) else {
        return name;
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return name;
    }
    base
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns kind, scope, base and region of `text`, as one line.
    fn read(text: &str) -> String {
        let id = ModelId::parse(text);
        format!(
            "{:?} {} {} {}",
            id.kind(),
            id.scope(),
            id.base().unwrap_or("-"),
            id.region().unwrap_or("-")
        )
    }

    #[test]
    fn reads_every_form() {
        const NOVA: &str = "amazon.nova-lite-v1:0";
        for (text, expected) in [
            (NOVA, "Foundation in-region NOVA -"),
            (
                "bedrock:amazon.nova-lite-v1:0",
                "Foundation in-region NOVA -",
            ),
            (
                "bedrock:converse:us.amazon.nova-lite-v1:0",
                "SystemProfile us NOVA -",
            ),
            (
                "amazon.nova-lite-v1:0:300k",
                "ThroughputVariant in-region NOVA -",
            ),
            (
                "us-gov.amazon.nova-lite-v1:0",
                "SystemProfile us-gov NOVA -",
            ),
            (
                "global.amazon.nova-lite-v1:0",
                "SystemProfile global NOVA -",
            ),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
                "Foundation in-region NOVA us-east-1",
            ),
            (
                "bedrock:arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
                "SystemProfile eu NOVA eu-west-1",
            ),
            (
                "arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/us-gov.amazon.nova-lite-v1:0",
                "SystemProfile us-gov NOVA us-gov-west-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:application-inference-profile/abcdef123456",
                "ApplicationProfile in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:default-prompt-router/anthropic.claude:1",
                "PromptRouter in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:prompt-router/x",
                "PromptRouter in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:prompt/PROMPT1234:2",
                "Prompt in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:provisioned-model/x",
                "Provisioned in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:custom-model/amazon.nova-lite-v1:0:300k/x",
                "Custom in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:custom-model-deployment/x",
                "Custom in-region - us-east-1",
            ),
            (
                "arn:aws:bedrock:us-east-1:1:imported-model/x",
                "Imported in-region - us-east-1",
            ),
            (
                "arn:aws:sagemaker:us-west-2:1:endpoint/mine",
                "SageMaker in-region - us-west-2",
            ),
            ("arn:aws:s3:::bucket", "OtherArn in-region - -"),
            ("arn:", "OtherArn in-region - -"),
            ("arn:aws:bedrock", "OtherArn in-region - -"),
            ("", "Foundation in-region - -"),
            ("sonnet", "Foundation in-region sonnet -"),
            ("us.sonnet", "Foundation in-region us.sonnet -"),
            (
                "mistral.pixtral-large-2502-v1:0",
                "Foundation in-region mistral.pixtral-large-2502-v1:0 -",
            ),
            (
                "anthropic.claude-v2:1:18k",
                "ThroughputVariant in-region anthropic.claude-v2:1 -",
            ),
            ("x.y:k", "Foundation in-region x.y:k -"),
        ] {
            assert_eq!(read(text), expected.replace("NOVA", NOVA), "{text}");
        }
    }

    #[test]
    fn strips_every_prefix_from_every_priced_id() {
        let table = include_str!("../../config/pricing.csv");
        let ids: std::collections::BTreeSet<_> = table
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        assert!(ids.len() > 100);
        for base in ids {
            let bare = ModelId::parse(base);
            assert_eq!((bare.base(), bare.scope()), (Some(base), &Scope::InRegion));
            assert_ne!(bare.family(), Family::Other, "{base}");
            for prefix in GEOGRAPHIES.iter().chain(&["global"]) {
                let id = ModelId::parse(&format!("{prefix}.{base}"));
                assert_eq!((id.base(), id.scope().as_str()), (Some(base), *prefix));
            }
        }
    }

    proptest! {
        #[test]
        fn reads_anything(text in r"(bedrock:)?(arn:)?([a-z:./0-9é -]|us\.|global\.|:1k){0,12}") {
            let id = ModelId::parse(&text);
            prop_assert!(text.contains(id.as_str()));
            prop_assert!(id.base().is_none_or(|base| !base.is_empty() && text.contains(base)));
            prop_assert_eq!(ModelId::parse(id.as_str()), id);
        }

        #[test]
        fn never_panics(text in ".*") {
            ModelId::parse(&text);
        }
    }
}
