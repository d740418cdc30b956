//! What a plugin says of itself and of components is checked before anyone believes it.

use super::{Description, Index};

/// First path segments that the host keeps for itself, and root sections of osa-proxy.yml.
const RESERVED_SECTIONS: [&str; 7] = ["codescoring", "http", "cache", "logging", "admin", "plugins", "policy"];

/// Headers that carry credentials.
const NEVER: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

pub(super) fn description(description: &Description) -> Result<(), String> {
    let name = &description.name;
    if !is_token(name) {
        return Err(format!(
            "describes itself as {name:?}; a section name is made of a-z, 0-9 and -"
        ));
    }
    if RESERVED_SECTIONS.contains(&name.as_str()) {
        return Err(format!(
            "describes itself as `{name}`, which is a section of the host's own"
        ));
    }
    if description.purl_types.is_empty() {
        return Err("names no package URL type".into());
    }
    if let Some(kind) = description.purl_types.iter().find(|kind| !is_purl_type(kind)) {
        return Err(format!("names the package URL type {kind:?}, which is none"));
    }
    if description.origins.is_empty() {
        return Err("names no origin, so nothing can be configured for it".into());
    }
    let mut keys: Vec<&str> = Vec::new();
    for option in description.origins.iter().chain(&description.settings) {
        if !is_token(&option.key) || keys.contains(&option.key.as_str()) {
            return Err(format!(
                "names the setting {:?} twice or not as a-z, 0-9 and -",
                option.key
            ));
        }
        keys.push(&option.key);
    }
    if let Some(extension) = description
        .file_types
        .iter()
        .find(|e| !e.starts_with('.') || **e != e.to_lowercase())
    {
        return Err(format!(
            "names the file type {extension:?}; an extension begins with a dot and is lower case"
        ));
    }
    if let Some(form) = &description.error_form
        && http::HeaderValue::from_str(&form.content_type).is_err()
    {
        return Err(format!(
            "names the content type {:?}, which is no header value",
            form.content_type
        ));
    }
    if let Some(header) = description
        .wants_headers
        .iter()
        .find(|header| NEVER.contains(&header.as_str()))
    {
        return Err(format!("asks for the header {header}, which no plugin gets"));
    }
    Ok(())
}

/// A candidate's package URL must be of one of the plugin's own types: a verdict about a foreign component is worth nothing.
pub(super) fn purl(description: &Description, purl: &str) -> Result<(), String> {
    if purl.len() > 4096 || !purl.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("named a package URL that is none".into());
    }
    let kind = purl
        .strip_prefix("pkg:")
        .and_then(|rest| rest.split_once('/'))
        .map(|(kind, _)| kind);
    match kind {
        Some(kind) if description.purl_types.iter().any(|own| own == kind) => Ok(()),
        Some(kind) => Err(format!(
            "named a package URL of type {kind:?}, which is not among its own"
        )),
        None => Err(format!("named {purl:?}, which is no package URL")),
    }
}

/// Checks the prefix once and the candidates for what a package URL cannot hold.
pub(super) fn index(description: &Description, index: &Index) -> Result<(), String> {
    purl(description, &format!("{}x", index.prefix))?;
    let candidates = &index.candidates;
    if !candidates.is_empty() && !candidates.ends_with('\n') {
        return Err("named a component whose line has no end".into());
    }
    let room = 4096usize.saturating_sub(index.prefix.len());
    let bad =
        |suffix: &str| suffix.is_empty() || suffix.len() > room || !suffix.bytes().all(|byte| byte.is_ascii_graphic());
    match candidates.split_terminator('\n').find(|suffix| bad(suffix)) {
        Some(suffix) => {
            let shown: String = suffix.chars().take(200).collect();
            Err(format!("named a component {shown:?}, which is no package URL"))
        }
        None => Ok(()),
    }
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_purl_type(kind: &str) -> bool {
    !kind.is_empty()
        && kind.len() <= 64
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".+-".contains(&byte))
}
