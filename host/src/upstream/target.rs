//! From what a plugin names (`origin`, `path`) to a URL on an upstream that the operator configured.

use std::collections::BTreeMap;

use base64::Engine as _;
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::encoded;
use crate::failure::Failure;
use crate::secret::SafeUrl;

/// What may not stand in a path raw (RFC 3986 §3.3); all else goes upstream byte for byte.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'^');
/// The same for a query; `'` is encoded because the URL standard does so for http.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\'');

/// The upstreams of one repository.
#[derive(Clone, Debug)]
pub struct Origins {
    section: String,
    /// Where the client's credentials belong: scheme, host and port of the first origin, and of those that log in.
    homes: Vec<url::Origin>,
    by_key: BTreeMap<String, Origin>,
}

#[derive(Clone, Debug)]
struct Origin {
    /// Without credentials.
    base: Url,
    basic: Option<HeaderValue>,
}

impl Origins {
    /// `first` is the key of the plugin's first origin; `section` names the plugin in failures.
    pub fn new(section: &str, first: &str, configured: &BTreeMap<String, SafeUrl>) -> Self {
        let by_key: BTreeMap<String, Origin> = configured
            .iter()
            .map(|(key, url)| (key.clone(), Origin::new(url)))
            .collect();
        Self {
            section: section.to_owned(),
            homes: by_key
                .get(first)
                .map(|origin| origin.base.origin())
                .into_iter()
                .collect(),
            by_key,
        }
    }

    /// Requests that begin at one of `keys` carry the client's credentials, too.
    #[must_use]
    pub fn with_logins<'a>(mut self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        let logins = keys.into_iter().filter_map(|key| self.by_key.get(key));
        self.homes.extend(logins.map(|origin| origin.base.origin()));
        self
    }

    /// The URL of a plugin's target: always on the configured origin and under its path.
    pub fn resolve(&self, origin: &str, path: &str) -> Result<Url, Failure> {
        let Some(found) = self.by_key.get(origin) else {
            return Err(Failure::plugin(format!(
                "the plugin of section {} named the origin {origin:?}, which is not configured for this repository",
                self.section
            )));
        };
        found.join(path).map_err(|why| {
            Failure::plugin(format!(
                "the plugin of section {} named an upstream path that {why}",
                self.section
            ))
            .with_detail(format!("{path:?}"))
        })
    }

    /// Whether the URL lies on one of the configured upstreams, by scheme, host and port.
    pub fn contains(&self, url: &Url) -> bool {
        self.by_key.values().any(|origin| origin.base.origin() == url.origin())
    }

    /// Whether the client's own credentials may go there.
    pub fn is_home(&self, url: &Url) -> bool {
        self.homes.contains(&url.origin())
    }

    /// `Authorization` made of the user and password of the configured URL, for exactly that origin.
    pub fn credentials_for(&self, url: &Url) -> Option<HeaderValue> {
        self.by_key
            .values()
            .filter(|origin| origin.basic.is_some() && origin.base.origin() == url.origin())
            .max_by_key(|origin| {
                let path = origin.base.path();
                url.path().starts_with(path).then_some(path.len())
            })
            .and_then(|origin| origin.basic.clone())
    }
}

