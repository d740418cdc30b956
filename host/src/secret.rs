//! Values that must not be printed: tokens, passwords, URLs with credentials in them.

use std::fmt;

use sha2::{Digest, Sha256};
use url::Url;

/// A token or password. `Debug` and `Display` print `****`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, to be put on the wire and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `given` is this secret. Digests are compared, so that the time it takes tells nothing of it.
    pub fn is(&self, given: &str) -> bool {
        Sha256::digest(given) == Sha256::digest(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// A URL whose `Debug` and `Display` hide user, password and query: registries put tokens in all three.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SafeUrl(Url);

impl SafeUrl {
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// The URL as configured, credentials included.
    pub fn reveal(&self) -> &Url {
        &self.0
    }

    /// The URL without user and password, for plugins and for building requests.
    pub fn without_credentials(&self) -> Url {
        let mut url = self.0.clone();
        // Only URLs that cannot have a user at all refuse this, and those have none to hide.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url
    }

    /// User and password of the URL, percent-decoded, when it has any.
    pub fn credentials(&self) -> Option<(String, Secret)> {
        if self.0.username().is_empty() && self.0.password().is_none() {
            return None;
        }
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        Some((
            decode(self.0.username()),
            Secret::new(decode(self.0.password().unwrap_or_default())),
        ))
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.without_credentials();
        if shown.query().is_some() {
            shown.set_query(Some("****"));
        }
        shown.set_fragment(None);
        if self.credentials().is_some() {
            let text = shown.to_string();
            return match text.split_once("://") {
                Some((scheme, rest)) => write!(f, "{scheme}://****@{rest}"),
                None => f.write_str(&text),
            };
        }
        shown.fmt(f)
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_prints_without_its_secrets() {
        let url = SafeUrl::new(Url::parse("https://bob:s3cret@registry.example/a?token=t0k#f").unwrap());
        assert_eq!(url.to_string(), "https://****@registry.example/a?****");
        assert_eq!(format!("{url:?}"), "https://****@registry.example/a?****");
        assert_eq!(
            url.without_credentials().as_str(),
            "https://registry.example/a?token=t0k#f"
        );
        assert_eq!(url.credentials(), Some(("bob".into(), Secret::new("s3cret"))));
        assert_eq!(format!("{:?} {}", Secret::new("x"), Secret::new("x")), "**** ****");
    }
}
