//! What the links of a document have in common.

use std::collections::{BTreeMap, BTreeSet};

/// So many hosts are named in one warning.
const HOSTS_NAMED: usize = 5;

/// What is put behind the link base in place of links: few texts, which many links share.
#[derive(Debug, Default)]
pub struct Routes(BTreeMap<String, u32>);

/// Hosts that links lead to and that no upstream is configured for.
#[derive(Debug, Default)]
pub struct Strangers(BTreeSet<String>);

// === impl Routes ===

impl Routes {
    /// The position of a route.
    pub fn position(&mut self, route: String) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(route).or_insert(next)
    }

    /// All of them by position, as the document's format writes them.
    pub fn escaped(self, escape: impl Fn(&str) -> String) -> Vec<String> {
        let mut routes = vec![String::new(); self.0.len()];
        for (route, position) in self.0 {
            if let Some(slot) = routes.get_mut(position as usize) {
                *slot = escape(&route);
            }
        }
        routes
    }
}

// === impl Strangers ===

impl Strangers {
    pub fn see(&mut self, host: &str) {
        if self.0.len() < HOSTS_NAMED {
            self.0.insert(host.to_owned());
        }
    }

    /// Some of them, for a warning; none where there are none.
    pub fn named(&self) -> Option<String> {
        let hosts: Vec<_> = self.0.iter().map(String::as_str).collect();
        (!hosts.is_empty()).then(|| hosts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_routes_share_a_position() {
        let mut routes = Routes::default();
        let positions = ["/b", "/a", "/b"].map(|route| routes.position(route.into()));
        assert_eq!(positions, [0, 1, 0]);
        assert_eq!(routes.escaped(str::to_uppercase), ["/B", "/A"]);
    }

    #[test]
    fn a_few_strangers_are_named() {
        let mut strangers = Strangers::default();
        assert_eq!(strangers.named(), None);
        for number in [2, 1, 2, 3, 4, 5, 6] {
            strangers.see(&format!("h{number}"));
        }
        assert_eq!(strangers.named().unwrap(), "h1, h2, h3, h4, h5");
    }
}
