//! Names of repositories: the first path segment, or the first label of the host; one repository each.

use std::collections::HashMap;

use crate::yaml::{Mark, Value};

/// First path segments that are the proxy's own.
const RESERVED: [&str; 7] = ["api", "healthz", "readyz", "metrics", "actuator", "v2", "token"];

/// Those given so far, with their place.
#[derive(Default)]
pub(super) struct Names(HashMap<String, (String, Mark)>);

impl Names {
    /// The name, when it is right and still free; everything else is reported.
    pub(super) fn claim(&mut self, value: &Value<'_>, by_host: bool) -> Option<String> {
        let name = value.parse(if by_host { host_label } else { path_segment })?;
        if !by_host && RESERVED.contains(&name.as_str()) {
            value.report(format!(
                "`{name}` is the proxy's own (as are {}): choose another name",
                RESERVED.join(", ")
            ));
            return None;
        }
        if let Some((path, mark)) = self.0.get(&name) {
            value.report(format!(
                "`{name}` is also {path} in line {}: choose another name",
                mark.line
            ));
            return None;
        }
        self.0.insert(name.clone(), (value.path().to_owned(), value.mark()));
        Some(name)
    }
}

fn path_segment(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > 128 || !text.chars().all(allowed) || text.chars().all(|c| c == '.') {
        return Err("cannot be the first segment of a URL path: use letters, digits, `.`, `_` and `-`".into());
    }
    Ok(text.to_owned())
}

fn host_label(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 63 || !text.chars().all(allowed) || text.starts_with('-') || text.ends_with('-')
    {
        return Err("cannot be the first label of a host name: use lower-case letters, digits and inner `-`".into());
    }
    Ok(text.to_owned())
}
