//! The first mirror that the docker daemon is configured for. Without one it asks the hub that it knows by itself.

use serde_json::Value;

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

const CONFIGURATION: &str = "/etc/docker/daemon.json";

pub(crate) fn find(machine: &dyn Machine) -> Result<Section, String> {
    let text = machine
        .file(CONFIGURATION)
        .ok_or_else(|| format!("there is no {CONFIGURATION}"))?;
    let configuration: Value = serde_json::from_str(&text).map_err(|_| format!("{CONFIGURATION} is no JSON"))?;
    let mirrors = configuration.get("registry-mirrors").and_then(Value::as_array);
    let first = mirrors.and_then(|mirrors| mirrors.first()?.as_str());
    let first = first.ok_or_else(|| format!("{CONFIGURATION} has no registry-mirrors"))?;
    let url = registry(first).map_err(|why| format!("the first of registry-mirrors {why}"))?;
    // Images are always judged.
    let mut repository = Repository::new(url).scanning(&[]);
    repository.comment("a mirror is always one of the hub");
    repository.switch_on("library-prefix");
    Ok(Section::new(
        format!("registry-mirrors in {CONFIGURATION}"),
        [repository],
    ))
}
