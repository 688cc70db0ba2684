//! The client: one attempt for each call, in whichever region it names.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::Region;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse::Converse;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStream;
use aws_sdk_bedrockruntime::operation::invoke_model::{InvokeModel, InvokeModelInput};
use aws_sdk_bedrockruntime::primitives::Blob;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::connect::{Connection, is_region};
use super::converse::{self, Body};
use super::embed::{self, Embedded};
use super::error::{self, Call};
use super::hint;
use super::route::Route;
use super::settings::Settings;
use super::stream::{self, Patience};
use crate::model::{
    Asking, Completion, Embedding, Hear, ModelClient, ModelError, Request, Said, Usage,
};

/// Stands for "never" where a timeout is too long for the clock.
const AGES: Duration = Duration::from_hours(365 * 24);

/// A region's route, or why there is none.
type Place = Arc<OnceCell<Result<Arc<Route>, ModelError>>>;

/// Bedrock, over the network.
///
/// Shares one pool of connections among all calls and finds the way to each region once. Every call is one attempt.
#[derive(Debug)]
pub struct Bedrock {
    connection: Connection,
    timeout: Duration,
    stream_idle_timeout: Duration,
    routes: Mutex<HashMap<String, Place>>,
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
            routes: Mutex::default(),
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
        let now = Instant::now();
        let patience = Patience {
            whole: self.timeout,
            deadline: now.checked_add(self.timeout).unwrap_or(now + AGES),
            idle: self.stream_idle_timeout,
        };
        if let Some(how) = &request.embedding {
            let asking = pin!(self.embed(request, how, &call));
            return patience.bear(asking).await?;
        }
        if request.stream {
            return self.converse_stream(request, &call, patience, hear).await;
        }
        let asking = pin!(self.converse(request, &call));
        patience.bear(asking).await?
    }

    async fn converse(&self, request: &Request, call: &Call<'_>) -> Result<Completion, ModelError> {
        let question = Body::of(request).converse();
        let answer = self.route(call).await?.ask::<Converse>(question).await;
        let answer = answer.map_err(|error| error::of_send(&error, call))?;
        let latency = answer.sent.elapsed();
        let completion = converse::completion(&answer.output)?;
        Ok(Completion {
            latency,
            ..completion
        })
    }

    /// Asks for vectors. Tokens are those of the body, else of the headers, else estimated at four bytes each.
    async fn embed(
        &self,
        request: &Request,
        how: &Embedding,
        call: &Call<'_>,
    ) -> Result<Completion, ModelError> {
        let question = InvokeModelInput::builder()
            .model_id(&request.model)
            .content_type("application/json")
            .accept("application/json")
            .body(Blob::new(embed::body(request, how)?.to_string()))
            .build()
            .expect("nothing is required that is not given");
        let answer = self.route(call).await?.ask::<InvokeModel>(question).await;
        let answer = answer.map_err(|error| error::of_send(&error, call))?;
        let latency = answer.sent.elapsed();
        let Embedded { vectors, tokens } = embed::read(answer.output.body().as_ref(), request)?;
        let told = tokens.or(answer.input_tokens);
        let estimate = || (request.text_bytes() as u64).div_ceil(4);
        Ok(Completion {
            vectors,
            usage: Usage::new(told.unwrap_or_else(estimate), 0),
            estimated: told.is_none(),
            latency,
            request_id: answer.output.request_id().map(str::to_owned),
            ..Completion::default()
        })
    }

    async fn converse_stream(
        &self,
        request: &Request,
        call: &Call<'_>,
        patience: Patience,
        hear: &Hear<'_>,
    ) -> Result<Completion, ModelError> {
        let question = Body::of(request).converse_stream();
        let opening = pin!(async {
            let opening = self
                .route(call)
                .await?
                .ask::<ConverseStream>(question)
                .await;
            opening.map_err(|error| error::of_send(&error, call))
        });
        let opening = patience.bear(opening).await??;
        stream::read(opening, request, call, patience, hear).await
    }

    /// Returns the way to a call's region, found at its first use. Whoever waits for it meanwhile fails together; the next call
    /// looks for it anew.
    pub(super) async fn route(&self, call: &Call<'_>) -> Result<Arc<Route>, ModelError> {
        let place = {
            let mut routes = self.lock_routes();
            match routes.get(call.region) {
                Some(place) => Arc::clone(place),
                None => Arc::clone(routes.entry(call.region.to_owned()).or_default()),
            }
        };
        let find = async || {
            let config = Builder::from(&self.connection.sdk);
            let config = config.region(Region::new(call.region.to_owned()));
            let route = Route::find(&Client::from_conf(config.build()), call.region).await;
            route
                .map(Arc::new)
                .map_err(|error| error::of_send(&error, call))
        };
        let found = place.get_or_init(find).await;
        if found.is_err() {
            let mut routes = self.lock_routes();
            routes.retain(|_, kept| !Arc::ptr_eq(kept, &place));
        }
        found.clone()
    }

    fn lock_routes(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
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
