//! One pass over a document, whatever kind it turns out to be:
//!
//! | member of the document | what it is | file |
//! |---|---|---|
//! | `resources` | a service index | `service` |
//! | `items` | a registration index or page, or a part of the catalog | `registration` |
//! | `catalogEntry`, `packageContent` | a registration leaf | `registration` |
//! | `versions` | the flat container's list | here |
//! | `data` | search results or autocompletion | `search` |
//!
//! Anything else holds no versions to choose from; links are mapped, the rest stays as it is. Members are known without
//! regard to case, as NuGet's own parser knows them; what counts may stand there only once.

mod links;
mod registration;
mod search;
mod service;

use std::borrow::Cow;
use std::collections::BTreeMap;

use osa_plugin_sdk::{
    Candidates, Error, Index, Request, Span,
    json::{self, Cursor, Kind as JsonKind, Member, Text},
    notes,
    origins::Origins,
    purl,
};

use crate::classify::{Found, find};
use crate::notes::{List, Mark, Notes, Of, Part};
use crate::path::{Kind, Release};
use crate::version;

use links::Links;

pub(crate) fn scan(origins: &Origins, request: &Request, body: &[u8]) -> Result<Index, Error> {
    let Some(Found::At(origin, place)) = find(origins, &request.path) else {
        return Err(Error::Unsupported(format!("`{}` is no document", request.path)));
    };
    let links = Links::new(origins, origin.location(&place.path));
    let (id, version) = match place.kind {
        Kind::Document { id, version } => (id, version),
        Kind::Manifest(release) => return manifest(&release),
        _ => return Err(Error::Unsupported(format!("`{}` is no document", request.path))),
    };
    let asked = search::asked(request.query.as_deref())?;
    let mut scan = Scan {
        links,
        releases: Releases::default(),
        id: id.map(Cow::Owned),
        asked,
        notes: Notes::default(),
        doubtful: 0,
    };
    json::read(body, |cursor| match cursor.kind()? {
        JsonKind::Object => scan.document(cursor, version.as_deref()),
        JsonKind::Array => scan.pages_of_vulnerabilities(cursor),
        _ => Ok(()),
    })?;
    scan.finish()
}

/// A `.nuspec` is served whole or not at all, so nothing in it needs to be found.
fn manifest(release: &Release) -> Result<Index, Error> {
    Ok(Index {
        prefix: purl::prefix("nuget", "", &release.id),
        candidates: Candidates::from_iter([purl::encode(&release.version)]).finish(),
        notes: notes::pack(&Notes {
            candidates: 1,
            subject: Some(0),
            ..Notes::default()
        })?,
    })
}

struct Scan<'a, 'o> {
    links: Links<'o>,
    releases: Releases<'a>,
    /// The package that the path names.
    id: Option<Cow<'a, str>>,
    /// The package whose versions an autocompletion was asked for.
    asked: Option<String>,
    notes: Notes<'a>,
    doubtful: u32,
}

/// Each version of each package once.
#[derive(Default)]
struct Releases<'a> {
    /// In lower case.
    ids: Vec<String>,
    known: BTreeMap<(u32, Cow<'a, str>), u32>,
}

