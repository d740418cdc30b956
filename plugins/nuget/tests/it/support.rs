use osa_plugin_nuget::NuGet;
use osa_plugin_sdk::{
    Error, Index, Outcome, Style,
    conformance::{self, Case},
};
use serde_json::Value;

pub(crate) const BASE: &str = conformance::LINK_BASE;

/// A feed whose search is on another host.
pub(crate) fn feed() -> NuGet {
    NuGet::new(
        r#"{"registry": "https://registry.example/", "additional-packages-registries": {"search.example": "https://mirror.example/search"}}"#,
    )
    .unwrap()
}

/// A document as upstream answered it.
pub(crate) struct Upstream(conformance::Upstream);

impl Upstream {
    /// `path` may have a query.
    pub(crate) fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(conformance::Upstream::new(path, "application/json", body))
    }

    pub(crate) fn case(&self) -> Case<'_> {
        self.0.case()
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        self.0.scan(&feed())
    }

    /// The package URLs that the document offers, in its order.
    pub(crate) fn offers(&self) -> Vec<String> {
        self.0.offers(&feed())
    }

    /// What a client gets with these package URLs refused, or the outcome that is no document.
    pub(crate) fn outcome(&self, refused: &[&str], style: Style) -> Result<String, Outcome> {
        let served = self.0.serve(&feed(), refused, style);
        served.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    pub(crate) fn served(&self, refused: &[&str], style: Style) -> Value {
        serde_json::from_str(&self.outcome(refused, style).unwrap()).unwrap()
    }

    pub(crate) fn removed(&self, refused: &[&str]) -> Value {
        self.served(refused, Style::Remove)
    }

    pub(crate) fn conforms(&self) {
        conformance::edits(&feed(), self.case(), 20).unwrap();
        conformance::truncation(&feed(), self.case(), 200).unwrap();
    }
}
