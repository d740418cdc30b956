//! What a path means.

use percent_encoding::percent_decode_str;

use crate::gem_file::GemFile;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `/info/GEM`: the versions of a gem (compact index).
    Info {
        gem: String,
    },
    /// `/versions`: all gems with the checksums of their infos (compact index).
    Versions,
    /// `/specs.4.8.gz` and its kin: all versions of all gems.
    Specs {
        file: String,
        gzip: bool,
    },
    /// `/quick/Marshal.4.8/FULL-NAME.gemspec.rz`: the specification of one gem.
    Gemspec(GemFile),
    /// `/api/v1/dependencies`: versions of the gems that the query names.
    Dependencies {
        json: bool,
    },
    /// `/api/v1/versions/GEM.json`.
    VersionsOf {
        gem: String,
    },
    /// A document about one version, perhaps the latest: `path` leads to it.
    GemOf {
        gem: String,
        path: String,
    },
    /// `/gems/FULL-NAME.gem`, or below `/downloads`.
    Gem {
        file: GemFile,
        folder: &'static str,
    },
    /// Neither versions to choose from nor gems.
    Service(String),
    Unknown,
}

// === impl Resource ===

impl Resource {
    /// `path` is percent-encoded, without leading slash and query.
    pub(crate) fn of(path: &str) -> Self {
        let Ok(decoded) = percent_decode_str(path).decode_utf8() else {
            return Self::Unknown;
        };
        // Besides slashes a path of a gem server holds what names, versions and platforms may hold, and nothing else.
        let plain = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
        let segments: Vec<_> = decoded.split('/').collect();
        if decoded.is_empty() || !segments.iter().copied().all(plain) {
            return if decoded.is_empty() {
                Self::Service(String::new())
            } else {
                Self::Unknown
            };
        }
        Self::of_segments(&segments).unwrap_or(Self::Unknown)
    }

    fn of_segments(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            ["versions"] => Self::Versions,
            ["info", gem] => Self::Info { gem: (*gem).to_owned() },
            ["names"] => Self::Service("names".into()),
            [file] => specs(file)?,
            ["quick", "Marshal.4.8", file] => Self::Gemspec(GemFile::parse(file.strip_suffix(".gemspec.rz")?)?),
            ["gems", file] => gem(file, "gems")?,
            ["downloads", file] => gem(file, "downloads")?,
            ["api", "v1", "dependencies"] => Self::Dependencies { json: false },
            ["api", "v1", "dependencies.json"] => Self::Dependencies { json: true },
            ["api", "v1", "versions", file] => Self::VersionsOf { gem: json(file)? },
            ["api", "v1", "versions", gem, "latest.json"] => Self::GemOf {
                gem: (*gem).to_owned(),
                path: segments.join("/"),
            },
            ["api", "v1", "gems", file] => Self::GemOf {
                gem: json(file)?,
                path: segments.join("/"),
            },
            ["api", "v2", "rubygems", gem, "versions", file] => {
                json(file)?;
                Self::GemOf {
                    gem: (*gem).to_owned(),
                    path: segments.join("/"),
                }
            }
            ["api", "v1", "search.json" | "downloads.json"]
            | ["api", "v1", "gems", _, "owners.json" | "reverse_dependencies.json"]
            | ["api", "v1", "attestations" | "downloads", _] => Self::Service(segments.join("/")),
            _ => return None,
        })
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn specs(file: &str) -> Option<Resource> {
    let (stem, gzip) = match file.strip_suffix(".gz") {
        Some(stem) => (stem, true),
        None => (file, false),
    };
    matches!(stem, "specs.4.8" | "latest_specs.4.8" | "prerelease_specs.4.8").then(|| Resource::Specs {
        file: file.to_owned(),
        gzip,
    })
}

fn gem(file: &str, folder: &'static str) -> Option<Resource> {
    Some(Resource::Gem {
        file: GemFile::parse(file.strip_suffix(".gem")?)?,
        folder,
    })
}

fn json(file: &str) -> Option<String> {
    file.strip_suffix(".json")
        .filter(|stem| !stem.is_empty())
        .map(str::to_owned)
}
