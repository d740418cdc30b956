//! Registrations: an index of pages, inlined or referenced, and the leaf of each version.
//!
//! An inlined page goes when nothing is left of it. A referenced page is filtered when it is fetched, and may then be
//! empty: a refusal would break the whole install, whatever the other pages hold. Only a referenced page of one single
//! version is known to be empty beforehand.

use std::borrow::Cow;

use osa_plugin_sdk::{
    Span,
    json::{self, Cursor, Kind, Member, Text},
};

use super::{Scan, Seen, is, same_id};
use crate::notes::{Bounds, List, Of, Part, Says};
use crate::path::{Kind as PathKind, Place, Release};
use crate::version::canonical;

/// Pages stand in the document, leaves in pages.
const DEEPEST: u8 = 2;

/// An index, a page or a leaf.
#[derive(Default)]
pub(super) struct Node<'a> {
    seen: Seen,
    start: u32,
    end: u32,
    items: Option<u32>,
    count: Option<Span>,
    lower: Option<(Span, Cow<'a, str>)>,
    upper: Option<(Span, Cow<'a, str>)>,
    entry: Option<Entry<'a>>,
    content: Option<Text<'a>>,
    listed: Option<Span>,
}

/// `catalogEntry`: what is known of a version. Empty where the document only links to it.
#[derive(Default)]
struct Entry<'a> {
    /// Of the object; none where it is none, or empty.
    start: Option<u32>,
    id: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    listed: Option<Span>,
    deprecation: Option<Span>,
}

impl<'a> Scan<'a, '_> {
    /// The position of the list of pages or leaves.
    fn items(&mut self, cursor: &mut Cursor<'a>, level: u8) -> Result<u32, json::Error> {
        let mut parts = Vec::new();
        cursor.array(|cursor| {
            if cursor.kind()? != Kind::Object {
                parts.push(Part::other(cursor.skip()?.span));
                return Ok(());
            }
            let mut node = Node::default();
            let span = cursor.object(|cursor, member| self.member_of_node(cursor, &member, &mut node, level))?;
            parts.push(self.part_of(node.at(span)));
            Ok(())
        })?;
        Ok(self.list(List {
            parts,
            marks: true,
            ..List::default()
        }))
    }

    /// One member of an index, a page or a leaf, which is `level` deep in the document.
    pub(super) fn member_of_node(
        &mut self,
        cursor: &mut Cursor<'a>,
        member: &Member<'a>,
        node: &mut Node<'a>,
        level: u8,
    ) -> Result<(), json::Error> {
        if is(member, "@id") || is(member, "registration") || is(member, "parent") {
            self.link(cursor)?;
        } else if is(member, "catalogEntry") {
            node.seen.once(cursor, 8)?;
            node.entry = Some(self.entry(cursor)?);
        } else if is(member, "packageContent") {
            node.seen.once(cursor, 9)?;
            node.content = self.link(cursor)?;
        } else if is(member, "listed") {
            node.seen.once(cursor, 10)?;
            node.listed = Some(cursor.skip()?.span);
        } else if is(member, "items") && level < DEEPEST {
            node.seen.once(cursor, 11)?;
            if cursor.kind()? == Kind::Array {
                node.items = Some(self.items(cursor, level + 1)?);
            }
        } else if is(member, "count") {
            node.seen.once(cursor, 12)?;
            node.count = number(cursor)?;
        } else if is(member, "lower") {
            node.seen.once(cursor, 13)?;
            node.lower = quoted(cursor)?;
        } else if is(member, "upper") {
            node.seen.once(cursor, 14)?;
            node.upper = quoted(cursor)?;
        }
        Ok(())
    }

    fn entry(&mut self, cursor: &mut Cursor<'a>) -> Result<Entry<'a>, json::Error> {
        let mut entry = Entry::default();
        match cursor.kind()? {
            Kind::Object => {}
            Kind::String => {
                self.link(cursor)?;
                return Ok(entry);
            }
            _ => return Ok(entry),
        }
        let (mut seen, start) = (Seen::default(), cursor.offset());
        cursor.object(|cursor, member| {
            entry.start = Some(start);
            if is(&member, "@id") || is(&member, "packageContent") || is(&member, "registration") {
                self.link(cursor)?;
            } else if is(&member, "id") {
                seen.once(cursor, 0)?;
                entry.id = cursor.string()?.map(|text| text.decode()).transpose()?;
            } else if is(&member, "version") {
                seen.once(cursor, 1)?;
                entry.version = cursor.string()?.map(|text| text.decode()).transpose()?;
            } else if is(&member, "listed") {
                seen.once(cursor, 2)?;
                entry.listed = Some(cursor.skip()?.span);
            } else if is(&member, "deprecation") {
                seen.once(cursor, 3)?;
                entry.deprecation = Some(cursor.skip()?.span);
            } else if is(&member, "iconUrl") {
                if let Some(text) = cursor.string()? {
                    self.links.see_ours(&text)?;
                }
            } else if is(&member, "dependencyGroups") && cursor.kind()? == Kind::Array {
                self.dependency_groups(cursor)?;
            }
            Ok(())
        })?;
        Ok(entry)
    }

    fn dependency_groups(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        cursor.array(|cursor| {
            if cursor.kind()? != Kind::Object {
                return Ok(());
            }
            cursor.object(|cursor, member| {
                if is(&member, "dependencies") && cursor.kind()? == Kind::Array {
                    cursor.array(|cursor| {
                        if cursor.kind()? == Kind::Object {
                            cursor.object(|cursor, member| {
                                if is(&member, "registration") {
                                    self.link(cursor)?;
                                }
                                Ok(())
                            })?;
                        }
                        Ok(())
                    })?;
                }
                Ok(())
            })?;
            Ok(())
        })?;
        Ok(())
    }

    /// An element of `items`.
    fn part_of(&mut self, node: Node<'a>) -> Part<'a> {
        let span = Span::new(node.start, node.end);
        let is_leaf = node.is_leaf();
        if let Some(list) = node.items {
            if is_leaf {
                // Clients differ in what they take it for.
                return self.part(span, None, None);
            }
            self.describe(list, node, false);
            return Part::of(span, Of::List(list));
        }
        if is_leaf {
            let (id, version) = self.names(&node);
            let marks = node.marks();
            let id = id.filter(|id| self.id.as_ref().is_none_or(|own| same_id(own, id)));
            let part = self.part(span, id.as_deref(), version);
            if let Of::Candidate(candidate) = part.of {
                self.mark(candidate, marks);
            }
            return part;
        }
        match (&node.lower, &node.upper, self.id.clone()) {
            (Some((_, lower)), Some((_, upper)), Some(id)) if canonical(lower) == canonical(upper) => {
                let lower = lower.clone();
                let part = self.part(span, Some(&id), Some(lower));
                Part::of(span, part.of)
            }
            _ => Part::other(span),
        }
    }

    /// The package and the version of a leaf.
    fn names(&self, node: &Node<'a>) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let (id, version) = match &node.entry {
            Some(entry) => (entry.id.clone(), entry.version.clone()),
            None => (None, None),
        };
        if id.is_some() && version.is_some() {
            return (id, version);
        }
        let file = node.content.as_ref().and_then(file);
        let (file_id, file_version) = match file {
            Some(Release { id, version }) => (Some(Cow::Owned(id)), Some(Cow::Owned(version))),
            None => (self.id.clone(), None),
        };
        (id.or(file_id), version.or(file_version))
    }

    /// What a page tells of its leaves, or an index of its pages.
    fn describe(&mut self, list: u32, node: Node<'a>, vital: bool) {
        if let Some(list) = self.notes.lists.get_mut(list as usize) {
            list.count = node.count;
            list.vital = vital;
            list.bounds = Some(Bounds {
                lower: node.lower,
                upper: node.upper,
            });
        }
    }

    /// The document's own members, with the version that its path names.
    pub(super) fn document_is_read(&mut self, node: Node<'a>, version: Option<&str>) -> Result<(), json::Error> {
        if node.is_leaf() || version.is_some() && node.items.is_none() {
            return self.leaf_is_read(&node, version);
        }
        if let Some(list) = node.items {
            // A page is told by its leaves; an index lists pages.
            let parts = self.notes.lists.get(list as usize).map(|list| &list.parts);
            let leaves = parts.is_some_and(|parts| parts.iter().any(|part| !part.version.is_empty()));
            self.describe(list, node, !leaves);
        }
        Ok(())
    }

    /// A document about one version.
    fn leaf_is_read(&mut self, node: &Node<'a>, version: Option<&str>) -> Result<(), json::Error> {
        let wrong = |what: &'static str| Err(json::Error::new(node.start as usize, what));
        let (id, told) = self.names(node);
        let own = self.id.clone().filter(|_| version.is_some());
        let differs = |own: &Cow<'_, str>| id.as_ref().is_some_and(|id| !same_id(own, id));
        let other = |told: &Cow<'_, str>| version.is_some_and(|version| canonical(told) != version);
        if own.as_ref().is_some_and(differs) || told.as_ref().is_some_and(other) {
            return wrong("a registration leaf of another version than it was asked for");
        }
        let version = told.or(version.map(|version| Cow::Owned(version.to_owned())));
        let (Some(id), Some(version)) = (own.or(id), version) else {
            return wrong("a registration leaf, of no one knows which version");
        };
        let candidate = self.releases.of(&id, version);
        self.notes.subject = Some(candidate);
        self.mark(candidate, node.marks());
        Ok(())
    }
}

