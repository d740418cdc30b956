use std::fmt;

use osa_plugin_sdk::{json, purl};

/// A package's name, checked and decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// With its `@`.
    scope: Option<String>,
    name: String,
}

// === impl Package ===

impl Package {
    /// Takes a package's segments off the front of decoded path segments, by the rules of
    /// validate-npm-package-name for old packages, which may have upper-case letters.
    pub(crate) fn take<'a, 'b>(segments: &'b [&'a str]) -> Option<(Self, &'b [&'a str])> {
        let (first, rest) = segments.split_first()?;
        if let Some(scope) = first.strip_prefix('@') {
            let (name, rest) = rest.split_first()?;
            let package = Self {
                scope: Some((*first).to_owned()),
                name: (*name).to_owned(),
            };
            return (is_name(scope) && is_name(name)).then_some((package, rest));
        }
        let package = Self {
            scope: None,
            name: (*first).to_owned(),
        };
        is_name(first).then_some((package, rest))
    }

    /// The first segment of its tarballs' names.
    pub(crate) fn base(&self) -> &str {
        &self.name
    }

    pub(crate) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Reads a document's `name`, which must be this one: verdicts about one package say nothing of another.
    pub(crate) fn check(&self, cursor: &mut json::Cursor<'_>) -> Result<(), json::Error> {
        let own = self.to_string();
        match cursor.string()? {
            Some(name) if !name.is(&own) => Err(json::Error::new(
                name.quoted().start as usize,
                format!("asked for {own}, the registry answered with another package"),
            )),
            _ => Ok(()),
        }
    }

    /// As npm writes it in URLs: the slash of a scope encoded.
    pub(crate) fn escaped(&self) -> String {
        self.to_string().replace('/', "%2f")
    }

    /// `pkg:npm/%40scope/name@`. The type definition calls names and scopes case-insensitive: lower case.
    pub(crate) fn purl_prefix(&self) -> String {
        let scope = self.scope.as_deref().unwrap_or_default();
        purl::prefix("npm", &scope.to_ascii_lowercase(), &self.name.to_ascii_lowercase())
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scope) = &self.scope {
            write!(f, "{scope}/")?;
        }
        f.write_str(&self.name)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 214
        && name != "-"
        && !name.starts_with(['.', '_'])
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}
