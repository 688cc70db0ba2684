//! Embeddings: bodies and answers of `InvokeModel`, a shape for each family. Pure functions.

use serde_json::{Map, Value, json};

use aws_smithy_types::base64;

use crate::model::{
    Embedding, ErrorKind, Family, Media, ModelError, ModelId, Part, Purpose, Quantized, Remedy,
    Request, Truncate,
};

/// What an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Embedded {
    /// A vector for each text.
    pub(super) vectors: Vec<Vec<f32>>,
    /// Tokens, where the body tells them.
    pub(super) tokens: Option<u64>,
}

/// Returns the body of a request that asks for vectors.
///
/// # Errors
///
/// The model makes none that are known here, or takes one text at a time and is given several.
pub(super) fn body(request: &Request, how: &Embedding) -> Result<Value, ModelError> {
    if let Some(image) = image(request) {
        return of_image(request, how, image);
    }
    let texts = texts(request);
    let family = ModelId::parse(&request.model).family();
    let one = || match texts.as_slice() {
        [text] => Ok(*text),
        _ => Err(invalid("the model makes a vector of one text at a time")),
    };
    if let Some(kind) = how.quantized
        && !makes(&request.model, family, kind)
    {
        return Err(invalid("the model makes vectors of floats alone"));
    }
    let mut body = match family {
        Family::Titan if request.model.contains("embed-image") => {
            let mut body = json!({"inputText": one()?});
            if let Some(length) = how.dimensions {
                body["embeddingConfig"] = json!({"outputEmbeddingLength": length});
            }
            body
        }
        Family::Titan => {
            let mut body = json!({"inputText": one()?});
            if let Some(length) = how.dimensions {
                body["dimensions"] = length.into();
            }
            if let Some(normalize) = how.normalize {
                body["normalize"] = normalize.into();
            }
            if let Some(kind) = how.quantized {
                body["embeddingTypes"] = json!([kind_word(Some(kind))]);
            }
            body
        }
        Family::Cohere => {
            let purpose = match how.purpose {
                Purpose::Document => "search_document",
                Purpose::Query => "search_query",
                Purpose::Classification => "classification",
                Purpose::Clustering => "clustering",
            };
            let mut body = json!({"texts": texts, "input_type": purpose, "embedding_types": [kind_word(how.quantized)]});
            if let Some(length) = how.dimensions {
                body["output_dimension"] = length.into();
            }
            // The fourth says on which side; the third, at which end.
            let sides = if request.model.contains("embed-v4") {
                ["LEFT", "RIGHT"]
            } else {
                ["START", "END"]
            };
            if let Some(truncate) = how.truncate {
                body["truncate"] = word(truncate, sides).into();
            }
            body
        }
        Family::Nova => {
            let purpose = match how.purpose {
                Purpose::Document => "GENERIC_INDEX",
                Purpose::Query => "TEXT_RETRIEVAL",
                Purpose::Classification => "CLASSIFICATION",
                Purpose::Clustering => "CLUSTERING",
            };
            let mut params = json!({
                "embeddingPurpose": purpose,
                "text": {
                    "truncationMode": word(how.truncate.unwrap_or(Truncate::Never), ["START", "END"]),
                    "value": one()?,
                },
            });
            if let Some(length) = how.dimensions {
                params["embeddingDimension"] = length.into();
            }
            json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params})
        }
        _ => return Err(invalid("nobody here knows how this model makes vectors")),
    };
    if let (Value::Object(body), Some(fields)) = (&mut body, &request.additional_fields) {
        body.extend(fields.clone());
    }
    Ok(body)
}

/// Returns the body of a request for the vector of one image.
fn of_image(request: &Request, how: &Embedding, image: &Media) -> Result<Value, ModelError> {
    let bytes = base64::encode(image.bytes());
    let mut body = match ModelId::parse(&request.model).family() {
        Family::Titan if request.model.contains("embed-image") => {
            let mut body = json!({"inputImage": bytes});
            if let Some(length) = how.dimensions {
                body["embeddingConfig"] = json!({"outputEmbeddingLength": length});
            }
            body
        }
        Family::Cohere => {
            let uri = format!("data:image/{};base64,{bytes}", image.format);
            let kind = kind_word(how.quantized);
            let mut body =
                json!({"images": [uri], "input_type": "image", "embedding_types": [kind]});
            if let Some(length) = how.dimensions {
                body["output_dimension"] = length.into();
            }
            body
        }
        Family::Nova => {
            let purpose = match how.purpose {
                Purpose::Document => "GENERIC_INDEX",
                Purpose::Query => "IMAGE_RETRIEVAL",
                Purpose::Classification => "CLASSIFICATION",
                Purpose::Clustering => "CLUSTERING",
            };
            let mut params = json!({
                "embeddingPurpose": purpose,
                "image": {"format": image.format, "source": {"bytes": bytes}},
            });
            if let Some(length) = how.dimensions {
                params["embeddingDimension"] = length.into();
            }
            json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params})
        }
        _ => return Err(invalid("the model makes vectors of texts alone")),
    };
    if let (Value::Object(body), Some(fields)) = (&mut body, &request.additional_fields) {
        body.extend(fields.clone());
    }
    Ok(body)
}

