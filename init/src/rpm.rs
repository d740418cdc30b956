//! The first repository that dnf, yum or zypper is configured for by its URL.

use url::Url;

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

/// All their files, one after the other.
const FILES: [&str; 2] = [
    "-c",
    "cat /etc/yum.repos.d/*.repo /etc/dnf/repos.d/*.repo /etc/zypp/repos.d/*.repo 2>/dev/null; true",
];

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(files) = machine.run("sh", &FILES).await else {
        return note("rpm: dnf, yum and zypper have no repositories on this machine, so its section is left out");
    };
    let mut why = "no repository that is enabled has a `baseurl`".to_owned();
    for base in bases(&files) {
        match tree(base) {
            Ok(url) => return section(&url),
            Err(reason) => why = reason,
        }
    }
    note(&format!("rpm: its section is left out: {why}"))
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

fn section(url: &Url) -> Found {
    let yaml = format!(
        "# baseurl of /etc/yum.repos.d or /etc/zypp/repos.d\n\
         rpm:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: rpm\n      \
               registry: {}\n      \
               scan-package: true",
        quoted(url.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes: vec![format!("rpm: {}", shown(url))],
        secret: has_credentials(url),
    }
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
