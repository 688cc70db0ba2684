//! Images, documents and videos of prompts: where they are, what they are, and how large they may be.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::files::read_whole;
use crate::model::{Media, Part, hex};
use crate::template::{Template, TemplateError};

/// What a block shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// An image.
    Image,
    /// A document.
    Document,
    /// A video.
    Video,
}

/// The most bytes of an image that Converse takes ("Message", API reference of Amazon Bedrock).
pub const IMAGE_BYTES: usize = 3_750_000;

/// All kinds.
const KINDS: [MediaKind; 3] = [MediaKind::Image, MediaKind::Document, MediaKind::Video];

/// An image, a document or a video as written.
#[derive(Debug, Clone)]
pub struct MediaTemplate {
    /// What it is.
    pub kind: MediaKind,
    /// Its format, where the suite says it.
    pub format: Option<String>,
    /// A document's name, where the suite gives one.
    pub name: Option<String>,
    /// Where it is: renders to `file://…`, to `s3://…`, which Bedrock reads itself, to a data URL, or to base64.
    pub data: Template,
    /// Where a `file://…` begins: for one that is written here the folder of its own file, for one in a variable the suite's.
    pub folder: PathBuf,
}

/// Why a prompt cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// A template of it cannot.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// An image, a document or a video cannot be had.
    #[error("{0}")]
    Media(String),
}

impl MediaKind {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Video => "video",
        }
    }

    /// Formats that Converse takes, with other words for them.
    fn formats(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Image => &[
                ("png", "png"),
                ("jpeg", "jpeg"),
                ("jpg", "jpeg"),
                ("gif", "gif"),
                ("webp", "webp"),
            ],
            Self::Document => &[
                ("pdf", "pdf"),
                ("csv", "csv"),
                ("doc", "doc"),
                ("docx", "docx"),
                ("xls", "xls"),
                ("xlsx", "xlsx"),
                ("html", "html"),
                ("htm", "html"),
                ("txt", "txt"),
                ("plain", "txt"),
                ("md", "md"),
                ("markdown", "md"),
            ],
            Self::Video => &[
                ("mp4", "mp4"),
                ("mov", "mov"),
                ("quicktime", "mov"),
                ("mkv", "mkv"),
                ("webm", "webm"),
                ("flv", "flv"),
                ("mpeg", "mpeg"),
                ("mpg", "mpg"),
                ("wmv", "wmv"),
                ("3gp", "three_gp"),
            ],
        }
    }

    /// The most bytes that Bedrock takes.
    fn most_bytes(self) -> usize {
        match self {
            Self::Image => IMAGE_BYTES,
            Self::Document => 4_500_000,
            Self::Video => 25_000_000,
        }
    }

    /// Returns Converse's word for a format.
    pub(super) fn format(self, word: &str) -> Option<&'static str> {
        let word = word.trim_start_matches('.').to_ascii_lowercase();
        let found = self.formats().iter().find(|(name, _)| *name == word);
        found.map(|(_, format)| *format)
    }

    /// Returns a message's part that shows `media`.
    fn part(self, media: Media) -> Part {
        match self {
            Self::Image => Part::Image(media),
            Self::Document => Part::Document(media),
            Self::Video => Part::Video(media),
        }
    }
}

/// Returns the block of a file's bytes: an image, a document or a video, by its first bytes, else by `told`, a format or a media type, else by
/// its name.
///
/// # Errors
///
/// In a sentence: it is empty, too large, or of no format that Bedrock takes.
pub fn attachment(path: &Path, bytes: Vec<u8>, told: Option<&str>) -> Result<Part, String> {
    let extension = path.extension().map(|it| it.to_string_lossy().into_owned());
    let word = told.map(|told| told.rsplit('/').next().unwrap_or(told).to_owned());
    let word = sniffed(&bytes).or(word).or(extension);
    let fits = |kind: &MediaKind| {
        word.as_deref()
            .is_some_and(|word| kind.format(word).is_some())
    };
    let kind = KINDS.into_iter().find(fits).unwrap_or(MediaKind::Document);
    let template = MediaTemplate {
        kind,
        format: None,
        // A name that says nothing: what a file is called may be read as an instruction.
        name: Some("document".to_owned()),
        data: Template::parse("").map_err(|error| error.to_string())?,
        folder: PathBuf::new(),
    };
    let media = template.of_bytes("", bytes, word)?;
    Ok(kind.part(media))
}

