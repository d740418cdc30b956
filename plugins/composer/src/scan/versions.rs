//! Where versions stand, and what of them counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use osa_plugin_sdk::{
    Span,
    json::{self, Cursor, Kind, Member as JsonMember},
};

use super::dist::{self, Raw};
use crate::notes::{DIST, Member, SOURCE};

/// What a minified version says of a key that it does not inherit.
const UNSET: &str = "__unset";

pub(super) struct Reader<'a> {
    keeps_source: bool,
    pub(super) lists: Vec<Entries<'a>>,
    /// Each key of a version with its number.
    pub(super) keys: BTreeMap<Cow<'a, str>, u32>,
}

/// One array or object of versions.
pub(super) struct Entries<'a> {
    /// The key that it stands under.
    pub(super) name: Cow<'a, str>,
    /// Whether it is an object.
    pub(super) keyed: bool,
    pub(super) versions: Vec<Entry<'a>>,
    /// Whether there are others, which are none.
    odd: bool,
    /// Of all versions, in order.
    pub(super) members: Vec<Member>,
}

/// A version, as it is written.
pub(super) struct Entry<'a> {
    pub(super) part: Span,
    pub(super) value: u32,
    pub(super) key: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) version: Option<Cow<'a, str>>,
    pub(super) dist: Archive<'a>,
    /// The value, where it is to go.
    pub(super) source: Option<Span>,
    pub(super) members: u32,
}

/// What a version says of its archive.
#[derive(Clone)]
pub(super) enum Archive<'a> {
    Unsaid,
    /// That there is none, or one without links.
    None,
    /// The whole value, and what of it counts.
    At(Span, Raw<'a>),
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(super) fn new(keeps_source: bool) -> Self {
        let known = [("dist", DIST), ("source", SOURCE)];
        Self {
            keeps_source,
            lists: Vec::new(),
            keys: known.map(|(key, number)| (key.into(), number)).into(),
        }
    }

    /// `packages`: versions by package.
    pub(super) fn packages(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        match cursor.kind()? {
            Kind::Object => cursor.object(|cursor, package| {
                let name = package.key.decode()?;
                self.versions(cursor, name)
            })?,
            Kind::Array => cursor.array(|cursor| self.versions(cursor, Cow::Borrowed("")))?,
            _ => cursor.skip()?.span,
        };
        Ok(())
    }

    /// Where a document has neither `packages` nor `includes`, Composer takes every member that has `versions`.
    pub(super) fn legacy(&mut self, cursor: &mut Cursor<'a>, package: JsonMember<'a>) -> Result<(), json::Error> {
        if cursor.kind()? != Kind::Object {
            return Ok(());
        }
        let name = package.key.decode()?;
        cursor.object(|cursor, member| {
            if member.key.is("versions") {
                return self.versions(cursor, name.clone());
            }
            Ok(())
        })?;
        Ok(())
    }

    fn versions(&mut self, cursor: &mut Cursor<'a>, name: Cow<'a, str>) -> Result<(), json::Error> {
        let mut entries = Entries {
            name,
            keyed: cursor.kind()? == Kind::Object,
            versions: Vec::new(),
            odd: false,
            members: Vec::new(),
        };
        let at = cursor.offset() as usize;
        match cursor.kind()? {
            Kind::Object => cursor.object(|cursor, version| {
                if cursor.kind()? != Kind::Object {
                    entries.odd = true;
                    return Ok(());
                }
                let key = version.key.decode()?;
                self.version(cursor, version.start, Some(key), &mut entries)
            })?,
            Kind::Array => cursor.array(|cursor| {
                if cursor.kind()? != Kind::Object {
                    entries.odd = true;
                    return Ok(());
                }
                let start = cursor.offset();
                self.version(cursor, start, None, &mut entries)
            })?,
            _ => cursor.skip()?.span,
        };
        if entries.odd && !entries.versions.is_empty() {
            return Err(json::Error::new(at, "among the versions stands what is none"));
        }
        if !entries.versions.is_empty() {
            self.lists.push(entries);
        }
        Ok(())
    }

    fn version(
        &mut self,
        cursor: &mut Cursor<'a>,
        start: u32,
        key: Option<Cow<'a, str>>,
        entries: &mut Entries<'a>,
    ) -> Result<(), json::Error> {
        let mut entry = Entry {
            part: Span::at(start),
            value: cursor.offset(),
            key,
            name: None,
            version: None,
            dist: Archive::Unsaid,
            source: None,
            members: 0,
        };
        let mut has_source = false;
        let keeps_source = self.keeps_source;
        let value = cursor.object(|cursor, member| {
            let at = cursor.offset();
            let twice = |seen: bool| {
                let error = json::Error::new(at as usize, "a member of a version that counts stands twice");
                if seen { Err(error) } else { Ok(()) }
            };
            let mut unset = false;
            let number = if member.key.is("name") {
                twice(entry.name.is_some())?;
                entry.name = Some(text(cursor, "name")?);
                self.number(&member)?
            } else if member.key.is("version") {
                twice(entry.version.is_some())?;
                entry.version = Some(text(cursor, "version")?);
                self.number(&member)?
            } else if member.key.is("dist") {
                twice(!matches!(entry.dist, Archive::Unsaid))?;
                if cursor.kind()? == Kind::Object {
                    let raw = dist::read(cursor)?;
                    entry.dist = raw.map_or(Archive::None, |raw| Archive::At(Span::new(at, cursor.offset()), raw));
                } else {
                    unset = is_unset(cursor)?;
                    entry.dist = Archive::None;
                }
                DIST
            } else if member.key.is("source") {
                twice(has_source)?;
                has_source = true;
                if cursor.kind()? == Kind::String {
                    unset = is_unset(cursor)?;
                } else {
                    let value = cursor.skip()?;
                    entry.source = (!keeps_source && value.kind != Kind::Null).then_some(value.span);
                }
                SOURCE
            } else {
                unset = cursor.kind()? == Kind::String && is_unset(cursor)?;
                if cursor.offset() == at {
                    cursor.skip()?;
                }
                self.number(&member)?
            };
            entries.members.push(Member {
                span: Span::new(member.start, cursor.offset()),
                key: number,
                unset,
            });
            entry.members += 1;
            Ok(())
        })?;
        entry.part.end = value.end;
        entries.versions.push(entry);
        Ok(())
    }

    /// The number of a member's key.
    fn number(&mut self, member: &JsonMember<'a>) -> Result<u32, json::Error> {
        let key = member.key.decode()?;
        if let Some(&known) = self.keys.get(&key) {
            return Ok(known);
        }
        let number = self.keys.len() as u32;
        self.keys.insert(key, number);
        Ok(number)
    }
}

fn text<'a>(cursor: &mut Cursor<'a>, what: &str) -> Result<Cow<'a, str>, json::Error> {
    let at = cursor.offset() as usize;
    match cursor.string()? {
        Some(text) => text.decode(),
        None => Err(json::Error::new(at, format!("the {what} of a version is no string"))),
    }
}

fn is_unset(cursor: &mut Cursor<'_>) -> Result<bool, json::Error> {
    Ok(cursor.string()?.is_some_and(|text| text.is(UNSET)))
}
