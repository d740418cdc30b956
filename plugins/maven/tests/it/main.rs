//! The plugin as the host sees it, outside a guest.

// Clippy exempts test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::format_collect)]

mod classify;
mod documents;
mod properties;
mod support;
