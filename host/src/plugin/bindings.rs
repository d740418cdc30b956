//! Generated from `wit/ecosystem.wit`.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub, missing_docs)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "ecosystem",
    imports: { default: trappable },
    additional_derives: [PartialEq, Eq],
});
