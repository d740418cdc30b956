//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, ErrorForm, OptionKind, OptionSpec};

/// The configuration key of the module proxy.
pub(crate) const REGISTRY: &str = "registry";
/// The configuration key of the checksum database.
pub(crate) const SUMDB: &str = "sumdb-registry";

pub(crate) fn description() -> Description {
    let url = |key: &str, required, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind: OptionKind::Url,
        required,
        help: help.into(),
        example: example.into(),
    };
    Description {
        name: "go".into(),
        purl_types: vec!["golang".into()],
        origins: vec![
            url(
                REGISTRY,
                true,
                "The module proxy to fetch from, one entry of `go env GOPROXY`.",
                "https://registry.example",
            ),
            url(
                SUMDB,
                false,
                "The checksum database to relay; without it, clients ask theirs directly.",
                "https://sumdb.example",
            ),
        ],
        settings: Vec::new(),
        file_types: vec![".zip".into()],
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "go env -w GOPROXY={url}".into(),
        // The go command shows what the server says only when it is plain text.
        error_form: Some(ErrorForm {
            content_type: "text/plain; charset=utf-8".into(),
            template: "{message}\n".into(),
        }),
    }
}
