//! `/versions` of the compact index: every gem of a server, none of which is judged here.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Kind, Rewrite, Rewritten};
use crate::documents::Document;

pub(super) struct GemVersions;

impl Kind for GemVersions {
    fn name(&self) -> &'static str {
        "gem versions"
    }

    fn section(&self) -> &'static str {
        "ruby"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, _document: &Document) -> String {
        "versions".into()
    }

    fn content_type(&self) -> &'static str {
        "text/plain"
    }

    /// As many gems as the public server has.
    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![("made, 200,000 gems", made(200_000))]
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let body = std::str::from_utf8(&rewrite.document.body)?;
        let mut lines = body.lines();
        let mut out = String::new();
        for line in lines.by_ref().take(2) {
            writeln!(out, "{line}")?;
        }
        let mut gems: Vec<(&str, Vec<&str>, String)> = lines
            .map(|line| {
                let mut words = line.splitn(3, ' ');
                let mut next = || words.next().unwrap_or_default();
                (next(), next().split(',').collect(), next().to_owned())
            })
            .collect();
        for (_, _, md5) in &mut gems {
            let digit = u8::from_str_radix(md5.get(..1).unwrap_or_default(), 16)?;
            md5.replace_range(..1, &format!("{:x}", (digit + 1) % 16));
        }
        for (name, versions, md5) in &gems {
            writeln!(out, "{name} {} {md5}", versions.join(","))?;
        }
        // Clients choose from other documents.
        let (purls, body) = (Vec::new(), out.into_bytes());
        Ok(Rewritten { purls, body })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(std::str::from_utf8(body)?.into())
    }

    fn target(&self) -> f64 {
        0.6
    }
}

fn made(gems: u64) -> Vec<u8> {
    let mut body = String::from("created_at: 2024-04-01T00:00:05Z\n---\n");
    for gem in 0..gems {
        let versions: Vec<_> = (0..gem % 22)
            .map(|version| format!("0.{version}.{}", gem % 9))
            .collect();
        let md5 = u128::from(gem).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let _ = writeln!(body, "widget-{gem:x}-helper 1.0.0,{} {md5:032x}", versions.join(","));
    }
    body.into_bytes()
}
