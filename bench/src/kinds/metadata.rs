//! Maven's list of an artifact's versions.

use anyhow::Context as _;
use semver::Version;
use serde_json::{Value, json};
use xmltree::{Element, XMLNode};

use super::{Kind, Rewrite, Rewritten, purl};
use crate::documents::Document;

pub(super) struct Metadata;

impl Kind for Metadata {
    fn name(&self) -> &'static str {
        "maven-metadata.xml"
    }

    fn section(&self) -> &'static str {
        "maven"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        format!("com/acme/{}/maven-metadata.xml", document.name)
    }

    fn content_type(&self) -> &'static str {
        "text/xml"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 2,000 versions", 2_000), ("made, 20,000 versions", 20_000)]
            .map(|(label, versions)| (label, made(versions)))
            .into()
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut metadata = Element::parse(rewrite.document.body.as_ref())?;
        let versioning = metadata.get_mut_child("versioning").context("no versioning")?;
        let versions = versioning.get_mut_child("versions").context("no versions")?;
        let package = format!("maven/com.acme/{}", rewrite.document.name);
        let texts = versions
            .children
            .iter()
            .filter_map(XMLNode::as_element)
            .filter_map(Element::get_text);
        let purls = texts.map(|version| purl(&package, &version)).collect();
        versions.children.retain(|version| {
            let text = version.as_element().and_then(Element::get_text);
            text.is_none_or(|text| !rewrite.refused.contains(text.as_ref()))
        });
        let left: Vec<Version> = versions.children.iter().filter_map(number).collect();
        for name in ["latest", "release"] {
            let Some(pointer) = versioning.get_mut_child(name) else {
                continue;
            };
            let old = pointer.get_text().context("an empty pointer")?.into_owned();
            if rewrite.refused.contains(&old) {
                let old = Version::parse(&old)?;
                let instead = left.iter().filter(|version| **version <= old).max();
                let instead = instead.context("nothing is left")?.to_string();
                pointer.children = vec![XMLNode::Text(instead)];
            }
        }
        let mut written = Vec::new();
        metadata.write(&mut written)?;
        Ok(Rewritten { purls, body: written })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(said(&Element::parse(body)?))
    }

    fn target(&self) -> f64 {
        0.6
    }
}

fn number(version: &XMLNode) -> Option<Version> {
    Version::parse(&version.as_element()?.get_text()?).ok()
}

/// Its name, and what stands in it; white space between elements says nothing.
fn said(element: &Element) -> Value {
    let children: Vec<Value> = element
        .children
        .iter()
        .filter_map(XMLNode::as_element)
        .map(said)
        .collect();
    if children.is_empty() {
        json!([element.name, element.get_text()])
    } else {
        json!([element.name, children])
    }
}

fn made(versions: usize) -> Vec<u8> {
    let version = |number: usize| format!("{}.{}.{}", number / 1000, number / 10 % 100, number % 10);
    let newest = version(versions.saturating_sub(1));
    let lines: Vec<String> = (0..versions)
        .map(|number| format!("      <version>{}</version>\n", version(number)))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metadata>\n  <groupId>com.acme</groupId>\n  \
         <artifactId>made</artifactId>\n  <versioning>\n    <latest>{newest}</latest>\n    <release>{newest}</release>\n    \
         <versions>\n{}    </versions>\n    <lastUpdated>20240102030405</lastUpdated>\n  </versioning>\n</metadata>\n",
        lines.concat()
    )
    .into_bytes()
}
