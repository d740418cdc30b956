//! Everything that is said to registries: where a request may go, what goes with it, and how the answer is read.
//!
//! `Origins::resolve` makes a URL of what a plugin names, `Upstream::send` asks for it, and the answer is either streamed
//! (`UpstreamResponse::into_stream`) or read as a document (`read_document`) within a memory `Budget`.

mod accept;
mod body;
mod budget;
mod client;
pub mod encoded;
mod fault;
mod fetch;
mod headers;
mod pools;
mod redirect;
mod stream;
mod target;

#[cfg(test)]
mod tests;

pub use body::{ReadError, read_document};
pub use budget::Budget;
pub use client::{Upstream, client_builder};
pub use fetch::{Exchange, RequestBody, UpstreamResponse};
pub use headers::{CONDITIONS, Kind, is_credential};
pub use pools::shares;
pub use stream::BodyStream;
pub use target::Origins;
