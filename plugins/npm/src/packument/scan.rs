use std::borrow::Cow;
use std::collections::BTreeMap;

use osa_plugin_sdk::{
    Candidates, Error, Index, Span,
    json::{self, Cursor, Kind},
    purl,
};

use super::notes::{Notes, Tag, Tags, Time, Version};
use crate::links::{Link, Links};
use crate::package::Package;
use crate::resource::View;
use crate::semver;
use crate::settings::Settings;

struct Scan<'a, 's> {
    seen: Links<'s>,
    found: Found<'a>,
    versions: Vec<Vec<Version<'a>>>,
    links: Vec<Link<'static>>,
    deprecations: Vec<Span>,
    tags: Vec<Tags<'a>>,
    times: Vec<Vec<Time>>,
    /// Times of what is no version so far.
    pending: Vec<Pending<'a>>,
}

/// Each version once, by its canonical form.
#[derive(Default)]
struct Found<'a> {
    known: BTreeMap<Cow<'a, str>, u32>,
    candidates: Candidates,
}

/// A member of `time`, by its place in `Scan::times`.
struct Pending<'a> {
    object: usize,
    member: usize,
    version: Cow<'a, str>,
}

pub(crate) fn scan<'a>(
    settings: &Settings,
    package: &Package,
    view: View,
    body: &'a [u8],
) -> Result<(Index, Notes<'a>), Error> {
    let mut scan = Scan {
        seen: Links::new(settings, package),
        found: Found::default(),
        versions: Vec::new(),
        links: Vec::new(),
        deprecations: Vec::new(),
        tags: Vec::new(),
        times: Vec::new(),
        pending: Vec::new(),
    };
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            if member.key.is("versions") {
                scan.versions(cursor)
            } else if member.key.is("dist-tags") {
                scan.tags(cursor)
            } else if member.key.is("time") && cursor.kind()? == Kind::Object {
                scan.time(cursor)
            } else if member.key.is("name") {
                package.check(cursor)
            } else {
                Ok(())
            }
        })
    })?;
    scan.seen.report();
    Ok(scan.finish(package, view, body.len() as u32))
}

// === impl Scan ===

impl<'a> Scan<'a, '_> {
    fn versions(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let mut versions = Vec::new();
        cursor.object(|cursor, member| {
            let text = member.key.decode()?;
            if text.is_empty() {
                return Err(json::Error::new(member.start as usize, "a version without a number"));
            }
            let candidate = self.found.of(text.clone());
            let mut version = Version {
                member: Span::at(member.start),
                value: cursor.offset(),
                empty: true,
                text,
                candidate,
                also: None,
                links: 0,
                deprecations: 0,
            };
            let value = cursor.object(|cursor, member| {
                version.empty = false;
                if member.key.is("dist") && cursor.kind()? == Kind::Object {
                    self.dist(cursor, &mut version)
                } else if member.key.is("version") {
                    self.number(cursor, &mut version)
                } else if member.key.is("deprecated") {
                    self.deprecations.push(cursor.skip()?.span);
                    version.deprecations += 1;
                    Ok(())
                } else {
                    Ok(())
                }
            })?;
            version.member.end = value.end;
            versions.push(version);
            Ok(())
        })?;
        self.versions.push(versions);
        Ok(())
    }

    fn dist(&mut self, cursor: &mut Cursor<'a>, version: &mut Version<'a>) -> Result<(), json::Error> {
        cursor.object(|cursor, member| {
            if member.key.is("tarball")
                && let Some(link) = cursor.string()?
                && let Some(link) = self.seen.see(&version.text, link)
            {
                self.links.push(link);
                version.links += 1;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn number(&mut self, cursor: &mut Cursor<'a>, version: &mut Version<'a>) -> Result<(), json::Error> {
        let Some(number) = cursor.string()? else {
            return Ok(());
        };
        if number.is(&version.text) {
            return Ok(());
        }
        let at = number.quoted().start as usize;
        let number = number.decode()?;
        if number.is_empty() {
            return Ok(());
        }
        let candidate = self.found.of(number);
        if candidate == version.candidate || version.also == Some(candidate) {
            return Ok(());
        }
        if version.also.is_some() {
            return Err(json::Error::new(
                at,
                format!("{} says to be three versions at once", version.text),
            ));
        }
        version.also = Some(candidate);
        Ok(())
    }

    fn tags(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let mut tags = Vec::new();
        let span = cursor.object(|cursor, member| {
            let start = cursor.offset();
            let target = match cursor.string()? {
                Some(target) => target.decode()?,
                None => Cow::Borrowed(""),
            };
            let value = Span::new(start, cursor.offset());
            tags.push(Tag {
                member: Span::new(member.start, value.end),
                value,
                name: member.key.decode()?,
                target,
                candidate: None,
            });
            Ok(())
        })?;
        self.tags.push(Tags { span, tags });
        Ok(())
    }

    fn time(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let mut members = Vec::new();
        cursor.object(|cursor, member| {
            cursor.skip()?;
            let version = member.key.decode()?;
            let candidate = self.found.position(&version);
            if candidate.is_none() {
                self.pending.push(Pending {
                    object: self.times.len(),
                    member: members.len(),
                    version,
                });
            }
            members.push(Time {
                member: Span::new(member.start, cursor.offset()),
                candidate,
            });
            Ok(())
        })?;
        self.times.push(members);
        Ok(())
    }

    /// Ties dist-tags and times to the versions, wherever they stood.
    fn finish(mut self, package: &Package, view: View, size: u32) -> (Index, Notes<'a>) {
        for tag in self.tags.iter_mut().flat_map(|tags| &mut tags.tags) {
            tag.candidate = self.found.position(&tag.target);
        }
        for pending in self.pending {
            let candidate = self.found.position(&pending.version);
            if let Some(time) = self
                .times
                .get_mut(pending.object)
                .and_then(|time| time.get_mut(pending.member))
            {
                time.candidate = candidate;
            }
        }
        let notes = Notes {
            package: package.to_string(),
            view,
            size,
            candidates: self.found.candidates.len(),
            versions: self.versions,
            links: self.links,
            deprecations: self.deprecations,
            tags: self.tags,
            time: self.times,
        };
        let index = Index {
            prefix: package.purl_prefix(),
            candidates: self.found.candidates.finish(),
            notes: Vec::new(),
        };
        (index, notes)
    }
}

// === impl Found ===

impl<'a> Found<'a> {
    fn of(&mut self, version: Cow<'a, str>) -> u32 {
        let canonical = match version {
            Cow::Borrowed(text) => semver::canonical(text),
            Cow::Owned(text) => Cow::Owned(semver::canonical(&text).into_owned()),
        };
        if let Some(&known) = self.known.get(&canonical) {
            return known;
        }
        let position = self.candidates.push([&*purl::encode(&canonical)]);
        self.known.insert(canonical, position);
        position
    }

    fn position(&self, version: &str) -> Option<u32> {
        self.known.get(&semver::canonical(version)).copied()
    }
}
