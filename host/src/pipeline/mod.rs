//! One request from its path to its answer.

mod artifact;
mod astray;
mod checksum;
mod component;
pub mod conditional;
mod context;
mod decisions;
pub mod digest;
mod document;
mod documents;
pub mod encode;
mod file_types;
mod gateway;
mod heads;
mod incoming;
mod judging;
mod link_base;
mod offload;
mod packing;
mod passthrough;
pub mod path;
mod range;
mod repositories;
mod repository;
pub mod representation;
mod respond;
mod siblings;
pub mod splice;
mod visit;

pub use gateway::Gateway;
pub use repositories::Repositories;