/// Returns the image that a request asks a vector of.
fn image(request: &Request) -> Option<&Media> {
    let mut parts = request.messages.iter().flat_map(|message| &message.parts);
    parts.find_map(|part| match part {
        Part::Image(image) => Some(image),
        _ => None,
    })
}

/// Returns whether a model makes vectors of such numbers.
fn makes(model: &str, family: Family, kind: Quantized) -> bool {
    match family {
        Family::Cohere => true,
        Family::Titan => kind == Quantized::Binary && model.contains("embed-text-v2"),
        _ => false,
    }
}

/// Returns the word for what a vector is made of.
fn kind_word(kind: Option<Quantized>) -> &'static str {
    match kind {
        None => "float",
        Some(Quantized::Int8) => "int8",
        Some(Quantized::Binary) => "binary",
    }
}

/// Returns the word for an end that is cut off.
fn word(truncate: Truncate, [start, end]: [&'static str; 2]) -> &'static str {
    match truncate {
        Truncate::Never => "NONE",
        Truncate::Start => start,
        Truncate::End => end,
    }
}

/// Reads the body of an answer to so many texts.
///
/// # Errors
///
/// `Malformed`: it is no JSON, or does not hold a vector for each text.
pub(super) fn read(bytes: &[u8], request: &Request) -> Result<Embedded, ModelError> {
    let malformed = |message| ModelError::new(ErrorKind::Malformed, Remedy::RepeatOnce, message);
    let body: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| malformed(format!("the answer is no JSON object: {error}")))?;
    let kind = request.embedding.as_ref().and_then(|how| how.quantized);
    // Titan tells floats beside what was asked for.
    let by_type = body
        .get("embeddingsByType")
        .filter(|_| kind.is_some())
        .and_then(|by_type| by_type.get(kind_word(kind)));
    let vectors = match (by_type.or(body.get("embedding")), body.get("embeddings")) {
        (Some(one), _) => vector(one).map(|vector| vec![vector]),
        (None, Some(Value::Object(by_type))) => by_type.get(kind_word(kind)).and_then(list),
        (None, Some(several)) => list(several),
        (None, None) => None,
    };
    let wanted = image(request).map_or_else(|| texts(request).len(), |_| 1);
    let vectors = vectors.filter(|vectors| vectors.len() == wanted);
    let whole = |vectors: &Vec<Vec<f32>>| vectors.iter().all(|vector| !vector.is_empty());
    let vectors = vectors
        .filter(whole)
        .ok_or_else(|| malformed(format!("the answer does not hold {wanted} vectors")))?;
    let billed = body.get("meta").and_then(|meta| meta.get("billed_units"));
    let tokens = body
        .get("inputTextTokenCount")
        .or_else(|| billed.and_then(|units| units.get("input_tokens")));
    Ok(Embedded {
        vectors,
        tokens: tokens.and_then(Value::as_u64),
    })
}

/// Returns the texts of a request.
pub(super) fn texts(request: &Request) -> Vec<&str> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let texts = parts.filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Returns a list of vectors: as such, or of objects that hold one each, which is how Nova answers.
fn list(value: &Value) -> Option<Vec<Vec<f32>>> {
    let of = |item: &Value| vector(item.get("embedding").unwrap_or(item));
    value.as_array()?.iter().map(of).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors are of single precision"
)]
fn vector(value: &Value) -> Option<Vec<f32>> {
    let number = |value: &Value| value.as_f64().map(|number| number as f32);
    value.as_array()?.iter().map(number).collect()
}

