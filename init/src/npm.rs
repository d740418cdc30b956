//! The registry that npm is configured for.

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(configured) = machine.run("npm", &["config", "get", "registry"]).await else {
        return note("npm: not found on this machine, so its section is left out");
    };
    let url = match registry(&configured) {
        Ok(url) => url,
        Err(why) => {
            return note(&format!(
                "npm: its section is left out: the registry that it is configured for {why}"
            ));
        }
    };
    let yaml = format!(
        "# npm config get registry\n\
         npm:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: npm\n      \
               registry: {}\n      \
               scan-manifest: true\n      \
               scan-package: true",
        quoted(url.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes: vec![format!("npm: {}", shown(&url))],
        secret: has_credentials(&url),
    }
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
