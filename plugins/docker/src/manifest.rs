//! What a manifest is, read so that no client can read it as something else.
//!
//! Clients written in Go match keys in any case and take the last of equal ones, others the first; some go by the media
//! type in the document, some by that of the answer. So a document with two readings is refused.

use osa_plugin_sdk::{
    Error,
    json::{self, Kind},
};

use crate::media::Media;

/// What clients take (`oras`, containers/image, docker), so more is good for nothing but memory.
const LARGEST: usize = 4 << 20;

/// Keys that say what a document is. Of any other, none changes that.
const TELLING: [&str; 7] = [
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "fsLayers",
    "blobs",
];

/// What stands at the top of a document.
#[derive(Default)]
struct Top {
    seen: Vec<&'static str>,
    version: Option<Vec<u8>>,
    media_type: Option<String>,
}

/// Whether a document is an image's manifest or an index; `content_type` is the answer's.
pub(crate) fn kind(content_type: Option<&str>, body: &[u8]) -> Result<Media, Error> {
    if body.len() > LARGEST {
        return Err(Error::Malformed(format!("a manifest of more than {LARGEST} bytes")));
    }
    let top = Top::read(body)?;
    let told = Media::of(content_type.unwrap_or_default());
    if told == Media::Schema1 || top.version.as_deref() == Some(b"1") || top.has("fsLayers") {
        return Err(Error::Unsupported(
            "an image manifest of schema version 1, which has no digest to be judged by: push the image again with a current client"
                .into(),
        ));
    }
    if top.version.as_deref() != Some(b"2") {
        return Err(Error::Malformed("a manifest without schemaVersion 2".into()));
    }
    let own = top.kind()?;
    match told {
        Media::Vague => Ok(own),
        told if told == own => Ok(own),
        Media::Image | Media::Index => Err(Error::Malformed(format!(
            "a manifest that is not of its Content-Type {}",
            content_type.unwrap_or_default()
        ))),
        Media::Unknown | Media::Schema1 => Err(unknown(content_type.unwrap_or_default())),
    }
}

fn unknown(media_type: &str) -> Error {
    Error::Unsupported(format!("a manifest of the media type {media_type:?}"))
}

// === impl Top ===

impl Top {
    fn read(body: &[u8]) -> Result<Self, json::Error> {
        json::read(body, |cursor| {
            let mut top = Self::default();
            cursor.object(|cursor, member| {
                let key = member.key.decode()?;
                let folded = folded(&key);
                let Some(known) = TELLING.into_iter().find(|known| known.to_lowercase() == folded) else {
                    return Ok(());
                };
                if key != known || top.has(known) {
                    return Err(cursor.error(format!("{known} twice, or in other letters")));
                }
                top.seen.push(known);
                let wanted = match known {
                    "schemaVersion" => Kind::Number,
                    "mediaType" => Kind::String,
                    "config" => Kind::Object,
                    _ => Kind::Array,
                };
                let kind = cursor.kind()?;
                // An empty list of Go's may read null. Of version 1 all that counts is that it is there.
                let is_list = wanted == Kind::Array && kind == Kind::Null;
                if kind != wanted && !is_list && known != "fsLayers" {
                    return Err(cursor.error(format!("{known} is not of the right kind")));
                }
                match known {
                    "schemaVersion" => {
                        let value = cursor.skip()?;
                        top.version = value.span.of(body).map(<[u8]>::to_vec);
                    }
                    "mediaType" => {
                        top.media_type = match cursor.string()? {
                            Some(text) => Some(text.decode()?.into_owned()),
                            None => None,
                        };
                    }
                    _ => {}
                }
                Ok(())
            })?;
            Ok(top)
        })
    }

    fn has(&self, key: &str) -> bool {
        self.seen.contains(&key)
    }

    /// By its media type, and by what it has.
    fn kind(&self) -> Result<Media, Error> {
        let shape = match (self.has("config") && self.has("layers"), self.has("manifests")) {
            (true, false) => Media::Image,
            (false, true) if !self.has("config") && !self.has("layers") => Media::Index,
            _ => Media::Unknown,
        };
        match &self.media_type {
            Some(media_type) => match Media::of(media_type) {
                told @ (Media::Image | Media::Index) if told == shape => Ok(told),
                Media::Image | Media::Index => Err(Error::Malformed(format!(
                    "a manifest that has not what belongs to its mediaType {media_type}"
                ))),
                _ => Err(unknown(media_type)),
            },
            None if shape == Media::Unknown => Err(Error::Malformed(
                "a manifest that is neither an image nor an index, or both".into(),
            )),
            None => Ok(shape),
        }
    }
}

/// As Go's `encoding/json` compares keys: simple case folding, which two letters beyond ASCII take part in.
fn folded(key: &str) -> String {
    let fold = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    key.chars().map(fold).collect()
}
