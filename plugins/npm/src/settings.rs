//! The repository's part of osa-proxy.yml, and which links lead into its registry.

use osa_plugin_sdk::settings;

/// The registry's place, as links are compared with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Lower case, with the port when that is neither 80 nor 443.
    authority: String,
    /// Of the base URL: empty, or with a leading slash and without a trailing one.
    path: String,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let registry = settings::registry("npm", json)?;
        Ok(Self {
            authority: registry.host,
            path: registry.path.trim_end_matches('/').to_owned(),
        })
    }

    /// How many bytes of a link stand for the registry, so that what follows is a slash and a path within it; none
    /// when the link leads elsewhere.
    ///
    /// Registries write the scheme and the host that they believe to be seen under, or only a path: the scheme does
    /// not count, nor does a default port.
    pub(crate) fn base_of(&self, link: &str) -> Option<usize> {
        let path = match split(link) {
            Some((authority, path)) if host(authority) == self.authority => path,
            Some(_) => return None,
            None => link,
        };
        let rest = path.strip_prefix(self.path.as_str())?;
        rest.starts_with('/').then(|| link.len() - rest.len())
    }
}

/// Authority and the rest of an absolute or scheme-relative URL.
fn split(url: &str) -> Option<(&str, &str)> {
    let colon = url.find("//")?;
    let (scheme, rest) = (url.get(..colon)?, url.get(colon + 2..)?);
    if !["", "http:", "https:"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    (!authority.is_empty()).then_some((authority, path))
}

fn host(authority: &str) -> String {
    let bare = authority
        .strip_suffix(":443")
        .or_else(|| authority.strip_suffix(":80"))
        .unwrap_or(authority);
    bare.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(registry: &str) -> Settings {
        Settings::parse(&serde_json::json!({ "registry": registry }).to_string()).unwrap()
    }

    #[test]
    fn links_into_the_registry_are_known_by_host_and_path() {
        let root = settings("https://registry.example/");
        let rest = |link: &str| root.base_of(link).map(|base| link[base..].to_owned());
        assert_eq!(
            rest("https://registry.example/a/-/a-1.tgz").as_deref(),
            Some("/a/-/a-1.tgz")
        );
        assert_eq!(rest("HTTP://Registry.Example:80/a").as_deref(), Some("/a"));
        assert_eq!(rest("//registry.example/a").as_deref(), Some("/a"));
        assert_eq!(rest("/a/-/a-1.tgz").as_deref(), Some("/a/-/a-1.tgz"));
        for elsewhere in [
            "https://registry.example:8080/a",
            "https://registry.example.evil.example/a",
            "https://user@registry.example/a",
            "https://files.example/a",
            "ftp://registry.example/a",
            "https://registry.example",
            "a/-/a-1.tgz",
            "",
        ] {
            assert_eq!(rest(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_base_path_ends_at_a_slash() {
        let nexus = settings("http://nexus.example:8081/repository/npm-proxy/");
        let rest = |link: &str| nexus.base_of(link).map(|base| link[base..].to_owned());
        assert_eq!(
            rest("http://nexus.example:8081/repository/npm-proxy/a").as_deref(),
            Some("/a")
        );
        assert_eq!(
            rest("https://NEXUS.example:8081/repository/npm-proxy/a").as_deref(),
            Some("/a")
        );
        assert_eq!(rest("/repository/npm-proxy/a").as_deref(), Some("/a"));
        assert_eq!(rest("http://nexus.example:8081/repository/npm-proxy-2/a"), None);
        assert_eq!(rest("http://nexus.example:8081/a"), None);
        assert_eq!(rest("/a"), None);
    }
}
