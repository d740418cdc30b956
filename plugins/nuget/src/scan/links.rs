//! Links of a document, each pointed at the proxy.

use std::collections::{BTreeMap, BTreeSet};

use osa_plugin_sdk::{
    Span,
    json::{self, Text},
    log,
    origins::{ADDITIONAL, Origins},
    url::{Location, Target},
};

/// So many hosts are named in one warning.
const HOSTS_NAMED: usize = 5;

pub(super) struct Links<'o> {
    origins: &'o Origins,
    /// What relative links start from.
    base: Location,
    /// The usual beginnings of links, each with the position of its route.
    prefixes: Vec<(String, u32)>,
    routes: BTreeMap<String, u32>,
    found: Vec<(Span, u32)>,
    foreign_hosts: BTreeSet<String>,
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
            routes: BTreeMap::new(),
            found: Vec::new(),
            foreign_hosts: BTreeSet::new(),
        };
        for (prefix, origin) in origins.prefixes() {
            let route = links.route(format!("/{}", origin.route));
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
            let route = self.route(format!("/{}{path}{}", origin.route, to.rest));
            self.found.push((inner, route));
            return Ok(Leads::Here);
        }
        if elsewhere != Elsewhere::Leave && self.foreign_hosts.len() <= HOSTS_NAMED {
            self.foreign_hosts.insert(to.to.host.clone());
        }
        if elsewhere == Elsewhere::Map {
            let route = self.route(format!("/-/files/{}{}{}", to.to.host, to.to.path, to.rest));
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

    /// The position of a route, which nearly all links of a document share.
    fn route(&mut self, route: String) -> u32 {
        let next = self.routes.len() as u32;
        *self.routes.entry(route).or_insert(next)
    }

    /// What stands behind the link base, escaped, and which text of the document it replaces.
    pub(super) fn finish(mut self) -> (Vec<String>, Vec<(Span, u32)>) {
        if !self.foreign_hosts.is_empty() {
            let hosts: Vec<_> = self
                .foreign_hosts
                .iter()
                .take(HOSTS_NAMED)
                .map(String::as_str)
                .collect();
            log::warn(&format!(
                "links lead to hosts that this repository does not fetch from, and are not served: {}. To have them \
                 served, add these hosts to {ADDITIONAL}",
                hosts.join(", ")
            ));
        }
        let mut routes = vec![String::new(); self.routes.len()];
        for (route, position) in self.routes {
            if let Some(slot) = routes.get_mut(position as usize) {
                *slot = json::escape(&route);
            }
        }
        if !self.found.is_sorted_by_key(|(span, _)| span.start) {
            self.found.sort_by_key(|(span, _)| span.start);
        }
        (routes, self.found)
    }
}