impl Origin {
    fn new(url: &SafeUrl) -> Self {
        let mut base = url.without_credentials();
        base.set_fragment(None);
        Self {
            base,
            basic: url.credentials().and_then(|(user, password)| {
                let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.reveal()));
                let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
                value.set_sensitive(true);
                Some(value)
            }),
        }
    }

    fn join(&self, target: &str) -> Result<Url, String> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let scheme = path.split_once("://").map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric())) {
            return Err("is an absolute URL".into());
        }
        if path.starts_with("//") {
            return Err("begins with two slashes".into());
        }
        if target.contains('#') {
            return Err("has a fragment".into());
        }
        if target.bytes().any(|byte| byte.is_ascii_control()) {
            return Err("holds a control character".into());
        }
        encoded::check(path).map_err(|flaw| format!("holds {flaw}"))?;
        if let Some(query) = query {
            encoded::check_encoding(query).map_err(|flaw| format!("holds {flaw}"))?;
        }

        let path = if path.is_empty() {
            // The configured URL itself, which may be one document's.
            self.base.path().to_owned()
        } else {
            let path = utf8_percent_encode(path.strip_prefix('/').unwrap_or(path), PATH);
            format!("{}/{path}", self.base.path().trim_end_matches('/'))
        };
        let query = match (self.base.query(), query) {
            (Some(own), Some(query)) => Some(format!("{own}&{}", utf8_percent_encode(query, QUERY))),
            (Some(own), None) => Some(own.to_owned()),
            (None, query) => query.map(|query| utf8_percent_encode(query, QUERY).to_string()),
        };
        let mut url = self.base.clone();
        url.set_path(&path);
        url.set_query(query.as_deref());
        // What the URL parser would quietly change, it must not: the plugin's word is checked above, not its rewriting.
        if url.path() != path || url.query() != query.as_deref() || url.origin() != self.base.origin() {
            return Err("no URL can hold as it is".into());
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::failure::Blame;

    fn origins() -> Origins {
        let url = |text: &str| SafeUrl::new(Url::parse(text).unwrap());
        let configured = BTreeMap::from([
            ("registry".to_owned(), url("https://bob:p%40ss@registry.example/root/")),
            ("files/files.example".to_owned(), url("https://files.example")),
            ("signed".to_owned(), url("http://signed.example:8081/s?sig=abc")),
        ]);
        Origins::new("widget", "registry", &configured)
    }

    #[test]
    fn a_target_is_joined_byte_for_byte() {
        let origins = origins();
        for (path, url) in [
            ("@scope%2fname", "https://registry.example/root/@scope%2fname"),
            ("/a%2Bb+c~d[1]|%7e", "https://registry.example/root/a%2Bb+c~d[1]|%7e"),
            ("", "https://registry.example/root/"),
            (
                "a?x=%2F..&y=a+b%20c",
                "https://registry.example/root/a?x=%2F..&y=a+b%20c",
            ),
            ("a?", "https://registry.example/root/a?"),
            ("a:b@c;d=1,e!$&'()*", "https://registry.example/root/a:b@c;d=1,e!$&'()*"),
            ("a b{c}", "https://registry.example/root/a%20b%7Bc%7D"),
            ("a/b/", "https://registry.example/root/a/b/"),
            ("%E2%82%AC/€", "https://registry.example/root/%E2%82%AC/%E2%82%AC"),
        ] {
            assert_eq!(origins.resolve("registry", path).unwrap().as_str(), url);
        }
        let at = |key, path| origins.resolve(key, path).unwrap().to_string();
        assert_eq!(at("files/files.example", "x.tgz"), "https://files.example/x.tgz");
        assert_eq!(at("signed", "x"), "http://signed.example:8081/s/x?sig=abc");
        assert_eq!(at("signed", ""), "http://signed.example:8081/s?sig=abc");
        assert_eq!(at("signed", "?y"), "http://signed.example:8081/s?sig=abc&y");
        assert_eq!(at("signed", "/"), "http://signed.example:8081/s/?sig=abc");
        assert_eq!(at("signed", "x?y"), "http://signed.example:8081/s/x?sig=abc&y");
    }

    #[test]
    fn a_plugin_cannot_leave_its_origin() {
        for path in [
            "../x",
            "a/%2e%2e/x",
            "a/%252e%252e%252fx",
            "a\\..\\x",
            "a%5c..",
            "//evil.example/x",
            "https://evil.example/x",
            "a#b",
            "a%00",
            "a\nb",
            "a?b\r\nc",
            "a?%zz",
        ] {
            let failure = origins().resolve("registry", path).unwrap_err();
            assert_eq!((failure.blame, failure.status.as_u16()), (Blame::Plugin, 502), "{path}");
        }
        let failure = origins().resolve("mirror", "x").unwrap_err();
        assert!(
            failure.message.contains("widget") && failure.message.contains("mirror"),
            "{failure}"
        );
    }

    #[test]
    fn credentials_belong_to_one_origin() {
        let origins = origins();
        let url = |text: &str| Url::parse(text).unwrap();
        let basic = origins.credentials_for(&url("https://registry.example/other")).unwrap();
        assert_eq!(basic, "Basic Ym9iOnBAc3M=");
        assert!(!format!("{origins:?}").contains("Ym9i"));
        for other in [
            "http://registry.example/root/",
            "https://registry.example:8443/root/",
            "https://files.example/",
            "https://registry.example.evil.example/",
        ] {
            assert_eq!(origins.credentials_for(&url(other)), None);
            assert!(!origins.is_home(&url(other)), "{other}");
        }
        assert!(origins.is_home(&url("https://registry.example:443/x")));
        assert!(origins.contains(&url("https://files.example/x")));
        assert!(!origins.contains(&url("https://evil.example/x")));
    }

    #[test]
    fn whoever_logs_in_does_so_where_that_is_configured() {
        let origins = origins().with_logins(["files/files.example", "none"]);
        assert!(origins.is_home(&Url::parse("https://files.example/login").unwrap()));
        assert!(origins.is_home(&Url::parse("https://registry.example/x").unwrap()));
        assert!(!origins.is_home(&Url::parse("http://signed.example:8081/s").unwrap()));
    }

    proptest! {
        #[test]
        fn whatever_the_path_the_url_stays_under_the_base(path in "[ -~€\\\\%./?@:#]{0,24}|(%2[eEfF]|%5c|[./?:@%a-]){0,12}") {
            if let Ok(url) = origins().resolve("registry", &path) {
                prop_assert_eq!(url.host_str(), Some("registry.example"));
                prop_assert!(url.path().starts_with("/root/"));
                prop_assert!(url.username().is_empty() && url.fragment().is_none());
            }
        }
    }
}
