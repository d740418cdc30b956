//! What a path means.

use std::borrow::Cow;

use osa_plugin_sdk::path;

use crate::file::Package;

/// What names of architectures begin with.
const ARCHITECTURES: [&str; 16] = [
    "aarch64",
    "arm",
    "i386",
    "i486",
    "i586",
    "i686",
    "loongarch64",
    "mips",
    "noarch",
    "powerpc",
    "ppc",
    "riscv",
    "s390",
    "sparc",
    "x86",
    "x86_64",
];

#[derive(Debug)]
pub(crate) struct Place<'a>(Vec<Cow<'a, str>>);

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Resource<'a> {
    /// Signed indexes, keys, listings.
    Index,
    Package {
        file: &'a str,
        package: Package<'a>,
    },
    Other {
        file: &'a str,
    },
}

// === impl Place ===

impl<'a> Place<'a> {
    /// None for what upstream could read in another way than we do.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let segments = path::segments(path)?;
        // Some servers cut off what follows a semicolon.
        (!segments.iter().any(|segment| segment.contains(';'))).then_some(Self(segments))
    }

    /// None for a package whose name is none, and for one below another.
    pub(crate) fn resource(&self) -> Option<Resource<'_>> {
        // A package also when something follows: some servers do not mind a slash, and some unpack, `NAME.apk!/file`.
        let mut packages = self.0.iter().filter_map(|segment| {
            let file = segment.trim_end_matches('!');
            let package = Package::of(file).filter(|package| package.itself)?;
            Some((file, package))
        });
        if let Some((file, package)) = packages.next() {
            let named = file.starts_with(|first: char| first.is_ascii_alphanumeric());
            return (named && packages.next().is_none()).then_some(Resource::Package { file, package });
        }
        let file = self.0.last().map_or("", |name| name);
        Some(match Package::of(file) {
            Some(package) => Resource::Package { file, package },
            None if is_index(file) => Resource::Index,
            None => Resource::Other { file },
        })
    }

    /// `x86_64` of `v3.20/main/x86_64/NAME`.
    pub(crate) fn architecture(&self) -> Option<&str> {
        let known = |folder: &&str| ARCHITECTURES.iter().any(|known| folder.starts_with(known));
        self.folders().rev().find(known)
    }

    pub(crate) fn branch(&self) -> Option<&str> {
        branch(self.folders())
    }

    fn folders(&self) -> impl DoubleEndedIterator<Item = &str> {
        let (_, folders) = self.0.split_last().unzip();
        folders.unwrap_or_default().iter().map(AsRef::as_ref)
    }
}

/// The first folder that is called like a branch: `v3.20`, `edge`, `latest-stable`.
pub(crate) fn branch<'a>(mut folders: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    folders.find(|folder| match folder.strip_prefix('v') {
        Some(numbers) => numbers.contains('.') && numbers.split('.').all(number),
        None => matches!(*folder, "edge" | "latest-stable"),
    })
}

/// Also the indexes of apk-tools 3, keys, and what tells the state of a mirror; a folder's name is empty.
fn is_index(name: &str) -> bool {
    let ends = [".adb", ".pub", ".yaml"];
    name.is_empty()
        || name.starts_with("APKINDEX")
        || matches!(name, "MIRRORS.txt" | "last-updated")
        || ends.iter().any(|end| name.ends_with(end))
}
