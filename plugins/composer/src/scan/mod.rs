//! The one pass over a document.

mod dist;
mod root;
mod versions;

use std::borrow::Cow;
use std::collections::BTreeMap;

use osa_plugin_sdk::{
    Candidates, Error, Index,
    json::{self, Kind},
    log, notes, purl,
};

use crate::bound;
use crate::notes::{List, Notes, Version};
use crate::settings::Settings;
use dist::Links;
use root::Root;
use versions::{Archive, Entries, Reader};

/// The only way of writing versions as differences.
const MINIFIED: &str = "composer/2.0";

pub(crate) fn scan(settings: &Settings, path: &str, body: &[u8]) -> Result<Index, Error> {
    let mut reader = Reader::new(settings.keeps_source);
    let mut root = Root::default();
    let mut minified = None;
    let mut first_member = None;
    let mut warned = false;
    json::read(body, |cursor| {
        if cursor.kind()? != Kind::Object {
            return Ok(());
        }
        first_member = Some((cursor.offset() + 1, false));
        cursor.object(|cursor, member| {
            first_member = first_member.map(|(at, _)| (at, true));
            warned |= member.key.is("warning");
            if member.key.is("packages") {
                return reader.packages(cursor);
            }
            if member.key.is("minified") {
                let at = cursor.offset() as usize;
                let form = cursor.string()?;
                if minified.replace(form).is_some() {
                    return Err(json::Error::new(at, "`minified` stands twice"));
                }
                return Ok(());
            }
            root.see(cursor, member, |cursor, member| reader.legacy(cursor, member))
        })?;
        Ok(())
    })?;
    let minified = match minified.flatten() {
        None => false,
        Some(form) if form.is(MINIFIED) => true,
        Some(_) => {
            return Err(Error::Unsupported(format!(
                "the metadata is minified otherwise than as {MINIFIED}"
            )));
        }
    };
    let mut links = Links::new(&settings.origins);
    let mut releases = Releases::default();
    let mut lists = Vec::with_capacity(reader.lists.len());
    let keys = reader.keys.len() as u32;
    for entries in reader.lists {
        if minified && entries.keyed {
            return Err(Error::Unsupported("minified versions that stand in no array".into()));
        }
        lists.push(list(entries, minified, body, &mut links, &mut releases)?);
    }
    let is_root = root.is_root();
    let repairs = root.repairs(&settings.origins);
    links.report();
    let notes = Notes {
        candidates: releases.found.len() as u32,
        minified,
        vital: !is_root && !path.ends_with("~dev.json"),
        first_member: first_member.filter(|_| !warned),
        packages: releases
            .names
            .iter()
            .map(|(name, _)| Cow::Borrowed(name.as_str()))
            .collect(),
        lists,
        keys,
        routes: links.routes,
        repairs,
    };
    let notes = notes::pack(&notes)?;
    let (prefix, candidates) = releases.finish();
    Ok(Index {
        prefix,
        candidates,
        notes,
    })
}

/// Ties versions to candidates and their links to upstreams, once it is known who inherits.
fn list<'a>(
    entries: Entries<'a>,
    minified: bool,
    body: &'a [u8],
    links: &mut Links<'_>,
    releases: &mut Releases<'a>,
) -> Result<List<'a>, Error> {
    let mut list = List {
        versions: Vec::with_capacity(entries.versions.len()),
        members: if minified { entries.members } else { Vec::new() },
    };
    let mut name = None;
    let mut number = None;
    let mut archive = Archive::None;
    for entry in entries.versions {
        if !minified {
            (name, number, archive) = (None, None, Archive::None);
        }
        name = entry.name.or(name);
        number = entry.version.or(number);
        let package = name.as_deref().unwrap_or(&entries.name);
        let version = number.clone().or(entry.key).filter(|version| !version.is_empty());
        let Some(version) = version else {
            return Err(Error::Malformed(format!(
                "a version without a number (at byte {})",
                entry.value
            )));
        };
        if package.is_empty() {
            return Err(Error::Malformed(format!(
                "a version of no package (at byte {})",
                entry.value
            )));
        }
        let inherits = matches!(entry.dist, Archive::Unsaid);
        if !inherits {
            archive = entry.dist;
        }
        let dist = match &archive {
            Archive::At(span, raw) => {
                let mut dist = links.see(raw);
                if inherits {
                    dist.inherited = span.of(body).map(String::from_utf8_lossy);
                    dist.relative_to(span.start);
                }
                Some(dist)
            }
            Archive::Unsaid | Archive::None => None,
        };
        let (package, candidate) = releases.of(package, version.clone());
        list.versions.push(Version {
            part: entry.part,
            value: entry.value,
            candidate,
            package,
            number: version,
            dist,
            source: entry.source,
            members: if minified { entry.members } else { 0 },
        });
    }
    Ok(list)
}

/// Each version of each package once.
#[derive(Default)]
struct Releases<'a> {
    /// With its versions.
    names: Vec<(String, BTreeMap<Cow<'a, str>, u32>)>,
    known: BTreeMap<String, u32>,
    /// By position: the package and its version, encoded.
    found: Vec<(u32, String)>,
}

// === impl Releases ===

impl<'a> Releases<'a> {
    /// The positions of the package and of the candidate.
    fn of(&mut self, package: &str, version: Cow<'a, str>) -> (u32, u32) {
        let package = self.package(package);
        let position = self.found.len() as u32;
        let Some((_, versions)) = self.names.get_mut(package as usize) else {
            return (package, position);
        };
        let suffix = purl::encode(&version).into_owned();
        let known = *versions.entry(version).or_insert(position);
        if known == position {
            self.found.push((package, suffix));
        }
        (package, known)
    }

    fn package(&mut self, name: &str) -> u32 {
        if let Some((last, _)) = self.names.last()
            && last == name
        {
            return self.names.len() as u32 - 1;
        }
        let name = name.to_lowercase();
        let next = self.names.len() as u32;
        let known = *self.known.entry(name.clone()).or_insert(next);
        if known == next {
            self.names.push((name, BTreeMap::new()));
        }
        known
    }

    /// Prefix and candidates of an index.
    fn finish(self) -> (String, String) {
        let prefixes: Vec<_> = self.names.iter().map(|(name, _)| bound::prefix(name)).collect();
        let shared = match prefixes.as_slice() {
            [one] => one.as_str(),
            _ => "pkg:composer/",
        };
        let mut candidates = Candidates::new();
        for (package, version) in &self.found {
            let own = prefixes
                .get(*package as usize)
                .and_then(|prefix| prefix.strip_prefix(shared));
            candidates.push([own.unwrap_or_default(), version]);
        }
        (shared.to_owned(), candidates.finish())
    }
}

/// Tells the operator, once for a document, what becomes of links.
fn warn(links: usize, what: &str, example: &str) {
    if links > 0 {
        let shown: String = example.chars().filter(|char| !char.is_control()).take(200).collect();
        log::warn(&format!("{links} links to archives {what}, e.g. {shown}"));
    }
}
