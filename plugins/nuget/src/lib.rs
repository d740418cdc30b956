//! NuGet's V3 protocol: service index, registrations, flat container, search and package files.
//!
//! A service index is free to lay its resources out as it likes, so a path alone does not tell what a document is. Every
//! document is therefore read as JSON and edited by what it holds; only package files go by their path, which has to
//! name package and version. What is neither is not served.

mod classify;
mod describe;
mod notes;
mod path;
mod plan;
mod scan;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, origins::Origins, report_panics,
};

#[derive(Debug)]
pub struct Plugin;

/// One configured feed.
#[derive(Debug)]
pub struct NuGet {
    origins: Origins,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = NuGet;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl NuGet ===

impl NuGet {
    /// A repository as the host opens it, for tests outside a guest.
    ///
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        let origins = Origins::open(settings)?;
        let base = origins.registry().base_path();
        if let Some(before) = base.strip_suffix("/index.json") {
            let before = if before.is_empty() { "no path at all" } else { before };
            return Err(format!(
                "registry: `{base}` is the service index itself; configure what all URLs of the feed begin with, which \
                 ends in {before} or stands even before that, such as `https://registry.example`"
            ));
        }
        Ok(Self { origins })
    }
}

impl GuestRepository for NuGet {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(classify::route(&self.origins, &request))
    }

    fn identify(&self, _request: Request, _head: Head) -> Result<Option<String>, Error> {
        // Every package file's path names its component.
        Ok(None)
    }

    fn edit_head(&self, _request: Request, _head: Head, _link_base: String) -> Result<Vec<Header>, Error> {
        Ok(Vec::new())
    }

    fn scan(&self, request: Request, _head: Head, body: Vec<u8>) -> Result<Index, Error> {
        scan::scan(&self.origins, &request, &body)
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, style: Style, link_base: String) -> Result<Outcome, Error> {
        plan::plan(&notes, &refused, style, &link_base)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
