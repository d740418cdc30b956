use std::borrow::Cow;

use osa_plugin_sdk::Span;
use serde::{Deserialize, Serialize};

use crate::links::Link;
use crate::resource::View;

/// Everything that `plan` needs to know of a packument, which it does not see.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notes<'a> {
    pub(super) package: String,
    pub(super) view: View,
    /// Length of the document.
    pub(super) size: u32,
    /// How many candidates the index has.
    pub(super) candidates: u32,
    /// The members of each `versions` object; there is one but in documents with duplicate keys.
    #[serde(borrow)]
    pub(super) versions: Vec<Vec<Version<'a>>>,
    /// Of all versions, in order.
    #[serde(borrow)]
    pub(super) links: Vec<Link<'a>>,
    /// The values of `deprecated` of all versions, in order.
    pub(super) deprecations: Vec<Span>,
    #[serde(borrow)]
    pub(super) tags: Vec<Tags<'a>>,
    /// The members of each `time` object.
    pub(super) time: Vec<Vec<Time>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Version<'a> {
    pub(super) member: Span,
    /// The manifest, to the end of the member.
    pub(super) value: u32,
    pub(super) empty: bool,
    /// The key.
    pub(super) text: Cow<'a, str>,
    /// What the key names.
    pub(super) candidate: u32,
    /// What `version` names, where that is another.
    pub(super) also: Option<u32>,
    /// How many of `links` and `deprecations` are its own.
    pub(super) links: u32,
    pub(super) deprecations: u32,
}

/// One `dist-tags` object.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tags<'a> {
    pub(super) span: Span,
    #[serde(borrow)]
    pub(super) tags: Vec<Tag<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Tag<'a> {
    pub(super) member: Span,
    pub(super) value: Span,
    pub(super) name: Cow<'a, str>,
    /// Empty when it is no string.
    pub(super) target: Cow<'a, str>,
    /// The listed version that it points at.
    pub(super) candidate: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Time {
    pub(super) member: Span,
    pub(super) candidate: Option<u32>,
}