/// Returns the block of a file that Bedrock is to read from S3 itself: an image, a document or a video, by `told` or its name.
///
/// # Errors
///
/// In a sentence: it is of no format that Bedrock takes.
pub fn attachment_in_s3(location: &str, told: Option<&str>) -> Result<Part, String> {
    let extension = Path::new(location).extension().and_then(|it| it.to_str());
    let word = told.map(|told| told.rsplit('/').next().unwrap_or(told));
    let word = word.or(extension).unwrap_or_default();
    let found = KINDS
        .iter()
        .find_map(|kind| Some((kind, kind.format(word)?)));
    let (kind, format) = found.ok_or("its name does not tell what it is: --attach-type does")?;
    let name = (*kind == MediaKind::Document).then(|| "document".to_owned());
    Ok(kind.part(Media::in_s3(format, name, location)))
}

/// Returns whether a path leads to an image, a document or a video, by its extension, which a variable keeps as a path.
pub(super) fn is_media_path(path: &str) -> bool {
    const TEXT: [&str; 6] = ["csv", "html", "htm", "txt", "md", "markdown"];
    let extension = Path::new(path).extension().and_then(|it| it.to_str());
    extension.is_some_and(|extension| {
        !TEXT.contains(&extension) && KINDS.iter().any(|kind| kind.format(extension).is_some())
    })
}

impl MediaTemplate {
    /// Returns a digest of the file, where the suite names one that can be read.
    pub(super) fn digest(&self) -> String {
        let literal = self.data.is_literal().then(|| self.data.source());
        let path = literal.and_then(|source| source.strip_prefix("file://"));
        let bytes = path.and_then(|path| read_whole(&self.folder.join(path)).ok());
        bytes.map_or_else(String::new, |bytes| hex(&Sha256::digest(bytes)[..16]))
    }

    /// Returns the block for a trial.
    ///
    /// # Errors
    ///
    /// The template does not render; or the file cannot be read, the text is no base64, the format is none that Bedrock takes,
    /// or it is too large.
    pub(super) fn part(&self, vars: &Map<String, Value>) -> Result<Part, PromptError> {
        let source = self.data.render(vars)?;
        let media = self.media(source.trim()).map_err(PromptError::Media)?;
        Ok(self.kind.part(media))
    }

    /// Reads what `source` says, in a sentence why not.
    pub(super) fn media(&self, source: &str) -> Result<Media, String> {
        let kind = self.kind.as_str();
        if source.starts_with("s3://") {
            return self.in_s3(source);
        }
        let (bytes, told) = if let Some(path) = source.strip_prefix("file://") {
            let file = self.folder.join(path);
            let bytes = read_whole(&file)
                .map_err(|error| format!("the {kind} `{path}` cannot be read: {error}"))?;
            let extension = file.extension().map(|it| it.to_string_lossy().into_owned());
            (bytes, extension)
        } else {
            let (told, base64) = match source
                .strip_prefix("data:")
                .and_then(|url| url.split_once(";base64,"))
            {
                Some((media_type, base64)) => {
                    (media_type.rsplit('/').next().map(str::to_owned), base64)
                }
                None => (None, source),
            };
            let bytes = STANDARD
                .decode(base64.trim())
                .map_err(|_| format!("the {kind} is neither `file://…`, `s3://…` nor base64"))?;
            (bytes, told)
        };
        self.of_bytes(source, bytes, told)
    }

    /// Makes a block of what Bedrock is to read itself.
    fn in_s3(&self, source: &str) -> Result<Media, String> {
        let kind = self.kind.as_str();
        let extension = Path::new(source).extension().and_then(|it| it.to_str());
        let word = self.format.as_deref().or(extension).unwrap_or_default();
        let format = self.kind.format(word).ok_or_else(|| {
            format!("the name of the {kind} `{source}` does not tell its format: `format` does")
        })?;
        let name = (self.kind == MediaKind::Document).then(|| self.document_name(source));
        Ok(Media::in_s3(format, name, source))
    }

