//! The first mirror that apk is configured for.

use url::Url;

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

const REPOSITORIES: &str = "/etc/apk/repositories";

pub(crate) fn find(machine: &dyn Machine) -> Result<Section, String> {
    let lines = machine.file(REPOSITORIES).ok_or("apk is not found on this machine")?;
    // `https://HOST/alpine/v3.20/main`, perhaps behind `@TAG `; folders of this machine among them.
    let mut urls = lines
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_whitespace().find(|word| word.contains("://")));
    let first = urls.next().ok_or("apk has no mirror")?;
    let mirror = registry(first).map_err(|why| format!("apk's first repository {why}"))?;
    let repository = Repository::new(above_branch(mirror)).of_files_alone();
    Ok(Section::new(REPOSITORIES, [repository]))
}

/// Branches and repositories are in the paths that clients ask for.
fn above_branch(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    let branch = |folder: &str| {
        let number = folder.strip_prefix('v').unwrap_or_default();
        number.starts_with(|first: char| first.is_ascii_digit()) || matches!(folder, "edge" | "latest-stable")
    };
    let mut parts = path.rsplitn(3, '/');
    if let (Some(_), Some(folder), Some(above)) = (parts.next(), parts.next(), parts.next())
        && branch(folder)
    {
        url.set_path(above);
    }
    url
}
