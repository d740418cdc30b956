//! The first source that gem is configured for.

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let sources = machine.run("gem", &["sources", "--list"]).await;
    let sources = sources.ok_or("gem is not found on this machine")?;
    // A heading, an empty line, and a URL a line.
    let mut lines = sources.lines().map(str::trim);
    let first = lines.find(|line| line.contains("://")).ok_or("gem has no sources")?;
    let url = registry(first).map_err(|why| format!("gem's first source {why}"))?;
    Ok(Section::new("gem sources --list", [Repository::new(url)]))
}
