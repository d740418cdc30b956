//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{
    Description, OptionKind, OptionSpec,
    origins::{ADDITIONAL, REGISTRY},
};

pub(crate) fn description() -> Description {
    Description {
        name: "nuget".into(),
        purl_types: vec!["nuget".into()],
        origins: vec![
            OptionSpec {
                key: REGISTRY.into(),
                kind: OptionKind::Url,
                required: true,
                help: "What the feed's URLs begin with: its service index is there or below, as `v3/index.json`."
                    .into(),
                example: "https://registry.example".into(),
            },
            OptionSpec {
                key: ADDITIONAL.into(),
                kind: OptionKind::UrlMap,
                required: false,
                help: "Further hosts that the service index names, such as that of search, each with the URL to fetch \
                       from."
                    .into(),
                example: "{search.example: https://search.example}".into(),
            },
        ],
        settings: Vec::new(),
        file_types: vec![".nupkg".into(), ".snupkg".into()],
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: true,
        client_setup: "dotnet nuget add source {url}/v3/index.json --name {name}".into(),
        error_form: None,
    }
}
