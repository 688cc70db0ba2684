//! What Service Quotas says an account may do in a region.

use std::collections::BTreeMap;

use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_sdk_servicequotas::Client;
use aws_sdk_servicequotas::config::Builder;
use aws_sdk_servicequotas::types::ServiceQuota;
use tokio::time::timeout;

use super::connect::{Connection, is_region};
use super::error::{self, Call};
use super::hint;
use super::settings::Settings;
use crate::model::ModelError;

/// Bedrock, as Service Quotas calls it.
const SERVICE: &str = "bedrock";

/// Returns the quotas of Bedrock in `region` by their names: those that the account has, and the default where it has no other.
///
/// # Errors
///
/// No credentials, or what any call may meet: denied, unreachable, throttled.
pub async fn named_quotas(
    settings: &Settings,
    region: &str,
) -> Result<BTreeMap<String, f64>, ModelError> {
    if !is_region(region) {
        return Err(error::no_such_region(region));
    }
    let listed = timeout(settings.timeout, Box::pin(listed(settings, region))).await;
    let listed = listed.unwrap_or_else(|_| Err(error::overdue(settings.timeout)));
    listed.map_err(hint::complete)
}

async fn listed(settings: &Settings, region: &str) -> Result<BTreeMap<String, f64>, ModelError> {
    // The endpoint is Bedrock's: quotas are told elsewhere.
    let elsewhere = Settings {
        endpoint_url: None,
        region: Some(region.to_owned()),
        ..settings.clone()
    };
    let connection = Connection::open(&elsewhere).await?;
    let config = Builder::from(&connection.sdk)
        .region(Region::new(region.to_owned()))
        // Nothing is measured here, and the SDK may repeat it.
        .retry_config(RetryConfig::standard());
    let client = Client::from_conf(config.build());
    let call = |action| Call {
        model: "",
        region,
        action,
        bearer: connection.bearer,
    };
    let mut quotas = BTreeMap::new();
    let defaults = client
        .list_aws_default_service_quotas()
        .service_code(SERVICE);
    let mut pages = defaults.into_paginator().send();
    while let Some(page) = pages.next().await {
        let call = call("servicequotas:ListAWSDefaultServiceQuotas");
        let page = page.map_err(|error| error::of_send(&error, &call))?;
        quotas.extend(page.quotas().iter().filter_map(named));
    }
    let mut pages = client
        .list_service_quotas()
        .service_code(SERVICE)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let call = call("servicequotas:ListServiceQuotas");
        let page = page.map_err(|error| error::of_send(&error, &call))?;
        quotas.extend(page.quotas().iter().filter_map(named));
    }
    Ok(quotas)
}

fn named(quota: &ServiceQuota) -> Option<(String, f64)> {
    Some((quota.quota_name()?.to_owned(), quota.value()?))
}
