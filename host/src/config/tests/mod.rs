mod bad;
mod bad_sections;
mod good;
mod renamed;

use std::path::{Path, PathBuf};

use super::{Config, ConfigErrors, Draft};
use crate::plugin::{Description, OptionKind, OptionSpec};

fn option(key: &str, kind: OptionKind, required: bool, example: &str) -> OptionSpec {
    OptionSpec {
        key: key.into(),
        kind,
        required,
        help: format!("the {key}"),
        example: example.into(),
    }
}

fn registry() -> OptionSpec {
    option("registry", OptionKind::Url, true, "https://registry.example")
}

fn plugin(name: &str, origins: Vec<OptionSpec>, settings: Vec<OptionSpec>) -> Description {
    Description {
        name: name.into(),
        purl_types: vec![name.into()],
        origins,
        settings,
        file_types: vec![".zip".into()],
        wants_headers: Vec::new(),
        scans_documents: true,
        edits_heads: false,
        by_host: false,
        folds_case: false,
        client_setup: String::new(),
        error_form: None,
    }
}

/// `widget` has file hosts, `gadget` a setting and no documents, `gizmo` is chosen by host name.
fn plugins() -> Vec<Description> {
    let files = option("packages-registry", OptionKind::Url, false, "https://files.example");
    let map = option(
        "additional-packages-registries",
        OptionKind::UrlMap,
        false,
        "{files.example: https://files.example}",
    );
    let ledger = option("ledger", OptionKind::Url, false, "https://ledger.example");
    let distro = option("distro", OptionKind::Text, true, "stable");
    let loose = option("loose", OptionKind::Flag, false, "true");
    let token_url = option("auth-token-url", OptionKind::Url, false, "https://auth.example");
    vec![
        plugin("widget", vec![registry(), files, map], Vec::new()),
        Description {
            scans_documents: false,
            ..plugin("gadget", vec![registry(), ledger], vec![distro, loose])
        },
        Description {
            by_host: true,
            scans_documents: false,
            ..plugin("gizmo", vec![registry(), token_url], Vec::new())
        },
    ]
}

/// A variable of every test.
fn env(name: &str) -> Option<String> {
    match name {
        "REGISTRY" => Some("https://bob:s3cret@registry.example/a/".into()),
        "TOKEN" => Some("t0k3n".into()),
        "NOT_A_FLAG" => Some("s3cret-flag".into()),
        "FILES_HOST" => Some("Files.example".into()),
        _ => None,
    }
}

struct File(PathBuf);

impl File {
    /// A file of its own for each test, named so that errors can be compared.
    fn new(test: &str, yaml: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("osa-proxy-config-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("osa-proxy.yml"), yaml).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("osa-proxy.yml")
    }

    fn folder(&self) -> &Path {
        &self.0
    }

    fn resolve(&self) -> Result<(Config, Vec<String>), ConfigErrors> {
        Draft::read(&self.path(), &env)?.resolve(&plugins())
    }

    /// The errors, with `F` for the file's path and `D` for the folder of plugins.
    fn errors(&self) -> String {
        let errors = self.resolve().map(|(config, _)| config).unwrap_err().to_string();
        let plugins = std::env::current_exe().unwrap().with_file_name("plugins");
        let errors = errors.replace(self.path().to_str().unwrap(), "F");
        errors.replace(plugins.to_str().unwrap(), "D")
    }
}

/// Pairs of what the file says and every error it gets; `F` is the file, `D` the folder of plugins.
fn expect_errors(test: &str, cases: &[(&str, &str)]) {
    for (position, (text, expected)) in cases.iter().enumerate() {
        let errors = File::new(&format!("{test}-{position}"), text).errors();
        assert_eq!(errors, *expected, "{text}");
        assert!(!errors.contains("s3cret"), "{errors}");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
