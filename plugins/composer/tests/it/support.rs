use osa_plugin_composer::Composer;
use osa_plugin_sdk::{
    Error, Index, Outcome, Style,
    conformance::{self, Case},
};
use serde_json::Value;

pub(crate) const BASE: &str = conformance::LINK_BASE;

/// A repository whose archives are on hosts of git repositories.
pub(crate) fn repository() -> Composer {
    open("")
}

/// With further settings, each with a comma before it.
pub(crate) fn open(more: &str) -> Composer {
    let settings = format!(
        r#"{{"registry": "https://registry.example/", "packages-registry": "https://api.git.example",
            "additional-packages-registries": {{"git.example": "https://git.example", "api.example": "https://mirror.example/api"}}{more}}}"#
    );
    Composer::new(&settings).unwrap()
}

/// A document as upstream answered it.
pub(crate) struct Upstream {
    pub(crate) repository: Composer,
    pub(crate) document: conformance::Upstream,
}

impl Upstream {
    pub(crate) fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            repository: repository(),
            document: conformance::Upstream::new(path, "application/json", body),
        }
    }

    pub(crate) fn case(&self) -> Case<'_> {
        self.document.case()
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        self.document.scan(&self.repository)
    }

    /// The package URLs that the document offers, in its order.
    pub(crate) fn offers(&self) -> Vec<String> {
        self.document.offers(&self.repository)
    }

    /// What a client gets with these package URLs refused, or the outcome that is no document.
    pub(crate) fn outcome(&self, refused: &[&str]) -> Result<String, Outcome> {
        let served = self.document.serve(&self.repository, refused, Style::Remove);
        served.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    pub(crate) fn served(&self, refused: &[&str]) -> Value {
        serde_json::from_str(&self.outcome(refused).unwrap()).unwrap()
    }

    pub(crate) fn conforms_to_edits(&self) {
        conformance::edits(&self.repository, self.case(), 4).unwrap();
    }

    pub(crate) fn conforms(&self) {
        conformance::edits(&self.repository, self.case(), 20).unwrap();
        conformance::truncation(&self.repository, self.case(), 200).unwrap();
    }
}

/// What Composer makes of minified versions: `MetadataMinifier::expand`.
pub(crate) fn expand(versions: &[Value]) -> Vec<Value> {
    let mut expanded: Vec<Value> = Vec::new();
    for version in versions {
        let next = match expanded.last() {
            None => version.clone(),
            Some(before) => {
                let mut next = before.clone();
                for (key, value) in version.as_object().unwrap() {
                    if value == "__unset" {
                        next.as_object_mut().unwrap().remove(key);
                    } else {
                        next[key] = value.clone();
                    }
                }
                next
            }
        };
        expanded.push(next);
    }
    expanded
}

/// The link through the proxy to an archive on the host of git repositories.
pub(crate) fn link(package: &str, version: &str, path: &str) -> String {
    format!("{BASE}/-/osa/{package}/{version}/-/{path}")
}
