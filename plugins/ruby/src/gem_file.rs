//! `NAME-VERSION[-PLATFORM]`, the full name of a gem, as files are named.

use crate::component::Component;
use crate::{platform, version};

/// Where a full name is divided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GemFile {
    full_name: String,
    name: usize,
    version: usize,
}

// === impl GemFile ===

impl GemFile {
    /// Names, versions and platforms may all hold hyphens and digits, so a full name may be divided in several ways. It is
    /// read with the longest platform that a machine can have; without any, with the shortest rest behind the version.
    pub(crate) fn parse(full_name: &str) -> Option<Self> {
        let mut chosen: Option<(usize, usize)> = None;
        for (hyphen, _) in full_name.match_indices('-').filter(|(hyphen, _)| *hyphen > 0) {
            let rest = full_name.get(hyphen + 1..).unwrap_or_default();
            let length = rest.find('-').unwrap_or(rest.len());
            if !rest.get(..length).is_some_and(version::is_version) {
                continue;
            }
            chosen = Some((hyphen, hyphen + 1 + length));
            if rest.get(length + 1..).is_some_and(platform::is_known) {
                break;
            }
        }
        let (name, version) = chosen?;
        Some(Self {
            full_name: full_name.to_owned(),
            name,
            version,
        })
    }

    pub(crate) fn full_name(&self) -> &str {
        &self.full_name
    }

    pub(crate) fn component(&self) -> Component<'_> {
        Component {
            name: self.full_name.get(..self.name).unwrap_or_default(),
            version: self.full_name.get(self.name + 1..self.version).unwrap_or_default(),
            platform: self.full_name.get(self.version + 1..).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_are_divided() {
        for (full_name, purl) in [
            ("rails-7.1.0", "rails@7.1.0"),
            ("aws-sdk-s3-1.2.3.pre.1", "aws-sdk-s3@1.2.3.pre.1"),
            ("jruby-launcher-1.1.2-java", "jruby-launcher@1.1.2?platform=java"),
            (
                "nokogiri-1.16.0-x86_64-linux-musl",
                "nokogiri@1.16.0?platform=x86_64-linux-musl",
            ),
            (
                "libv8-3.16.14.13-x86_64-darwin-14",
                "libv8@3.16.14.13?platform=x86_64-darwin-14",
            ),
            (
                "win32-api-1.0.4-x86-mswin32-60",
                "win32-api@1.0.4?platform=x86-mswin32-60",
            ),
            ("rails-3-helper-1.0", "rails-3-helper@1.0"),
            ("rails-3-helper-1.0-java", "rails-3-helper@1.0?platform=java"),
            ("v8-2-1.0", "v8-2@1.0"),
            ("widget-1.0-odd", "widget@1.0?platform=odd"),
            ("a-0", "a@0"),
            ("1-1", "1@1"),
        ] {
            let file = GemFile::parse(full_name).unwrap();
            assert_eq!(file.component().purl(), format!("pkg:gem/{purl}"), "{full_name}");
        }
        for nameless in [
            "",
            "rails",
            "-1.0",
            "rails-",
            "rails-x",
            "rails-1.",
            "rails-1..0",
            "1.0",
        ] {
            assert_eq!(GemFile::parse(nameless), None, "{nameless}");
        }
    }
}
