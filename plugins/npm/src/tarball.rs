//! Tarballs whose path tells package and version.

use osa_plugin_sdk::purl;

use crate::package::Package;
use crate::resource::encode;
use crate::semver;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tarball {
    pub(crate) package: Package,
    /// In its canonical form.
    pub(crate) version: String,
    /// Percent-encoded, relative to the registry.
    pub(crate) path: String,
    pub(crate) file: String,
    /// Asked for through a link made by [`crate::bound::bind`].
    pub(crate) bound: bool,
}

// === impl Tarball ===

impl Tarball {
    pub(crate) fn purl(&self) -> String {
        self.package.purl_prefix() + &purl::encode(&self.version)
    }
}

/// `{base}-{version}.tgz` behind `{package}/-/`; behind a scoped package also with the scope before it, as a segment
/// (verdaccio, GitLab, Nexus) or as `npm pack` names files.
pub(crate) fn of(package: &Package, file: &[&str]) -> Option<Tarball> {
    let (scope, name) = match (file, package.scope()) {
        ([name], _) => (None, *name),
        ([scope, name], Some(own)) if *scope == own => (Some(own), *name),
        _ => return None,
    };
    let version = version_of(package, name)?;
    let mut path = format!("{package}/-/");
    if let Some(scope) = scope {
        path.push_str(scope);
        path.push('/');
    }
    path.push_str(&encode(name));
    Some(Tarball {
        package: package.clone(),
        version,
        path,
        file: name.to_owned(),
        bound: false,
    })
}

/// Whether a name is that of a tarball without its extension: `a-1.0.0-rc.x` has none.
pub(crate) fn is_named(package: &Package, name: &str) -> bool {
    version_of(package, &format!("{name}.tgz")).is_some()
}

/// The version in a tarball's name, in canonical form: node-semver takes `04.17.20` for `4.17.20`, and so might a
/// registry. A leading `v` or `=` is no part of any tarball's name.
fn version_of(package: &Package, file: &str) -> Option<String> {
    let stem = file.strip_suffix(".tgz")?;
    let version = |stem: &str| {
        let text = stem.strip_prefix(package.base())?.strip_prefix('-')?;
        let version = text
            .starts_with(|first: char| first.is_ascii_digit())
            .then(|| semver::Version::parse(text))??;
        Some(version.canonical().into_owned())
    };
    version(stem).or_else(|| {
        version(
            stem.strip_prefix(package.scope()?.strip_prefix('@')?)?
                .strip_prefix('-')?,
        )
    })
}
