//! Real package managers through the proxy: what their users see.

mod alpine;
mod composer;
mod debian;
mod docker;
mod go;
mod java;
mod machine;
mod node;
mod nuget;
mod python;
mod rpm;
mod ruby;
