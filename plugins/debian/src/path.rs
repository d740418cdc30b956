//! What a path means.

use std::borrow::Cow;

use osa_plugin_sdk::url::decode_segment;

use crate::file::File;

/// A path, decoded as often as anybody may decode it: names of files may hold a `%3a` of their own, the colon of an epoch.
#[derive(Debug)]
pub(crate) struct Place<'a>(Vec<Cow<'a, str>>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    /// What apt verifies by signatures before it trusts it, other listings, keys.
    Index,
    File {
        name: &'a str,
        file: File<'a>,
    },
}

// === impl Place ===

impl<'a> Place<'a> {
    /// None for what upstream could read in another way than we do: hidden slashes, dot segments, path parameters.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        path.split('/').map(decode).collect::<Option<_>>().map(Self)
    }

    /// None for a package whose name is none, and for one below another.
    pub(crate) fn resource(&self) -> Option<Resource<'_>> {
        // A package also when something follows: some servers do not mind a slash, and some unpack, `NAME.deb!/control.tar`.
        let mut packages = self.0.iter().filter_map(|segment| {
            let name = segment.trim_end_matches('!');
            let file = File::of(name);
            matches!(file, File::Package(_)).then_some((name, file))
        });
        if let Some((name, file)) = packages.next() {
            let named = name.starts_with(|first: char| first.is_ascii_alphanumeric());
            return (named && packages.next().is_none()).then_some(Resource::File { name, file });
        }
        if self.is_index() {
            return Some(Resource::Index);
        }
        let name = self.0.last().map_or("", |name| name);
        let file = File::of(name);
        Some(Resource::File { name, file })
    }

    fn is_index(&self) -> bool {
        let Some((name, folders)) = self.0.split_last() else {
            return true;
        };
        let folder = |at: usize| {
            folders
                .len()
                .checked_sub(at)
                .and_then(|at| folders.get(at))
                .map(AsRef::as_ref)
        };
        let installer = || folders.iter().any(|folder| folder.starts_with("installer-"));
        name.is_empty()
            || is_index_name(name)
            || (folder(2) == Some("by-hash") && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
            // Differences between two states of an index.
            || folder(1).is_some_and(|folder| folder.strip_suffix(".diff").is_some())
            || (folders.iter().any(|folder| folder == "dists") && !installer())
    }
}

/// What stands beside packages where a flat archive has no `dists`.
fn is_index_name(name: &str) -> bool {
    let plain = [".gz", ".xz", ".bz2", ".lzma", ".zst", ".lz4"]
        .into_iter()
        .find_map(|packed| name.strip_suffix(packed))
        .unwrap_or(name);
    let exact = [
        "InRelease",
        "Release",
        "Packages",
        "Sources",
        "Contents",
        "Index",
        "ls-lR",
    ];
    let beginnings = ["Contents-", "Translation-", "Components-", "Commands-", "icons-"];
    let keys = [".gpg", ".key"];
    exact.contains(&plain)
        || beginnings.iter().any(|beginning| plain.starts_with(beginning))
        || keys.iter().any(|key| name.ends_with(key))
}

/// Twice: a server may do so as well.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    let once = decode_segment(segment)?;
    let text = if once.contains('%') {
        Cow::Owned(decode_segment(&once)?.into_owned())
    } else {
        once
    };
    let odd = text.contains(['%', '?', '#', ';']) || matches!(&*text, "." | "..");
    (!odd).then_some(text)
}
