//! What all forms of a page have in common: releases met more than once, and links into the proxy.

use std::collections::BTreeMap;

use osa_plugin_sdk::{
    Candidates, Error, Index, Span, html, json,
    links::{Routes, Strangers},
    log, notes, purl,
    url::{Location, Target, decode_segment},
};

use crate::{
    filename::{self, File, Release},
    notes::{Format, Notes, Of},
    origins::Origins,
};

pub(crate) struct Collector<'o> {
    origins: &'o Origins,
    /// What relative links start from.
    pub(crate) base: Location,
    project: Option<String>,
    releases: BTreeMap<Release, u32>,
    /// What stands behind the link base, not escaped.
    routes: Routes,
    strangers: Strangers,
    doubtful: u32,
    pub(crate) notes: Notes,
}

/// A link as the document writes it.
#[derive(Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) text: &'a str,
    pub(crate) span: Span,
    /// Whether exactly this text stands in the span, without any escapes.
    pub(crate) verbatim: bool,
}

pub(crate) enum Linked {
    /// To the page itself.
    Nowhere,
    /// Clients do not agree on where it leads.
    Doubtful,
    /// To a path that ends in this name, decoded.
    To(String),
}

impl<'o> Collector<'o> {
    pub(crate) fn new(origins: &'o Origins, base: Location, project: Option<String>, format: Format) -> Self {
        Self {
            origins,
            base,
            project,
            releases: BTreeMap::new(),
            routes: Routes::default(),
            strangers: Strangers::default(),
            doubtful: 0,
            notes: Notes {
                format,
                ..Notes::default()
            },
        }
    }

    /// The position of a release's candidate.
    pub(crate) fn release(&mut self, release: Release) -> u32 {
        let next = self.releases.len() as u32;
        *self.releases.entry(release).or_insert(next)
    }

    /// What a file name stands for on this page.
    pub(crate) fn file(&mut self, name: &str) -> Of {
        match filename::read(name) {
            File::Other => Of::Nothing,
            File::Unreadable => self.doubt(),
            File::Of(release) => {
                let other_project = self.project.as_ref().filter(|project| **project != release.name);
                if other_project.is_some_and(|project| filename::claims(name, project)) {
                    return self.doubt();
                }
                Of::Candidate(self.release(release))
            }
        }
    }

    pub(crate) fn doubt(&mut self) -> Of {
        self.doubtful += 1;
        Of::Doubt
    }

    /// What the link of a page leads to; the link is pointed at the proxy where that is possible.
    pub(crate) fn link(&mut self, link: Written<'_>) -> Linked {
        match self.base.follow(link.text) {
            Target::Itself => Linked::Nowhere,
            Target::Doubtful => Linked::Doubtful,
            Target::Foreign(path) => {
                self.strangers.see(link.text.split('/').next().unwrap_or_default());
                named(path)
            }
            Target::Web(found) => {
                // Old pips read the release from here, whatever the file is called.
                if found.rest.as_bytes().windows(4).any(|four| four == b"egg=") {
                    return Linked::Doubtful;
                }
                let linked = named(&found.to.path);
                let Some((origin, from)) = self.origins.of_location(&found.to) else {
                    self.strangers.see(&found.to.host);
                    return linked;
                };
                // The shortest replacement: what the link says by itself stays.
                let kept = found.verbatim.filter(|_| link.verbatim).map(|(path_at, text_at)| {
                    if from >= path_at {
                        (from, text_at + from - path_at)
                    } else {
                        (path_at, text_at)
                    }
                });
                let path = found.to.path.as_str();
                let kept = kept.filter(|(path_at, _)| *path_at <= path.len());
                let (written, end) = kept.unwrap_or((path.len(), 0));
                let mut route = format!("/{}{}", origin.route, path.get(from..written).unwrap_or_default());
                let end = if kept.is_some() {
                    link.span.start + end as u32
                } else {
                    route.push_str(found.rest);
                    link.span.end
                };
                let route = self.routes.position(route);
                self.notes.links.push((Span::new(link.span.start, end), route));
                linked
            }
        }
    }

    pub(crate) fn finish(mut self) -> Result<Index, Error> {
        if self.doubtful > 0 {
            log::warn(&format!(
                "{} links to package files are taken out: it cannot be told which release they belong to",
                self.doubtful
            ));
        }
        if let Some(hosts) = self.strangers.named() {
            log::warn(&format!(
                "links that lead elsewhere stay as they are and go round the proxy: {hosts}. To have them served here, \
                 add their hosts to additional-packages-registries"
            ));
        }
        let format = self.notes.format;
        self.notes.routes = self.routes.escaped(|route| format.escape(route));
        self.notes.candidates = self.releases.len() as u32;
        self.notes.links.sort_by_key(|(span, _)| span.start);
        let mut names = self.releases.keys().map(|release| release.name.as_str());
        let first = names.next().or(self.project.as_deref());
        let one_name = first
            .filter(|first| names.all(|name| name == *first))
            .map(str::to_owned);
        let mut by_position = vec![None; self.releases.len()];
        for (release, at) in &self.releases {
            if let Some(slot) = by_position.get_mut(*at as usize) {
                *slot = Some(release);
            }
        }
        let mut candidates = Candidates::new();
        for release in by_position.into_iter().flatten() {
            let version = purl::encode(&release.version);
            match &one_name {
                Some(_) => candidates.push([&*version]),
                None => candidates.push([&release.name, "@", &*version]),
            };
        }
        let prefix = one_name.map_or_else(|| "pkg:pypi/".to_owned(), |name| purl::prefix("pypi", "", &name));
        Ok(Index {
            prefix,
            candidates: candidates.finish(),
            notes: notes::pack(&self.notes)?,
        })
    }
}

fn named(path: &str) -> Linked {
    let segment = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    decode_segment(segment).map_or(Linked::Doubtful, |name| Linked::To(name.into_owned()))
}

// === impl Format ===

impl Format {
    /// Text for the inside of a quoted value.
    pub(crate) fn escape(self, text: &str) -> String {
        match self {
            Self::Html => html::escape(text),
            Self::Json => json::escape(text),
        }
    }
}
