//! The first module proxy and the checksum database that the go command is configured for.

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(settings) = machine.run("go", &["env", "GOPROXY", "GOSUMDB"]).await else {
        return note("go: not found on this machine, so its section is left out");
    };
    let mut lines = settings.lines().map(str::trim);
    let (proxies, sumdb) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    // `direct` and `off` are no proxies.
    let Some(first) = proxies.split([',', '|']).find(|entry| entry.contains("://")) else {
        return note("go: GOPROXY names no proxy, so its section is left out");
    };
    let url = match registry(first) {
        Ok(url) => url,
        Err(why) => return note(&format!("go: its section is left out: the proxy of GOPROXY {why}")),
    };
    let mut notes = vec![format!("go: {}", shown(&url))];
    let sumdb = sumdb_of(sumdb).map_or_else(String::new, |sumdb| {
        notes.push(format!("go: checksum database {sumdb}"));
        format!("      sumdb-registry: {}\n", quoted(&sumdb))
    });
    let yaml = format!(
        "# go env GOPROXY GOSUMDB\n\
         go:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: go\n      \
               registry: {}\n\
         {sumdb}      \
               scan-manifest: true\n      \
               scan-package: true",
        quoted(url.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes,
        secret: has_credentials(&url),
    }
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

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
