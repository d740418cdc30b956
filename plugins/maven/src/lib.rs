//! Maven repositories (the layout of Maven 2 and later), as Maven, Gradle, Ivy and sbt read them.
//!
//! - A file belongs to the version whose folder it lies in, whatever it is called: `org/acme/lib/1.0/…` is
//!   `pkg:maven/org.acme/lib@1.0`, and all builds of a snapshot are its `-SNAPSHOT`.
//! - `maven-metadata.xml` is the document that clients choose versions from; its checksum files are those of the edited
//!   bytes, and there is no signature of it.
//! - Poms and Gradle's `.module` files are relayed as they are, and not judged unless `scanned-extensions` lists them:
//!   clients read those of every version that a dependency graph names, also of the many that lose to another one and are
//!   never used. Refusing them would break builds that take nothing refused; the file itself is refused either way.
//!   Checksums and signatures go the way of the file they belong to.

mod coordinates;
mod describe;
mod metadata;
mod path;
mod route;
mod settings;
mod version;

use osa_plugin_sdk::{
    Description, Error, Guest, GuestRepository, Head, Header, Index, Outcome, Refusal, Repository, Request, Route,
    Style, report_panics,
};

use path::Resource;
use settings::Settings;

#[derive(Debug)]
pub struct Plugin;

/// One configured repository.
#[derive(Debug)]
pub struct Maven {
    settings: Settings,
}

// === impl Plugin ===

impl Guest for Plugin {
    type Repository = Maven;

    fn describe() -> Description {
        report_panics();
        describe::describe()
    }

    fn rank_versions(versions: Vec<String>) -> Vec<Option<u32>> {
        version::rank(&versions)
    }
}

// === impl Maven ===

impl Maven {
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

impl GuestRepository for Maven {
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
        match Resource::of(&self.settings, &request.path) {
            Some(Resource::Metadata { of, .. }) => metadata::scan(&of, &body),
            _ => Err(Error::Unsupported(format!(
                "/{} is no metadata of Maven's",
                request.path
            ))),
        }
    }

    fn plan(&self, notes: Vec<u8>, refused: Vec<Refusal>, _style: Style, _link_base: String) -> Result<Outcome, Error> {
        // Metadata has no way to mark a version, and no links.
        metadata::plan(&notes, &refused)
    }
}

osa_plugin_sdk::export_plugin!(Plugin);
