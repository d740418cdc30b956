use std::collections::BTreeSet;

use osa_plugin_ruby::Ruby;
use osa_plugin_sdk::conformance::{self, Case, Upstream};
use osa_plugin_sdk::{Error, Index, Outcome, Style};

pub(crate) const SETTINGS: &str = r#"{"registry": "https://registry.example/"}"#;

pub(crate) fn ruby() -> Ruby {
    Ruby::new(SETTINGS).unwrap()
}

/// A document as it was asked for.
pub(crate) struct Asked(Upstream);

pub(crate) fn asked(path: &str, body: &(impl AsRef<[u8]> + ?Sized)) -> Asked {
    Asked(Upstream::new(path, "text/plain", body.as_ref()))
}

impl Asked {
    pub(crate) fn case(&self) -> Case<'_> {
        self.0.case()
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        self.0.scan(&ruby())
    }

    /// Package URLs, in order, each once.
    pub(crate) fn purls(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut purls = self.0.offers(&ruby());
        purls.retain(|purl| seen.insert(purl.clone()));
        purls
    }

    /// What a client gets when the components whose package URLs end so are refused.
    pub(crate) fn outcome(&self, refused: &[&str]) -> Result<Vec<u8>, Outcome> {
        let serve = |style| self.0.serve(&ruby(), refused, style);
        let served = serve(Style::Remove);
        assert_eq!(served, serve(Style::Mark), "these formats have no mark");
        served
    }

    pub(crate) fn served(&self, refused: &[&str]) -> Vec<u8> {
        self.outcome(refused).unwrap()
    }

    pub(crate) fn text(&self, refused: &[&str]) -> String {
        String::from_utf8(self.served(refused)).unwrap()
    }

    /// Where a document that ends too early cannot be told from a whole one: in lines of words.
    pub(crate) fn edits_conform(&self) {
        conformance::edits(&ruby(), self.case(), 20).unwrap();
    }

    /// The promises that every plugin is held to.
    pub(crate) fn conforms(&self) {
        self.edits_conform();
        conformance::truncation(&ruby(), self.case(), 100).unwrap();
    }
}
