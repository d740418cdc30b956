//! Edits against the naive way: parse, expand, take out, and compare what Composer makes of it.

use std::collections::BTreeSet;

use osa_plugin_sdk::{GuestRepository as _, conformance::get};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{Upstream, expand, link, repository};

const PATH: &str = "p2/acme/hello.json";

/// One version as it is before it is minified.
fn version() -> impl Strategy<Value = Map<String, Value>> {
    let dist = prop::option::of(prop_oneof![
        (0..3u8)
            .prop_map(|at| json!({"url": format!("https://git.example/{at}.zip"), "type": "zip", "reference": null})),
        (0..2u8).prop_map(
            |at| json!({"type": "zip", "url": format!("https://registry.example/a/../{at}"), "mirrors": [at]})
        ),
        Just(Value::Null),
        Just(json!({"type": "path", "url": "../x"})),
    ]);
    let source = prop::option::of((0..2u8).prop_map(|at| json!({"type": "git", "reference": at})));
    let others = prop::collection::btree_map(
        "[abc]",
        prop_oneof![Just(json!({"x": [1]})), Just(json!("y")), Just(json!(["}{"]))],
        0..3,
    );
    (dist, source, others).prop_map(|(dist, source, others)| {
        let mut version = Map::new();
        version.extend(others);
        version.extend(dist.map(|dist| ("dist".to_owned(), dist)));
        version.extend(source.map(|source| ("source".to_owned(), source)));
        version
    })
}

/// `MetadataMinifier::minify`.
fn minify(versions: &[Map<String, Value>]) -> Vec<Value> {
    let mut last: Option<Map<String, Value>> = None;
    let mut minified = Vec::new();
    for version in versions {
        let Some(last) = &mut last else {
            last = Some(version.clone());
            minified.push(version.clone().into());
            continue;
        };
        let mut delta = Map::new();
        for (key, value) in version {
            if last.get(key) != Some(value) {
                delta.insert(key.clone(), value.clone());
            }
        }
        for key in last.keys().filter(|key| !version.contains_key(*key)) {
            delta.insert(key.clone(), "__unset".into());
        }
        last.clone_from(version);
        minified.push(delta.into());
    }
    minified
}

/// What the naive way serves of a version.
fn edited(version: &Map<String, Value>) -> Value {
    let mut version = version.clone();
    let number = version["version"].as_str().unwrap().to_owned();
    if let Some(source) = version.get_mut("source") {
        *source = Value::Null;
    }
    if let Some(dist) = version.get_mut("dist")
        && dist["type"] == "zip"
    {
        let url = dist["url"].as_str().unwrap();
        let path = match url.strip_prefix("https://git.example/") {
            Some(path) => format!("-/files/git.example/{path}"),
            None => url.trim_start_matches("https://registry.example/a/../").to_owned(),
        };
        dist["url"] = link("acme/hello", &number, &path).into();
        if let Some(mirrors) = dist.get_mut("mirrors") {
            *mirrors = Value::Null;
        }
    }
    version.into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn taking_versions_out_is_what_rewriting_would_be(
        versions in prop::collection::vec((version(), any::<bool>()), 1..8),
        minified in any::<bool>(),
        pretty in any::<bool>(),
    ) {
        let numbered: Vec<_> = versions.iter().enumerate().map(|(at, (version, _))| {
            let mut version = version.clone();
            version.insert("name".into(), "acme/hello".into());
            version.insert("version".into(), format!("{at}.0").into());
            version
        }).collect();
        let listed = if minified { minify(&numbered) } else { numbered.iter().cloned().map(Value::from).collect() };
        let mut document = json!({"packages": {"acme/hello": listed}});
        if minified {
            document["minified"] = "composer/2.0".into();
        }
        let body = if pretty { serde_json::to_vec_pretty(&document) } else { serde_json::to_vec(&document) }.unwrap();
        let upstream = Upstream::new(PATH, body);
        let refused: Vec<_> = versions.iter().enumerate().filter(|(_, (_, refused))| *refused)
            .map(|(at, _)| format!("pkg:composer/acme/hello@{at}.0")).collect();
        let refused: Vec<_> = refused.iter().map(String::as_str).collect();
        if refused.len() == versions.len() {
            prop_assert!(upstream.outcome(&refused).is_err());
            return Ok(());
        }
        let served = upstream.served(&refused);
        let served = served["packages"]["acme/hello"].as_array().unwrap().clone();
        let served = if minified { expand(&served) } else { served };
        let left: Vec<_> = numbered.iter().zip(&versions).filter(|(_, (_, refused))| !refused)
            .map(|(version, _)| edited(version)).collect();
        prop_assert_eq!(served, left);
    }

    #[test]
    fn no_bytes_make_it_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), root in any::<bool>()) {
        let text = if root { include_str!("../fixtures/packages.json") } else { include_str!("../fixtures/hello.json") };
        let mut body = text.as_bytes().to_vec();
        let at = at.index(body.len());
        body[at] = byte;
        let upstream = Upstream::new(PATH, body);
        if upstream.scan().is_ok() {
            upstream.conforms_to_edits();
        }
    }

    #[test]
    fn any_path_is_classified(path in "(-/(osa|files|packages)/)?([a-z.%$~-]{0,8}/){0,4}(-/)?[-a-z0-9.%@+$]{0,20}(\\.zip|\\.json)?", any in "\\PC{0,30}") {
        repository().classify(get(&path)).unwrap();
        repository().classify(get(&any)).unwrap();
    }

    #[test]
    fn any_version_has_a_rank_that_fits_the_others(texts in prop::collection::vec("v?[0-9.]{0,6}(-?(dev|beta|rc|p|x)[0-9.]{0,3})?|dev-[a-c]|\\PC{0,10}", 0..12)) {
        use osa_plugin_sdk::Guest as _;
        let ranks = osa_plugin_composer::Plugin::rank_versions(texts.clone());
        let known: BTreeSet<_> = ranks.iter().flatten().copied().collect();
        prop_assert_eq!(known.into_iter().collect::<Vec<_>>(), (0..ranks.iter().flatten().max().map_or(0, |max| max + 1)).collect::<Vec<_>>());
        let mut reversed = texts;
        reversed.reverse();
        let mut again = osa_plugin_composer::Plugin::rank_versions(reversed);
        again.reverse();
        prop_assert_eq!(ranks, again);
    }
}
