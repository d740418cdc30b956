//! Module paths and their escaped form in URLs, where an upper-case letter reads `!` and the lower-case one
//! (`golang.org/x/mod/module`, `EscapePath` and `CheckPath`).

use osa_plugin_sdk::purl;

/// A checked module path, as go.mod writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module(String);

// === impl Module ===

impl Module {
    /// From its escaped form, percent-decoded. None for what the go command never asks for; a path whose first part is
    /// no domain matters most: `cached-only/...` means another module to some proxies.
    pub(crate) fn unescape(escaped: &str) -> Option<Self> {
        let path = unescape(escaped)?;
        let first = path.split('/').next().unwrap_or_default();
        let domain = first.contains('.')
            && !first.starts_with('-')
            && first
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
        (domain && path.split('/').all(is_element)).then_some(Self(path))
    }

    pub(crate) fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// Up to the version. Letters keep their case: modules that differ by it are two.
    pub(crate) fn purl_prefix(&self) -> String {
        let (namespace, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        purl::prefix("golang", namespace, name)
    }
}

/// Upper-case letters are written as `!` and the lower-case one.
pub(crate) fn escape(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len());
    for char in plain.chars() {
        if char.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(char.to_ascii_lowercase());
    }
    escaped
}

/// None for anything that [`escape`] cannot have made.
pub(crate) fn unescape(escaped: &str) -> Option<String> {
    let mut plain = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(char) = chars.next() {
        match char {
            '!' => plain.push(chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase()),
            'A'..='Z' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

fn is_element(element: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !element.is_empty() && !element.starts_with('.') && !element.ends_with('.') && element.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_letters_are_escaped() {
        let module = Module::unescape("github.com/!burnt!sushi/toml").unwrap();
        assert_eq!(module.purl_prefix(), "pkg:golang/github.com/BurntSushi/toml@");
        assert_eq!(module.escaped(), "github.com/!burnt!sushi/toml");
        let short = Module::unescape("gopkg.in/yaml.v3").unwrap();
        assert_eq!(short.purl_prefix(), "pkg:golang/gopkg.in/yaml.v3@");
        assert_eq!(Module::unescape("rsc.io").unwrap().purl_prefix(), "pkg:golang/rsc.io@");
    }

    #[test]
    fn what_go_never_asks_for_is_no_module() {
        for path in [
            "",
            "cached-only/github.com/acme/cog",
            "go/github.com/acme/cog",
            "github.com/Acme/cog",
            "github.com/!!acme",
            "github.com/acme!",
            "github.com/!1",
            "github.com//cog",
            "github.com/acme/",
            "github.com/.git",
            "github.com/acme.",
            "-a.com/b",
            "!a.com/b",
            "github.com/a b",
            "github.com/a@v1",
            "github.com/ä",
        ] {
            assert_eq!(Module::unescape(path), None, "{path}");
        }
    }
}
