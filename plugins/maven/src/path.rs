//! What a path means.

use std::borrow::Cow;

use osa_plugin_sdk::{Digest, path};

use crate::coordinates::{Artifact, is_snapshot, subject};
use crate::describe::FILE_TYPES;
use crate::settings::Settings;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Metadata {
        of: Level,
        part: Part,
    },
    /// A file in a version's folder.
    File {
        artifact: Artifact,
        version: String,
        file: String,
        /// Whether it only describes the version (its pom), or belongs to a file that does.
        describes: bool,
    },
    /// A package's file where no version's folder is, so that nobody can tell what it is.
    Stray(String),
    /// Listings of folders, catalogues, search indexes.
    Other,
}

/// What `maven-metadata.xml` tells of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The versions of an artifact, or the plugins of a group, or both: the folders are called alike.
    Artifact(Artifact),
    /// The builds of a snapshot.
    Snapshot { artifact: Artifact, version: String },
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Document,
    Checksum(Digest),
    /// A signature, which cannot hold for an edited document, or something that no client knows.
    Never,
}

// === impl Resource ===

impl Resource {
    /// `path` is percent-encoded, without leading slash and query. None for what upstream could read in another way
    /// than we do.
    pub(crate) fn of(settings: &Settings, path: &str) -> Option<Self> {
        let decoded = decode(path)?;
        let folder = decoded.is_empty() || decoded.ends_with('/');
        let whole: Vec<&str> = decoded.trim_end_matches('/').split('/').collect();
        let segments = whole.get(settings.above_root(&whole)..).unwrap_or_default();
        let Some((file, parents)) = segments.split_last() else {
            return Some(Self::Other);
        };
        if let Some(part) = metadata(file) {
            return (!folder).then(|| Self::Metadata {
                of: Level::of(parents),
                part,
            });
        }
        if file.starts_with("nexus-maven-repository-index") && matches!(parents, [".index"]) {
            return (!folder).then_some(Self::Other);
        }
        let base = subject(file);
        let packed = FILE_TYPES
            .iter()
            .any(|kind| base.len() > kind.len() && base.as_bytes().ends_with(kind.as_bytes()));
        match parents {
            [path @ .., version] if path.len() >= 2 => {
                let artifact = Artifact::of(path);
                if folder {
                    // Some servers do not mind a slash behind a file.
                    let named = format!("{}-", artifact.name);
                    return (!packed && !file.starts_with(&named)).then_some(Self::Other);
                }
                Some(Self::File {
                    describes: artifact.describes(version, base),
                    artifact,
                    version: (*version).to_owned(),
                    file: (*file).to_owned(),
                })
            }
            _ if packed => Some(Self::Stray((*file).to_owned())),
            _ => Some(Self::Other),
        }
    }
}

// === impl Level ===

impl Level {
    fn of(folder: &[&str]) -> Self {
        match folder {
            [path @ .., version] if path.len() >= 2 && is_snapshot(version) => Self::Snapshot {
                artifact: Artifact::of(path),
                version: (*version).to_owned(),
            },
            path => Self::Artifact(Artifact::of(path)),
        }
    }
}

/// Also `maven-metadata-ID.xml`, which a repository has that was copied from a client's own.
fn metadata(file: &str) -> Option<Part> {
    let rest = file.strip_prefix("maven-metadata")?;
    Some(match rest.rsplit_once(".xml") {
        Some((_, "")) => Part::Document,
        Some((_, ".sha1")) => Part::Checksum(Digest::Sha1),
        Some((_, ".md5")) => Part::Checksum(Digest::Md5),
        Some((_, ".sha256")) => Part::Checksum(Digest::Sha256),
        Some((_, ".sha512")) => Part::Checksum(Digest::Sha512),
        _ => Part::Never,
    })
}

/// None for what has other segments when decoded, or parameters that some servers cut off.
fn decode(path: &str) -> Option<Cow<'_, str>> {
    let same_segments = |decoded: &str| decoded.matches('/').count() == path.matches('/').count();
    path::decode(path).filter(|decoded| same_segments(decoded) && !decoded.contains(';'))
}
