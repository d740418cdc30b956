//! All of wasmtime: the engine, the limits, loading and calling of plugins. No other module names it.

mod bindings;
mod call;
mod check;
mod engine;
mod load;
mod order;
mod pace;
mod set;
mod state;

pub use bindings::exports::osa::ecosystem::handler::{Description, ErrorForm, OptionKind, OptionSpec};
pub use bindings::osa::ecosystem::types::{
    Answer, Artifact, Digest, Document, Edit, Edits, Error as PluginError, Head, Index, Outcome, Packing, Refusal,
    Request, Route, Style, Target,
};
pub use call::{Identity, Plugin, PluginRepository, Usage};
pub use load::LoadError;
pub use set::PluginSet;
