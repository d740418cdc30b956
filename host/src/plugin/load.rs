//! From a file to a checked component: a component as it is, or a core module with an embedded world, which is encoded here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wasmtime::Module;
use wasmtime::component::types::{ComponentExtern, ComponentItem};
use wasmtime::component::{Component, HasSelf, Linker};

use super::bindings::{Ecosystem, EcosystemPre};
use super::call::Plugin;
use super::check;
use super::engine::Runtime;
use super::state::State;

/// The one interface version that this host speaks.
const HANDLER: &str = "osa:ecosystem/handler";
const HANDLER_VERSION: &str = "0.1";
const ALLOWED_IMPORTS: [&str; 2] = ["osa:ecosystem/host@0.1.", "osa:ecosystem/types@0.1."];

/// Why a plugin is not loaded. Names the file and what its author or the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("plugins.directory {}: {error}", directory.display())]
    Directory { directory: PathBuf, error: std::io::Error },
    #[error("plugin {}: {message}", file.display())]
    Plugin { file: PathBuf, message: String },
    #[error("the plugin engine does not start: {0}")]
    Engine(String),
}

pub(super) fn load(runtime: &Runtime, file: &Path) -> Result<Arc<Plugin>, LoadError> {
    let refuse = |message: String| LoadError::Plugin {
        file: file.to_owned(),
        message,
    };
    let bytes = std::fs::read(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    let bytes = as_component(runtime, bytes).map_err(refuse)?;
    let component = Component::new(&runtime.engine, &bytes)
        .map_err(|error| refuse(format!("is no valid WebAssembly component: {}", first_line(&error))))?;
    check_world(runtime, &component).map_err(refuse)?;

    let mut linker = Linker::<State>::new(&runtime.engine);
    let link_failed = |error: wasmtime::Error| refuse(format!("does not fit this host: {error:#}"));
    Ecosystem::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(link_failed)?;
    let pre = linker
        .instantiate_pre(&component)
        .and_then(EcosystemPre::new)
        .map_err(link_failed)?;

    let plugin = Plugin::new(runtime.clone(), file.to_owned(), hash, pre);
    let description = plugin.ask_description().map_err(|failure| refuse(failure.message))?;
    check::description(&description).map_err(refuse)?;
    Ok(Arc::new(plugin.described(description)))
}

/// Plain cargo output is a core module that carries its world in a custom section.
fn as_component(runtime: &Runtime, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    match bytes.get(..8) {
        Some(b"\0asm\x0d\0\x01\0") => Ok(bytes),
        Some(b"\0asm\x01\0\0\0") => encode(runtime, &bytes),
        _ => Err("is no WebAssembly file".to_owned()),
    }
}

fn encode(runtime: &Runtime, module: &[u8]) -> Result<Vec<u8>, String> {
    // The encoder takes for granted that the module is whole.
    Module::validate(&runtime.engine, module)
        .map_err(|error| format!("is no valid WebAssembly module: {}", first_line(&error)))?;
    wit_component::ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| {
            let cause = error.root_cause().to_string();
            format!(
                "is a core module that cannot be made a component of the osa:ecosystem world: {cause}. \
                 Build it with the plugin SDK for wasm32-unknown-unknown; the only import there is osa:ecosystem/host"
            )
        })
}

/// Says in plain words what instantiation would say in type errors. The version first: a plugin of another one imports
/// other types, too.
fn check_world(runtime: &Runtime, component: &Component) -> Result<(), String> {
    let world = component.component_type();
    check_handler(world.exports(&runtime.engine))?;
    let foreign: Vec<&str> = world
        .imports(&runtime.engine)
        .map(|(name, _)| name)
        .filter(|name| !ALLOWED_IMPORTS.iter().any(|allowed| name.starts_with(allowed)))
        .collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(format!(
        "imports {}, which no plugin gets: a plugin has no files, network, clock or randomness. \
         Build it for wasm32-unknown-unknown, where only osa:ecosystem/host is imported",
        foreign.join(", ")
    ))
}

fn check_handler<'a>(exports: impl Iterator<Item = (&'a str, ComponentExtern<'a>)>) -> Result<(), String> {
    let mut others = Vec::new();
    for (name, item) in exports {
        if let Some(version) = name.strip_prefix(HANDLER).and_then(|rest| rest.strip_prefix('@')) {
            if version
                .strip_prefix(HANDLER_VERSION)
                .is_some_and(|rest| rest.starts_with('.'))
                && matches!(item.ty, ComponentItem::ComponentInstance(_))
            {
                return Ok(());
            }
            return Err(format!("exports {name}; this host speaks {HANDLER}@{HANDLER_VERSION}"));
        }
        others.push(name.to_owned());
    }
    let found = if others.is_empty() {
        "nothing".to_owned()
    } else {
        others.join(", ")
    };
    Err(format!("does not export {HANDLER}@{HANDLER_VERSION}, only {found}"))
}

fn first_line(error: &wasmtime::Error) -> String {
    error
        .root_cause()
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
