//! The plugin as the host sees it, outside a guest.

// Clippy exempts test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod bad_input;
mod classify;
mod properties;
mod registrations;
mod resources;
mod search;
mod support;
