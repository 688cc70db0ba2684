//! Recordings of tools: what servers offered, and what each call gave, beside the answers of models.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::files::{read_whole, write_whole};
use crate::model::{
    ErrorKind, Hosting, ModelError, Remedy, Request, Tool, ToolCall, ToolHost, ToolResult,
    canonical, hex,
};

/// The version of the file format.
const SCHEMA: u32 = 1;

/// Records another host's tools, replays them, or does both.
pub struct ToolTape {
    folder: PathBuf,
    inner: Option<Arc<dyn ToolHost>>,
    /// Whether what is there is taken from there.
    reads: bool,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<T> {
    schema: u32,
    /// What was asked of the servers.
    asked: Value,
    /// What they gave.
    gave: T,
}

/// A result with the bytes of its images, which a result by itself leaves out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gave {
    result: ToolResult,
    /// In base64, in the order of the images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
}

impl Gave {
    fn of(result: ToolResult) -> Self {
        let images = result
            .images
            .iter()
            .map(|image| STANDARD.encode(image.bytes()));
        Self {
            images: images.collect(),
            result,
        }
    }

    fn result(self) -> ToolResult {
        let mut result = self.result;
        for (image, bytes) in result.images.iter_mut().zip(self.images) {
            image.restore(STANDARD.decode(bytes).unwrap_or_default());
        }
        result
    }
}

impl ToolTape {
    /// Writes what `inner` gives to a recording's folder.
    pub fn record(folder: &Path, inner: Arc<dyn ToolHost>) -> Self {
        Self::new(folder, Some(inner), false)
    }

    /// Gives what a recording holds, and nothing else.
    pub fn replay(folder: &Path) -> Self {
        Self::new(folder, None, true)
    }

    /// Gives what a recording holds, and records what it lacks.
    pub fn cache(folder: &Path, inner: Arc<dyn ToolHost>) -> Self {
        Self::new(folder, Some(inner), true)
    }

    fn new(folder: &Path, inner: Option<Arc<dyn ToolHost>>, reads: bool) -> Self {
        Self {
            folder: folder.join("tools"),
            inner,
            reads,
        }
    }

    fn path(&self, asked: &Value) -> PathBuf {
        let digest = hex(&Sha256::digest(canonical(asked).as_bytes()));
        self.folder.join(format!("{}.json", &digest[..16]))
    }

    /// Returns what the recording has of this, where it is to be taken from there.
    fn kept<T: DeserializeOwned>(&self, asked: &Value) -> Result<Option<T>, ModelError> {
        if self.reads {
            read(&self.path(asked), asked)
        } else {
            Ok(None)
        }
    }

    /// Returns whoever can still be asked where the recording has nothing.
    fn inner(&self, asked: &Value) -> Result<&dyn ToolHost, ModelError> {
        self.inner.as_deref().ok_or_else(|| {
            let message = format!("the recording has nothing of {}", shown(asked));
            let error = ModelError::new(ErrorKind::ReplayMiss, Remedy::None, message);
            error.with_hint(
                "record it with `--record`, or fill the gap with `--cache` in place of `--replay`",
            )
        })
    }

    fn keep<T: Serialize>(&self, asked: &Value, gave: T) -> Result<T, ModelError> {
        let path = self.path(asked);
        let kept = json!({"schema": SCHEMA, "asked": asked, "gave": gave});
        let written = write_whole(&path, |out| writeln!(out, "{kept:#}"));
        written.map_err(|error| unusable(&path, &error.to_string()))?;
        Ok(gave)
    }
}

impl ToolHost for ToolTape {
    fn offer<'a>(&'a self, servers: &'a [String]) -> Hosting<'a, Vec<Tool>> {
        Box::pin(async move {
            let asked = json!({"servers": servers});
            if let Some(kept) = self.kept(&asked)? {
                return Ok(kept);
            }
            let tools = self.inner(&asked)?.offer(servers).await?;
            self.keep(&asked, tools)
        })
    }

    fn call<'a>(
        &'a self,
        servers: &'a [String],
        request: &'a Request,
        call: &'a ToolCall,
    ) -> Hosting<'a, ToolResult> {
        Box::pin(async move {
            // A tool may give something else each time: what led to the call, and who asked, belong to it.
            let asked = json!({
                "servers": servers,
                "request": request.digest(),
                "sample": request.sample,
                "asker": request.asker,
                "call": call,
            });
            if let Some(kept) = self.kept::<Gave>(&asked)? {
                return Ok(kept.result());
            }
            let result = self.inner(&asked)?.call(servers, request, call).await?;
            self.keep(&asked, Gave::of(result)).map(Gave::result)
        })
    }
}

/// Reads what a file says was given; `None` where there is none.
fn read<T: DeserializeOwned>(path: &Path, asked: &Value) -> Result<Option<T>, ModelError> {
    let text = match read_whole(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error.to_string())),
    };
    let kept: Kept<T> =
        serde_json::from_slice(&text).map_err(|error| unusable(path, &error.to_string()))?;
    if kept.schema > SCHEMA {
        let why = format!(
            "it has schema {}, this version reads up to {SCHEMA}",
            kept.schema
        );
        return Err(unusable(path, &why));
    }
    if kept.asked != *asked {
        return Err(unusable(
            path,
            "it was changed, so that it no longer fits its name",
        ));
    }
    Ok(Some(kept.gave))
}

fn shown(asked: &Value) -> String {
    let servers = asked["servers"].as_array().into_iter().flatten();
    let servers: Vec<&str> = servers.filter_map(Value::as_str).collect();
    let servers = servers.join(", ");
    match asked["call"]["name"].as_str() {
        Some(name) => format!("this call of `{name}` of the tool servers {servers}"),
        None => format!("the tool servers {servers}"),
    }
}

fn unusable(path: &Path, why: &str) -> ModelError {
    let message = format!("the recording `{}` cannot be used: {why}", path.display());
    ModelError::new(ErrorKind::ReplayMiss, Remedy::None, message)
}
