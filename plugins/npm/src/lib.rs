//! npm: packuments, version manifests, dist-tags and tarballs.
//!
//! Every path that upstream gets is written anew from what was understood of the request, so the two cannot read it
//! differently; what is not understood is not found.

mod bound;
mod describe;
mod links;
mod manifest;
mod package;
mod packument;
mod resource;
mod route;
mod semver;
mod settings;
mod tarball;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, notes, report_panics,
};
use serde::{Deserialize, Serialize};

use resource::Resource;
use settings::Settings;

pub struct Plugin;

/// One configured npm repository.
pub struct Npm {
    settings: Settings,
}

/// What `scan` hands to `plan`.
#[derive(Serialize, Deserialize)]
enum Notes<'a> {
    #[serde(borrow)]
    Packument(packument::Notes<'a>),
    #[serde(borrow)]
    Manifest(manifest::Notes<'a>),
}

impl Guest for Plugin {
    type Repository = Npm;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        semver::ranks(&versions)
    }
}

// === impl Npm ===

impl Npm {
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            settings: Settings::parse(settings)?,
        })
    }
}

impl GuestRepository for Npm {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(route::route(&request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // Every artifact's path names its component.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, body: Vec<u8>) -> Result<Index, Error> {
        let (index, notes) = match Resource::of(&request.path) {
            Resource::Packument { package, view } => {
                let (index, notes) = packument::scan(&self.settings, &package, view, &body)?;
                (index, Notes::Packument(notes))
            }
            Resource::Manifest { package, version } => {
                let (index, notes) = manifest::scan(&self.settings, &package, &version, &body)?;
                (index, Notes::Manifest(notes))
            }
            _ => return Err(Error::Unsupported(format!("/{} is no document of npm's", request.path))),
        };
        Ok(Index {
            notes: notes::pack(&notes)?,
            ..index
        })
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, style: Style, link_base: String) -> Result<Outcome, Error> {
        match notes::unpack(&notes)? {
            Notes::Packument(notes) => packument::plan(&notes, &refused, style, &link_base),
            Notes::Manifest(notes) => manifest::plan(&notes, &refused, &link_base),
        }
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
