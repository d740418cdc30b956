//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, OptionKind, OptionSpec};

/// The configuration key of the archive.
pub(crate) const REGISTRY: &str = "registry";

/// Packages, and what source packages are made of.
const FILE_TYPES: [&str; 10] = [
    ".deb",
    ".udeb",
    ".dsc",
    ".orig.tar.gz",
    ".orig.tar.xz",
    ".orig.tar.bz2",
    ".debian.tar.gz",
    ".debian.tar.xz",
    ".debian.tar.bz2",
    ".diff.gz",
];

pub(crate) fn describe() -> Description {
    let text = |key: &str, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind: OptionKind::Text,
        required: false,
        help: help.into(),
        example: example.into(),
    };
    Description {
        name: "debian".into(),
        purl_types: vec!["deb".into()],
        origins: vec![OptionSpec {
            key: REGISTRY.into(),
            kind: OptionKind::Url,
            required: true,
            help: "The archive to fetch from: `dists` and `pool` lie below, or all files of a flat one.".into(),
            example: "https://registry.example/debian".into(),
        }],
        settings: vec![
            text(
                "distro",
                "Code name of the release, for package URLs; whether it is Debian's or Ubuntu's tells their namespace.",
                "bookworm",
            ),
            text(
                "namespace",
                "Namespace of package URLs: the vendor, where the code name does not tell it.",
                "astra",
            ),
        ],
        file_types: FILE_TYPES.map(str::to_owned).to_vec(),
        wants_headers: Vec::new(),
        scans_documents: false,
        edits_heads: false,
        by_host: false,
        // Names are in lower case, and the package URL specification writes them so.
        folds_case: true,
        client_setup: "in /etc/apt/sources.list: deb {url} SUITE COMPONENT".into(),
        error_form: None,
    }
}
