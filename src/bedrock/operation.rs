//! The runtime's operations as messages: how the SDK writes a question and reads its answer. Nothing is sent here.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::LazyLock;

use aws_sdk_bedrockruntime::config::{ConfigBag, FrozenLayer, RuntimePlugin};
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::converse::{
    Converse, ConverseError, ConverseInput, ConverseOutput,
};
use aws_sdk_bedrockruntime::operation::converse_stream::{
    ConverseStream, ConverseStreamError, ConverseStreamInput, ConverseStreamOutput,
};
use aws_sdk_bedrockruntime::operation::count_tokens::{
    CountTokens, CountTokensError, CountTokensInput, CountTokensOutput,
};
use aws_sdk_bedrockruntime::operation::invoke_model::{
    InvokeModel, InvokeModelError, InvokeModelInput, InvokeModelOutput,
};
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};

/// An operation of the runtime: its types, and where the SDK keeps what writes and reads them.
pub(super) trait Operation {
    /// What is asked.
    type Input: Debug + Send + Sync + 'static;
    /// What is answered.
    type Output: Debug + Send + Sync + 'static;
    /// What the service may say in place of an answer.
    type Error: ProvideErrorMetadata + StdError + Send + Sync + 'static;

    /// Returns the SDK's settings of the operation, its serializer and deserializer among them.
    fn settings() -> &'static FrozenLayer;
}

macro_rules! operations {
    ($($operation:ident: $input:ty => $output:ty, $error:ty;)+) => {$(
        impl Operation for $operation {
            type Input = $input;
            type Output = $output;
            type Error = $error;

            fn settings() -> &'static FrozenLayer {
                static SETTINGS: LazyLock<FrozenLayer> = LazyLock::new(|| {
                    $operation::new().config().expect("every operation has settings")
                });
                &SETTINGS
            }
        }
    )+};
}

operations! {
    Converse: ConverseInput => ConverseOutput, ConverseError;
    ConverseStream: ConverseStreamInput => ConverseStreamOutput, ConverseStreamError;
    CountTokens: CountTokensInput => CountTokensOutput, CountTokensError;
    InvokeModel: InvokeModelInput => InvokeModelOutput, InvokeModelError;
}

/// How a call fails, in the SDK's terms.
pub(super) type Failed<O> = SdkError<<O as Operation>::Error, HttpResponse>;

/// Returns the message that asks `input`: its URI is a path alone and nobody has signed it.
pub(super) fn write<O: Operation>(input: O::Input) -> Result<HttpRequest, Failed<O>> {
    let mut settings = settings_of::<O>();
    let serializer = settings
        .load::<SharedRequestSerializer>()
        .expect("every operation has a serializer")
        .clone();
    serializer
        .serialize_input(Input::erase(input), &mut settings)
        .map_err(SdkError::construction_failure)
}

/// Returns what a stream begins with, its body yet to be read; the message itself where it is none: an answer all at once, or an error.
pub(super) fn read_opening<O: Operation>(
    mut response: HttpResponse,
) -> Result<Result<O::Output, Failed<O>>, HttpResponse> {
    let settings = settings_of::<O>();
    match deserializer(&settings).deserialize_streaming_with_config(&mut response, &settings) {
        Some(read) => Ok(output_of::<O>(read, response)),
        None => Err(response),
    }
}

/// Returns what a message says whose body is in memory.
pub(super) fn read<O: Operation>(response: HttpResponse) -> Result<O::Output, Failed<O>> {
    let settings = settings_of::<O>();
    let read = deserializer(&settings).deserialize_nonstreaming_with_config(&response, &settings);
    output_of::<O>(read, response)
}

fn settings_of<O: Operation>() -> ConfigBag {
    let mut settings = ConfigBag::base();
    settings.push_shared_layer(O::settings().clone());
    settings
}

fn deserializer(settings: &ConfigBag) -> &SharedResponseDeserializer {
    settings
        .load::<SharedResponseDeserializer>()
        .expect("every operation has a deserializer")
}

/// Returns the answer, or what the service said in its place, or that neither can be understood.
fn output_of<O: Operation>(
    read: Result<Output, OrchestratorError<Error>>,
    response: HttpResponse,
) -> Result<O::Output, Failed<O>> {
    let error = match read {
        Ok(output) => {
            let output = output.downcast();
            return Ok(output.expect("a deserializer returns its operation's output"));
        }
        Err(error) => error,
    };
    let mut said = None;
    let unread = error.map_operation_error(|error| {
        said = error.downcast::<O::Error>().ok();
        std::fmt::Error
    });
    Err(match said {
        Some(error) => SdkError::service_error(error, response),
        None => SdkError::response_error(unread, response),
    })
}
