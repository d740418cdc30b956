//! The plugin as the host sees it, outside a guest.

// Clippy exempts test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod classify;
mod documents;
mod parsers;
mod properties;
mod real;
mod support;
