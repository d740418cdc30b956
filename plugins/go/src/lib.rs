//! Go modules: the GOPROXY protocol, and the checksum database behind it.
//!
//! <https://go.dev/ref/mod#goproxy-protocol>; module paths and versions as `golang.org/x/mod/module` checks them.

mod describe;
mod latest;
mod list;
mod module;
mod plan;
mod resource;
mod route;
mod settings;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

use resource::{File, Resource};
use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured module proxy.
#[derive(Debug)]
pub struct Go {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Go;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl Go ===

impl Go {
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            settings: Settings::parse(settings)?,
        })
    }
}

impl GuestRepository for Go {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(route::route(&self.settings, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // Every artifact's path names its component.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, body: Vec<u8>) -> Result<Index, Error> {
        match Resource::of(&request.path) {
            Resource::Module(module, File::List) => list::scan(&module, &body),
            Resource::Module(module, File::Latest) => latest::scan(&module, &body),
            _ => Err(Error::Unsupported(format!("/{} is no document of Go's", request.path))),
        }
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, _style: Style, _link_base: String) -> Result<Outcome, Error> {
        // Neither document has a mark for a version, nor links.
        plan::plan(&notes, &refused)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
