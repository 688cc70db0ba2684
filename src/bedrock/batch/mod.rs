//! Batch inference: questions go to S3 by the file, a job answers them, and its output comes back from there.
//!
//! Records have Converse's form. The SDK writes and reads them as it does a call's messages ([`paper`]), so that a batch says
//! what a call would say, and its answers and failures are understood by the same code.

mod bucket;
mod paper;

use std::path::{Path, PathBuf};

use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_sdk_bedrock::Client;
use aws_sdk_bedrock::config::Builder;
use aws_sdk_bedrock::error::SdkError;
use aws_sdk_bedrock::operation::create_model_invocation_job::CreateModelInvocationJobError;
use aws_sdk_bedrock::operation::get_model_invocation_job::GetModelInvocationJobOutput;
use aws_sdk_bedrock::types::{
    ModelInvocationJobInputDataConfig, ModelInvocationJobOutputDataConfig,
    ModelInvocationJobS3InputDataConfig, ModelInvocationJobS3OutputDataConfig,
    ModelInvocationJobStatus, ModelInvocationType, S3InputFormat,
};

use self::bucket::Bucket;
pub use self::bucket::{S3Prefix, S3PrefixError};
use super::connect::{Connection, is_region};
use super::error::{self, Call};
use super::hint;
use super::settings::Settings;
use crate::model::{
    BatchClient, BatchOrder, BatchStage, BatchStatus, Batching, Completion, ErrorKind, ModelError,
    Remedy, Request,
};

/// The name of the file that a job reads, below the prefix and the job's name.
const INPUT: &str = "input.jsonl";

/// Batch inference in an account, with a place in S3 and a role that may use it.
#[derive(Debug)]
pub struct Batches {
    control: Connection,
    bucket: Bucket,
    role: String,
}

impl Batches {
    /// Returns a client that is ready to begin jobs; files go below `prefix`, and Bedrock reads and writes them as `role`.
    ///
    /// # Errors
    ///
    /// As for [`Bedrock::connect`](super::Bedrock::connect).
    pub async fn connect(
        settings: &Settings,
        prefix: S3Prefix,
        role: String,
    ) -> Result<Self, ModelError> {
        // The endpoint is Bedrock's: files lie elsewhere.
        let elsewhere = Settings {
            endpoint_url: None,
            ..settings.clone()
        };
        let control = Box::pin(Connection::open(settings)).await?;
        let files = Box::pin(Connection::open(&elsewhere)).await?;
        Ok(Self {
            control,
            bucket: Bucket::new(files, prefix),
            role,
        })
    }

    fn client(&self, region: &str) -> Result<Client, ModelError> {
        if !is_region(region) {
            return Err(error::no_such_region(region));
        }
        let config = Builder::from(&self.control.sdk)
            .region(Region::new(region.to_owned()))
            // Looking at a job is no question to a model: nothing is measured, and the SDK may repeat it.
            .retry_config(RetryConfig::standard());
        Ok(Client::from_conf(config.build()))
    }

    fn call<'a>(&self, model: &'a str, region: &'a str, action: &'static str) -> Call<'a> {
        Call {
            model,
            region,
            action,
            bearer: self.control.bearer,
        }
    }

    async fn begin(&self, order: &BatchOrder) -> Result<String, ModelError> {
        let region = order.region.as_deref().unwrap_or(&self.control.region);
        let client = self.client(region)?;
        let name = &order.name;
        let input = format!("{name}/{INPUT}");
        self.bucket.put(region, &input, &order.input).await?;
        let from = ModelInvocationJobS3InputDataConfig::builder()
            .s3_input_format(S3InputFormat::Jsonl)
            .s3_uri(self.bucket.uri(&input))
            .build()
            .expect("the place is set");
        let to = ModelInvocationJobS3OutputDataConfig::builder()
            .s3_uri(self.bucket.uri(&format!("{name}/output/")))
            .build()
            .expect("the place is set");
        let begun = client
            .create_model_invocation_job()
            .job_name(name)
            .client_request_token(name)
            .role_arn(&self.role)
            .model_id(&order.model)
            .model_invocation_type(ModelInvocationType::Converse)
            .input_data_config(ModelInvocationJobInputDataConfig::S3InputDataConfig(from))
            .output_data_config(ModelInvocationJobOutputDataConfig::S3OutputDataConfig(to))
            .send()
            .await;
        match begun {
            Ok(begun) => Ok(begun.job_arn().to_owned()),
            Err(error) => {
                let call = self.call(&order.model, region, "bedrock:CreateModelInvocationJob");
                let is_taken = is_conflict(&error);
                let error = error::of_send(&error, &call);
                if !is_taken {
                    return Err(error);
                }
                find(&client, name).await.unwrap_or(Err(ModelError {
                    // It is there, and will be found.
                    remedy: Remedy::Repeat,
                    ..error
                }))
            }
        }
    }

    async fn get(&self, job: &str) -> Result<GetModelInvocationJobOutput, ModelError> {
        let region = region_of(job)?;
        let client = self.client(region)?;
        let got = client.get_model_invocation_job().job_identifier(job);
        let got = got.send().await;
        got.map_err(|error| {
            let call = self.call("", region, "bedrock:GetModelInvocationJob");
            error::of_send(&error, &call)
        })
    }

    async fn fetch(&self, job: &str, folder: &Path) -> Result<Vec<PathBuf>, ModelError> {
        let told = self.get(job).await?;
        let place = match told.output_data_config() {
            Some(ModelInvocationJobOutputDataConfig::S3OutputDataConfig(to)) => to.s3_uri(),
            _ => "",
        };
        let place = place.parse().map_err(|error: S3PrefixError| {
            let message = format!("the output of the job `{job}` cannot be had: {error}");
            ModelError::new(ErrorKind::Malformed, Remedy::None, message)
        })?;
        let id = job.rsplit('/').next().unwrap_or(job);
        let region = region_of(job)?;
        self.bucket.fetch(region, &place, id, folder).await
    }
}

