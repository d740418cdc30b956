//! PyPI and everything that speaks its simple index: PEP 503 and 691 pages, the legacy JSON API,
//! and pages in other places, as PyTorch's.

mod classify;
mod collect;
mod describe;
mod filename;
mod legacy;
mod media;
mod notes;
mod origins;
mod page_html;
mod page_json;
mod plan;
mod version;

use classify::Kind;
use collect::Collector;
use media::Form;
use notes::Format;
use origins::Origins;
use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

#[derive(Debug)]
pub struct Plugin;

/// One configured index.
#[derive(Debug)]
pub struct Pypi {
    origins: Origins,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Pypi;

    fn describe() -> Description {
        report_panics();
        describe::describe()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::rank(&versions)
    }
}

// === impl Pypi ===

impl Pypi {
    /// A repository as the host opens it, for tests outside a guest.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            origins: Origins::open(settings)?,
        })
    }
}

impl GuestRepository for Pypi {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(classify::classify(&self.origins, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, head: Head, body: Vec<u8>) -> Result<Index, Error> {
        let no_document = || Error::Unsupported(format!("`{}` is no index page", request.path));
        let place = classify::place(&self.origins, &request.path).ok_or_else(no_document)?;
        let base = place.origin.location(&place.path);
        let form = media::form(&head)?;
        let (project, format) = match (&place.kind, form) {
            (Kind::Page { project }, Form::Html) => (project.clone(), Format::Html),
            (Kind::Page { project }, Form::Json) => (project.clone(), Format::Json),
            (Kind::Json { project, .. }, Form::Json) => (Some(project.clone()), Format::Json),
            (Kind::Json { .. }, Form::Html) => return Err(Error::Unsupported("a page where JSON belongs".into())),
            _ => return Err(no_document()),
        };
        let mut collector = Collector::new(&self.origins, base, project.clone(), format);
        match (&place.kind, format) {
            (Kind::Json { project, one_release }, _) => legacy::scan(&mut collector, project, *one_release, &body)?,
            (_, Format::Html) => page_html::scan(&mut collector, &body)?,
            (_, Format::Json) => page_json::scan(&mut collector, project.as_deref(), &body)?,
        }
        collector.finish()
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, style: Style, link_base: String) -> Result<Outcome, Error> {
        plan::plan(&notes, &refused, style, &link_base)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
