//! What `scan` tells `plan`.

use std::borrow::Cow;

use osa_plugin_sdk::Span;
use serde::{Deserialize, Serialize};

/// The key of [`Member`]s that are `dist`, and of those that are `source`.
pub(crate) const DIST: u32 = 0;
pub(crate) const SOURCE: u32 = 1;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes<'a> {
    /// How many candidates the index has.
    pub(crate) candidates: u32,
    /// Whether versions inherit from the one before.
    pub(crate) minified: bool,
    /// Whether nothing is left of the document with no version left.
    pub(crate) vital: bool,
    /// Where a first member of the document can be put, and whether others follow.
    pub(crate) first_member: Option<(u32, bool)>,
    /// `vendor/name`, each once.
    #[serde(borrow)]
    pub(crate) packages: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) lists: Vec<List<'a>>,
    /// How many different keys members have.
    pub(crate) keys: u32,
    /// What stands between the link base, or what binds a link, and the rest of a link; each once.
    pub(crate) routes: Vec<String>,
    pub(crate) repairs: Vec<(Span, Repair)>,
}

/// The versions of one array or object, in order.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct List<'a> {
    #[serde(borrow)]
    pub(crate) versions: Vec<Version<'a>>,
    /// Of all versions, in order; none where nothing is inherited.
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Version<'a> {
    /// The element or member.
    pub(crate) part: Span,
    /// The object, to the end of the part.
    pub(crate) value: u32,
    pub(crate) candidate: u32,
    pub(crate) package: u32,
    #[serde(borrow)]
    /// As it says itself.
    pub(crate) number: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) dist: Option<Dist<'a>>,
    /// The value of `source`, where it is to go.
    pub(crate) source: Option<Span>,
    /// How many of the list's are its own.
    pub(crate) members: u32,
}

/// An archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Dist<'a> {
    /// The whole value, where it is inherited: a link of another version would be judged as that one. Spans are then
    /// relative to it.
    pub(crate) inherited: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) link: Option<Link<'a>>,
    /// The value of `mirrors`, which would lead around the proxy.
    pub(crate) mirrors: Option<Span>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Link<'a> {
    /// What of the URL gives way.
    pub(crate) span: Span,
    pub(crate) route: u32,
    /// Follows the route; empty where the document's own text does.
    pub(crate) rest: Cow<'a, str>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) span: Span,
    pub(crate) key: u32,
    /// Whether it says that the key is not inherited.
    pub(crate) unset: bool,
}

/// What is put instead of a value at the document's root.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Repair {
    Null,
    EmptyObject,
    /// A string of the link base and this.
    Link(String),
}
