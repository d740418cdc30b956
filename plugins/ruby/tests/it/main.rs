//! The plugin as the host sees it, outside a guest.

// Clippy exempts test functions, not their helpers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap
)]

mod api;
mod classify;
mod compact;
mod marshal;
mod naive;
mod support;
