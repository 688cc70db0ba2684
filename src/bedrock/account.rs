//! What the account itself says of models, over Bedrock's control plane.

use aws_sdk_bedrock::Client;
use aws_sdk_bedrock::types::FoundationModelSummary;
use aws_smithy_types::date_time::Format;

use tokio::time::timeout;

use super::client::Bedrock;
use super::error::{self, Call};
use super::hint;
use crate::model::ModelError;

/// A model that the account has in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Who made it.
    pub provider: Option<String>,
    /// `ACTIVE` or `LEGACY`.
    pub status: Option<String>,
    /// The day from which it can no longer be asked, as `YYYY-MM-DD`.
    pub end_of_life: Option<String>,
    /// How it can be asked: `ON_DEMAND`, `PROVISIONED`, `INFERENCE_PROFILE`.
    pub ways: Vec<String>,
    /// What it gives: `TEXT`, `IMAGE`, `EMBEDDING`.
    pub outputs: Vec<String>,
    /// Inference profiles through which it can be asked.
    pub profiles: Vec<String>,
}

impl Bedrock {
    /// Returns the models that the account has in the client's region, by id.
    ///
    /// # Errors
    ///
    /// As for any call: denied, unreachable, throttled.
    pub async fn models(&self) -> Result<Vec<Listed>, ModelError> {
        let patience = self.patience();
        let listed = timeout(patience, Box::pin(self.listed())).await;
        let listed = listed.unwrap_or_else(|_| Err(error::overdue(patience)));
        listed.map_err(hint::complete)
    }

    async fn listed(&self) -> Result<Vec<Listed>, ModelError> {
        let connection = self.connection();
        let client = Client::new(&connection.sdk);
        let call = |action| Call {
            model: "",
            region: &connection.region,
            action,
            bearer: connection.bearer,
        };
        let models = client.list_foundation_models().send().await;
        let models = models
            .map_err(|error| error::of_send(&error, &call("bedrock:ListFoundationModels")))?;
        let mut listed: Vec<Listed> = models.model_summaries().iter().map(of_summary).collect();
        let mut pages = client.list_inference_profiles().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page
                .map_err(|error| error::of_send(&error, &call("bedrock:ListInferenceProfiles")))?;
            for profile in page.inference_profile_summaries() {
                for model in profile.models() {
                    // `arn:aws:bedrock:us-east-1::foundation-model/ID`
                    let id = model.model_arn().and_then(|arn| arn.rsplit('/').next());
                    let of = |one: &&mut Listed| Some(one.id.as_str()) == id;
                    if let Some(one) = listed.iter_mut().find(of)
                        && !one
                            .profiles
                            .iter()
                            .any(|known| known == profile.inference_profile_id())
                    {
                        one.profiles.push(profile.inference_profile_id().to_owned());
                    }
                }
            }
        }
        listed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listed)
    }
}

fn of_summary(model: &FoundationModelSummary) -> Listed {
    let life = model.model_lifecycle();
    let end = life.and_then(|life| life.end_of_life_time());
    let day = end.and_then(|end| end.fmt(Format::DateTime).ok());
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let ways: Vec<&str> = (model.inference_types_supported().iter())
        .map(aws_sdk_bedrock::types::InferenceType::as_str)
        .collect();
    let outputs: Vec<&str> = (model.output_modalities().iter())
        .map(aws_sdk_bedrock::types::ModelModality::as_str)
        .collect();
    Listed {
        id: model.model_id().to_owned(),
        name: model.model_name().map(str::to_owned),
        provider: model.provider_name().map(str::to_owned),
        status: life.map(|life| life.status().as_str().to_owned()),
        end_of_life: day.map(|day| day.chars().take(10).collect()),
        ways: words(&ways),
        outputs: words(&outputs),
        profiles: Vec::new(),
    }
}
