//! The first mirror that the docker daemon is configured for. Without one it asks the hub that it knows by itself.

use serde_json::Value;

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

const CONFIGURATION: &str = "/etc/docker/daemon.json";

pub(crate) fn find(machine: &dyn Machine) -> Found {
    let Some(text) = machine.file(CONFIGURATION) else {
        return note(&format!(
            "docker: there is no {CONFIGURATION}, so its section is left out"
        ));
    };
    let Ok(configuration) = serde_json::from_str::<Value>(&text) else {
        return note(&format!("docker: its section is left out: {CONFIGURATION} is no JSON"));
    };
    let mirrors = configuration.get("registry-mirrors").and_then(Value::as_array);
    let Some(first) = mirrors.and_then(|mirrors| mirrors.first()?.as_str()) else {
        return note(&format!(
            "docker: {CONFIGURATION} has no registry-mirrors, so its section is left out"
        ));
    };
    let url = match registry(first) {
        Ok(url) => url,
        Err(why) => {
            return note(&format!(
                "docker: its section is left out: the first of registry-mirrors {why}"
            ));
        }
    };
    let yaml = format!(
        "# registry-mirrors in {CONFIGURATION}; a mirror is always one of the hub.\n\
         docker:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: docker\n      \
               registry: {}\n      \
               library-prefix: true",
        quoted(url.as_str().trim_end_matches('/'))
    );
    Found {
        yaml,
        notes: vec![format!("docker: {}", shown(&url))],
        secret: has_credentials(&url),
    }
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
