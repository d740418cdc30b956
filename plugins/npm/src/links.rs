//! The `dist.tarball` links of a document.

use std::borrow::Cow;

use osa_plugin_sdk::{
    Span,
    edits::{Builder, Shared},
    json, log,
};
use serde::{Deserialize, Serialize};

use crate::bound::bind;
use crate::package::Package;
use crate::resource::{Resource, original_path};
use crate::settings::Settings;

/// A piece of a link that gives way to the link base and a suffix.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Link<'a> {
    span: Span,
    suffix: Cow<'a, str>,
}

/// Sees every link of one document.
pub(crate) struct Links<'a> {
    settings: &'a Settings,
    package: &'a Package,
    /// What the path of nearly every tarball of the package begins with.
    stem: String,
    elsewhere: Count,
    untied: Count,
}

#[derive(Default)]
struct Count {
    links: usize,
    example: String,
}

// === impl Links ===

impl<'a> Links<'a> {
    pub(crate) fn new(settings: &'a Settings, package: &'a Package) -> Self {
        Self {
            settings,
            package,
            stem: format!("/{package}/-/{}-", package.base()),
            elsewhere: Count::default(),
            untied: Count::default(),
        }
    }

    /// A link of the given version; none when it does not lead into the registry.
    pub(crate) fn see(&mut self, version: &str, link: json::Text<'_>) -> Option<Link<'static>> {
        // A link with half a character in it leads nowhere.
        let url = link.decode().ok()?;
        let Some(base) = self.settings.base_of(&url) else {
            self.elsewhere.add(&url);
            return None;
        };
        let path = url.get(base..).unwrap_or_default();
        let bound = if self.tells(version, path) {
            None
        } else {
            let bound = bind(self.package, version, path.trim_start_matches('/'));
            if bound.is_none() {
                self.untied.add(&url);
            }
            bound
        };
        let whole = link.inner();
        let (span, suffix) = match (link.is_escaped(), bound) {
            (false, None) => (Span::new(whole.start, whole.start + base as u32), Cow::Borrowed("")),
            (true, None) => (whole, Cow::Owned(path.to_owned())),
            (_, Some(bound)) => (whole, Cow::Owned(format!("/{bound}"))),
        };
        Some(Link { span, suffix })
    }

    /// Tells the operator, once for the document, which links do not go through the proxy as they should.
    pub(crate) fn report(&self) {
        let Self {
            package,
            elsewhere,
            untied,
            ..
        } = self;
        if elsewhere.links > 0 {
            let (links, example) = (elsewhere.links, &elsewhere.example);
            log::warn(&format!(
                "{links} tarball links of {package} do not lead into the configured registry and are left alone, e.g. {example}"
            ));
        }
        if untied.links > 0 {
            let (links, example) = (untied.links, &untied.example);
            log::warn(&format!(
                "{links} tarball links of {package} tell neither package nor version and will not be found, e.g. {example}"
            ));
        }
    }

    /// Whether the path is that of a tarball, whose package and version can be told from it.
    fn tells(&self, version: &str, path: &str) -> bool {
        let usual = path
            .strip_prefix(self.stem.as_str())
            .and_then(|file| file.strip_suffix(".tgz"));
        (usual == Some(version) && version.starts_with(|first: char| first.is_ascii_digit()) && !version.contains('%'))
            || matches!(
                Resource::of(original_path(path).trim_start_matches('/')),
                Resource::Tarball(_)
            )
    }
}

/// Rewrites many links, most of which get the link base alone.
pub(crate) struct Rewriter<'a> {
    link_base: &'a str,
    plain: Shared,
}

// === impl Rewriter ===

impl<'a> Rewriter<'a> {
    pub(crate) fn new(link_base: &'a str, edits: &mut Builder) -> Self {
        Self {
            link_base,
            plain: edits.share(&json::escape(link_base)),
        }
    }

    pub(crate) fn rewrite(&self, link: &Link<'_>, edits: &mut Builder) {
        if link.suffix.is_empty() {
            edits.put(link.span, self.plain);
        } else {
            let text = json::escape(&format!("{}{}", self.link_base, link.suffix));
            edits.replace(link.span, &text);
        }
    }
}

// === impl Count ===

impl Count {
    fn add(&mut self, url: &str) {
        if self.links == 0 {
            // Without what might be a secret: user, query and fragment.
            let bare = original_path(url);
            let bare = bare.rsplit_once('@').map_or(bare, |(_, host)| host);
            self.example = bare.chars().filter(|char| !char.is_control()).take(200).collect();
        }
        self.links += 1;
    }
}
