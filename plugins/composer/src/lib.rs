//! Composer 2 repositories: `packages.json`, the metadata of packages, and their archives.
//!
//! A repository is free to say in `packages.json` where things are, so a path alone does not tell what a document is.
//! Every document is therefore read as JSON and edited by what it holds. An archive's URL names neither package nor
//! version, so archives are served only through links that [`bound`] has made: these carry both, and both are judged.
//!
//! <https://getcomposer.org/doc/05-repositories.md#composer>

mod bound;
mod classify;
mod describe;
mod notes;
mod plan;
mod scan;
mod settings;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured repository.
#[derive(Debug)]
pub struct Composer {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Composer;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl Composer ===

impl Composer {
    /// A repository as the host opens it, for tests outside a guest.
    ///
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            settings: Settings::parse(settings)?,
        })
    }
}

impl GuestRepository for Composer {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(classify::route(&self.settings.origins, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // Every archive's link names its component.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, body: Vec<u8>) -> Result<Index, Error> {
        scan::scan(&self.settings, &request.path, &body)
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, _style: Style, link_base: String) -> Result<Outcome, Error> {
        // No mark of a version would keep Composer from choosing it: `abandoned` speaks of the package.
        plan::plan(&notes, &refused, &link_base)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
