//! The JSON API that is older than the simple one: `/pypi/NAME/json` and `/pypi/NAME/VERSION/json`.

use osa_plugin_sdk::{
    Error, Span,
    json::{self, Cursor},
};

use crate::{
    collect::Collector,
    filename::Release,
    notes::{Latest, List, Of, Part},
    page_json::{Dialect, Yanked, files},
    version,
};

/// A release as the document calls it.
struct Named {
    candidate: u32,
    version: String,
}

pub(crate) fn scan(collector: &mut Collector<'_>, project: &str, one_release: bool, body: &[u8]) -> Result<(), Error> {
    let mut current = None;
    let mut releases = Vec::new();
    let mut seen = [false; 3];
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            let key = ["info", "releases", "urls"].iter().position(|key| member.key.is(key));
            if let Some(seen) = key.and_then(|key| seen.get_mut(key)) {
                if *seen {
                    return Err(cursor.error("a key given twice"));
                }
                *seen = true;
            }
            match key {
                Some(0) => current = info(collector, cursor, project)?,
                Some(1) => releases = members(collector, cursor, project)?,
                Some(2) => {
                    let files = files(collector, cursor, Dialect::Legacy)?;
                    collector.notes.lists.push(files);
                }
                _ => {}
            }
            Ok(())
        })
    })?;
    let Some((span, named)) = current else {
        return Err(Error::Malformed("the document has no `info.version`".into()));
    };
    if one_release {
        collector.notes.subject = Some(named.candidate);
    } else {
        let instead = preference(&named.version, releases);
        collector.notes.latest = Some(Latest {
            span,
            candidate: named.candidate,
            instead,
        });
    }
    Ok(())
}

fn named(collector: &mut Collector<'_>, project: &str, version: &str) -> Named {
    let release = Release {
        name: project.to_owned(),
        version: version::canonical(version),
    };
    Named {
        candidate: collector.release(release),
        version: version.to_owned(),
    }
}

/// `info.version`, and where it stands.
fn info(
    collector: &mut Collector<'_>,
    cursor: &mut Cursor<'_>,
    project: &str,
) -> Result<Option<(Span, Named)>, json::Error> {
    let mut current = None;
    let mut yanked = Yanked::default();
    let span = cursor.object(|cursor, member| {
        let twice = if member.key.is("version") {
            let text = cursor.string()?;
            let found = text.map(|text| {
                text.decode()
                    .map(|version| (text.quoted(), named(collector, project, &version)))
            });
            let twice = current.is_some();
            current = found.transpose()?;
            twice
        } else {
            yanked.read(cursor, &member.key)?
        };
        if twice {
            Err(cursor.error("a key given twice"))
        } else {
            Ok(())
        }
    })?;
    if let Some((_, named)) = &current {
        collector
            .notes
            .marks
            .extend(yanked.marks(named.candidate, span.start, Dialect::Legacy));
    }
    Ok(current)
}

/// The members of `releases`, each with its list of files.
fn members(collector: &mut Collector<'_>, cursor: &mut Cursor<'_>, project: &str) -> Result<Vec<Named>, json::Error> {
    let mut found = Vec::new();
    let mut parts = Vec::new();
    let mut inner = Vec::new();
    cursor.object(|cursor, member| {
        let release = named(collector, project, &member.key.decode()?);
        inner.push(files(collector, cursor, Dialect::Legacy)?);
        let span = Span::new(member.start, cursor.offset());
        parts.push(Part {
            span,
            of: Of::Candidate(release.candidate),
        });
        found.push(release);
        Ok(())
    })?;
    collector.notes.lists.push(List(parts));
    collector.notes.lists.append(&mut inner);
    Ok(found)
}

/// What may be current instead: the highest not above the version that was, stable ones first; then the lowest above it.
fn preference(was: &str, releases: Vec<Named>) -> Vec<(u32, String)> {
    let was = version::parse(was);
    let mut ordered: Vec<_> = releases
        .into_iter()
        .map(|named| (version::parse(&named.version), named))
        .collect();
    ordered.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.version.cmp(&y.version)));
    let above = |version: &Option<pep440_rs::Version>| *version > was;
    let stable = |version: &Option<pep440_rs::Version>| version.as_ref().is_some_and(pep440_rs::Version::is_stable);
    let mut found = Vec::with_capacity(ordered.len());
    for (high, firm) in [(false, true), (false, false), (true, true), (true, false)] {
        let class = ordered
            .iter()
            .filter(|(version, _)| above(version) == high && stable(version) == firm);
        let class: Vec<_> = class
            .map(|(_, named)| (named.candidate, json::quote(&named.version)))
            .collect();
        if high {
            found.extend(class.into_iter().rev());
        } else {
            found.extend(class);
        }
    }
    found
}
