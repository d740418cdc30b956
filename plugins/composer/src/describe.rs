//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{
    Description, ErrorForm, OptionKind, OptionSpec,
    origins::{ADDITIONAL, PACKAGES, REGISTRY},
};

use crate::settings::SOURCE;

/// Extensions of archives that Composer unpacks.
pub(crate) const ARCHIVES: [&str; 6] = [".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz"];

pub(crate) fn description() -> Description {
    let option = |key: &str, kind, required, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind,
        required,
        help: help.into(),
        example: example.into(),
    };
    Description {
        name: "composer".into(),
        purl_types: vec!["composer".into()],
        origins: vec![
            option(
                REGISTRY,
                OptionKind::Url,
                true,
                "Where `packages.json` is.",
                "https://registry.example",
            ),
            option(
                PACKAGES,
                OptionKind::Url,
                false,
                "Where archives are fetched from, when that is another host.",
                "https://files.example",
            ),
            option(
                ADDITIONAL,
                OptionKind::UrlMap,
                false,
                "Further hosts that the metadata links to, such as those of archives, each with the URL to fetch from.",
                "{files.example: https://files.example}",
            ),
        ],
        settings: vec![option(
            SOURCE,
            OptionKind::Text,
            false,
            "`keep` tells clients also where to clone versions from, which goes round this proxy; `remove`, unless \
             said otherwise.",
            "remove",
        )],
        file_types: ARCHIVES.map(Into::into).into(),
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: true,
        client_setup: "composer config repositories.{name} composer {url}".into(),
        // Composer shows the member `warning` of an answer of exactly this type.
        error_form: Some(ErrorForm {
            content_type: "application/json".into(),
            template: r#"{"warning":"{message}"}"#.into(),
        }),
    }
}
