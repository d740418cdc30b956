//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{
    Description, OptionKind, OptionSpec,
    origins::{ADDITIONAL, PACKAGES, REGISTRY},
};

pub(crate) fn describe() -> Description {
    Description {
        name: "pypi".into(),
        purl_types: vec!["pypi".into()],
        origins: vec![
            option(
                REGISTRY,
                OptionKind::Url,
                true,
                "The index, with or without its `/simple`.",
                "https://index.example",
            ),
            option(
                PACKAGES,
                OptionKind::Url,
                false,
                "Where the index's file links lead.",
                "https://files.example",
            ),
            option(
                ADDITIONAL,
                OptionKind::UrlMap,
                false,
                "Further hosts that links lead to, each with the URL to fetch from.",
                "{cdn.example: https://cdn.example}",
            ),
        ],
        settings: Vec::new(),
        file_types: [".whl", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip", ".egg"]
            .map(str::to_owned)
            .to_vec(),
        wants_headers: vec!["accept".into()],
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "pip config set global.index-url {url}/simple/".into(),
        error_form: None,
    }
}

fn option(key: &str, kind: OptionKind, required: bool, help: &str, example: &str) -> OptionSpec {
    OptionSpec {
        key: key.into(),
        kind,
        required,
        help: help.into(),
        example: example.into(),
    }
}
