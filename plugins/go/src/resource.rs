//! What a path means.

use osa_plugin_sdk::path;

use crate::module::{Module, unescape};
use crate::version::is_version;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Module(Module, File),
    /// Of a checksum database: its name, and the decoded path within it.
    Sumdb(String),
    Unknown,
}

/// What is asked about a module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// `@v/list`
    List,
    /// `@latest`
    Latest,
    /// `@v/VERSION.info` or `.mod`: the version may be a branch or a commit, escaped as it came.
    About { version: String, end: &'static str },
    /// `@v/VERSION.zip`, of a canonical version.
    Zip { version: String },
    /// `@v/QUERY.zip`: whatever upstream makes of it, nobody can tell which version would be judged.
    ZipOfQuery,
}

// === impl Resource ===

impl Resource {
    /// `path` is percent-encoded, without leading slash and query.
    pub(crate) fn of(path: &str) -> Self {
        let Some(path) = path::decode(path).filter(|path| !path.contains(' ')) else {
            return Self::Unknown;
        };
        if let Some(rest) = path.strip_prefix("sumdb/") {
            return sumdb(rest).map_or(Self::Unknown, Self::Sumdb);
        }
        module(&path).map_or(Self::Unknown, |(module, file)| Self::Module(module, file))
    }
}

fn module(path: &str) -> Option<(Module, File)> {
    if let Some(escaped) = path.strip_suffix("/@latest") {
        return Some((Module::unescape(escaped)?, File::Latest));
    }
    let (escaped, file) = path.split_once("/@v/")?;
    Some((Module::unescape(escaped)?, self::file(file)?))
}

fn file(name: &str) -> Option<File> {
    if name == "list" {
        return Some(File::List);
    }
    for end in [".info", ".mod"] {
        if let Some(escaped) = name.strip_suffix(end) {
            let version = escaped.to_owned();
            return is_query(escaped).then_some(File::About { version, end });
        }
    }
    let escaped = name.strip_suffix(".zip")?;
    let version = unescape(escaped)?;
    if is_version(&version) {
        return Some(File::Zip { version });
    }
    is_query(escaped).then_some(File::ZipOfQuery)
}

/// One path segment of the characters that `EscapeVersion` leaves, and `+`.
fn is_query(escaped: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+!".contains(&byte);
    !escaped.is_empty() && escaped.bytes().all(allowed)
}

/// `NAME/supported`, `NAME/latest`, `NAME/lookup/MODULE@VERSION`, `NAME/tile/H/L/K[.p/W]`
/// (<https://go.dev/design/25530-sumdb#checksum-database>).
fn sumdb(path: &str) -> Option<String> {
    let (name, within) = path.split_once('/')?;
    let known =
        matches!(within, "supported" | "latest") || within.starts_with("lookup/") || within.starts_with("tile/");
    let plain = |segment: &str| !matches!(segment, "" | "." | "..");
    (!name.is_empty() && known && within.split('/').all(plain)).then(|| within.to_owned())
}
