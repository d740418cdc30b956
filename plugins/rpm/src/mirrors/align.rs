//! Where in the registry a mirror's URL leads.

use std::collections::BTreeMap;

use osa_plugin_sdk::url::Location;

/// What the URLs of one list say, taken together.
#[derive(Debug)]
pub(super) struct Vote<'r> {
    registry: &'r Location,
    /// The path within the registry of the first URL that lies there.
    own: Option<String>,
    /// How many mirrors say so, and how many folders of the registry's path they share with it at most.
    votes: BTreeMap<String, (u32, usize)>,
}

/// More mirrors say nothing new.
const MOST: usize = 1000;

// === impl Vote ===

impl<'r> Vote<'r> {
    pub(super) fn new(registry: &'r Location) -> Self {
        Self {
            registry,
            own: None,
            votes: BTreeMap::new(),
        }
    }

    /// URLs of other schemes are passed over: their paths often begin elsewhere.
    pub(super) fn add(&mut self, url: &str) {
        let url = url.trim();
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['?', '#', '\\', '"', '<', '>']) {
            return;
        }
        let Some(mirror) = Location::parse(url) else { return };
        let dots = |segment: &str| matches!(segment, "." | "..");
        if mirror.path.split('/').any(dots) || mirror.path.contains("//") {
            return;
        }
        if mirror.host == self.registry.host
            && let Some(rest) = mirror.path.strip_prefix(self.registry.path.trim_end_matches('/'))
            && (rest.is_empty() || rest.starts_with('/'))
        {
            let rest = rest.strip_prefix('/').unwrap_or(rest);
            self.own.get_or_insert_with(|| rest.to_owned());
        } else if let Some((rest, shared)) = align(&self.registry.path, &mirror.path)
            && (self.votes.len() < MOST || self.votes.contains_key(rest))
        {
            let (count, most) = self.votes.entry(rest.to_owned()).or_default();
            *count += 1;
            *most = shared.max(*most);
        }
    }

    /// The path within the registry, relative.
    pub(super) fn result(self) -> Option<String> {
        let most = |votes: BTreeMap<String, (u32, usize)>| votes.into_iter().max_by_key(|(_, votes)| *votes);
        self.own.or_else(|| most(self.votes).map(|(path, _)| path))
    }
}

/// What follows in a mirror's path behind the last folders of the registry's: of `/pub/acme/linux` and
/// `/mirror/acme/linux/9/os/` it is `9/os/`, and two folders are shared. The more are, the better.
fn align<'m>(registry: &str, mirror: &'m str) -> Option<(&'m str, usize)> {
    let registry: Vec<&str> = registry.split('/').filter(|segment| !segment.is_empty()).collect();
    let mut ends = Vec::new();
    let mut at = 0;
    for segment in mirror.split_inclusive('/') {
        at += segment.len();
        ends.push((segment.trim_end_matches('/'), at));
    }
    // A mirror's path has few segments; the registry's are compared backwards from each.
    let shared = |end: usize| {
        let before = ends.get(..=end).unwrap_or_default().iter().rev();
        before
            .zip(registry.iter().rev())
            .take_while(|((segment, _), own)| segment == *own)
            .count()
    };
    let (count, end) = (0..ends.len()).map(|end| (shared(end), end)).max()?;
    let (_, at) = ends.get(end)?;
    (count > 0).then_some((mirror.get(*at..)?, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(registry: &str, urls: &[&str]) -> Option<String> {
        let registry = Location::parse(registry).unwrap();
        let mut vote = Vote::new(&registry);
        for url in urls {
            vote.add(url);
        }
        vote.result()
    }

    #[test]
    fn mirrors_tell_where_in_the_registry() {
        let tree = "https://dl.example/pub/acme/linux";
        let mirror = "http://m.example/acme/linux/releases/42/os/";
        assert_eq!(found(tree, &[mirror]).as_deref(), Some("releases/42/os/"));
        assert_eq!(
            found(
                "https://dl.example/9/AppStream/os/",
                &["https://m.example/acme/9/AppStream/os"]
            )
            .as_deref(),
            Some("")
        );
        assert_eq!(
            found(tree, &["https://m.example/linux/acme/linux/9/"]).as_deref(),
            Some("9/")
        );
        assert_eq!(found(tree, &["https://m.example/releases/42/os/"]), None);
        assert_eq!(found("https://dl.example", &[mirror]), None);
    }

    #[test]
    fn the_registrys_own_url_counts_most_and_then_the_majority() {
        let tree = "https://dl.example/pub/acme/linux";
        let (one, other) = ("https://a.example/acme/linux/9/", "https://b.example/linux/acme/9/");
        assert_eq!(found(tree, &[other, one]).as_deref(), Some("9/"));
        assert_eq!(found(tree, &[other, one, other]).as_deref(), Some("acme/9/"));
        let own = "http://dl.example/pub/acme/linux/10/";
        assert_eq!(found(tree, &[other, one, own]).as_deref(), Some("10/"));
        assert_eq!(
            found("https://dl.example", &["https://dl.example/9/os/"]).as_deref(),
            Some("9/os/")
        );
        assert_eq!(found(tree, &["https://dl.example/pub/acme/linux"]).as_deref(), Some(""));
    }

    #[test]
    fn odd_urls_say_nothing() {
        let tree = "https://dl.example/linux";
        for url in [
            "",
            "linux",
            "rsync://m.example/linux/9/",
            "https://m.example/linux/../9/",
            "https://m.example/linux/9 /",
            "https://m.example/linux/9/?x",
            "https://m.example/linux/\"/",
            "https://m.example/linux//9/",
            "https:///linux/9/",
            "https://m.example/linux/9/\u{e9}",
        ] {
            assert_eq!(found(tree, &[url]), None, "{url}");
        }
    }
}
