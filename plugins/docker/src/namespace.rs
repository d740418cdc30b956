//! `?ns=`: the registry that a client means when it asks a mirror (containerd).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::settings::Settings;

/// A query without its `ns`; the error is a host whose images this registry does not hold. To serve ours under its name
/// would give them for other ones; to know nothing of it would send the client there itself.
pub(crate) fn checked(settings: &Settings, query: Option<&str>) -> Result<Option<String>, String> {
    let mut kept = Vec::new();
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decoded(key) != "ns" {
            kept.push(pair);
            continue;
        }
        let host = decoded(value);
        if !settings.mirrors(&host) {
            return Err(host.chars().filter(|char| !char.is_control()).take(255).collect());
        }
    }
    Ok((!kept.is_empty()).then(|| kept.join("&")))
}

/// As forms are: a plus is a blank.
pub(crate) fn decoded(text: &str) -> String {
    let text: Cow<'_, str> = if text.contains('+') {
        text.replace('+', " ").into()
    } else {
        text.into()
    };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}
