//! Our own endpoints: probes, the cache's administration, who may use it, and the page that describes it all.

mod cache;
mod description;
mod guard;
mod health;
mod healthcheck;
mod stage;
