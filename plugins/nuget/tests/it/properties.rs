//! Edits against the naive way: parse, rewrite, serialise.

use std::collections::BTreeSet;

use osa_plugin_sdk::Style;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{BASE, Upstream};

const PATH: &str = "v3/registration5-gz-semver2/widget.kit";
const UPSTREAM: &str = "https://registry.example";

#[derive(Debug, Clone)]
struct Leaf {
    version: u8,
    listed: Option<bool>,
    /// Something that no plugin knows.
    extra: String,
}

impl Leaf {
    fn number(&self) -> String {
        format!("{}.0.0", self.version)
    }

    fn json(&self, base: &str) -> Value {
        let version = self.number();
        let content = format!("{base}/v3-flatcontainer/widget.kit/{version}/widget.kit.{version}.nupkg");
        let mut leaf = json!({
            "@id": format!("{base}/{PATH}/{version}.json"),
            "catalogEntry": {"id": "Widget.Kit", "version": version, "extra": self.extra, "packageContent": content},
            "packageContent": content,
            "extra": {"items": [self.extra]},
        });
        if let Some(listed) = self.listed {
            leaf["catalogEntry"]["listed"] = listed.into();
        }
        leaf
    }
}

/// Pages of leaves in order; a version stands on one page.
fn pages() -> impl Strategy<Value = Vec<Vec<Leaf>>> {
    let leaf = (any::<Option<bool>>(), "\\PC{0,8}");
    prop::collection::vec(prop::collection::vec(leaf, 1..5), 0..5).prop_map(|pages| {
        let mut version = 0;
        let mut leaf = |(listed, extra)| {
            version += 1;
            Leaf { version, listed, extra }
        };
        let page = |page: Vec<_>| page.into_iter().map(&mut leaf).collect();
        pages.into_iter().map(page).collect()
    })
}

fn document(pages: &[Vec<&Leaf>], base: &str) -> Value {
    let page = |leaves: &Vec<&Leaf>| {
        let (lower, upper) = (leaves[0].number(), leaves[leaves.len() - 1].number());
        let items: Vec<_> = leaves.iter().map(|leaf| leaf.json(base)).collect();
        json!({"@id": format!("{base}/{PATH}/index.json#page"), "count": items.len(), "items": items, "lower": lower, "upper": upper})
    };
    let pages: Vec<_> = pages.iter().filter(|leaves| !leaves.is_empty()).map(page).collect();
    json!({"@id": format!("{base}/{PATH}/index.json"), "count": pages.len(), "items": pages})
}

proptest! {
    #[test]
    fn registration_edits_are_a_naive_rewrite(
        pages in pages(),
        refused in prop::collection::btree_set(1u8..20, 0..12),
        pretty in any::<bool>(),
    ) {
        let whole: Vec<Vec<&Leaf>> = pages.iter().map(|page| page.iter().collect()).collect();
        let upstream = document(&whole, UPSTREAM);
        let body = if pretty { serde_json::to_vec_pretty(&upstream) } else { serde_json::to_vec(&upstream) }.unwrap();
        let upstream = Upstream::new(&format!("{PATH}/index.json"), body);
        let all: BTreeSet<u8> = pages.iter().flatten().map(|leaf| leaf.version).collect();
        let refused: BTreeSet<u8> = refused.intersection(&all).copied().collect();
        let purls: Vec<_> = refused.iter().map(|version| format!("pkg:nuget/widget.kit@{version}.0.0")).collect();
        let purls: Vec<_> = purls.iter().map(String::as_str).collect();

        let marked = upstream.served(&purls, Style::Mark);
        let served = marked["items"].as_array().unwrap().iter().flat_map(|page| page["items"].as_array().unwrap());
        for (leaf, served) in pages.iter().flatten().zip(served) {
            if refused.contains(&leaf.version) {
                prop_assert_eq!(&served["catalogEntry"]["listed"], false);
                prop_assert!(served["catalogEntry"]["deprecation"]["message"].is_string());
            } else {
                prop_assert_eq!(served, &leaf.json(BASE));
            }
        }
        if refused == all && !all.is_empty() {
            prop_assert!(upstream.outcome(&purls, Style::Remove).is_err());
            return Ok(());
        }
        let kept: Vec<Vec<&Leaf>> = pages
            .iter()
            .map(|page| page.iter().filter(|leaf| !refused.contains(&leaf.version)).collect())
            .collect();
        prop_assert_eq!(upstream.removed(&purls), document(&kept, BASE));
    }

    #[test]
    fn flat_container_edits_are_a_naive_rewrite(
        versions in prop::collection::vec((0u8..4, 0u8..3, prop::sample::select(&["", "-Beta", "-rc.1", "+x", ".0", ".7"][..])), 0..20),
        refused in prop::collection::btree_set(0usize..20, 0..12),
    ) {
        let texts: Vec<_> = versions.iter().map(|(major, minor, rest)| match *rest {
            rest if rest.starts_with('.') => format!("{major}.{minor}.0{rest}"),
            rest => format!("{major}.{minor}{rest}"),
        }).collect();
        let upstream = Upstream::new("f/widget/index.json", json!({ "versions": texts }).to_string());
        // The form that NuGet gives them.
        let form = |text: &str| {
            let text = text.to_lowercase();
            let text = text.split('+').next().unwrap();
            let (core, label) = text.split_once('-').map_or((text, String::new()), |(core, label)| (core, format!("-{label}")));
            let core = if core.matches('.').count() == 1 { format!("{core}.0") } else { core.trim_end_matches(".0").to_owned() };
            let zeros = 2usize.saturating_sub(core.matches('.').count());
            format!("pkg:nuget/widget@{core}{}{label}", ".0".repeat(zeros))
        };
        let offers: BTreeSet<_> = upstream.offers().into_iter().collect();
        prop_assert_eq!(&offers, &texts.iter().map(|text| form(text)).collect::<BTreeSet<_>>());
        let gone: BTreeSet<_> = refused.iter().filter_map(|at| Some(form(texts.get(*at)?))).collect();
        let purls: Vec<_> = gone.iter().map(String::as_str).collect();
        if gone == offers && !offers.is_empty() {
            prop_assert!(upstream.outcome(&purls, Style::Remove).is_err());
        } else {
            let kept: Vec<_> = texts.iter().filter(|text| !gone.contains(&form(text))).collect();
            prop_assert_eq!(upstream.removed(&purls), json!({ "versions": kept }));
        }
    }

    #[test]
    fn no_json_is_served_with_a_refused_version(body in "[\\[\\]{}:, ]{0,6}|(\\{\"(versions|items|data)\": ?\\[(\"[12]\\.0\"|\\{\"(version|id|catalogEntry)\": ?\"1\\.0\"\\}|[,\\[\\]{}]){0,6}\\]\\})") {
        let upstream = Upstream::new("f/widget/index.json", body.clone());
        if let Ok(index) = upstream.scan() {
            prop_assert!(serde_json::from_str::<Value>(&body).is_ok(), "{body}");
            upstream.conforms();
            prop_assert!(index.suffixes().len() <= 3);
        }
    }
}
