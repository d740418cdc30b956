use osa_plugin_maven::Maven;
use osa_plugin_sdk::{
    Error, Index, Style,
    conformance::{self, Case},
};

pub(crate) fn repository() -> Maven {
    Maven::new(r#"{"registry": "https://registry.example/maven2"}"#).unwrap()
}

/// Metadata as upstream answered it.
pub(crate) struct Upstream(conformance::Upstream);

impl Upstream {
    pub(crate) fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(conformance::Upstream::new(path, "application/xml", body))
    }

    /// Of an artifact.
    pub(crate) fn artifact(body: impl Into<Vec<u8>>) -> Self {
        Self::new("com/acme/lib-1.2-api/maven-metadata.xml", body)
    }

    /// Of an artifact with these versions, and what else is in `versioning`.
    pub(crate) fn versions(more: &str, versions: &[&str]) -> Self {
        let versions: String = versions
            .iter()
            .map(|version| format!("<version>{version}</version>\n"))
            .collect();
        Self::artifact(format!(
            "<metadata><versioning>{more}<versions>\n{versions}</versions></versioning></metadata>"
        ))
    }

    pub(crate) fn case(&self) -> Case<'_> {
        self.0.case()
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        self.0.scan(&repository())
    }

    /// The package URLs that the document offers.
    pub(crate) fn offers(&self) -> Vec<String> {
        self.0.offers(&repository())
    }

    /// What a client gets with these versions refused; none when all were.
    pub(crate) fn served(&self, refused: &[&str]) -> Option<String> {
        let ends: Vec<_> = refused.iter().map(|version| format!("@{version}")).collect();
        let ends: Vec<_> = ends.iter().map(String::as_str).collect();
        let served = self.0.serve(&repository(), &ends, Style::Remove);
        served.ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }
}
