//! Links of a document, each pointed at the proxy.

use osa_plugin_sdk::{
    Span,
    json::{self, Text},
    links::{Routes, Strangers},
    log,
    origins::{ADDITIONAL, Origins},
    url::{Location, Target},
};

pub(super) struct Links<'o> {
    origins: &'o Origins,
    /// What relative links start from.
    base: Location,
    /// The usual beginnings of links, each with the position of its route.
    prefixes: Vec<(String, u32)>,
    routes: Routes,
    found: Vec<(Span, u32)>,
    strangers: Strangers,
}

/// What to do with a link to a host that is not configured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elsewhere {
    /// Point it at the proxy, which says so when it is followed.
    Map,
    Leave,
    Tell,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// To an upstream, or to another path of it than the proxy knows.
    Here,
    /// To a host that is not configured.
    Elsewhere,
    /// To what is no place on the web.
    Nowhere,
}

impl<'o> Links<'o> {
    pub(super) fn new(origins: &'o Origins, base: Location) -> Self {
        let mut links = Self {
            origins,
            base,
            prefixes: Vec::new(),
            routes: Routes::default(),
            found: Vec::new(),
            strangers: Strangers::default(),
        };
        for (prefix, origin) in origins.prefixes() {
            let route = links.routes.position(format!("/{}", origin.route));
            links.prefixes.push((prefix, route));
        }
        links
    }

    /// Points a link at the proxy, wherever it leads.
    pub(super) fn see(&mut self, link: &Text<'_>) -> Result<Leads, json::Error> {
        self.follow(link, Elsewhere::Map)
    }

    /// Points a link at the proxy if it leads to an upstream.
    pub(super) fn see_ours(&mut self, link: &Text<'_>) -> Result<Leads, json::Error> {
        self.follow(link, Elsewhere::Leave)
    }

    /// The same; otherwise tells the operator of it, since it goes.
    pub(super) fn see_ours_or_tell(&mut self, link: &Text<'_>) -> Result<Leads, json::Error> {
        self.follow(link, Elsewhere::Tell)
    }

    fn follow(&mut self, link: &Text<'_>, elsewhere: Elsewhere) -> Result<Leads, json::Error> {
        let inner = link.inner();
        if let Some((prefix, route)) = self.usual(link) {
            self.found.push((Span::new(inner.start, inner.start + prefix), route));
            return Ok(Leads::Here);
        }
        let text = link.decode()?;
        let Target::Web(to) = self.base.follow(&text) else {
            return Ok(Leads::Nowhere);
        };
        if let Some((origin, from)) = self.origins.of_location(&to.to) {
            let path = to.to.path.get(from..).unwrap_or_default();
            let route = self.routes.position(format!("/{}{path}{}", origin.route, to.rest));
            self.found.push((inner, route));
            return Ok(Leads::Here);
        }
        if elsewhere != Elsewhere::Leave {
            self.strangers.see(&to.to.host);
        }
        if elsewhere == Elsewhere::Map {
            let route = self
                .routes
                .position(format!("/-/files/{}{}{}", to.to.host, to.to.path, to.rest));
            self.found.push((inner, route));
        }
        Ok(Leads::Elsewhere)
    }

    /// How much of a link is one of the usual beginnings, if the rest is nothing unusual either.
    fn usual(&self, link: &Text<'_>) -> Option<(u32, u32)> {
        if link.is_escaped() {
            return None;
        }
        let text = link.raw();
        let (prefix, route) = self
            .prefixes
            .iter()
            .find(|(prefix, _)| text.starts_with(prefix.as_bytes()))?;
        let rest = text.get(prefix.len()..)?;
        let mut before = b'/';
        let plain = rest.iter().all(|&byte| {
            let odd = byte <= b' ' || byte == b'\\' || (byte == b'.' && before == b'/');
            before = byte;
            !odd
        });
        plain.then_some((prefix.len() as u32, *route))
    }

    /// What stands behind the link base, escaped, and which text of the document it replaces.
    pub(super) fn finish(mut self) -> (Vec<String>, Vec<(Span, u32)>) {
        if let Some(hosts) = self.strangers.named() {
            log::warn(&format!(
                "links lead to hosts that this repository does not fetch from, and are not served: {hosts}. To have \
                 them served, add these hosts to {ADDITIONAL}"
            ));
        }
        if !self.found.is_sorted_by_key(|(span, _)| span.start) {
            self.found.sort_by_key(|(span, _)| span.start);
        }
        (self.routes.escaped(json::escape), self.found)
    }
}
