//! What `scan` tells `plan`.

use std::borrow::Cow;

use osa_plugin_sdk::Span;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes<'a> {
    /// How many candidates the index has.
    pub(crate) candidates: u32,
    /// The version that the whole document is about.
    pub(crate) subject: Option<u32>,
    /// Lists inside others stand before those.
    #[serde(borrow)]
    pub(crate) lists: Vec<List<'a>>,
    pub(crate) marks: Vec<Mark>,
    /// What to put behind the link base, each once, escaped.
    pub(crate) routes: Vec<String>,
    /// Link text to replace by the link base and a route, in order.
    pub(crate) links: Vec<(Span, u32)>,
}

/// The elements of one array.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct List<'a> {
    #[serde(borrow)]
    pub(crate) parts: Vec<Part<'a>>,
    /// Where the number of elements is told.
    pub(crate) count: Option<Span>,
    #[serde(borrow)]
    pub(crate) bounds: Option<Bounds<'a>>,
    #[serde(borrow)]
    pub(crate) latest: Option<Latest<'a>>,
    /// Whether elements can be marked instead of removed.
    pub(crate) marks: bool,
    /// Whether nothing is left of the document with none of these left.
    pub(crate) vital: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part<'a> {
    pub(crate) span: Span,
    pub(crate) of: Of,
    /// What it says its version is, unless it is no version's.
    #[serde(borrow)]
    pub(crate) version: Cow<'a, str>,
}

/// What a part stands or falls with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Of {
    Candidate(u32),
    /// Goes when nothing is left of this list.
    List(u32),
    /// No package: stays.
    Nothing,
    /// Stays where links begin with https: clients take this resource from nowhere else.
    Secure,
    /// A package that cannot be told, or a resource that this proxy does not serve: goes.
    Doubt,
}

/// `lower` and `upper` of a registration page.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bounds<'a> {
    #[serde(borrow)]
    pub(crate) lower: Option<(Span, Cow<'a, str>)>,
    #[serde(borrow)]
    pub(crate) upper: Option<(Span, Cow<'a, str>)>,
}

/// The version that a search result shows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Latest<'a> {
    pub(crate) span: Span,
    pub(crate) candidate: u32,
    #[serde(borrow)]
    pub(crate) version: Cow<'a, str>,
}

/// Where a version says that it is not listed, or deprecated.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) candidate: u32,
    /// Empty where nothing is said yet.
    pub(crate) span: Span,
    pub(crate) says: Says,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Says {
    /// `false`
    Unlisted,
    /// `"listed":false,`
    UnlistedMember,
    /// `{"message":REASON,"reasons":["Other"]}`
    Deprecated,
    /// The same as a member.
    DeprecatedMember,
}
