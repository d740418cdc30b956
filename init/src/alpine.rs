//! The first mirror that apk is configured for.

use url::Url;

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

const REPOSITORIES: &str = "/etc/apk/repositories";

pub(crate) fn find(machine: &dyn Machine) -> Found {
    let Some(lines) = machine.file(REPOSITORIES) else {
        return note("alpine: apk is not found on this machine, so its section is left out");
    };
    // `https://HOST/alpine/v3.20/main`, perhaps behind `@TAG `; folders of this machine among them.
    let mut urls = lines
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_whitespace().find(|word| word.contains("://")));
    let Some(first) = urls.next() else {
        return note("alpine: apk has no mirror, so its section is left out");
    };
    let mirror = match registry(first) {
        Ok(url) => above_branch(url),
        Err(why) => {
            return note(&format!(
                "alpine: its section is left out: apk's first repository {why}"
            ));
        }
    };
    let yaml = format!(
        "# {REPOSITORIES}\n\
         alpine:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: alpine\n      \
               registry: {}\n      \
               scan-package: true",
        quoted(mirror.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes: vec![format!("alpine: {}", shown(&mirror))],
        secret: has_credentials(&mirror),
    }
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

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
