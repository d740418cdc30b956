//! Alpine's repositories and those of its kind: packages are judged, all that apk verifies by signatures is passed on as it is.
//!
//! <https://wiki.alpinelinux.org/wiki/Apk_spec>; package URLs by the `apk` type of the package URL specification.

mod describe;
mod file;
mod path;
mod route;
mod settings;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured mirror.
#[derive(Debug)]
pub struct Alpine {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Alpine;

    fn describe() -> Description {
        report_panics();
        describe::describe()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl Alpine ===

impl Alpine {
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            settings: Settings::parse(settings)?,
        })
    }
}

impl GuestRepository for Alpine {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(route::route(&self.settings, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // The path is all that tells a component.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, _body: Vec<u8>) -> Result<Index, Error> {
        Err(Error::Unsupported(format!(
            "/{} is signed, and never edited",
            request.path
        )))
    }

    fn plan(
        &self,
        _notes: Vec<u8>,
        _refused: Vec<Refusal>,
        _style: Style,
        _link_base: String,
    ) -> Result<Outcome, Error> {
        Err(Error::Unsupported("what is signed is never edited".into()))
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
