use anyhow::Context as _;
use serde_json::Value;

use super::Rewrite;

pub(super) fn rewrite(rewrite: &Rewrite<'_>) -> anyhow::Result<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
    if let Some(versions) = document.get_mut("versions").and_then(Value::as_array_mut) {
        versions.retain(|version| {
            version
                .as_str()
                .is_none_or(|version| !rewrite.refused.contains(version))
        });
    }
    let files = document
        .get_mut("files")
        .and_then(Value::as_array_mut)
        .context("no files")?;
    files.retain(|file| {
        let name = file.get("filename").and_then(Value::as_str);
        name.is_none_or(|name| !rewrite.refuses_file(name))
    });
    for file in files {
        if let Some(link) = file.get_mut("url")
            && let Some(path) = link
                .as_str()
                .and_then(|link| link.strip_prefix(&rewrite.document.origin))
        {
            *link = format!("{}/-/packages{path}", rewrite.link_base).into();
        }
    }
    Ok(serde_json::to_vec(&document)?)
}
