use osa_plugin_maven::Maven;
use osa_plugin_sdk::{
    Error, GuestRepository as _, Head, Index, Request, Style,
    conformance::{self, Case},
};

pub(crate) fn repository() -> Maven {
    Maven::new(r#"{"registry": "https://registry.example/maven2"}"#).unwrap()
}

/// Metadata as upstream answered it.
pub(crate) struct Upstream {
    request: Request,
    head: Head,
    body: Vec<u8>,
}

impl Upstream {
    pub(crate) fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            request: conformance::get(path),
            head: conformance::ok("application/xml"),
            body: body.into(),
        }
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
        Case {
            request: &self.request,
            head: &self.head,
            body: &self.body,
        }
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        repository().scan(self.request.clone(), self.head.clone(), self.body.clone())
    }

    /// The package URLs that the document offers.
    pub(crate) fn offers(&self) -> Vec<String> {
        self.scan().unwrap().purls()
    }

    /// What a client gets with these versions refused; none when all were.
    pub(crate) fn served(&self, refused: &[&str]) -> Option<String> {
        let index = self.scan().unwrap();
        let refusals: Vec<_> = refused
            .iter()
            .map(|version| index.suffixes().position(|found| found == *version).unwrap())
            .map(conformance::refuse)
            .collect();
        let served = conformance::serve(&repository(), self.case(), &refusals, Style::Remove).unwrap();
        served.ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }
}
