//! RPM repositories (repodata), as dnf, yum and zypper read them.
//!
//! - Whatever describes packages is signed, or listed with its checksum in what is signed, so all of it is relayed byte by byte:
//!   what is refused is still listed and cannot be fetched.
//! - A package is what its file name says, `NAME-VERSION-RELEASE.ARCH.rpm`, and for a delta the version that it leads to. A
//!   name that tells no package, or two, is not served.
//! - Lists of mirrors, plain ones and metalinks, would lead clients past the proxy. They are answered with one mirror: the
//!   repository itself.

mod describe;
mod mirrors;
mod nevra;
mod resource;
mod route;
mod settings;
mod vendor;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

use resource::Resource;
use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured repository.
#[derive(Debug)]
pub struct Rpm {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Rpm;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl Rpm ===

impl Rpm {
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

impl GuestRepository for Rpm {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(route::route(&self.settings, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // Every package's path names it.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, body: Vec<u8>) -> Result<Index, Error> {
        match Resource::of(&request.path, request.query.as_deref()) {
            Some(Resource::Mirrors) => mirrors::scan(&self.settings.registry, None, &body),
            Some(Resource::MirrorsOf { path }) => mirrors::scan(&self.settings.registry, Some(path), &body),
            _ => Err(Error::Unsupported(format!("/{} is no list of mirrors", request.path))),
        }
    }

    fn plan(&self, notes: Vec<u8>, _refused: Vec<Refusal>, _style: Style, link_base: String) -> Result<Outcome, Error> {
        // Lists of mirrors name no packages.
        mirrors::plan(&notes, &link_base)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
