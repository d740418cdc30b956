use osa_plugin_ruby::Ruby;
use osa_plugin_sdk::conformance::{self, Case, get, ok};
use osa_plugin_sdk::{Error, GuestRepository, Head, Index, Outcome, Refusal, Request, Style};

pub(crate) const SETTINGS: &str = r#"{"registry": "https://registry.example/"}"#;

pub(crate) fn ruby() -> Ruby {
    Ruby::new(SETTINGS).unwrap()
}

/// A document as it was asked for.
pub(crate) struct Asked<'a> {
    request: Request,
    head: Head,
    body: &'a [u8],
}

pub(crate) fn asked<'a>(path: &str, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Asked<'a> {
    Asked {
        request: get(path),
        head: ok("text/plain"),
        body: body.as_ref(),
    }
}

impl Asked<'_> {
    pub(crate) fn case(&self) -> Case<'_> {
        Case {
            request: &self.request,
            head: &self.head,
            body: self.body,
        }
    }

    pub(crate) fn scan(&self) -> Result<Index, Error> {
        ruby().scan(self.request.clone(), self.head.clone(), self.body.to_vec())
    }

    /// Package URLs, in order, each once.
    pub(crate) fn purls(&self) -> Vec<String> {
        let mut purls: Vec<String> = Vec::new();
        for purl in self.scan().unwrap().purls() {
            if !purls.contains(&purl) {
                purls.push(purl);
            }
        }
        purls
    }

    /// What a client gets when the components whose package URLs end so are refused.
    pub(crate) fn outcome(&self, refused: &[&str]) -> Result<Vec<u8>, Outcome> {
        let purls = self.scan().unwrap().purls();
        let mut refusals = Vec::new();
        for end in refused {
            let refused = purls.iter().find(|purl| purl.ends_with(end)).unwrap();
            // A gem that is named several times is refused as often.
            let all = purls.iter().enumerate().filter(|(_, purl)| *purl == refused);
            refusals.extend(all.map(|(at, _)| Refusal {
                candidate: at as u32,
                reason: format!("No {end}"),
            }));
        }
        let serve = |style| conformance::serve(&ruby(), self.case(), &refusals, style).unwrap();
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
