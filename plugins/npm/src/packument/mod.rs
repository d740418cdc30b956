//! Packuments, full and abbreviated: the document that lists a package's versions.
//!
//! - A member of `versions` is judged as the version that its key says and as the one that its `version` says; it
//!   goes when either is refused. Its `name` does not count, and its tarball is judged by its own path when fetched.
//! - Versions that node-semver reads alike (`1.2.3`, `v1.2.3`, `01.2.3`) are one component.
//! - Removing takes the member out of `versions` and `time`; marking sets `deprecated` to the reason.
//! - Either way `latest` is repaired when its target is refused, so that a plain install gets an allowed version; other
//!   dist-tags whose target is refused go.
//! - Where a key stands twice, each occurrence is treated the same, since parsers differ in which one counts.

mod choose;
mod notes;
mod plan;
mod scan;

pub(crate) use notes::Notes;
pub(crate) use plan::plan;
pub(crate) use scan::scan;
