//! What the integration tests share: fake registries that behave like the real ones or misbehave on purpose, the proxy
//! under test as a child process, real clients, and plugins that no tool chain would build.
#![allow(clippy::missing_panics_doc, reason = "a test that cannot be set up has failed")]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "fixtures are read more often than they are run"
)]
#![allow(clippy::print_stdout, reason = "the runner shows it with the failed test")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod alpine;
pub mod archive;
pub mod client;
pub mod composer;
pub mod debian;
pub mod docker;
pub mod go;
pub mod judge;
pub mod maven;
pub mod metrics;
pub mod npm;
pub mod nuget;
pub mod oci;
pub mod odd;
pub mod proxy;
pub mod pypi;
pub mod redis;
pub mod rpm;
pub mod ruby;
pub mod skip;
pub mod upstream;
pub mod wire;

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
        .to_owned()
}

/// Where `make` puts what it builds.
pub fn target() -> PathBuf {
    root().join("target")
}
