//! Guest side of the `osa:ecosystem` interface.
//!
//! A plugin implements [`Guest`] and [`GuestRepository`] and ends with
//! `osa_plugin_sdk::export_plugin!(Plugin);`. Everything else here helps to find byte
//! spans in a document without building a tree of it, and to cut and replace them:
//!
//! - [`json`]: walk an object or array, skip and check the rest, in one pass;
//! - [`html`]: the links of a page, whatever parser reads it;
//! - [`xml`]: the tokens of an XML document, without what makes XML dangerous;
//! - [`list`]: take members or elements out, with the right commas;
//! - [`Candidates`]: collect the components of an index;
//! - [`edits`], [`Gone`]: collect the edits of a plan;
//! - [`Verdicts`]: what `plan` is told of each candidate;
//! - [`notes`]: what `scan` hands to `plan`;
//! - [`purl`], [`accept`], [`log`]: package URLs, `Accept` headers, messages to the host;
//! - [`path`]: what a request's path says, and how upstream is asked for it;
//! - [`relay`]: the same where nothing is edited;
//! - [`file_name`]: what names of files end in;
//! - [`url`], [`origins`]: where links lead, and which configured upstream that is;
//! - [`links`], [`settings`]: what links have in common; the setting `registry`;
//! - [`order`]: ranks of versions;
//! - `conformance` (feature `testing`): the promises that every plugin is held to.

pub mod accept;
mod candidates;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod edits;
pub mod file_name;
pub mod html;
pub mod json;
pub mod links;
pub mod list;
pub mod log;
pub mod notes;
pub mod order;
pub mod origins;
pub mod path;
pub mod purl;
pub mod relay;
pub mod settings;
mod span;
pub mod url;
mod verdicts;
pub mod xml;

pub use candidates::Candidates;
pub use log::report_panics;
pub use span::{Gone, Span};
pub use verdicts::Verdicts;

/// Generated from `wit/ecosystem.wit`; the only code here that needs `unsafe`.
#[allow(
    unsafe_code,
    unreachable_pub,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::restriction
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "ecosystem",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "osa_plugin_sdk::bindings",
        additional_derives: [PartialEq, Eq],
    });
}

pub use bindings::exports::osa::ecosystem::handler::{
    Description, ErrorForm, Guest, GuestRepository, OptionKind, OptionSpec, Repository,
};
pub use bindings::osa::ecosystem::types::{
    Answer, Artifact, Digest, Document, Edit, Edits, Error, Head, Header, Index, Outcome, Packing, Refusal, Request,
    Route, Style, Target,
};

/// Exports a type that implements [`Guest`] as this component's handler.
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::export_bindings!($plugin with_types_in $crate::bindings);
    };
}
