//! The first repository that Composer is configured for, and the hosts that it and its packages name.

use serde_json::Value;
use url::Url;

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

/// A package that every large repository has: where its archives are, those of others are likely to be.
const PROBE: &str = "composer/composer";

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(repositories) = machine.run("composer", &["config", "--global", "repositories"]).await else {
        return note("composer: it is not found on this machine, so its section is left out");
    };
    let Some(first) = first(&repositories) else {
        return note("composer: no repository of its kind is configured, so its section is left out");
    };
    let url = match registry(&first) {
        Ok(url) => url,
        Err(why) => {
            return note(&format!(
                "composer: its section is left out: its first repository {why}"
            ));
        }
    };
    let mut notes = vec![format!("composer: {}", shown(&url))];
    let mut yaml = format!(
        "# composer config --global repositories\n\
         composer:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: composer\n      \
               registry: {}\n",
        quoted(url.as_str().trim_end_matches('/'))
    );
    match hosts(machine, &url).await {
        Ok(hosts) if hosts.is_empty() => {}
        Ok(hosts) => {
            yaml.push_str("      # learnt from its metadata\n      additional-packages-registries:\n");
            let line = |(host, url): &(String, String)| format!("        {}: {}\n", quoted(host), quoted(url));
            yaml.push_str(&hosts.iter().map(line).collect::<String>());
        }
        Err(why) => notes.push(format!(
            "composer: which hosts archives are on could not be learnt (its packages.json {why}): the log names them"
        )),
    }
    yaml.push_str("      scan-manifest: true\n      scan-package: true");
    Found {
        yaml,
        notes,
        secret: has_credentials(&url),
    }
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

/// Hosts beside the repository's own, each with its URL.
async fn hosts(machine: &dyn Machine, repository: &Url) -> Result<Vec<(String, String)>, String> {
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
    let mut found: Vec<(String, String)> = Vec::new();
    for link in links.iter().filter_map(|link| Url::parse(link).ok()) {
        let url = link.origin().ascii_serialization();
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned();
        if link.origin() != repository.origin() && !found.iter().any(|(known, _)| *known == host) {
            found.push((host, url));
        }
    }
    Ok(found)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}
