//! The feed that NuGet is configured for, and the hosts that its service index names.

use serde_json::Value;
use url::Url;

use crate::machine::Machine;
use crate::registry;
use crate::section::{self, Repository, Section, is_below};

/// Programs that tell the configured sources, one a line: letters for its state, then the URL.
const ASK: [(&str, &[&str]); 2] = [
    ("dotnet", &["nuget", "list", "source", "--format", "Short"]),
    ("nuget", &["sources", "List", "-Format", "Short"]),
];

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let mut told = None;
    for (program, arguments) in ASK {
        if let Some(sources) = machine.run(program, arguments).await {
            told = Some((program, arguments, sources));
            break;
        }
    }
    let (program, arguments, sources) = told.ok_or("neither dotnet nor nuget is found on this machine")?;
    let mut sources = sources.lines().filter_map(enabled);
    let source = sources
        .find(|source| !source.is_empty())
        .ok_or("no feed of NuGet's version 3 is configured")?;
    let service = registry(source).map_err(|why| format!("the feed that is configured {why}"))?;
    let base = base(&service);
    let hosts = hosts(machine, &service, &base).await;
    let mut repository = Repository::new(base);
    let mut notes = Vec::new();
    match hosts {
        Ok(hosts) if hosts.is_empty() => {}
        Ok(hosts) => {
            repository.comment("learnt from its service index");
            repository.additional(&hosts);
        }
        Err(why) => notes.push(format!(
            "which other hosts it uses could not be learnt (its service index {why}): the log names them"
        )),
    }
    Ok(Section::new(format!("{program} {}", arguments.join(" ")), [repository]).noting(notes))
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

/// Hosts of resources that do not lie below `base`.
async fn hosts(machine: &dyn Machine, service: &Url, base: &Url) -> Result<Vec<String>, String> {
    let (_, index) = machine.page(service).await?;
    let index: Value = serde_json::from_str(&index).map_err(|_| "is no JSON".to_owned())?;
    let resources = index
        .get("resources")
        .and_then(Value::as_array)
        .ok_or("has no resources")?;
    let served = resources.iter().filter(|resource| is_served(resource));
    let links = served.filter_map(|resource| Url::parse(resource.get("@id")?.as_str()?).ok());
    Ok(section::hosts(links, |link| is_below(link, base)))
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
