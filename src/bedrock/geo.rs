//! Which geography's inference profiles a region may use.

/// Returns the prefix of the inference profiles that serve `model` from `region`, such as `us.`.
///
/// A guess for hints: not every model has a profile everywhere. Regions outside the geographies get `global.`.
///
/// Source: "Supported Regions and models for inference profiles", Amazon Bedrock User Guide.
pub(super) fn prefix(region: &str, model: &str) -> &'static str {
    let newer = is_newer_claude(model);
    match region {
        _ if region.starts_with("us-gov-") => "us-gov.",
        _ if region.starts_with("us-") || region.starts_with("ca-") => "us.",
        _ if region.starts_with("eu-") => "eu.",
        "ap-northeast-1" | "ap-northeast-3" if newer || model.starts_with("amazon.nova-2") => "jp.",
        "ap-southeast-2" | "ap-southeast-4" if newer => "au.",
        _ if region.starts_with("ap-") => "apac.",
        _ => "global.",
    }
}

/// Returns the inference profile of `model` that `region` has most likely: a guess, as not every model has one everywhere.
pub fn profile_of(region: &str, model: &str) -> String {
    format!("{}{model}", prefix(region, model))
}

/// Returns `model` without its throughput suffix (`:300k`), if it has one.
pub(super) fn without_throughput(model: &str) -> &str {
    let Some((base, suffix)) = model.rsplit_once(':') else {
        return model;
    };
    let Some(digits) = suffix.strip_suffix(['k', 'm']) else {
        return model;
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return model;
    }
    base
}

/// Returns `model` without the prefix of a geography, if it has one.
pub(super) fn without_prefix(model: &str) -> &str {
    const PREFIXES: [&str; 9] = [
        "us-gov.", "us.", "eu.", "apac.", "jp.", "au.", "in.", "ca.", "global.",
    ];
    PREFIXES
        .iter()
        .find_map(|prefix| model.strip_prefix(prefix))
        .unwrap_or(model)
}

/// Returns whether `model` is a Claude 4.5 or later: the ones with profiles of single countries.
fn is_newer_claude(model: &str) -> bool {
    const OLDER: [&str; 6] = [
        "claude-3",
        "claude-v2",
        "claude-instant",
        "claude-opus-4-1-",
        "claude-opus-4-2025",
        "claude-sonnet-4-2025",
    ];
    model.starts_with("anthropic.claude-") && !OLDER.iter().any(|older| model.contains(older))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_decides_the_prefix() {
        let sonnet = "anthropic.claude-sonnet-4-5-20250929-v1:0";
        let older = "anthropic.claude-3-haiku-20240307-v1:0";
        let nova = "amazon.nova-lite-v1:0";
        for (region, model, expected) in [
            ("us-east-1", nova, "us."),
            ("ca-central-1", nova, "us."),
            ("us-gov-west-1", nova, "us-gov."),
            ("eu-central-1", nova, "eu."),
            ("ap-northeast-1", sonnet, "jp."),
            ("ap-northeast-1", older, "apac."),
            ("ap-northeast-1", "amazon.nova-2-lite-v1:0", "jp."),
            ("ap-northeast-2", sonnet, "apac."),
            ("ap-southeast-2", sonnet, "au."),
            ("ap-southeast-2", nova, "apac."),
            ("ap-south-1", sonnet, "apac."),
            ("sa-east-1", sonnet, "global."),
        ] {
            assert_eq!(prefix(region, model), expected, "{model} in {region}");
        }
    }

    #[test]
    fn suffixes_and_prefixes_come_off() {
        for (model, expected) in [
            ("amazon.nova-lite-v1:0:300k", "amazon.nova-lite-v1:0"),
            ("amazon.nova-pro-v1:0:1m", "amazon.nova-pro-v1:0"),
            ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
            ("meta.llama3-8b:k", "meta.llama3-8b:k"),
            ("anthropic.claude-sonnet-5", "anthropic.claude-sonnet-5"),
        ] {
            assert_eq!(without_throughput(model), expected, "{model}");
        }
        assert_eq!(without_prefix("us-gov.amazon.nova"), "amazon.nova");
        assert_eq!(without_prefix("global.amazon.nova"), "amazon.nova");
        assert_eq!(without_prefix("mistral.mixtral"), "mistral.mixtral");
    }
}
