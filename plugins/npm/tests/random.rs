//! Random packuments: the edited bytes against a naive parse and rewrite of the same document.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::collections::BTreeSet;

use osa_plugin_npm::{Npm, Plugin};
use osa_plugin_sdk::conformance::{self, Case, LINK_BASE, get, ok, refuse};
use osa_plugin_sdk::{Guest, GuestRepository, Style};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const VERSIONS: [&str; 12] = [
    "0.0.1",
    "0.9.0-alpha.1",
    "1.0.0",
    "1.0.1",
    "1.10.0",
    "1.9.0",
    "2.0.0-rc.1",
    "2.0.0-rc.10",
    "2.0.0-rc.2",
    "2.0.0",
    "2.0.0+build",
    "10.0.0",
];

fn npm() -> Npm {
    Npm::new(r#"{"registry": "https://registry.example"}"#).unwrap()
}

#[derive(Debug, Clone)]
struct Member {
    version: &'static str,
    link: u8,
    deprecated: bool,
    refused: bool,
    timed: bool,
}

#[derive(Debug, Clone)]
struct Packument {
    members: Vec<Member>,
    tags: Vec<(String, &'static str)>,
    order: Vec<&'static str>,
    spaced: bool,
}

// === impl Member ===

impl Member {
    fn link(&self, base: &str) -> String {
        let version = self.version;
        match self.link {
            0 => format!("{base}/@acme/widget/-/widget-{version}.tgz"),
            1 => format!("{base}/@acme/widget/-/@acme/widget-{version}.tgz"),
            2 => format!("{base}/@acme%2fwidget/-/widget-{version}.tgz"),
            3 => format!("{base}/a\"{version}\""),
            _ => format!("https://files.example/widget-{version}.tgz"),
        }
    }

    fn manifest(&self, base: &str) -> Value {
        let mut manifest = json!({
            "name": "@acme/widget",
            "version": self.version,
            "scripts": {"test": "echo \"}{\" \\ ü", "version": "0"},
            "keywords": [[], {}, "dist", {"dist": {"tarball": "https://registry.example/x"}}, -1.5e3, null, true],
            "dist": {"shasum": "c0ffee", "tarball": self.link(base)},
        });
        if self.deprecated {
            manifest["deprecated"] = "old".into();
        }
        manifest
    }
}

// === impl Packument ===

impl Packument {
    fn text(&self) -> String {
        let mut members: Vec<(&str, Vec<(String, Value)>)> = Vec::new();
        for part in &self.order {
            members.push((
                part,
                match *part {
                    "versions" => self
                        .members
                        .iter()
                        .map(|m| (m.version.into(), m.manifest("http://registry.example")))
                        .collect(),
                    "dist-tags" => self
                        .tags
                        .iter()
                        .map(|(name, target)| (name.clone(), json!(target)))
                        .collect(),
                    "time" => {
                        let times = self.members.iter().filter(|m| m.timed).map(|m| m.version);
                        ["created", "modified"]
                            .into_iter()
                            .chain(times)
                            .map(|key| (key.into(), json!("2020-01-01T00:00:00Z")))
                            .collect()
                    }
                    _ => vec![("versions".into(), json!({"9.9.9": {"dist": {}}}))],
                },
            ));
        }
        // By hand: the order of members is part of the case.
        let blank = if self.spaced { "\n  " } else { "" };
        let object = |members: Vec<String>| format!("{{{blank}{}{blank}}}", members.join(&format!(",{blank}")));
        object(
            members
                .into_iter()
                .map(|(key, members)| {
                    let inner = members
                        .into_iter()
                        .map(|(key, value)| format!("{}:{blank}{value}", json!(key)))
                        .collect();
                    format!("{}: {}", json!(key), object(inner))
                })
                .collect(),
        )
    }

    fn refused(&self) -> BTreeSet<&str> {
        self.members
            .iter()
            .filter(|member| member.refused)
            .map(|member| member.version)
            .collect()
    }

    /// What a parser, a rewrite of the tree and a serialiser would give.
    fn rewritten(&self, style: Style) -> Value {
        let mut doc: Value = serde_json::from_str(&self.text()).unwrap();
        let refused = self.refused();
        let mut versions = Map::new();
        for member in &self.members {
            let mut manifest = member.manifest(LINK_BASE);
            if member.refused {
                if style == Style::Remove {
                    continue;
                }
                manifest["deprecated"] = "No".into();
            }
            versions.insert(member.version.into(), manifest);
        }
        doc["versions"] = versions.into();
        if style == Style::Remove
            && let Some(time) = doc.get_mut("time").and_then(Value::as_object_mut)
        {
            time.retain(|version, _| !refused.contains(version.as_str()));
        }
        if let Some(tags) = doc.get_mut("dist-tags").and_then(Value::as_object_mut) {
            let latest = tags
                .get("latest")
                .and_then(Value::as_str)
                .and_then(|old| self.latest(old));
            tags.retain(|name, target| {
                !refused.contains(target.as_str().unwrap()) || name == "latest" && latest.is_some()
            });
            if let (Some(latest), Some(tag)) = (latest, tags.get_mut("latest")) {
                *tag = latest.into();
            }
        }
        doc
    }

    /// By the ranks that the plugin gives the versions.
    fn latest(&self, old: &str) -> Option<&'static str> {
        let refused = self.refused();
        if !refused.contains(old) {
            return None;
        }
        let rank = |version: &str| {
            let at = VERSIONS.iter().position(|known| *known == version).unwrap();
            Plugin::rank_versions(VERSIONS.map(String::from).to_vec())[at].unwrap()
        };
        let allowed = || {
            self.members
                .iter()
                .map(|m| m.version)
                .filter(|version| !refused.contains(version))
        };
        let highest = |stable: bool, below: bool| {
            allowed()
                .filter(|version| version.split('+').next().unwrap().contains('-') != stable)
                .filter(|version| !below || rank(version) <= rank(old))
                .rev()
                .max_by_key(|version| rank(version))
        };
        highest(true, true)
            .or_else(|| highest(false, true))
            .or_else(|| highest(true, false))
            .or_else(|| highest(false, false))
    }
}

fn packument() -> impl Strategy<Value = Packument> {
    let member = (0..5u8, any::<bool>(), any::<bool>(), any::<bool>());
    let members = prop::collection::vec(member, VERSIONS.len()).prop_flat_map(|members| {
        let all: Vec<_> = VERSIONS
            .iter()
            .zip(members)
            .map(|(version, (link, deprecated, refused, timed))| Member {
                version,
                link,
                deprecated,
                refused,
                timed,
            })
            .collect();
        prop::sample::subsequence(all, 1..=VERSIONS.len()).prop_shuffle()
    });
    let order = prop::sample::subsequence(vec!["versions", "dist-tags", "time", "readme"], 0..=4).prop_shuffle();
    (
        members,
        prop::collection::btree_map("latest|next|beta|v[1-3]", any::<prop::sample::Index>(), 0..5),
        order,
        any::<bool>(),
    )
        .prop_map(|(members, tags, mut order, spaced)| {
            if !order.contains(&"versions") {
                order.push("versions");
            }
            let tags = tags
                .into_iter()
                .map(|(name, at)| (name, members[at.index(members.len())].version))
                .collect();
            Packument {
                members,
                tags,
                order,
                spaced,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn editing_is_what_rewriting_would_be(packument in packument()) {
        let (request, head, body) = (get("@acme%2fwidget"), ok("application/json"), packument.text());
        let case = Case { request: &request, head: &head, body: body.as_bytes() };
        let index = npm().scan(request.clone(), head.clone(), body.clone().into_bytes()).unwrap();
        prop_assert_eq!(&index.prefix, "pkg:npm/%40acme/widget@");
        let refused: Vec<_> = index.suffixes().enumerate()
            .filter(|(_, candidate)| packument.refused().contains(candidate.replace("%2B", "+").as_str()))
            .map(|(at, _)| osa_plugin_sdk::Refusal { reason: "No".into(), ..refuse(at) })
            .collect();
        prop_assert_eq!(refused.len(), packument.refused().len());
        for style in [Style::Remove, Style::Mark] {
            if let Ok(edited) = conformance::serve(&npm(), case, &refused, style).unwrap() {
                prop_assert_eq!(serde_json::from_slice::<Value>(&edited).unwrap(), packument.rewritten(style));
            } else {
                prop_assert_eq!(refused.len(), packument.members.len());
            }
        }
        prop_assert_eq!(conformance::edits(&npm(), case, 4), Ok(()));
    }

    #[test]
    fn no_bytes_make_it_panic(packument in packument(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = packument.text().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        for path in ["@acme/widget", "@acme/widget/latest", "@acme/widget/1.0.0", "-/package/@acme/widget/dist-tags"] {
            if let Ok(index) = npm().scan(get(path), ok("application/json"), body.clone()) {
                let refused: Vec<_> = (0..index.suffixes().len()).step_by(2).map(refuse).collect();
                npm().plan(index.notes, refused, Style::Mark, LINK_BASE.into()).unwrap();
            }
        }
    }

    #[test]
    fn any_path_is_classified(path in "(@?[a-z.%/@+-]{0,12}/){0,3}(-/)?[-a-z0-9.%@+]{0,20}(\\.tgz)?", any in "\\PC{0,30}") {
        npm().classify(get(&path)).unwrap();
        npm().classify(get(&any)).unwrap();
    }
}
