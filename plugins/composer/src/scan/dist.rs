//! Links to archives.

use std::borrow::Cow;

use osa_plugin_sdk::{
    Span,
    json::{self, Cursor, Text},
    origins::Origins,
    url::{Location, Target},
};

use super::warn;
use crate::classify::{DOUBT, target_of};
use crate::notes::{Dist, Link};

/// What of `dist` counts.
#[derive(Debug, Clone)]
pub(super) struct Raw<'a> {
    /// None for a directory of the client's own machine.
    url: Option<Text<'a>>,
    mirrors: Option<Span>,
}

/// Finds out where links lead.
pub(super) struct Links<'o> {
    origins: &'o Origins,
    page: Location,
    /// What links usually begin with, and the route that this stands for.
    usual: Vec<(String, u32)>,
    pub(super) routes: Vec<String>,
    elsewhere: (usize, String),
    doubtful: (usize, String),
}

/// Reads `dist`; none when there is nothing in it to edit.
pub(super) fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Raw<'a>>, json::Error> {
    let mut url = None;
    let mut mirrors = None;
    let mut kind = None;
    cursor.object(|cursor, member| {
        let at = cursor.offset();
        let again = if member.key.is("url") {
            url.replace(cursor.string()?).is_some()
        } else if member.key.is("type") {
            kind.replace(cursor.string()?.is_some_and(|kind| kind.is("path")))
                .is_some()
        } else if member.key.is("mirrors") {
            mirrors.replace(cursor.skip()?.span).is_some()
        } else {
            false
        };
        if again {
            return Err(json::Error::new(
                at as usize,
                "a member of `dist` that counts stands twice",
            ));
        }
        Ok(())
    })?;
    let url = url.flatten().filter(|_| kind != Some(true));
    Ok((url.is_some() || mirrors.is_some()).then_some(Raw { url, mirrors }))
}

// === impl Links ===

impl<'o> Links<'o> {
    pub(super) fn new(origins: &'o Origins) -> Self {
        let mut routes = Vec::new();
        let mut usual = Vec::new();
        for (prefix, origin) in origins.prefixes() {
            let route = position(&mut routes, &origin.route);
            usual.push((prefix, route));
        }
        Self {
            origins,
            page: origins.registry().location("packages.json"),
            usual,
            routes,
            elsewhere: (0, String::new()),
            doubtful: (0, String::new()),
        }
    }

    pub(super) fn see<'a>(&mut self, raw: &Raw<'a>) -> Dist<'a> {
        Dist {
            inherited: None,
            link: raw.url.map(|url| self.follow(url)),
            mirrors: raw.mirrors,
        }
    }

    fn follow<'a>(&mut self, url: Text<'a>) -> Link<'a> {
        let inner = url.inner();
        let text = url.decode().unwrap_or_default();
        if !url.is_escaped()
            && let Some((prefix, route)) = self.usual.iter().find(|(prefix, _)| text.starts_with(prefix.as_str()))
            && text.get(prefix.len()..).is_some_and(is_plain)
        {
            return Link {
                span: Span::new(inner.start, inner.start + prefix.len() as u32),
                route: *route,
                rest: Cow::Borrowed(""),
            };
        }
        let absolute = ["http://", "https://"].iter().any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        let rest = match self.page.follow(&text) {
            Target::Web(link) if absolute => {
                let (path, target) = target_of(self.origins, &link.to);
                if target.is_none() {
                    count(&mut self.elsewhere, &link.to.host);
                }
                // What is behind a fragment's mark is not sent.
                path + link.rest.split('#').next().unwrap_or_default()
            }
            _ => {
                count(&mut self.doubtful, "");
                DOUBT.to_owned()
            }
        };
        Link {
            span: inner,
            route: position(&mut self.routes, ""),
            rest: Cow::Owned(rest),
        }
    }

    pub(super) fn report(&self) {
        let (links, host) = &self.elsewhere;
        warn(
            *links,
            "lead to hosts that are not configured and will be refused",
            host,
        );
        let (links, _) = &self.doubtful;
        warn(*links, "are no http or https URLs and will be refused", "`dist.url`");
    }
}

// === impl Dist ===

impl Dist<'_> {
    /// Moves spans of the document to where they are in a part of it.
    pub(super) fn relative_to(&mut self, start: u32) {
        let moved = |span: Span| Span::new(span.start.saturating_sub(start), span.end.saturating_sub(start));
        if let Some(link) = &mut self.link {
            link.span = moved(link.span);
        }
        self.mirrors = self.mirrors.map(moved);
    }
}

/// Nothing that clients could read in two ways, and no dots to resolve.
fn is_plain(path: &str) -> bool {
    let odd = |byte: u8| byte <= b' ' || matches!(byte, b'\\' | b'#' | b'"' | 0x7f..);
    !path.starts_with(['.', '/'])
        && !path.contains("/.")
        && !path.contains("//")
        && !path.is_empty()
        && !path.bytes().any(odd)
}

fn count((links, example): &mut (usize, String), text: &str) {
    if *links == 0 {
        text.clone_into(example);
    }
    *links += 1;
}

fn position(routes: &mut Vec<String>, route: &str) -> u32 {
    if let Some(known) = routes.iter().position(|known| known == route) {
        return known as u32;
    }
    routes.push(route.to_owned());
    routes.len() as u32 - 1
}
