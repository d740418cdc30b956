use osa_plugin_sdk::{Description, ErrorForm, OptionKind, OptionSpec};

/// The configuration key of the registry.
pub(crate) const REGISTRY: &str = "registry";

pub(crate) fn description() -> Description {
    Description {
        name: "npm".into(),
        purl_types: vec!["npm".into()],
        origins: vec![OptionSpec {
            key: REGISTRY.into(),
            kind: OptionKind::Url,
            required: true,
            help: "The registry to fetch from, as in `npm config get registry`.".into(),
            example: "https://registry.example".into(),
        }],
        settings: Vec::new(),
        file_types: vec![".tgz".into()],
        wants_headers: vec!["accept".into()],
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "npm config set registry {url}/".into(),
        // npm prints the member `error` of the body.
        error_form: Some(ErrorForm {
            content_type: "application/json".into(),
            template: r#"{"error":"{message}"}"#.into(),
        }),
    }
}
