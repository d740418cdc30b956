//! Edits against the naive way: build the document anew without what is refused.

use std::collections::BTreeSet;

use osa_plugin_sdk::GuestRepository as _;
use proptest::prelude::*;

use crate::support::{Upstream, repository};

/// What stands around a version.
const WRITINGS: [(&str, &str); 5] = [
    ("", ""),
    (" ", "\n"),
    ("<![CDATA[", "]]>"),
    ("<!--x-->", ""),
    ("", "<?y?>"),
];

fn line((version, writing): &(u16, usize)) -> String {
    let (before, after) = WRITINGS[*writing];
    format!("\n  <version>{before}1.{version}{after}</version>")
}

fn document(versions: &[(u16, usize)], release: Option<&str>) -> String {
    let release = release
        .map(|release| format!("\n <release>{release}</release>"))
        .unwrap_or_default();
    let lines: String = versions.iter().map(line).collect();
    format!("<metadata>\n<versioning>{release}\n<versions>{lines}\n</versions>\n<x>é</x></versioning>\n</metadata>\n")
}

proptest! {
    #[test]
    fn cutting_is_as_good_as_writing_anew(
        versions in prop::collection::vec((0..12_u16, 0..WRITINGS.len()), 1..12),
        gone in prop::collection::btree_set(0..12_u16, 0..12),
    ) {
        let highest = versions.iter().map(|(version, _)| *version).max().unwrap();
        let upstream = Upstream::artifact(document(&versions, Some(&format!("1.{highest}"))));
        let there: BTreeSet<u16> = versions.iter().map(|(version, _)| *version).collect();
        let refused: Vec<String> = gone.intersection(&there).map(|version| format!("1.{version}")).collect();
        let served = upstream.served(&refused.iter().map(String::as_str).collect::<Vec<_>>());
        let left: Vec<_> = versions.iter().filter(|(version, _)| !gone.contains(version)).copied().collect();
        let release = left.iter().map(|(version, _)| *version).max();
        prop_assert_eq!(served, release.map(|release| document(&left, Some(&format!("1.{release}")))));
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        parts in prop::collection::vec(prop_oneof![
            Just("<metadata>"), Just("</metadata>"), Just("<versioning>"), Just("</versioning>"), Just("<versions>"),
            Just("</versions>"), Just("<version>"), Just("</version>"), Just("<latest>"), Just("</latest>"), Just("1.0"),
            Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"), Just("&amp;"), Just("&x;"), Just("<?"), Just("?>"),
            Just("<a/>"), Just("<"), Just(">"), Just("'"), Just("\""), Just("\u{feff}"), Just("<!DOCTYPE"), Just("["),
        ], 0..30),
    ) {
        let upstream = Upstream::artifact(parts.concat());
        if let Ok(index) = upstream.scan() {
            let refused: Vec<_> = (0..index.suffixes().len()).step_by(2).map(osa_plugin_sdk::conformance::refuse).collect();
            prop_assert!(osa_plugin_sdk::conformance::serve(&repository(), upstream.case(), &refused, osa_plugin_sdk::Style::Remove).is_ok());
        }
    }

    #[test]
    fn any_path_is_classified(path in "[a-z./%;1-9-]{0,40}") {
        prop_assert!(repository().classify(osa_plugin_sdk::conformance::get(&path)).is_ok());
    }
}
