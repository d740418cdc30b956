//! One version's manifest, `/{package}/{version}`: it stands or falls as a whole.

use std::collections::BTreeSet;

use osa_plugin_sdk::{Candidates, Error, Index, Outcome, Refusal, edits::Builder, json, purl};
use serde::{Deserialize, Serialize};

use crate::links::{Link, Links, Rewriter};
use crate::package::Package;
use crate::semver;
use crate::settings::Settings;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notes<'a> {
    #[serde(borrow)]
    links: Vec<Link<'a>>,
}

/// The candidates are the version that was asked for and any other that the manifest says it is.
pub(crate) fn scan(
    settings: &Settings,
    package: &Package,
    wanted: &str,
    body: &[u8],
) -> Result<(Index, Notes<'static>), Error> {
    let mut seen = Links::new(settings, package);
    let mut links = Vec::new();
    let mut versions = BTreeSet::from([wanted.to_owned()]);
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            if member.key.is("dist") && cursor.kind()? == json::Kind::Object {
                cursor.object(|cursor, member| {
                    if member.key.is("tarball")
                        && let Some(link) = cursor.string()?
                    {
                        links.extend(seen.see(wanted, link));
                    }
                    Ok(())
                })?;
            } else if member.key.is("version") {
                if let Some(version) = cursor.string()? {
                    versions.insert(semver::canonical(&version.decode()?).into_owned());
                }
            } else if member.key.is("name") {
                package.check(cursor)?;
            }
            Ok(())
        })
    })?;
    seen.report();
    let index = Index {
        prefix: package.purl_prefix(),
        candidates: versions
            .iter()
            .filter(|version| !version.is_empty())
            .map(|version| purl::encode(version))
            .collect::<Candidates>()
            .finish(),
        notes: Vec::new(),
    };
    Ok((index, Notes { links }))
}

pub(crate) fn plan(notes: &Notes<'_>, refused: &[Refusal], link_base: &str) -> Result<Outcome, Error> {
    if !refused.is_empty() {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::new();
    if !notes.links.is_empty() {
        let rewriter = Rewriter::new(link_base, &mut edits);
        for link in &notes.links {
            rewriter.rewrite(link, &mut edits);
        }
    }
    Ok(Outcome::Edits(edits.finish()?))
}
