//! The first repository that Composer is configured for, and the hosts that it and its packages name.

use serde_json::Value;
use url::Url;

use crate::machine::Machine;
use crate::registry;
use crate::section::{self, Repository, Section};

/// A package that every large repository has: where its archives are, those of others are likely to be.
const PROBE: &str = "composer/composer";

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let repositories = machine.run("composer", &["config", "--global", "repositories"]).await;
    let repositories = repositories.ok_or("it is not found on this machine")?;
    let first = first(&repositories).ok_or("no repository of its kind is configured")?;
    let url = registry(&first).map_err(|why| format!("its first repository {why}"))?;
    let hosts = hosts(machine, &url).await;
    let mut repository = Repository::new(url);
    let mut notes = Vec::new();
    match hosts {
        Ok(hosts) if hosts.is_empty() => {}
        Ok(hosts) => {
            repository.comment("learnt from its metadata");
            repository.additional(&hosts);
        }
        Err(why) => notes.push(format!(
            "which hosts archives are on could not be learnt (its packages.json {why}): the log names them"
        )),
    }
    Ok(Section::new("composer config --global repositories", [repository]).noting(notes))
}

/// The URL of the first repository of type `composer`. Composer writes its own default as `https?://`.
fn first(repositories: &str) -> Option<String> {
    let repositories: Value = serde_json::from_str(repositories.trim()).ok()?;
    let all: Vec<&Value> = match &repositories {
        Value::Object(named) => named.values().collect(),
        Value::Array(listed) => listed.iter().collect(),
        _ => return None,
    };
    let found = all
        .into_iter()
        .find(|repository| repository.get("type").and_then(Value::as_str) == Some("composer"))?;
    Some(found.get("url")?.as_str()?.replacen("https?://", "https://", 1))
}

/// Hosts beside the repository's own.
async fn hosts(machine: &dyn Machine, repository: &Url) -> Result<Vec<String>, String> {
    let base = repository.as_str().trim_end_matches('/');
    let page = |path: String| Url::parse(&path).map_err(|_| "has no URL".to_owned());
    let (_, root) = machine.page(&page(format!("{base}/packages.json"))?).await?;
    let root: Value = serde_json::from_str(&root).map_err(|_| "is no JSON".to_owned())?;
    let services = ["metadata-url", "search", "list", "providers-api"].map(|key| root.get(key));
    let advisories = root.pointer("/security-advisories/api-url");
    let mut links: Vec<String> = services
        .into_iter()
        .chain([advisories])
        .flatten()
        .filter_map(text)
        .collect();
    // Smaller repositories do not have it, and then only the log can tell.
    if let Ok((_, metadata)) = machine.page(&page(format!("{base}/p2/{PROBE}.json"))?).await
        && let Ok(metadata) = serde_json::from_str::<Value>(&metadata)
        && let Some(versions) = metadata
            .get("packages")
            .and_then(|packages| packages.get(PROBE)?.as_array())
    {
        links.extend(
            versions
                .iter()
                .filter_map(|version| text(version.pointer("/dist/url")?)),
        );
    }
    let links = links.iter().filter_map(|link| Url::parse(link).ok());
    Ok(section::hosts(links, |link| link.origin() == repository.origin()))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
