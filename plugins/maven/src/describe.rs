//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, OptionKind, OptionSpec};

/// The configuration key of the upstream repository.
pub(crate) const REGISTRY: &str = "registry";

/// What a version's folder holds by the layout, poms and module metadata among it.
pub(crate) const FILE_TYPES: [&str; 23] = [
    ".pom", ".jar", ".war", ".ear", ".rar", ".dar", ".zip", ".tar.gz", ".aar", ".apk", ".aab", ".nar", ".hpi", ".jpi",
    ".kar", ".eba", ".sar", ".par", ".car", ".mar", ".har", ".obr", ".module",
];

pub(crate) fn describe() -> Description {
    Description {
        name: "maven".into(),
        purl_types: vec!["maven".into()],
        origins: vec![OptionSpec {
            key: REGISTRY.into(),
            kind: OptionKind::Url,
            required: true,
            help: "The repository to fetch from: what lies below is groups, artifacts and versions.".into(),
            example: "https://registry.example/maven2".into(),
        }],
        settings: Vec::new(),
        file_types: FILE_TYPES.map(str::to_owned).to_vec(),
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: "in settings.xml: <mirror><id>{name}</id><mirrorOf>*</mirrorOf><url>{url}/</url></mirror>".into(),
        error_form: None,
    }
}
