//! `Link`: the next page of a list (RFC 8288).

use osa_plugin_sdk::url::Target;

use crate::settings::Settings;

/// The header's value with links into the registry's API leading here; all else byte for byte.
pub(crate) fn edited(settings: &Settings, value: &str, link_base: &str) -> String {
    let mut edited = String::with_capacity(value.len());
    let mut rest = value;
    let mut quoted = false;
    while let Some(at) = rest.find(['<', '"']) {
        let (before, from) = rest.split_at(at);
        edited.push_str(before);
        let Some(from_link) = from.strip_prefix('<').filter(|_| !quoted) else {
            quoted ^= from.starts_with('"');
            edited.push_str(from.get(..1).unwrap_or_default());
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        let Some((link, behind)) = from_link.split_once('>') else {
            rest = from;
            break;
        };
        edited.push('<');
        match here(settings, link, link_base) {
            Some(new) => edited.push_str(&new),
            None => edited.push_str(link),
        }
        edited.push('>');
        rest = behind;
    }
    edited.push_str(rest);
    edited
}

/// None for links that lead here already, as those relative to their page do, and for those to other places.
fn here(settings: &Settings, link: &str, link_base: &str) -> Option<String> {
    let is_absolute = link.starts_with('/') || link.contains("://");
    let Target::Web(found) = settings.registry.follow(link) else {
        return None;
    };
    let path = settings.below_registry(&found.to)?;
    let leads_here = link.starts_with("/v2/") && settings.registry.path == "/";
    (is_absolute && !leads_here && path.starts_with("v2/")).then(|| format!("{link_base}/{path}{}", found.rest))
}
