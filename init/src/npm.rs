//! The registry that npm is configured for.

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let configured = machine.run("npm", &["config", "get", "registry"]).await;
    let configured = configured.ok_or("it is not found on this machine")?;
    let url = registry(&configured).map_err(|why| format!("the registry that it is configured for {why}"))?;
    Ok(Section::new("npm config get registry", [Repository::new(url)]))
}
