//! What `scan` tells `plan`.

use osa_plugin_sdk::Span;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// How many candidates the index has.
    pub(crate) candidates: u32,
    /// The release that the whole document is about: refused with it.
    pub(crate) subject: Option<u32>,
    pub(crate) format: Format,
    /// Outer lists before the lists inside them.
    pub(crate) lists: Vec<List>,
    pub(crate) marks: Vec<Mark>,
    /// What to put behind the link base, each once.
    pub(crate) routes: Vec<String>,
    /// Link text to replace by the link base and a route, in order.
    pub(crate) links: Vec<(Span, u32)>,
    pub(crate) latest: Option<Latest>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    #[default]
    Html,
    Json,
}

/// Members, elements or HTML links, all of one list.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct List(pub(crate) Vec<Part>);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) span: Span,
    pub(crate) of: Of,
}

/// What a part stands or falls with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Of {
    Candidate(u32),
    /// No package: stays.
    Nothing,
    /// A package that cannot be told, or that clients could tell in another way: goes.
    Doubt,
}

/// Where a file says that it is yanked (PEP 592).
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) candidate: u32,
    /// Empty where nothing is said yet.
    pub(crate) span: Span,
    pub(crate) says: Says,
}

/// The text of a mark; `REASON` is quoted as the format wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Says {
    /// `data-yanked="REASON"`
    Attribute,
    /// The same behind a blank.
    NewAttribute,
    /// `"REASON"`
    Reason,
    /// `"yanked":"REASON",`
    Member,
    /// `true`
    True,
    /// `"yanked":true,`
    TrueMember,
    /// `"yanked_reason":"REASON",`
    ReasonMember,
    /// Both of these.
    Members,
}

/// `info.version` of the legacy JSON API.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Latest {
    pub(crate) span: Span,
    pub(crate) candidate: u32,
    /// What may stand there instead, best first, as the document writes it.
    pub(crate) instead: Vec<(u32, String)>,
}
