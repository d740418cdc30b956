//! `maven-metadata.xml`, by the repository metadata model of Maven.
//!
//! - Every text of `versioning/versions/version` is a component, and so are those that `latest` and `release` name.
//! - A refused version goes with its line; `latest` and `release` then name the highest version left that is not above
//!   the old one, stable ones first, `release` never a snapshot. `lastUpdated` stays: it tells of upstream's document.
//! - A snapshot's folder holds one component, so its metadata is served or refused as a whole.
//! - The plugins of a group are named without versions: nothing in that is to be judged.
//! - Groups and artifacts are those of the path, since clients fetch files by the path and do not read the elements.

mod choose;
mod notes;
mod plan;
mod scan;

pub(crate) use plan::plan;
pub(crate) use scan::scan;
