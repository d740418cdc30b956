//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, OptionKind, OptionSpec};

/// The configuration key of the repository, or of a tree of them.
pub(crate) const REGISTRY: &str = "registry";
/// The configuration key of the server that knows the mirrors.
pub(crate) const MIRRORLIST: &str = "mirrorlist-registry";
/// The configuration key of the package URLs' namespace.
pub(crate) const NAMESPACE: &str = "namespace";
/// The configuration key of the package URLs' distribution.
pub(crate) const DISTRO: &str = "distro";

pub(crate) fn description() -> Description {
    let option = |key: &str, kind, required, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind,
        required,
        help: help.into(),
        example: example.into(),
    };
    Description {
        name: "rpm".into(),
        purl_types: vec!["rpm".into()],
        origins: vec![
            option(
                REGISTRY,
                OptionKind::Url,
                true,
                "The repository to fetch from, or a folder with many of them.",
                "https://registry.example/9/AppStream/x86_64/os",
            ),
            option(
                MIRRORLIST,
                OptionKind::Url,
                false,
                "The server that answers `metalink` and `mirrorlist` requests, when that is another one.",
                "https://mirrors.example",
            ),
        ],
        settings: vec![
            option(
                NAMESPACE,
                OptionKind::Text,
                false,
                "The vendor in package URLs; found in the registry's URL and in paths when left out.",
                "fedora",
            ),
            option(
                DISTRO,
                OptionKind::Text,
                false,
                "The distribution in package URLs; found in the registry's URL and in paths when left out.",
                "fedora-42",
            ),
        ],
        file_types: vec![".rpm".into(), ".drpm".into()],
        wants_headers: Vec::new(),
        scans_documents: false,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "baseurl={url}/ in /etc/yum.repos.d/{name}.repo, or zypper addrepo {url}/ {name}".into(),
        error_form: None,
    }
}
