//! RubyGems: the compact index, the Marshal indexes before it, the JSON API and gems.
//!
//! Every path that upstream gets is written anew from what was understood of the request, so the two cannot read it
//! differently; what is not understood is not found.

mod api;
mod component;
mod describe;
mod entries;
mod gem_file;
mod info;
pub mod marshal;
mod marshalled;
mod platform;
mod resource;
mod route;
mod version;
mod versions;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, notes, report_panics,
};
use serde::{Deserialize, Serialize};

use resource::Resource;

#[derive(Debug)]
pub struct Plugin;

/// One configured repository of gems.
#[derive(Debug)]
pub struct Ruby;

/// What `scan` hands to `plan`.
#[derive(Serialize, Deserialize)]
enum Notes<'a> {
    Entries(entries::Notes),
    Versions(versions::Notes),
    #[serde(borrow)]
    Marshalled(marshalled::Notes<'a>),
    Subject(entries::Subject),
}

#[derive(Deserialize)]
struct Settings {
    #[serde(rename = "registry")]
    _registry: String,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Ruby;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::ranks(&versions)
    }
}

// === impl Ruby ===

impl Ruby {
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        serde_json::from_str::<Settings>(settings)
            .map_err(|error| format!("ruby needs the setting `registry`: {error}"))?;
        Ok(Self)
    }
}

impl GuestRepository for Ruby {
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
            Resource::Info { gem } => {
                let (index, notes) = info::scan(&gem, &body);
                (index, Notes::Entries(notes))
            }
            Resource::Versions => (component::no_candidates(), Notes::Versions(versions::scan(&body))),
            Resource::Specs { .. } => marshalled::scan_specs(&body).map(|(index, notes)| (index, notes.into()))?,
            Resource::Dependencies { json: false } => {
                marshalled::scan_dependencies(&body).map(|(index, notes)| (index, notes.into()))?
            }
            Resource::Dependencies { json: true } => {
                api::scan_list(None, &body).map(|(index, notes)| (index, Notes::Entries(notes)))?
            }
            Resource::VersionsOf { gem } => {
                api::scan_list(Some(&gem), &body).map(|(index, notes)| (index, Notes::Entries(notes)))?
            }
            Resource::GemOf { gem, .. } => {
                api::scan_one(&gem, &body).map(|(index, notes)| (index, Notes::Subject(notes)))?
            }
            // Never edited, so its notes are never asked for.
            Resource::Gemspec(file) => (
                component::one(&file.component()),
                Notes::Subject(entries::Subject::default()),
            ),
            _ => {
                return Err(Error::Unsupported(format!(
                    "/{} is no document of RubyGems'",
                    request.path
                )));
            }
        };
        Ok(Index {
            notes: notes::pack(&notes)?,
            ..index
        })
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, _style: Style, link_base: String) -> Result<Outcome, Error> {
        // None of these formats has a mark, so what is refused is removed.
        match notes::unpack(&notes)? {
            Notes::Entries(notes) => entries::plan(&notes, &refused),
            Notes::Versions(notes) => versions::plan(&notes),
            Notes::Marshalled(notes) => marshalled::plan(&notes, &refused),
            Notes::Subject(notes) => entries::plan_subject(&notes, &refused, &link_base),
        }
    }
}

impl<'a> From<marshalled::Notes<'a>> for Notes<'a> {
    fn from(notes: marshalled::Notes<'a>) -> Self {
        Self::Marshalled(notes)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
