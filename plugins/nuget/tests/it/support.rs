use osa_plugin_nuget::NuGet;
use osa_plugin_sdk::{
    Error, GuestRepository as _, Head, Index, Outcome, Request, Style,
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
pub(crate) struct Upstream {
    request: Request,
    head: Head,
    body: Vec<u8>,
}

impl Upstream {
    /// `path` may have a query.
    pub(crate) fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let (path, query) = path
            .split_once('?')
            .map_or((path, None), |(path, query)| (path, Some(query)));
        Self {
            request: Request {
                query: query.map(Into::into),
                ..conformance::get(path)
            },
            head: conformance::ok("application/json"),
            body: body.into(),
        }
    }

    pub(crate) fn case(&self) -> Case<'_> {
        Case {
            request: &self.request,
            head: &self.head,
            body: &self.body,
        }
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        feed().scan(self.request.clone(), self.head.clone(), self.body.clone())
    }

    /// The package URLs that the document offers, in its order.
    pub(crate) fn offers(&self) -> Vec<String> {
        self.scan().unwrap().purls()
    }

    /// What a client gets with these package URLs refused, or the outcome that is no document.
    pub(crate) fn outcome(&self, refused: &[&str], style: Style) -> Result<String, Outcome> {
        let offers = self.offers();
        let refusals: Vec<_> = refused
            .iter()
            .map(|purl| {
                let at = offers.iter().position(|offer| offer == purl);
                conformance::refuse(at.unwrap_or_else(|| panic!("{purl} is not among {offers:?}")))
            })
            .collect();
        conformance::serve(&feed(), self.case(), &refusals, style)
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
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