impl BatchClient for Batches {
    fn encode(&self, id: &str, request: &Request) -> Result<String, ModelError> {
        paper::record(id, request)
    }

    fn decode(&self, request: &Request, line: &[u8]) -> Result<Completion, ModelError> {
        let region = request.region.as_deref().unwrap_or(&self.control.region);
        let call = self.call(&request.model, region, "bedrock:InvokeModel");
        paper::read(line, request.text_bytes(), &call).map_err(hint::complete)
    }

    fn begin<'a>(&'a self, order: &'a BatchOrder) -> Batching<'a, String> {
        Box::pin(async move { self.begin(order).await.map_err(hint::complete) })
    }

    fn look<'a>(&'a self, job: &'a str) -> Batching<'a, BatchStatus> {
        Box::pin(async move {
            let told = self.get(job).await.map_err(hint::complete)?;
            Ok(status(&told))
        })
    }

    fn fetch<'a>(&'a self, job: &'a str, folder: &'a Path) -> Batching<'a, Vec<PathBuf>> {
        Box::pin(async move { self.fetch(job, folder).await.map_err(hint::complete) })
    }
}

fn is_conflict<R>(error: &SdkError<CreateModelInvocationJobError, R>) -> bool {
    let error = error.as_service_error();
    error.is_some_and(CreateModelInvocationJobError::is_conflict_exception)
}

/// Finds a job by its whole name; `None` where it is not listed, or nothing is.
async fn find(client: &Client, name: &str) -> Option<Result<String, ModelError>> {
    let listed = client.list_model_invocation_jobs().name_contains(name);
    let mut jobs = listed.into_paginator().items().send();
    while let Some(job) = jobs.next().await {
        let job = job.ok()?;
        if job.job_name() == name {
            return Some(Ok(job.job_arn().to_owned()));
        }
    }
    None
}

/// Returns the region in a job's ARN: `arn:aws:bedrock:REGION:ACCOUNT:model-invocation-job/ID`.
fn region_of(job: &str) -> Result<&str, ModelError> {
    let mut parts = job.split(':');
    let region = parts.nth(3).filter(|region| is_region(region));
    let is_job = job.contains(":model-invocation-job/");
    region.filter(|_| is_job).ok_or_else(|| {
        let message = format!("`{job}` is not the ARN of a batch job");
        ModelError::new(ErrorKind::Invalid, Remedy::None, message)
            .with_hint("it looks like arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl")
    })
}

fn status(told: &GetModelInvocationJobOutput) -> BatchStatus {
    let status = told.status();
    let stage = match status {
        Some(
            ModelInvocationJobStatus::Completed
            | ModelInvocationJobStatus::PartiallyCompleted
            | ModelInvocationJobStatus::Expired
            | ModelInvocationJobStatus::Stopped,
        ) => BatchStage::Ended,
        Some(ModelInvocationJobStatus::Failed) => BatchStage::Failed,
        Some(ModelInvocationJobStatus::InProgress | ModelInvocationJobStatus::Stopping) => {
            BatchStage::Running
        }
        _ => BatchStage::Waiting,
    };
    let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
    BatchStatus {
        stage,
        word: status
            .map_or("unknown", |status| status.as_str())
            .to_owned(),
        message: told.message().map(str::to_owned),
        records: count(told.total_record_count()).filter(|records| *records > 0),
        processed: count(told.processed_record_count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_tells_its_region() {
        let job = "arn:aws:bedrock:eu-west-1:123456789012:model-invocation-job/abc123abc123";
        assert_eq!(region_of(job).unwrap(), "eu-west-1");
        for wrong in [
            "abc123abc123",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/x",
            "arn:aws:bedrock::123456789012:model-invocation-job/x",
        ] {
            let error = region_of(wrong).unwrap_err();
            assert!(error.message.contains("is not the ARN"), "{wrong}: {error}");
        }
    }
}
