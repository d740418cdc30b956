//! The plugin as the host sees it, outside a guest.

// Clippy exempts test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bad_input;
mod classify;
mod documents;
mod minified;
mod properties;
mod root;
mod support;
