//! `/info/GEM` of the compact index.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Kind, Rewrite, Rewritten, purl};
use crate::documents::Document;

pub(super) struct GemInfo;

struct Line<'a> {
    version: &'a str,
    requires: Vec<(&'a str, Vec<&'a str>)>,
    requirements: Vec<(&'a str, &'a str)>,
}

impl Kind for GemInfo {
    fn name(&self) -> &'static str {
        "gem info"
    }

    fn section(&self) -> &'static str {
        "ruby"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, document: &Document) -> String {
        format!("info/{}", document.name)
    }

    fn content_type(&self) -> &'static str {
        "text/plain"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 500 versions", 500), ("made, 5,000 versions", 5_000)]
            .map(|(label, versions)| (label, made(versions)))
            .into()
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let body = std::str::from_utf8(&rewrite.document.body)?;
        let mut lines: Vec<Line<'_>> = body.lines().skip(1).map(parse).collect();
        let package = format!("gem/{}", rewrite.document.name);
        let purls = lines.iter().map(|line| purl(&package, line.version)).collect();
        lines.retain(|line| !rewrite.refused.contains(line.version));
        let mut out = String::from("---\n");
        for line in &lines {
            write(line, &mut out)?;
        }
        let body = out.into_bytes();
        Ok(Rewritten { purls, body })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(std::str::from_utf8(body)?.into())
    }

    fn target(&self) -> f64 {
        0.6
    }
}

fn parse(line: &str) -> Line<'_> {
    let (version, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (requires, requirements) = rest.split_once('|').unwrap_or((rest, ""));
    Line {
        version,
        requires: requires
            .split(',')
            .filter_map(|part| part.split_once(':'))
            .map(|(name, requirement)| (name, requirement.split('&').collect()))
            .collect(),
        requirements: requirements
            .split(',')
            .filter_map(|part| part.split_once(':'))
            .collect(),
    }
}

fn write(line: &Line<'_>, out: &mut String) -> std::fmt::Result {
    let requires: Vec<_> = line
        .requires
        .iter()
        .map(|(name, all)| format!("{name}:{}", all.join("&")))
        .collect();
    let requirements: Vec<_> = line
        .requirements
        .iter()
        .map(|(key, value)| format!("{key}:{value}"))
        .collect();
    writeln!(
        out,
        "{} {}|{}",
        line.version,
        requires.join(","),
        requirements.join(",")
    )
}

fn made(versions: usize) -> Vec<u8> {
    let mut body = String::from("---\n");
    for version in 0..versions {
        let _ = writeln!(
            body,
            "{}.{}.{} actionpack:= 7.0.{},bundler:>= 1.15.0&< 3,activesupport:~> 6.1|checksum:{:064x},ruby:>= 2.5,\
             rubygems:>= 1.8.11,created_at:2024-01-01T00:00:00Z",
            version / 100,
            version / 10 % 10,
            version % 10,
            version,
            version * 7919,
        );
    }
    body.into_bytes()
}
