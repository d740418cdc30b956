//! `osa-proxy init`: a working configuration from the package managers of this machine. Registries are named in the
//! file that it writes and nowhere else. This crate knows ecosystems; the host that calls it does not.

mod alpine;
mod composer;
mod debian;
mod docker;
mod files;
mod go;
mod machine;
mod maven;
mod npm;
mod nuget;
mod pypi;
mod rpm;
mod ruby;
mod section;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use url::Url;

use machine::{Machine, Real};

/// What was written, and what people should know about it.
#[derive(Debug)]
pub struct Report {
    pub config: PathBuf,
    pub policy: PathBuf,
    pub notes: Vec<String>,
}

/// Writes `target` and a policy file beside it. Neither is overwritten: where `target` is there already that is an error,
/// where the policy is, it stays. `client` fetches an index page and a
/// service index, to learn which hosts files and services are on.
pub async fn run(target: &Path, client: reqwest::Client) -> anyhow::Result<Report> {
    write(target, &Real::new(client)).await
}

async fn write(target: &Path, machine: &dyn Machine) -> anyhow::Result<Report> {
    if target.exists() {
        bail!("{} is there already: remove it, or name another file", target.display());
    }
    let found = [
        ("maven", maven::find(machine).await),
        ("go", go::find(machine).await),
        ("npm", npm::find(machine).await),
        ("pypi", pypi::find(machine).await),
        ("nuget", nuget::find(machine).await),
        ("ruby", ruby::find(machine).await),
        ("composer", composer::find(machine).await),
        ("rpm", rpm::find(machine).await),
        ("debian", debian::find(machine).await),
        ("alpine", alpine::find(machine)),
        ("docker", docker::find(machine)),
    ];
    let (mut yaml, mut notes, mut secret) = (Vec::new(), Vec::new(), false);
    for (name, section) in found {
        match section {
            Ok(section) => {
                yaml.push(section.yaml(name));
                notes.extend(section.notes().into_iter().map(|note| format!("{name}: {note}")));
                secret |= section.is_secret();
            }
            Err(why) => notes.push(format!("{name}: its section is left out: {why}")),
        }
    }
    if yaml.is_empty() {
        bail!(
            "no registry was found, so {} is not written:\n  {}",
            target.display(),
            notes.join("\n  ")
        );
    }
    let policy = files::policy_beside(target);
    if !files::write_policy(&policy)? {
        notes.push(format!("{} was there already and stays as it is", policy.display()));
    }
    files::write_config(target, &policy, &yaml.join("\n\n"), secret)?;
    if secret {
        notes.push("a registry's URL has credentials in it: only you can read the configuration".into());
    }
    Ok(Report {
        config: target.to_owned(),
        policy,
        notes,
    })
}

/// Text as YAML takes it whatever is in it: every JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The URL for people: without user, password and query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Only URLs without a host refuse this.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.to_string()
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// An http or https URL that is not this proxy's own; else why not.
fn registry(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|_| "is not a URL".to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("is not an http or https URL".into());
    }
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) && url.port_or_known_default() == Some(8080)
    {
        return Err(format!(
            "is {}, which is this proxy's own address: point it at its registry first",
            shown(&url)
        ));
    }
    Ok(url)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for note in &self.notes {
            writeln!(f, "{note}")?;
        }
        writeln!(f, "written: {} and {}", self.config.display(), self.policy.display())?;
        writeln!(f, "start it with: osa-proxy {}", self.config.display())
    }
}
