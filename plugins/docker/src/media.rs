//! The media types of manifests.

/// What a media type says that a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// The manifest of one image, or of anything else that is kept like one.
    Image,
    /// A list of manifests.
    Index,
    /// Version 1, which names no digest of its own.
    Schema1,
    /// No more than that it is text or bytes.
    Vague,
    Unknown,
}

impl Media {
    /// Of a `Content-Type` or of a `mediaType`.
    pub(crate) fn of(media_type: &str) -> Self {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "application/vnd.docker.distribution.manifest.v2+json" | "application/vnd.oci.image.manifest.v1+json" => {
                Self::Image
            }
            "application/vnd.docker.distribution.manifest.list.v2+json" | "application/vnd.oci.image.index.v1+json" => {
                Self::Index
            }
            "application/vnd.docker.distribution.manifest.v1+json"
            | "application/vnd.docker.distribution.manifest.v1+prettyjws" => Self::Schema1,
            "" | "application/json" | "application/octet-stream" | "text/plain" | "binary/octet-stream" => Self::Vague,
            _ => Self::Unknown,
        }
    }
}
