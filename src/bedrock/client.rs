//! The client: one attempt for each call, in whichever region it names.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::Region;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::primitives::Blob;
use tokio::time::{Instant, timeout_at};

use super::connect::{Connection, is_region};
use super::converse::{self, Body};
use super::embed::{self, Embedded};
use super::error::{self, Call};
use super::hint;
use super::settings::Settings;
use super::stopwatch::{Stopwatch, Wire};
use super::stream::{self, Patience};
use crate::model::{
    Asking, Completion, Embedding, Hear, ModelClient, ModelError, Request, Said, Usage,
};

/// Stands for "never" where a timeout is too long for the clock.
const AGES: Duration = Duration::from_hours(365 * 24);

/// Bedrock, over the network.
///
/// Shares one pool of connections among all calls and keeps one client for each region. Every call is one attempt.
#[derive(Debug)]
pub struct Bedrock {
    connection: Connection,
    timeout: Duration,
    stream_idle_timeout: Duration,
    clients: Mutex<HashMap<String, Client>>,
}

impl Bedrock {
    /// Returns a client that is ready to ask.
    ///
    /// Looks up region and credentials as every AWS tool does, which may read files and ask the network; nothing is
    /// asked of Bedrock yet.
    ///
    /// # Errors
    ///
    /// `Invalid` if there is no region, or an endpoint or a file of certificates is no good; `Credentials` if there
    /// are none or they cannot be had.
    pub async fn connect(settings: Settings) -> Result<Self, ModelError> {
        let connection = Box::pin(Connection::open(&settings)).await?;
        Ok(Self {
            connection,
            timeout: settings.timeout,
            stream_idle_timeout: settings.stream_idle_timeout,
            clients: Mutex::default(),
        })
    }

    /// Returns what every client is made from.
    #[cfg(feature = "cloud")]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns the longest that a request may take.
    pub(super) fn patience(&self) -> Duration {
        self.timeout
    }

    /// Returns whether a bearer token is used in place of access keys.
    pub(super) fn is_bearer(&self) -> bool {
        self.connection.bearer
    }

    /// Returns the region of requests that name none.
    pub fn region(&self) -> &str {
        &self.connection.region
    }

    /// Asks once; `hear` follows a streamed answer.
    async fn ask(&self, request: &Request, hear: &Hear<'_>) -> Result<Completion, ModelError> {
        let region = request.region.as_deref().unwrap_or(self.region());
        if !is_region(region) {
            return Err(error::no_such_region(region));
        }
        let call = Call {
            model: &request.model,
            region,
            action: if request.stream && request.embedding.is_none() {
                "bedrock:InvokeModelWithResponseStream"
            } else {
                "bedrock:InvokeModel"
            },
            bearer: self.connection.bearer,
        };
        let client = self.client(region);
        let now = Instant::now();
        let patience = Patience {
            whole: self.timeout,
            deadline: now.checked_add(self.timeout).unwrap_or(now + AGES),
            idle: self.stream_idle_timeout,
        };
        if let Some(how) = &request.embedding {
            let asking = pin!(embed(&client, request, how, &call));
            return timeout_at(patience.deadline, asking)
                .await
                .unwrap_or_else(|_| Err(error::overdue(patience.whole)));
        }
        if request.stream {
            return converse_stream(&client, request, &call, patience, hear).await;
        }
        let asking = pin!(converse(&client, request, &call));
        timeout_at(patience.deadline, asking)
            .await
            .unwrap_or_else(|_| Err(error::overdue(patience.whole)))
    }

    /// Returns the client of `region`, made at its first use.
    pub(super) fn client(&self, region: &str) -> Client {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(region) {
            return client.clone();
        }
        let config = Builder::from(&self.connection.sdk)
            .region(Region::new(region.to_owned()))
            .interceptor(Wire);
        let client = Client::from_conf(config.build());
        clients.insert(region.to_owned(), client.clone());
        client
    }
}

impl ModelClient for Bedrock {
    fn converse<'a>(&'a self, request: &'a Request) -> Asking<'a> {
        Box::pin(async move { self.ask(request, &|_| {}).await.map_err(hint::complete) })
    }

    fn listen<'a>(&'a self, request: &'a Request, hear: &'a Hear<'a>) -> Asking<'a> {
        Box::pin(async move {
            let completion = self.ask(request, hear).await.map_err(hint::complete)?;
            if !request.stream && !completion.text.is_empty() {
                hear(Said::Text(&completion.text));
            }
            Ok(completion)
        })
    }
}

async fn converse(
    client: &Client,
    request: &Request,
    call: &Call<'_>,
) -> Result<Completion, ModelError> {
    let stopwatch = Stopwatch::default();
    let sending = pin!(Body::of(request).converse().send_with(client));
    let output = stopwatch
        .time(sending)
        .await
        .map_err(|error| error::of_send(&error, call))?;
    let latency = stopwatch.elapsed();
    let completion = converse::completion(&output)?;
    Ok(Completion {
        latency,
        ..completion
    })
}

/// Asks for vectors. Tokens are those of the body, else of the headers, else estimated at four bytes each.
async fn embed(
    client: &Client,
    request: &Request,
    how: &Embedding,
    call: &Call<'_>,
) -> Result<Completion, ModelError> {
    let body = embed::body(request, how)?.to_string();
    let stopwatch = Stopwatch::default();
    let asked = client
        .invoke_model()
        .model_id(&request.model)
        .content_type("application/json")
        .accept("application/json")
        .body(Blob::new(body));
    let sending = pin!(asked.send());
    let output = stopwatch
        .time(sending)
        .await
        .map_err(|error| error::of_send(&error, call))?;
    let latency = stopwatch.elapsed();
    let Embedded { vectors, tokens } = embed::read(output.body().as_ref(), request)?;
    let told = tokens.or_else(|| stopwatch.input_tokens());
    let estimate = || (request.text_bytes() as u64).div_ceil(4);
    Ok(Completion {
        vectors,
        usage: Usage::new(told.unwrap_or_else(estimate), 0),
        estimated: told.is_none(),
        latency,
        request_id: output.request_id().map(str::to_owned),
        ..Completion::default()
    })
}

async fn converse_stream(
    client: &Client,
    request: &Request,
    call: &Call<'_>,
    patience: Patience,
    hear: &Hear<'_>,
) -> Result<Completion, ModelError> {
    let stopwatch = Stopwatch::default();
    let sending = pin!(Body::of(request).converse_stream().send_with(client));
    let output = timeout_at(patience.deadline, stopwatch.time(sending))
        .await
        .map_err(|_| error::overdue(patience.whole))?
        .map_err(|error| error::of_send(&error, call))?;
    stream::read(output, request, call, &stopwatch, patience, hear).await
}
