//! Counting the tokens of a prompt, which Bedrock does for some models, and for nothing.

use aws_sdk_bedrockruntime::operation::count_tokens::CountTokens;
use tokio::time::timeout;

use super::client::Bedrock;
use super::connect::is_region;
use super::converse::Body;
use super::error::{self, Call};
use super::{geo, hint};
use crate::model::{Counting, ModelError, Request, TokenCounter};

impl TokenCounter for Bedrock {
    fn count<'a>(&'a self, request: &'a Request) -> Counting<'a> {
        Box::pin(async move { counted(self, request).await.map_err(hint::complete) })
    }
}

async fn counted(bedrock: &Bedrock, request: &Request) -> Result<u64, ModelError> {
    let region = request.region.as_deref().unwrap_or(bedrock.region());
    if !is_region(region) {
        return Err(error::no_such_region(region));
    }
    let call = Call {
        model: &request.model,
        region,
        action: "bedrock:CountTokens",
        bearer: bedrock.is_bearer(),
    };
    // The operation knows foundation models alone, whichever profile is asked later.
    let id = request.model.rsplit('/').next().unwrap_or(&request.model);
    let model = geo::without_throughput(geo::without_prefix(id));
    let question = Body::of(request).count_tokens(model);
    let asking = async {
        let answer = bedrock
            .route(&call)
            .await?
            .ask::<CountTokens>(question)
            .await;
        answer.map_err(|error| error::of_send(&error, &call))
    };
    let answer = timeout(bedrock.patience(), asking)
        .await
        .map_err(|_| error::overdue(bedrock.patience()))??;
    Ok(u64::try_from(answer.output.input_tokens()).unwrap_or_default())
}
