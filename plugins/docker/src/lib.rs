//! Container images: the registry API, version 2.
//!
//! <https://github.com/opencontainers/distribution-spec> and what registries did before it was one; manifests by
//! <https://github.com/opencontainers/image-spec>. The manifest of an image is the component: it is judged by its digest,
//! which is taken of its own bytes. Lists of manifests are none, blobs are passed on.

mod challenge;
mod describe;
mod identity;
mod link;
mod manifest;
mod media;
mod names;
mod namespace;
mod refuse;
mod resource;
mod route;
mod settings;
mod token;

use std::cmp::Ordering;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, order, report_panics,
};

use names::Digest;
use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured registry.
#[derive(Debug)]
pub struct Docker {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Docker;

    fn describe() -> Description {
        report_panics();
        describe::description()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        // Digests have no order; rules name them one by one.
        order::ranks(&versions, Digest::parse, |one, other| -> Ordering {
            one.as_str().cmp(other.as_str())
        })
    }
}

// === impl Docker ===

impl Docker {
    /// # Errors
    /// For the operator: what is wrong with the settings.
    pub fn new(settings: &str) -> Result<Self, String> {
        Ok(Self {
            settings: Settings::parse(settings)?,
        })
    }
}

impl GuestRepository for Docker {
    fn open(settings: String) -> Result<Repository, String> {
        report_panics();
        Self::new(&settings).map(Repository::new)
    }

    fn classify(&self, request: Request) -> Result<Route, Error> {
        Ok(route::route(&self.settings, &request))
    }

    fn identify(&self, request: Request, head: Head) -> Result<Option<String>, Error> {
        identity::identify(&self.settings, &request, &head)
    }

    fn edit_head(&self, _request: Request, head: Head, link_base: String) -> Result<Vec<Header>, Error> {
        let lines = head.headers.into_iter().filter_map(|(name, value)| {
            let edited = match name.as_str() {
                "www-authenticate" => {
                    challenge::with_realms(&value, |realm| token::realm(&self.settings, realm, &link_base))
                }
                "link" => link::edited(&self.settings, &value, &link_base),
                _ => return None,
            };
            Some((name, edited))
        });
        Ok(lines.collect())
    }

    fn scan(&self, request: Request, head: Head, body: Vec<u8>) -> Result<Index, Error> {
        identity::scan(&self.settings, &request, &head, &body)
    }

    fn plan(&self, _: Vec<u8>, _: Vec<Refusal>, _: Style, _: String) -> Result<Outcome, Error> {
        Err(Error::Unsupported(
            "manifests are addressed by their digest and never edited".into(),
        ))
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