impl Node<'_> {
    pub(super) fn at(self, span: Span) -> Self {
        Self {
            start: span.start,
            end: span.end,
            ..self
        }
    }

    fn is_leaf(&self) -> bool {
        self.entry.is_some() || self.content.is_some()
    }

    /// Where a version is said to be listed or deprecated, or should be.
    fn marks(&self) -> Vec<(Span, Says)> {
        let mut marks = Vec::with_capacity(3);
        let entry = self.entry.as_ref();
        if let Some((entry, start)) = entry.and_then(|entry| Some((entry, entry.start?))) {
            let first = Span::at(start + 1);
            marks.push(
                entry
                    .listed
                    .map_or((first, Says::UnlistedMember), |span| (span, Says::Unlisted)),
            );
            marks.push(
                entry
                    .deprecation
                    .map_or((first, Says::DeprecatedMember), |span| (span, Says::Deprecated)),
            );
        }
        if let Some(listed) = self.listed {
            marks.push((listed, Says::Unlisted));
        } else if marks.is_empty() && self.is_leaf() {
            marks.push((Span::at(self.start + 1), Says::UnlistedMember));
        }
        marks
    }
}

/// What the path of a package file names.
fn file(link: &Text<'_>) -> Option<Release> {
    let link = link.decode().ok()?;
    let path = link.split(['?', '#']).next().unwrap_or_default();
    match Place::of(path.split_once("://").map_or(path, |(_, path)| path))?.kind {
        PathKind::File { release, .. } => Some(release),
        _ => None,
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<Option<Span>, json::Error> {
    let value = cursor.skip()?;
    Ok((value.kind == Kind::Number).then_some(value.span))
}

fn quoted<'a>(cursor: &mut Cursor<'a>) -> Result<Option<(Span, Cow<'a, str>)>, json::Error> {
    let text = cursor.string()?;
    text.map(|text| Ok((text.quoted(), text.decode()?))).transpose()
}
