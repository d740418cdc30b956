//! The repository's part of osa-proxy.yml, and where in a path the repository begins.

use osa_plugin_sdk::settings;

#[derive(Debug)]
pub(crate) struct Settings {
    /// Segments of the registry URL's path.
    base: Vec<String>,
}

// === impl Settings ===

impl Settings {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let registry = settings::registry("maven", json)?;
        let segments = registry.path.split('/').filter(|segment| !segment.is_empty());
        Ok(Self {
            base: segments.map(str::to_owned).collect(),
        })
    }

    /// How many leading segments of a client's path are above the repository's root: none when `registry` names the
    /// repository itself. Where it names a repository manager or a server that has several, the path goes on with what
    /// every such server calls its repositories, and the group begins behind that.
    pub(crate) fn above_root(&self, path: &[&str]) -> usize {
        let whole: Vec<&str> = self
            .base
            .iter()
            .map(String::as_str)
            .chain(path.iter().copied())
            .collect();
        (0..=self.base.len())
            .find_map(|start| Some(start + repository(whole.get(start..)?)?))
            .map_or(0, |root| root.saturating_sub(self.base.len()))
    }
}

/// The segments that lead to a repository, by the habits of Nexus 3 and 2, Artifactory and the central repository.
fn repository(path: &[&str]) -> Option<usize> {
    match path {
        ["repository", _, ..] => Some(2),
        ["content", "repositories" | "groups", _, ..] => Some(3),
        ["artifactory", name, ..] if *name != "api" => Some(2),
        ["maven2", ..] => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(registry: &str, path: &str) -> usize {
        let settings = Settings::parse(&serde_json::json!({ "registry": registry }).to_string()).unwrap();
        settings.above_root(&path.split('/').collect::<Vec<_>>())
    }

    #[test]
    fn a_registry_that_is_a_repository_has_nothing_above_its_groups() {
        for registry in [
            "https://registry.example/maven2/",
            "https://nexus.example/repository/maven-central/",
            "https://nexus.example/nexus/content/groups/public",
            "https://host.example/artifactory/libs-release",
            "https://host.example/some/place",
        ] {
            assert_eq!(above(registry, "org/acme/lib/1.0/lib-1.0.jar"), 0, "{registry}");
        }
        assert_eq!(
            above(
                "https://nexus.example/repository/central",
                "repository/x/lib/1.0/lib-1.0.jar"
            ),
            0
        );
    }

    #[test]
    fn below_a_manager_the_groups_begin_behind_the_name_of_the_repository() {
        for (registry, path, expected) in [
            ("https://registry.example", "maven2/org/acme/lib/1.0/lib-1.0.jar", 1),
            (
                "https://nexus.example",
                "repository/central/org/acme/lib/1.0/lib-1.0.jar",
                2,
            ),
            (
                "https://nexus.example/repository/",
                "central/org/acme/lib/1.0/lib-1.0.jar",
                1,
            ),
            (
                "https://nexus.example/nexus",
                "content/repositories/central/org/lib/1.0/lib-1.0.jar",
                3,
            ),
            (
                "https://host.example/artifactory",
                "libs-release/org/acme/lib/1.0/lib-1.0.jar",
                1,
            ),
            ("https://host.example", "org/acme/lib/1.0/lib-1.0.jar", 0),
        ] {
            assert_eq!(above(registry, path), expected, "{registry} {path}");
        }
    }
}