impl<'a> Scan<'a, '_> {
    fn document(&mut self, cursor: &mut Cursor<'a>, version: Option<&str>) -> Result<(), json::Error> {
        let mut seen = Seen::default();
        // A leaf's own members, and what stands beside `items`.
        let mut node = registration::Node::default();
        let span = cursor.object(|cursor, member| {
            let field = ["resources", "versions", "data"]
                .iter()
                .position(|name| is(&member, name));
            if let Some(field) = field {
                seen.once(cursor, field)?;
                if cursor.kind()? == JsonKind::Array {
                    match field {
                        0 => self.resources(cursor)?,
                        1 => self.versions(cursor)?,
                        _ => self.results(cursor)?,
                    }
                }
                return Ok(());
            }
            self.member_of_node(cursor, &member, &mut node, 0)
        })?;
        self.document_is_read(node.at(span), version)
    }

    /// The flat container's versions of a package. There is no mark, and a list without versions is none.
    fn versions(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let id = self.id.clone();
        let mut parts = Vec::new();
        cursor.array(|cursor| {
            let start = cursor.offset();
            let Some(text) = cursor.string()? else {
                parts.push(Part::other(Span::new(start, cursor.offset())));
                return Ok(());
            };
            let Some(id) = &id else {
                return Err(json::Error::new(
                    start as usize,
                    "a list of versions, of no one knows which package",
                ));
            };
            let version = text.decode()?;
            parts.push(self.part(Span::new(start, cursor.offset()), Some(id), Some(version)));
            Ok(())
        })?;
        self.list(List {
            parts,
            vital: true,
            ..List::default()
        });
        Ok(())
    }

    /// The parts that a `VulnerabilityInfo` index names.
    fn pages_of_vulnerabilities(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        cursor.array(|cursor| {
            if cursor.kind()? == JsonKind::Object {
                cursor.object(|cursor, member| {
                    if is(&member, "@id") {
                        self.link(cursor)?;
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// An element that stands for a version.
    fn part(&mut self, span: Span, id: Option<&str>, version: Option<Cow<'a, str>>) -> Part<'a> {
        match (id, version) {
            (Some(id), Some(version)) if !id.is_empty() && !version.is_empty() => Part {
                span,
                of: Of::Candidate(self.releases.of(id, version.clone())),
                version,
            },
            _ => {
                self.doubtful += 1;
                Part::of(span, Of::Doubt)
            }
        }
    }

    /// The position of a list, once it is whole.
    fn list(&mut self, list: List<'a>) -> u32 {
        let position = self.notes.lists.len() as u32;
        self.notes.lists.push(list);
        position
    }

    fn mark(&mut self, candidate: u32, marks: impl IntoIterator<Item = (Span, crate::notes::Says)>) {
        let marks = marks.into_iter().map(|(span, says)| Mark { candidate, span, says });
        self.notes.marks.extend(marks);
    }

    /// The next value, which is a link if it is a string.
    fn link(&mut self, cursor: &mut Cursor<'a>) -> Result<Option<Text<'a>>, json::Error> {
        let text = cursor.string()?;
        if let Some(text) = &text {
            self.links.see(text)?;
        }
        Ok(text)
    }

    fn finish(mut self) -> Result<Index, Error> {
        if self.doubtful > 0 {
            osa_plugin_sdk::log::warn(&format!(
                "{} entries are taken out: it cannot be told which version of which package they are",
                self.doubtful
            ));
        }
        (self.notes.routes, self.notes.links) = self.links.finish();
        let Releases { ids, known } = self.releases;
        self.notes.candidates = known.len() as u32;
        let one = match ids.as_slice() {
            [id] => Some(purl::prefix("nuget", "", id)),
            _ => None,
        };
        let mut by_position = vec![None; known.len()];
        for (release, position) in &known {
            if let Some(slot) = by_position.get_mut(*position as usize) {
                *slot = Some(release);
            }
        }
        let mut candidates = Candidates::new();
        for (id, version) in by_position.into_iter().flatten() {
            let version = purl::encode(version);
            match (&one, ids.get(*id as usize)) {
                (None, Some(id)) => candidates.push([&*purl::encode(id), "@", &version]),
                _ => candidates.push([&*version]),
            };
        }
        Ok(Index {
            prefix: one.unwrap_or_else(|| "pkg:nuget/".to_owned()),
            candidates: candidates.finish(),
            notes: notes::pack(&self.notes)?,
        })
    }
}

/// Which of a document's members that count were there.
#[derive(Default)]
struct Seen(u32);

impl Seen {
    fn once(&mut self, cursor: &Cursor<'_>, field: usize) -> Result<(), json::Error> {
        let bit = 1 << field;
        if self.0 & bit != 0 {
            return Err(cursor.error("a key given twice"));
        }
        self.0 |= bit;
        Ok(())
    }
}

/// Whether a member is called so.
fn is(member: &Member<'_>, name: &str) -> bool {
    if member.key.is_escaped() {
        return member.key.decode().is_ok_and(|key| key.eq_ignore_ascii_case(name));
    }
    member.key.raw().eq_ignore_ascii_case(name.as_bytes())
}

// === impl Releases ===

impl<'a> Releases<'a> {
    /// The position of its candidate.
    fn of(&mut self, id: &str, version: Cow<'a, str>) -> u32 {
        let version = match version {
            Cow::Borrowed(text) => version::canonical(text),
            Cow::Owned(text) => Cow::Owned(version::canonical(&text).into_owned()),
        };
        let next = self.known.len() as u32;
        let id = self.id(id);
        *self.known.entry((id, version)).or_insert(next)
    }

    /// Nearly all documents are about one package, and the others name one after the other.
    fn id(&mut self, id: &str) -> u32 {
        if self.ids.last().is_none_or(|last| !same_id(last, id)) {
            let lower = id.to_lowercase();
            if let Some(known) = self.ids.iter().position(|known| *known == lower) {
                return known as u32;
            }
            self.ids.push(lower);
        }
        self.ids.len() as u32 - 1
    }
}

/// Whether an id, however it is written, is this one in lower case.
fn same_id(lower: &str, id: &str) -> bool {
    if id.is_ascii() {
        lower.eq_ignore_ascii_case(id)
    } else {
        id.to_lowercase() == lower
    }
}

// === impl Part ===

impl Part<'_> {
    fn of(span: Span, of: Of) -> Self {
        Self {
            span,
            of,
            version: Cow::Borrowed(""),
        }
    }

    fn other(span: Span) -> Self {
        Self::of(span, Of::Nothing)
    }
}
