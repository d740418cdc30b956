use osa_plugin_pypi::Pypi;
use osa_plugin_sdk::{
    Error, Index, Style,
    conformance::{self, Case},
};

/// An index whose files lie on other hosts.
pub(crate) fn index() -> Pypi {
    Pypi::new(
        r#"{"registry": "https://index.example", "packages-registry": "https://files.example",
            "additional-packages-registries": {"cdn.example": "https://mirror.example/cdn"}}"#,
    )
    .unwrap()
}

/// A document as upstream answered it.
pub(crate) struct Upstream(conformance::Upstream);

impl Upstream {
    pub(crate) fn new(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(conformance::Upstream::new(path, content_type, body))
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new("simple/widget-kit/", "text/html; charset=utf-8", body)
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new("simple/widget-kit/", "application/vnd.pypi.simple.v1+json", body)
    }

    pub(crate) fn case(&self) -> Case<'_> {
        self.0.case()
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        self.0.scan(&index())
    }

    /// The package URLs that the document offers, in order of the alphabet.
    pub(crate) fn offers(&self) -> Vec<String> {
        let mut found = self.0.offers(&index());
        found.sort();
        found
    }

    /// What a client gets with the package URLs that end so refused; none when all were.
    pub(crate) fn served(&self, refused: &[&str], style: Style) -> Option<String> {
        let served = self.0.serve(&index(), refused, style);
        served.ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }
}
