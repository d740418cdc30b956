//! What the host is told when the plugin is loaded.

use osa_plugin_sdk::{Description, ErrorForm, OptionKind, OptionSpec};

/// The configuration key of the registry.
pub(crate) const REGISTRY: &str = "registry";
/// The configuration key of the token service.
pub(crate) const AUTH: &str = "auth-token-url";
/// The configuration key for names of one part.
pub(crate) const LIBRARY: &str = "library-prefix";
/// The configuration key for what `?ns=` may say.
pub(crate) const MIRROR_OF: &str = "mirror-of";

pub(crate) fn description() -> Description {
    let option = |key: &str, kind, required, help: &str, example: &str| OptionSpec {
        key: key.into(),
        kind,
        required,
        help: help.into(),
        example: example.into(),
    };
    Description {
        name: "docker".into(),
        purl_types: vec!["docker".into()],
        origins: vec![
            option(
                REGISTRY,
                OptionKind::Url,
                true,
                "The registry: the URL below which its /v2/ lies.",
                "https://registry.example",
            ),
            option(
                AUTH,
                OptionKind::LoginUrl,
                false,
                "The token service that the registry sends clients to; where it has a path, exactly that is asked.",
                "https://auth.example",
            ),
        ],
        settings: vec![
            option(
                LIBRARY,
                OptionKind::Flag,
                false,
                "Whether this registry stands for the hub, where names of one part are below library/. Default: true for hosts of docker.io.",
                "true",
            ),
            option(
                MIRROR_OF,
                OptionKind::Text,
                false,
                "Hosts whose images this registry holds too, with commas between them: what a client's ?ns= may name.",
                "hub.example",
            ),
        ],
        file_types: Vec::new(),
        wants_headers: Vec::new(),
        scans_documents: false,
        edits_heads: true,
        by_host: true,
        folds_case: false,
        client_setup: "docker pull {host}/NAME:TAG   (or as a mirror in daemon.json: \"registry-mirrors\": [\"{url}\"])"
            .into(),
        error_form: Some(ErrorForm {
            content_type: "application/json".into(),
            template: concat!(
                r#"{"errors":[{"code":"{401=UNAUTHORIZED|404=MANIFEST_UNKNOWN|405=UNSUPPORTED|429=TOOMANYREQUESTS|5=UNAVAILABLE|DENIED}","#,
                r#""message":"{message}","detail":{"request_id":"{request-id}"}}]}"#,
                "\n"
            )
            .into(),
        }),
    }
}
