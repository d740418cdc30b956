//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, OptionKind, OptionSpec};

/// The configuration key of the repository.
pub(crate) const REGISTRY: &str = "registry";

pub(crate) fn describe() -> Description {
    let option = |key: &str, kind, required, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind,
        required,
        help: help.into(),
        example: example.into(),
    };
    let text = |key, help, example| option(key, OptionKind::Text, false, help, example);
    Description {
        name: "alpine".into(),
        purl_types: vec!["apk".into()],
        origins: vec![option(
            REGISTRY,
            OptionKind::Url,
            true,
            "The mirror to fetch from: branches, repositories and architectures lie below, as `v3.20/main/x86_64`.",
            "https://registry.example/alpine",
        )],
        settings: vec![
            text(
                "distro",
                "Branch for package URLs, in the place of the one in paths.",
                "v3.20",
            ),
            text(
                "namespace",
                "Namespace of package URLs: the vendor, where that is not `alpine`.",
                "wolfi",
            ),
        ],
        file_types: vec![".apk".into()],
        wants_headers: Vec::new(),
        scans_documents: false,
        edits_heads: false,
        by_host: false,
        // The package URL specification writes names in lower case.
        folds_case: true,
        client_setup: "in /etc/apk/repositories: {url}/BRANCH/main".into(),
        error_form: None,
    }
}
