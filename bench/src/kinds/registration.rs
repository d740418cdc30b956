//! NuGet's registration index with its pages inlined.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{FILES, Kind, Rewrite, Rewritten, purl};
use crate::documents::Document;

const HIVE: &str = "v3/registration5-gz-semver2";
/// As many leaves as feeds put on a page.
const PAGE: usize = 64;

pub(super) struct Registration;

impl Kind for Registration {
    fn name(&self) -> &'static str {
        "registration"
    }

    fn section(&self) -> &'static str {
        "nuget"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        format!("{HIVE}/{}/index.json", document.name)
    }

    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 100 versions", 100), ("made, 3,000 versions", 3_000)]
            .map(|(label, versions)| (label, registration(versions)))
            .into()
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut document: Value = serde_json::from_slice(&rewrite.document.body)?;
        links(&mut document, &["@id"], rewrite);
        let package = format!("nuget/{}", rewrite.document.name);
        let mut purls = Vec::new();
        let pages = list(&mut document, "items")?;
        for page in pages.iter_mut() {
            links(page, &["@id", "parent"], rewrite);
            let leaves = list(page, "items")?;
            let versions = leaves
                .iter()
                .filter_map(|leaf| leaf.pointer("/catalogEntry/version")?.as_str());
            purls.extend(versions.map(|version| purl(&package, version)));
            leaves.retain(|leaf| !is_refused(leaf, rewrite));
            for leaf in leaves.iter_mut() {
                links(leaf, &["@id", "packageContent", "registration"], rewrite);
                let entry = leaf.get_mut("catalogEntry").context("no entry")?;
                links(entry, &["@id", "packageContent", "iconUrl"], rewrite);
                for group in list(entry, "dependencyGroups")? {
                    for dependency in list(group, "dependencies")? {
                        links(dependency, &["registration"], rewrite);
                    }
                }
            }
            let left = leaves.len();
            // They stand in order.
            let bound = |leaf: Option<&Value>| leaf.and_then(|leaf| leaf.pointer("/catalogEntry/version").cloned());
            let (lower, upper) = (bound(leaves.first()), bound(leaves.last()));
            let page = page.as_object_mut().context("a page that is no object")?;
            page.insert("count".into(), left.into());
            page.extend(lower.map(|lower| ("lower".to_owned(), lower)));
            page.extend(upper.map(|upper| ("upper".to_owned(), upper)));
        }
        pages.retain(|page| page.get("count").and_then(Value::as_u64) != Some(0));
        let left = pages.len();
        let document = document.as_object_mut().context("no object")?;
        document.insert("count".into(), left.into());
        let body = serde_json::to_vec(document)?;
        Ok(Rewritten { purls, body })
    }

    fn target(&self) -> f64 {
        0.6
    }
}

fn list<'a>(value: &'a mut Value, key: &str) -> anyhow::Result<&'a mut Vec<Value>> {
    let list = value.get_mut(key).and_then(Value::as_array_mut);
    list.with_context(|| format!("no list {key}"))
}

fn is_refused(leaf: &Value, rewrite: &Rewrite<'_>) -> bool {
    let version = leaf.pointer("/catalogEntry/version").and_then(Value::as_str);
    version.is_some_and(|version| rewrite.refused.contains(version))
}

fn links(value: &mut Value, keys: &[&str], rewrite: &Rewrite<'_>) {
    for key in keys {
        if let Some(link) = value.get_mut(*key)
            && let Some(path) = link
                .as_str()
                .and_then(|link| link.strip_prefix(&rewrite.document.origin))
        {
            *link = format!("{}{path}", rewrite.link_base).into();
        }
    }
}

/// Shaped like the index of a package with a few dependencies for each of two frameworks: 2.5 KB a version.
fn registration(versions: usize) -> Vec<u8> {
    let numbers: Vec<String> = (0..versions)
        .map(|number| format!("{}.{}.{}", number / 100, number / 10 % 10, number % 10))
        .collect();
    let base = format!("{FILES}/{HIVE}/made");
    let page = |numbers: &[String]| {
        let items: Vec<_> = numbers.iter().map(|number| leaf(&base, number)).collect();
        let (lower, upper) = (numbers.first(), numbers.last());
        json!({
            "@id": format!("{base}/index.json#page/{}/{}", lower.map_or("", String::as_str), upper.map_or("", String::as_str)),
            "@type": "catalog:CatalogPage",
            "commitId": "9a37734c-1960-4c07-8934-c8bc797e35c1",
            "commitTimeStamp": "2026-01-02T03:04:05.6789Z",
            "count": items.len(),
            "items": items,
            "parent": format!("{base}/index.json"),
            "lower": lower,
            "upper": upper,
        })
    };
    let pages: Vec<_> = numbers.chunks(PAGE).map(page).collect();
    let index = json!({
        "@id": format!("{base}/index.json"),
        "@type": ["catalog:CatalogRoot", "PackageRegistration", "catalog:Permalink"],
        "count": pages.len(),
        "items": pages,
        "@context": { "@vocab": "http://schema.example/schema#", "items": { "@id": "catalog:item", "@container": "@set" } },
    });
    index.to_string().into_bytes()
}

fn leaf(base: &str, number: &str) -> Value {
    let entry = format!("{FILES}/v3/catalog0/data/2026.01.02.03.04.05/made.{number}.json");
    let group = |framework: &str| {
        let dependencies: Vec<_> = ["first", "second", "third"]
            .map(|name| {
                json!({
                    "@id": format!("{entry}#dependencygroup/{framework}/{name}"),
                    "@type": "PackageDependency",
                    "id": name,
                    "range": "[1.2.3, )",
                    "registration": format!("{FILES}/{HIVE}/{name}/index.json"),
                })
            })
            .into();
        json!({
            "@id": format!("{entry}#dependencygroup/{framework}"),
            "@type": "PackageDependencyGroup",
            "dependencies": Value::Array(dependencies),
            "targetFramework": framework,
        })
    };
    let content = format!("{FILES}/v3-flatcontainer/made/{number}/made.{number}.nupkg");
    json!({
        "@id": format!("{base}/{number}.json"),
        "@type": "Package",
        "commitId": "9a37734c-1960-4c07-8934-c8bc797e35c1",
        "commitTimeStamp": "2026-01-02T03:04:05.6789Z",
        "catalogEntry": {
            "@id": entry,
            "@type": "PackageDetails",
            "authors": "Someone",
            "dependencyGroups": [group(".NETStandard2.0"), group("net8.0")],
            "description": "A made package of no use, which says so in a description of about the usual length, with \"quotes\".",
            "iconUrl": format!("{FILES}/v3-flatcontainer/made/{number}/icon"),
            "id": "Made",
            "language": "",
            "licenseExpression": "MIT",
            "licenseUrl": "https://licenses.example/MIT",
            "listed": true,
            "minClientVersion": "",
            "packageContent": content,
            "projectUrl": "https://project.example/made",
            "published": "2026-01-02T03:04:05.67+00:00",
            "requireLicenseAcceptance": false,
            "summary": "",
            "tags": ["made", "of", "no", "use"],
            "title": "Made",
            "version": number,
        },
        "packageContent": content,
        "registration": format!("{base}/index.json"),
    })
}
