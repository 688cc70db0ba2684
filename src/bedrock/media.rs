//! Images, documents and videos in Converse's own types.

use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    DocumentBlock, DocumentSource, ImageBlock, ImageSource, S3Location, VideoBlock, VideoSource,
};

use crate::model::Media;

/// The name of a document that has none; Converse wants one.
const NAMELESS: &str = "document";

/// Returns an image as a block.
pub(super) fn image(image: &Media) -> ImageBlock {
    ImageBlock::builder()
        .format(image.format.as_str().into())
        .source(match s3(image) {
            Some(place) => ImageSource::S3Location(place),
            None => ImageSource::Bytes(Blob::new(image.bytes())),
        })
        .build()
        .expect("the format is set")
}

/// Returns a document as a block.
pub(super) fn document(document: &Media) -> DocumentBlock {
    DocumentBlock::builder()
        .format(document.format.as_str().into())
        .name(document.name.as_deref().unwrap_or(NAMELESS))
        .source(match s3(document) {
            Some(place) => DocumentSource::S3Location(place),
            None => DocumentSource::Bytes(Blob::new(document.bytes())),
        })
        .build()
        .expect("the name is set")
}

/// Returns a video as a block.
pub(super) fn video(video: &Media) -> VideoBlock {
    VideoBlock::builder()
        .format(video.format.as_str().into())
        .source(match s3(video) {
            Some(place) => VideoSource::S3Location(place),
            None => VideoSource::Bytes(Blob::new(video.bytes())),
        })
        .build()
        .expect("the format is set")
}

/// Returns where it lies, if it is not sent.
fn s3(media: &Media) -> Option<S3Location> {
    let location = media.location.as_ref()?;
    let place = S3Location::builder().uri(location).build();
    Some(place.expect("the address is set"))
}
