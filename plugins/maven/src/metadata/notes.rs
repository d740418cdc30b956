use std::borrow::Cow;

use osa_plugin_sdk::Span;
use serde::{Deserialize, Serialize};

/// Everything that `plan` needs to know of the metadata, which it does not see.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Notes<'a> {
    /// How many candidates the index has.
    pub(super) candidates: u32,
    #[serde(borrow)]
    pub(super) versions: Vec<Version<'a>>,
    #[serde(borrow)]
    pub(super) pointers: Vec<Pointer<'a>>,
}

/// One `version` of `versions`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Version<'a> {
    /// The element, with the white space before it.
    pub(super) element: Span,
    pub(super) candidate: u32,
    pub(super) text: Cow<'a, str>,
}

/// An element that names one version.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pointer<'a> {
    pub(super) names: Names,
    /// With the white space before it.
    pub(super) element: Span,
    /// What stands in it.
    pub(super) content: Span,
    pub(super) candidate: u32,
    pub(super) text: Cow<'a, str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Names {
    /// Any version.
    Latest,
    /// No snapshot.
    Release,
}
