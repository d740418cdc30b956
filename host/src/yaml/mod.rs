//! Strict reading of the YAML files that operators write: places for every error, placeholders, typed values.

mod placeholder;
mod problem;
mod reader;
mod suggest;
mod tree;
pub(crate) mod value;

pub use placeholder::{Env, process_env};
pub use problem::{Mark, Problem, Problems};
pub(crate) use reader::{Map, Reader, Value};
pub(crate) use suggest::nearest;
pub(crate) use tree::{Node, load};
