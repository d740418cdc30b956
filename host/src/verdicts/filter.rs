//! What administrators remove from the cache.

use std::collections::HashSet;
use std::str::FromStr;

use packageurl::PackageUrl;

use super::cache::Scope;

#[derive(Clone, Debug)]
pub enum Filter {
    /// As they were given, and in the canonical form.
    Purls(HashSet<String>),
    Packages(Packages),
}

/// The entries of one package type; each field that is set leaves fewer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packages {
    /// [`crate::judge::Question::package_type`]
    pub package_type: String,
    /// The name of the package URL, or its namespace, `/` or `:` and its name.
    pub name: Option<String>,
    pub repo_manager_host: Option<String>,
    pub repo_name: Option<String>,
}

// === impl Filter ===

impl Filter {
    pub(super) fn purls(given: &[String]) -> Self {
        let canonical = given.iter().filter_map(|purl| canonical(purl));
        Self::Purls(given.iter().cloned().chain(canonical).collect())
    }

    pub(super) fn matches(&self, scope: &Scope, purl: &str) -> bool {
        match self {
            Self::Purls(purls) => purls.contains(purl) || canonical(purl).is_some_and(|purl| purls.contains(&purl)),
            Self::Packages(packages) => packages.matches(scope, purl),
        }
    }
}

// === impl Packages ===

impl Packages {
    fn matches(&self, scope: &Scope, purl: &str) -> bool {
        let context = scope.context.as_deref();
        let is = |wanted: &Option<String>, found: Option<&String>| {
            wanted.as_ref().is_none_or(|wanted| Some(wanted) == found)
        };
        *self.package_type == *scope.package_type
            && is(
                &self.repo_manager_host,
                context.map(|context| &context.repo_manager_host),
            )
            && is(&self.repo_name, context.map(|context| &context.repo_name))
            && self.name.as_ref().is_none_or(|name| is_named(name, purl))
    }
}

/// People write `@scope/name` where a plugin writes `%40scope/name`.
fn canonical(purl: &str) -> Option<String> {
    Some(PackageUrl::from_str(purl).ok()?.to_string())
}

fn is_named(name: &str, purl: &str) -> bool {
    let Ok(purl) = PackageUrl::from_str(purl) else {
        return false;
    };
    let Some((namespace, rest)) = purl
        .namespace()
        .and_then(|namespace| Some((namespace, name.strip_prefix(namespace)?)))
    else {
        return name == purl.name();
    };
    name == purl.name()
        || (!namespace.is_empty() && rest.strip_prefix(['/', ':']).is_some_and(|rest| rest == purl.name()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::judge::Context;

    #[test]
    fn package_urls_are_the_same_however_they_are_written() {
        let scope = Scope {
            package_type: "widget".into(),
            revision: 0,
            context: None,
        };
        let stored = ["pkg:widget/%40acme/bolt@1.0%2Bb", "pkg:widget/@acme/bolt@1.0+b"];
        for given in stored.into_iter().chain(["pkg:WIDGET/@acme/bolt@1.0%2bb"]) {
            let filter = Filter::purls(&[given.to_owned()]);
            for stored in stored {
                assert!(filter.matches(&scope, stored), "{given} {stored}");
            }
            assert!(!filter.matches(&scope, "pkg:widget/%40acme/bolt@1.0"), "{given}");
            assert!(!filter.matches(&scope, "pkg:widget/bolt@1.0%2Bb"), "{given}");
        }
    }

    #[test]
    fn a_package_is_named_with_or_without_its_namespace() {
        let scope = Scope {
            package_type: "widget".into(),
            revision: 0,
            context: Some(Arc::new(Context {
                repo_manager_host: "https://manager.example".into(),
                repo_name: "widgets".into(),
            })),
        };
        let all = Packages {
            package_type: "widget".into(),
            ..Packages::default()
        };
        let purl = "pkg:widget/%40acme/bolt@1";
        let named = |name: &str| Packages {
            name: Some(name.into()),
            ..all.clone()
        };
        for name in ["bolt", "@acme/bolt", "@acme:bolt"] {
            assert!(named(name).matches(&scope, purl), "{name}");
        }
        for name in ["@acme", "bol", "@acmebolt", "@acme/bolt@1", ""] {
            assert!(!named(name).matches(&scope, purl), "{name}");
        }
        let within = |host: &str, repo: &str| Packages {
            repo_manager_host: Some(host.into()),
            repo_name: Some(repo.into()),
            ..all.clone()
        };
        assert!(within("https://manager.example", "widgets").matches(&scope, purl));
        assert!(!within("https://manager.example", "gadgets").matches(&scope, purl));
        let plain = Scope {
            context: None,
            ..scope.clone()
        };
        assert!(!within("https://manager.example", "widgets").matches(&plain, purl));
        let gadget = Scope {
            package_type: "gadget".into(),
            ..scope
        };
        assert!(!all.matches(&gadget, purl) && all.matches(&plain, purl));
    }
}
