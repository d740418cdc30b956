//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, OptionKind, OptionSpec};

/// The configuration key of the registry.
pub(crate) const REGISTRY: &str = "registry";

pub(crate) fn description() -> Description {
    Description {
        name: "ruby".into(),
        purl_types: vec!["gem".into()],
        origins: vec![OptionSpec {
            key: REGISTRY.into(),
            kind: OptionKind::Url,
            required: true,
            help: "The gem server to fetch from, as in `gem sources`.".into(),
            example: "https://registry.example".into(),
        }],
        settings: Vec::new(),
        file_types: vec![".gem".into()],
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "gem sources --clear-all --add {url}/ (in a Gemfile: source \"{url}\")".into(),
        // gem and Bundler show nothing of a body; with enable-status-line they show the reason.
        error_form: None,
    }
}
