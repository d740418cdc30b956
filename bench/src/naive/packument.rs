use anyhow::Context as _;
use semver::Version;
use serde_json::{Map, Value};

use super::Rewrite;

pub(super) fn rewrite(rewrite: &Rewrite<'_>) -> anyhow::Result<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
    let versions = members(&mut document, "versions")?;
    versions.retain(|version, _| !rewrite.refused.contains(version));
    for version in versions.values_mut() {
        if let Some(link) = version.pointer_mut("/dist/tarball")
            && let Some(path) = link
                .as_str()
                .and_then(|link| link.strip_prefix(&rewrite.document.origin))
        {
            *link = format!("{}{path}", rewrite.link_base).into();
        }
    }
    let kept: Vec<String> = versions.keys().cloned().collect();
    if let Ok(times) = members(&mut document, "time") {
        times.retain(|version, _| !rewrite.refused.contains(version));
    }
    let tags = members(&mut document, "dist-tags")?;
    if let Some(latest) = tags.get("latest").and_then(Value::as_str)
        && rewrite.refused.contains(latest)
        && let Some(instead) = highest(&kept, latest)
    {
        tags.insert("latest".into(), instead.into());
    }
    tags.retain(|_, version| {
        version
            .as_str()
            .is_none_or(|version| !rewrite.refused.contains(version))
    });
    Ok(serde_json::to_vec(&document)?)
}

fn members<'a>(document: &'a mut Value, key: &str) -> anyhow::Result<&'a mut Map<String, Value>> {
    let member = document.get_mut(key).and_then(Value::as_object_mut);
    member.with_context(|| format!("no object {key}"))
}

/// The highest not above `latest`, stable ones first.
fn highest<'a>(versions: &'a [String], latest: &str) -> Option<&'a str> {
    let latest = Version::parse(latest).ok()?;
    versions
        .iter()
        .filter_map(|text| Some((Version::parse(text).ok()?, text)))
        .filter(|(version, _)| *version <= latest)
        .max_by(|(one, _), (other, _)| (one.pre.is_empty(), one).cmp(&(other.pre.is_empty(), other)))
        .map(|(_, text)| text.as_str())
}
