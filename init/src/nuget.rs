//! The feed that NuGet is configured for, and the hosts that its service index names.

use serde_json::Value;
use url::Url;

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

/// Programs that tell the configured sources, one a line: letters for its state, then the URL.
const ASK: [(&str, &[&str]); 2] = [
    ("dotnet", &["nuget", "list", "source", "--format", "Short"]),
    ("nuget", &["sources", "List", "-Format", "Short"]),
];

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let mut told = None;
    for (program, arguments) in ASK {
        if let Some(sources) = machine.run(program, arguments).await {
            told = Some((program, arguments, sources));
            break;
        }
    }
    let Some((program, arguments, sources)) = told else {
        return note("nuget: neither dotnet nor nuget is found on this machine, so its section is left out");
    };
    let source = sources.lines().filter_map(enabled).find(|source| !source.is_empty());
    let Some(source) = source else {
        return note("nuget: no feed of NuGet's version 3 is configured, so its section is left out");
    };
    let service = match registry(source) {
        Ok(url) => url,
        Err(why) => {
            return note(&format!(
                "nuget: its section is left out: the feed that is configured {why}"
            ));
        }
    };
    let base = base(&service);
    let command = format!("{program} {}", arguments.join(" "));
    let mut notes = vec![format!("nuget: {} (from {command})", shown(&base))];
    let mut yaml = format!(
        "# {command}\n\
         nuget:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: nuget\n      \
               registry: {}\n",
        quoted(base.as_str().trim_end_matches('/'))
    );
    match hosts(machine, &service, &base).await {
        Ok(hosts) if hosts.is_empty() => {}
        Ok(hosts) => {
            yaml.push_str("      # learnt from its service index\n      additional-packages-registries:\n");
            let line = |(host, url): &(String, String)| format!("        {}: {}\n", quoted(host), quoted(url));
            yaml.push_str(&hosts.iter().map(line).collect::<Vec<_>>().concat());
        }
        Err(why) => notes.push(format!(
            "nuget: which other hosts it uses could not be learnt (its service index {why}): the log names them"
        )),
    }
    yaml.push_str("      scan-manifest: true\n      scan-package: true");
    Found {
        yaml,
        notes,
        secret: has_credentials(&base),
    }
}

/// The URL of an enabled source of version 3, which is that of a service index.
fn enabled(line: &str) -> Option<&str> {
    let (state, source) = line.trim().split_once(char::is_whitespace)?;
    let source = source.trim();
    (state.starts_with('E') && source.to_ascii_lowercase().ends_with("/index.json")).then_some(source)
}

/// What stands before `v3/index.json` or `index.json`.
fn base(service: &Url) -> Url {
    let mut base = service.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path();
    let path = path.strip_suffix("/index.json").unwrap_or(path);
    let path = path.strip_suffix("/v3").unwrap_or(path).to_owned();
    base.set_path(&path);
    base
}

/// Hosts of resources that do not lie below `base`, each with its URL.
async fn hosts(machine: &dyn Machine, service: &Url, base: &Url) -> Result<Vec<(String, String)>, String> {
    let (_, index) = machine.page(service).await?;
    let index: Value = serde_json::from_str(&index).map_err(|_| "is no JSON".to_owned())?;
    let resources = index
        .get("resources")
        .and_then(Value::as_array)
        .ok_or("has no resources")?;
    let below = format!("{}/", base.path().trim_end_matches('/'));
    let mut found: Vec<(String, String)> = Vec::new();
    for resource in resources.iter().filter(|resource| is_served(resource)) {
        let link = resource
            .get("@id")
            .and_then(Value::as_str)
            .and_then(|link| Url::parse(link).ok());
        let Some(link) = link.filter(|link| matches!(link.scheme(), "http" | "https")) else {
            continue;
        };
        if link.origin() == base.origin() && link.path().starts_with(&below) {
            continue;
        }
        let url = link.origin().ascii_serialization();
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned();
        if !found.iter().any(|(known, _)| *known == host) {
            found.push((host, url));
        }
    }
    Ok(found)
}

/// Whether clients take packages, or what is known of them, from a resource.
fn is_served(resource: &Value) -> bool {
    let kind = resource.get("@type");
    let kind = kind
        .and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()))
        .unwrap_or_default();
    let served = [
        "PackageBaseAddress",
        "RegistrationsBaseUrl",
        "SearchQueryService",
        "SearchAutocompleteService",
        "VulnerabilityInfo",
        "RepositorySignatures",
    ];
    served.contains(&kind.split('/').next().unwrap_or_default())
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
