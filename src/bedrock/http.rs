//! The HTTP client: TLS by ring, the system's certificates and one's own, proxies.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::base64;

use super::settings::Settings;
use crate::files::read_whole_text;
use crate::model::{ErrorKind, ModelError, Remedy};

/// Returns the client for all calls, credentials included.
///
/// Proxies come from the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), except for an endpoint on this
/// machine. Where nothing can need TLS (a plain `http://` endpoint and keys at hand) none is set up, which saves
/// reading all certificates.
///
/// # Errors
///
/// `Invalid` if the file of extra certificates cannot be read or holds none.
pub(super) fn client(settings: &Settings) -> Result<SharedHttpClient, ModelError> {
    let endpoint = settings.endpoint_url.as_deref();
    let local = endpoint.is_some_and(is_local);
    let proxy = move || {
        if local {
            ProxyConfig::disabled()
        } else {
            ProxyConfig::from_env()
        }
    };
    let plain = endpoint.is_some_and(|url| url.starts_with("http://"));
    if plain && settings.credentials.is_some() {
        return Ok(
            Builder::new().build_with_connector_fn(move |options, components| {
                let mut builder = Connector::builder().proxy_config(proxy());
                builder.set_connector_settings(options.cloned());
                builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
                builder.build_http()
            }),
        );
    }

    let mut trusted = TrustStore::default();
    if let Some(path) = ca_bundle(settings) {
        trusted.add_pem_certificate(certificates(&path)?);
    }
    let tls = TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .expect("a trust store is all a TLS context needs");
    Ok(
        Builder::new().build_with_connector_fn(move |options, components| {
            let mut builder = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(tls.clone())
                .proxy_config(proxy());
            builder.set_connector_settings(options.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.build()
        }),
    )
}

fn ca_bundle(settings: &Settings) -> Option<PathBuf> {
    settings.ca_bundle.clone().or_else(|| {
        std::env::var_os("AWS_CA_BUNDLE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    })
}

/// Returns whether `url` leads to this machine, where no proxy can.
fn is_local(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// Returns the file's text if its certificates look whole. The TLS library panics on others.
fn certificates(path: &Path) -> Result<String, ModelError> {
    let name = path.display();
    let text = read_whole_text(path)
        .map_err(|error| unusable(format!("cannot read the CA bundle `{name}`: {error}")))?;
    let blocks: Vec<&str> = text.split("-----BEGIN CERTIFICATE-----").skip(1).collect();
    if blocks.is_empty() {
        let message = format!("the CA bundle `{name}` holds no PEM certificate");
        return Err(unusable(message));
    }
    for (index, block) in blocks.iter().enumerate() {
        if !is_certificate(block) {
            let number = index + 1;
            let message = format!("certificate {number} of the CA bundle `{name}` is broken");
            return Err(unusable(message));
        }
    }
    Ok(text)
}

/// Returns whether what follows a begin marker is the base64 text of one ASN.1 sequence of the right length.
fn is_certificate(block: &str) -> bool {
    let Some((body, _)) = block.split_once("-----END CERTIFICATE-----") else {
        return false;
    };
    let body: String = body.split_whitespace().collect();
    let Ok(bytes) = base64::decode(&body) else {
        return false;
    };
    match bytes.as_slice() {
        [0x30, 0x82, high, low, content @ ..] => {
            usize::from(u16::from_be_bytes([*high, *low])) == content.len()
        }
        [0x30, 0x81, length, content @ ..] => usize::from(*length) == content.len(),
        _ => false,
    }
}

fn unusable(message: String) -> ModelError {
    ModelError::new(ErrorKind::Invalid, Remedy::None, message)
        .with_hint("`AWS_CA_BUNDLE` and the setting name a file of PEM certificates")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for (url, expected) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost/x", true),
            ("http://[::1]:80", true),
            ("https://bedrock-runtime.us-east-1.amazonaws.com", false),
            ("https://127.example.com", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(is_local(url), expected, "{url}");
        }
    }

    #[test]
    fn broken_bundles_are_told_and_not_panicked_about() {
        let missing = certificates(Path::new("/no/such/bundle.pem")).unwrap_err();
        assert!(missing.message.contains("/no/such/bundle.pem"));
        for (text, expected) in [
            ("hello", "holds no PEM certificate"),
            ("-----BEGIN CERTIFICATE-----\nMIIB", "certificate 1"),
            (
                "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
                "certificate 1",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                "certificate 1",
            ),
        ] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let error = certificates(file.path()).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Invalid);
            assert!(error.message.contains(expected), "{text}: {error}");
        }
    }
}
