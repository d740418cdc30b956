//! The first source that gem is configured for.

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(sources) = machine.run("gem", &["sources", "--list"]).await else {
        return note("ruby: gem is not found on this machine, so its section is left out");
    };
    // A heading, an empty line, and a URL a line.
    let Some(first) = sources.lines().map(str::trim).find(|line| line.contains("://")) else {
        return note("ruby: gem has no sources, so its section is left out");
    };
    let url = match registry(first) {
        Ok(url) => url,
        Err(why) => return note(&format!("ruby: its section is left out: gem's first source {why}")),
    };
    let yaml = format!(
        "# gem sources --list\n\
         ruby:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: ruby\n      \
               registry: {}\n      \
               scan-manifest: true\n      \
               scan-package: true",
        quoted(url.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes: vec![format!("ruby: {}", shown(&url))],
        secret: has_credentials(&url),
    }
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
