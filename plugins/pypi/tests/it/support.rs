use osa_plugin_pypi::Pypi;
use osa_plugin_sdk::{
    Error, GuestRepository as _, Head, Index, Request, Style,
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
pub(crate) struct Upstream {
    request: Request,
    head: Head,
    body: Vec<u8>,
}

impl Upstream {
    pub(crate) fn new(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            request: conformance::get(path),
            head: conformance::ok(content_type),
            body: body.into(),
        }
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::new("simple/widget-kit/", "text/html; charset=utf-8", body)
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::new("simple/widget-kit/", "application/vnd.pypi.simple.v1+json", body)
    }

    pub(crate) fn case(&self) -> Case<'_> {
        Case {
            request: &self.request,
            head: &self.head,
            body: &self.body,
        }
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        index().scan(self.request.clone(), self.head.clone(), self.body.clone())
    }

    /// The package URLs that the document offers, in order of the alphabet.
    pub(crate) fn offers(&self) -> Vec<String> {
        let mut found = self.scan().unwrap().purls();
        found.sort();
        found
    }

    /// What a client gets with the package URLs that end so refused; none when all were.
    pub(crate) fn served(&self, refused: &[&str], style: Style) -> Option<String> {
        let index_of_document = self.scan().unwrap();
        let is_refused = |suffix: &str| refused.iter().any(|end| suffix.ends_with(end));
        let candidates = index_of_document.suffixes().enumerate();
        let refusals: Vec<_> = candidates
            .filter(|(_, suffix)| is_refused(&format!("@{suffix}")))
            .map(|(at, _)| conformance::refuse(at))
            .collect();
        assert!(refusals.len() >= refused.len(), "{refused:?}");
        let served = conformance::serve(&index(), self.case(), &refusals, style).unwrap();
        served.ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }
}
