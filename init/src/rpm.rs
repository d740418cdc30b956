//! The first repository that dnf, yum or zypper is configured for by its URL.

use url::Url;

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

/// All their files, one after the other.
const FILES: [&str; 2] = [
    "-c",
    "cat /etc/yum.repos.d/*.repo /etc/dnf/repos.d/*.repo /etc/zypp/repos.d/*.repo 2>/dev/null; true",
];

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let files = machine.run("sh", &FILES).await;
    let files = files.ok_or("dnf, yum and zypper have no repositories on this machine")?;
    let mut why = "no repository that is enabled has a `baseurl`".to_owned();
    for base in bases(&files) {
        match tree(base) {
            Ok(url) => {
                let source = "baseurl of /etc/yum.repos.d or /etc/zypp/repos.d";
                return Ok(Section::new(source, [Repository::new(url).of_files_alone()]));
            }
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

/// The `baseurl` of each repository that is enabled.
fn bases(files: &str) -> Vec<&str> {
    let mut bases = Vec::new();
    for repository in files.split("\n[") {
        let value = |key: &str| {
            let mut lines = repository.lines().map(|line| line.split_once('='));
            lines.find_map(|line| {
                line.filter(|(name, _)| name.trim() == key)
                    .map(|(_, value)| value.trim())
            })
        };
        if value("enabled").is_none_or(|enabled| matches!(enabled, "1" | "yes" | "true" | "on"))
            && let Some(first) = value("baseurl").and_then(|urls| urls.split([' ', ',']).next())
        {
            bases.push(first);
        }
    }
    bases
}

/// What stands before the first variable, `$releasever` and the like, is the same for all of the tree.
fn tree(base: &str) -> Result<Url, String> {
    let fixed = base.split('$').next().unwrap_or_default();
    let fixed = if fixed.len() < base.len() {
        fixed.rsplit_once('/').map_or("", |(folder, _)| folder)
    } else {
        fixed
    };
    registry(fixed).map_err(|why| format!("a `baseurl` {why}"))
}
