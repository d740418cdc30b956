//! Real package managers through the proxy: what their users see.

mod java;
mod machine;
mod node;
mod python;
mod ruby;
