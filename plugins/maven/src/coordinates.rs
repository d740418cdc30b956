//! Names of components, as the layout writes them: a group's dots are slashes.

use osa_plugin_sdk::purl;

/// A group and an artifact of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// With its dots; empty only for metadata that lies at the root.
    pub(crate) group: String,
    pub(crate) name: String,
}

/// Checksums and signatures: they belong to the file whose name stands before.
const SIDE_CARS: [&str; 7] = [
    ".sha1",
    ".md5",
    ".sha256",
    ".sha512",
    ".asc",
    ".sigstore.json",
    ".sigstore",
];

// === impl Artifact ===

impl Artifact {
    pub(crate) fn of(segments: &[&str]) -> Self {
        let (name, group) = segments.split_last().unwrap_or((&"", &[]));
        Self {
            group: group.join("."),
            name: (*name).to_owned(),
        }
    }

    /// `pkg:maven/org.acme/lib@`
    pub(crate) fn purl_prefix(&self) -> String {
        purl::prefix("maven", &self.group, &self.name)
    }

    pub(crate) fn purl(&self, version: &str) -> String {
        self.purl_prefix() + &purl::encode(version)
    }

    /// Whether a file is the pom or the module metadata of a version and not just named like one.
    pub(crate) fn describes(&self, version: &str, file: &str) -> bool {
        let stem = file.strip_suffix(".pom").or_else(|| file.strip_suffix(".module"));
        let told = stem
            .and_then(|stem| stem.strip_prefix(self.name.as_str()))
            .and_then(|rest| rest.strip_prefix('-'));
        told.is_some_and(|told| told == version || is_build(version, told))
    }
}

/// The file that a checksum or a signature, or a checksum of a signature, is of; the file itself when it is neither.
pub(crate) fn subject(file: &str) -> &str {
    let mut subject = file;
    while let Some(shorter) = SIDE_CARS.iter().find_map(|side_car| subject.strip_suffix(side_car)) {
        subject = shorter;
    }
    subject
}

pub(crate) fn is_snapshot(version: &str) -> bool {
    version == "SNAPSHOT" || version.ends_with("-SNAPSHOT")
}

/// `1.0-20240102.030405-6` of `1.0-SNAPSHOT`.
fn is_build(snapshot: &str, version: &str) -> bool {
    let numbers = |text: &str, digits: usize| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let told = snapshot
        .strip_suffix("SNAPSHOT")
        .and_then(|base| version.strip_prefix(base))
        .and_then(|build| build.split_once('-'));
    let Some((time, build)) = told else { return false };
    let timed = time
        .split_once('.')
        .is_some_and(|(day, clock)| numbers(day, 8) && numbers(clock, 6));
    timed && !build.is_empty() && numbers(build, build.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pom_of_the_version_itself_describes_it() {
        let lib = Artifact::of(&["org", "acme", "lib-2.0"]);
        assert_eq!(lib.purl("1.0+a"), "pkg:maven/org.acme/lib-2.0@1.0%2Ba");
        assert!(lib.describes("1.0", "lib-2.0-1.0.pom") && lib.describes("1.0", "lib-2.0-1.0.module"));
        assert!(lib.describes("1.0-SNAPSHOT", "lib-2.0-1.0-SNAPSHOT.pom"));
        assert!(lib.describes("1.0-SNAPSHOT", "lib-2.0-1.0-20240102.030405-16.pom"));
        for file in [
            "lib-2.0-1.0.jar",
            "lib-2.0-1.0.jar.pom",
            "lib-2.0-1.0-sources.pom",
            "lib-2.0-1.1.pom",
            "other-1.0.pom",
            "lib-2.0-1.0.POM",
            ".pom",
        ] {
            assert!(!lib.describes("1.0", file), "{file}");
        }
        for file in [
            "lib-2.0-1.0-2024.030405-1.pom",
            "lib-2.0-1.0-20240102.030405-.pom",
            "lib-2.0-1.0-20240102.030405.pom",
        ] {
            assert!(!lib.describes("1.0-SNAPSHOT", file), "{file}");
        }
    }

    #[test]
    fn side_cars_belong_to_their_file() {
        for (file, expected) in [
            ("a-1.jar", "a-1.jar"),
            ("a-1.jar.sha1", "a-1.jar"),
            ("a-1.jar.asc.md5", "a-1.jar"),
            ("a-1.jar.sigstore.json", "a-1.jar"),
            ("a-1.jar.sha1.zip", "a-1.jar.sha1.zip"),
        ] {
            assert_eq!(subject(file), expected);
        }
    }
}