    /// Makes a block of bytes that `source` named; `told` is the format by their name.
    fn of_bytes(
        &self,
        source: &str,
        bytes: Vec<u8>,
        told: Option<String>,
    ) -> Result<Media, String> {
        let kind = self.kind.as_str();
        if bytes.is_empty() {
            return Err(format!("the {kind} is empty"));
        }
        if bytes.len() > self.kind.most_bytes() {
            let most = self.kind.most_bytes();
            return Err(format!(
                "the {kind} has {} bytes, Bedrock takes {most}",
                bytes.len()
            ));
        }
        let word = self.format.clone().or_else(|| sniffed(&bytes)).or(told);
        let format = word.as_deref().and_then(|word| self.kind.format(word));
        let Some(format) = format else {
            let word = word.unwrap_or_else(|| "unknown".to_owned());
            return Err(format!(
                "the {kind} is of the format `{word}`, which Bedrock does not take"
            ));
        };
        let name = (self.kind == MediaKind::Document).then(|| self.document_name(source));
        Ok(Media::new(format, name, bytes))
    }

    /// Returns a name that Converse takes: letters, digits, single blanks, hyphens, parentheses and brackets.
    fn document_name(&self, source: &str) -> String {
        let path = ["file://", "s3://"]
            .iter()
            .find_map(|scheme| source.strip_prefix(scheme));
        let stem = path.and_then(|path| {
            let stem = Path::new(path).file_stem()?;
            Some(stem.to_string_lossy().into_owned())
        });
        let name = self.name.clone().or(stem);
        let name = name.unwrap_or_else(|| "document".to_owned());
        let plain: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || "-()[]".contains(c) {
                    c
                } else {
                    ' '
                }
            })
            .collect();
        let words: Vec<&str> = plain.split_whitespace().collect();
        let name: String = words.join(" ").chars().take(200).collect();
        if name.is_empty() {
            "document".to_owned()
        } else {
            name
        }
    }
}

/// Returns the format that the first bytes tell.
fn sniffed(bytes: &[u8]) -> Option<String> {
    let format = match bytes {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        [b'G', b'I', b'F', b'8', ..] => "gif",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "webp",
        [b'%', b'P', b'D', b'F', ..] => "pdf",
        [_, _, _, _, b'f', b't', b'y', b'p', b'q', b't', ..] => "mov",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "mp4",
        _ => return None,
    };
    Some(format.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(kind: MediaKind) -> MediaTemplate {
        MediaTemplate {
            kind,
            format: None,
            name: None,
            data: Template::parse("").unwrap(),
            folder: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        }
    }

    #[test]
    fn images_come_as_files_data_urls_and_base64() {
        let image = template(MediaKind::Image);
        let png = STANDARD.encode([0x89, b'P', b'N', b'G', 1, 2]);
        let gif = format!("data:image/gif;base64,{}", STANDARD.encode(b"GIF89a"));
        let odd = format!("data:image/webp;base64,{}", STANDARD.encode(b"what is it"));
        for (source, format) in [(png.as_str(), "png"), (&gif, "gif"), (&odd, "webp")] {
            assert_eq!(image.media(source).unwrap().format, format);
        }
        let tiff = format!("data:image/tiff;base64,{}", STANDARD.encode(b"what is it"));
        let large = STANDARD.encode(vec![b'P'; 4_000_000]);
        for (source, why) in [
            ("file://none.png", "cannot be read"),
            ("?", "neither"),
            ("", "empty"),
            (&tiff, "`tiff`, which Bedrock does not take"),
            (&large, "Bedrock takes 3750000"),
            ("s3://bucket/picture", "does not tell its format"),
            ("s3://bucket/picture.pdf", "does not tell its format"),
            ("file://Cargo.toml", "`toml`, which"),
        ] {
            let error = image.media(source).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_lies_in_s3_is_named_and_not_read() {
        for (kind, source, format, name) in [
            (MediaKind::Image, "s3://bucket/a.JPG", "jpeg", None),
            (MediaKind::Video, "s3://bucket/a/b.3gp", "three_gp", None),
            (
                MediaKind::Document,
                "s3://bucket/terms.pdf",
                "pdf",
                Some("terms"),
            ),
        ] {
            let media = template(kind).media(source).unwrap();
            assert_eq!(media.format, format);
            assert_eq!(media.location.as_deref(), Some(source));
            assert_eq!(media.name.as_deref(), name);
        }
    }

    #[test]
    fn documents_have_names_that_converse_takes() {
        let mut document = template(MediaKind::Document);
        let readme = document.media("file://README.md").unwrap();
        assert_eq!(
            (readme.format.as_str(), readme.name.as_deref()),
            ("md", Some("README"))
        );
        document.name = Some("Terms_of  service/2026 (final).pdf".to_owned());
        let named = document.media("file://README.md").unwrap();
        assert_eq!(
            named.name.as_deref(),
            Some("Terms of service 2026 (final) pdf")
        );
    }
}