fn invalid(message: &str) -> ModelError {
    ModelError::new(ErrorKind::Invalid, Remedy::None, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(model: &str, texts: &[&str]) -> Request {
        let parts: Vec<Value> = texts.iter().map(|text| json!({"text": text})).collect();
        serde_json::from_value(json!({
            "model": model,
            "messages": [{"role": "user", "parts": parts}],
            "params": {"max_tokens": 1},
        }))
        .unwrap()
    }

    #[test]
    fn every_family_has_its_own_body() {
        let how = Embedding {
            purpose: Purpose::Query,
            dimensions: Some(256),
            normalize: Some(false),
            truncate: None,
            quantized: None,
        };
        let of = |model, texts: &[&str]| body(&request(model, texts), &how);
        assert_eq!(
            of("amazon.titan-embed-text-v2:0", &["a"]).unwrap(),
            json!({"inputText": "a", "dimensions": 256, "normalize": false})
        );
        assert_eq!(
            of("amazon.titan-embed-image-v1", &["a"]).unwrap(),
            json!({"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 256}})
        );
        assert_eq!(
            of("us.cohere.embed-v4:0", &["a", "b"]).unwrap(),
            json!({
                "texts": ["a", "b"], "input_type": "search_query", "embedding_types": ["float"], "output_dimension": 256,
            })
        );
        assert_eq!(
            of("amazon.nova-2-multimodal-embeddings-v1:0", &["a"]).unwrap()["singleEmbeddingParams"],
            json!({
                "embeddingPurpose": "TEXT_RETRIEVAL", "embeddingDimension": 256,
                "text": {"truncationMode": "NONE", "value": "a"},
            })
        );
        assert!(of("amazon.titan-embed-text-v2:0", &["a", "b"]).is_err());
        assert!(of("meta.llama3-8b-instruct-v1:0", &["a"]).is_err());
    }

    #[test]
    fn images_have_bodies_of_their_own() {
        let of = |model: &str| {
            let mut request = request(model, &[]);
            let image = Media::new("png", None, *b"PNG");
            request.messages[0].parts = vec![Part::Image(image)];
            body(&request, &Embedding::default())
        };
        assert_eq!(
            of("amazon.titan-embed-image-v1").unwrap(),
            json!({"inputImage": "UE5H"})
        );
        assert_eq!(
            of("cohere.embed-english-v3").unwrap(),
            json!({
                "images": ["data:image/png;base64,UE5H"], "input_type": "image", "embedding_types": ["float"],
            })
        );
        assert_eq!(
            of("amazon.nova-2-multimodal-embeddings-v1:0").unwrap()["singleEmbeddingParams"]["image"],
            json!({"format": "png", "source": {"bytes": "UE5H"}})
        );
        assert!(of("amazon.titan-embed-text-v2:0").is_err());
    }

    #[test]
    fn numbers_other_than_floats_are_asked_for_and_read() {
        let how = |kind| Embedding {
            quantized: Some(kind),
            ..Embedding::default()
        };
        let of = |model, kind| body(&request(model, &["a"]), &how(kind));
        let cohere = of("cohere.embed-v4:0", Quantized::Int8).unwrap();
        assert_eq!(cohere["embedding_types"], json!(["int8"]));
        let titan = of("amazon.titan-embed-text-v2:0", Quantized::Binary).unwrap();
        assert_eq!(titan["embeddingTypes"], json!(["binary"]));
        assert!(of("amazon.titan-embed-text-v2:0", Quantized::Int8).is_err());
        assert!(of("amazon.titan-embed-text-v1", Quantized::Binary).is_err());

        let asked = Request {
            embedding: Some(how(Quantized::Binary)),
            ..request("m", &["a"])
        };
        for answer in [
            json!({"embedding": [0.5], "embeddingsByType": {"float": [0.5], "binary": [1, 0]}}),
            json!({"embeddings": {"binary": [[1, 0]]}}),
        ] {
            let read = read(answer.to_string().as_bytes(), &asked).unwrap();
            assert_eq!(read.vectors, [[1.0, 0.0]]);
        }
    }

    #[test]
    fn answers_of_every_shape_are_read() {
        let two = vec![vec![1.0, 2.0], vec![3.0, 4.0]];
        for (body, texts, vectors, tokens) in [
            (
                json!({"embedding": [1, 2], "inputTextTokenCount": 7}),
                1,
                &two[..1],
                Some(7),
            ),
            (json!({"embeddings": [[1, 2], [3, 4]]}), 2, &two, None),
            (
                json!({"embeddings": {"float": [[1, 2], [3, 4]]}}),
                2,
                &two,
                None,
            ),
            (
                json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [1, 2]}]}),
                1,
                &two[..1],
                None,
            ),
            (
                json!({"embeddings": [[1, 2]], "meta": {"billed_units": {"input_tokens": 5}}}),
                1,
                &two[..1],
                Some(5),
            ),
        ] {
            let request = request("m", &["x", "y"][..texts]);
            let read = read(body.to_string().as_bytes(), &request).unwrap();
            assert_eq!(
                (read.vectors.as_slice(), read.tokens),
                (vectors, tokens),
                "{body}"
            );
        }
        for body in [
            "",
            "[]",
            "{}",
            r#"{"embedding": []}"#,
            r#"{"embeddings": [[1], ["x"]]}"#,
        ] {
            let error = read(body.as_bytes(), &request("m", &["x", "y"])).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Malformed, "{body}");
        }
    }
}
