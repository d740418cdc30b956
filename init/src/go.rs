//! The first module proxy and the checksum database that the go command is configured for.

use crate::machine::Machine;
use crate::section::{Repository, Section};
use crate::{has_credentials, registry};

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let settings = machine.run("go", &["env", "GOPROXY", "GOSUMDB"]).await;
    let settings = settings.ok_or("it is not found on this machine")?;
    let mut lines = settings.lines().map(str::trim);
    let (proxies, sumdb) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    // `direct` and `off` are no proxies.
    let mut entries = proxies.split([',', '|']);
    let first = entries
        .find(|entry| entry.contains("://"))
        .ok_or("GOPROXY names no proxy")?;
    let url = registry(first).map_err(|why| format!("the proxy of GOPROXY {why}"))?;
    let mut repository = Repository::new(url);
    let mut notes = Vec::new();
    if let Some(sumdb) = sumdb_of(sumdb) {
        notes.push(format!("checksum database {sumdb}"));
        repository.set("sumdb-registry", &sumdb);
    }
    Ok(Section::new("go env GOPROXY GOSUMDB", [repository]).noting(notes))
}

/// `off`, `NAME`, `NAME+HASH+KEY` or one of these with a URL behind it (`go help environment`).
fn sumdb_of(setting: &str) -> Option<String> {
    let mut words = setting.split_whitespace();
    let name = words.next().filter(|name| *name != "off")?;
    let text = words.next().map_or_else(
        || format!("https://{}", name.split('+').next().unwrap_or_default()),
        str::to_owned,
    );
    let url = registry(&text).ok().filter(|url| !has_credentials(url))?;
    Some(url.as_str().trim_end_matches('/').to_owned())
}
