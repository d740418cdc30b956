//! Index pages in JSON (PEP 691, 700, 714, 740).

use osa_plugin_sdk::{
    Error, Span,
    json::{self, Cursor, Text},
};

use crate::{
    collect::{Collector, Linked, Written},
    filename::Release,
    media::check_version,
    notes::{List, Mark, Of, Part, Says},
    version::canonical,
};

pub(crate) fn scan(collector: &mut Collector<'_>, project: Option<&str>, body: &[u8]) -> Result<(), Error> {
    let mut api_version = None;
    let mut seen = [false; 3];
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            let key = ["meta", "files", "versions"].iter().position(|key| member.key.is(key));
            if let Some(seen) = key.and_then(|key| seen.get_mut(key)) {
                if *seen {
                    return Err(cursor.error("a key given twice"));
                }
                *seen = true;
            }
            match key {
                Some(0) => {
                    cursor.object(|cursor, member| {
                        if member.key.is("api-version") {
                            api_version = cursor.string()?.map(|text| text.decode()).transpose()?;
                        }
                        Ok(())
                    })?;
                }
                Some(1) => {
                    let files = files(collector, cursor, Dialect::Simple)?;
                    collector.notes.lists.push(files);
                }
                Some(2) => {
                    let versions = versions(collector, cursor, project)?;
                    collector.notes.lists.push(versions);
                }
                _ => {}
            }
            Ok(())
        })
    })?;
    check_version(&api_version.unwrap_or_default())
}

/// PEP 700: `versions` goes in step with `files`.
fn versions(
    collector: &mut Collector<'_>,
    cursor: &mut Cursor<'_>,
    project: Option<&str>,
) -> Result<List, json::Error> {
    let mut parts = Vec::new();
    cursor.array(|cursor| {
        let start = cursor.offset();
        let of = match (cursor.string()?, project) {
            (Some(text), Some(project)) => {
                let release = Release {
                    name: project.to_owned(),
                    version: canonical(&text.decode()?),
                };
                Of::Candidate(collector.release(release))
            }
            _ => Of::Nothing,
        };
        parts.push(Part {
            span: Span::new(start, cursor.offset()),
            of,
        });
        Ok(())
    })?;
    Ok(List(parts))
}

/// How the members of a file are called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Simple,
    /// The JSON API that is older than the simple one.
    Legacy,
}

/// The elements of `files`, or of a list of the legacy JSON API.
pub(crate) fn files(
    collector: &mut Collector<'_>,
    cursor: &mut Cursor<'_>,
    dialect: Dialect,
) -> Result<List, json::Error> {
    let mut parts = Vec::new();
    cursor.array(|cursor| {
        let found = Found::read(cursor)?;
        let of = found.link(collector)?;
        parts.push(Part { span: found.span, of });
        if let Of::Candidate(candidate) = of {
            collector
                .notes
                .marks
                .extend(found.yanked.marks(candidate, found.span.start, dialect));
        }
        Ok(())
    })?;
    Ok(List(parts))
}

/// A file of a list.
struct Found<'a> {
    span: Span,
    url: Option<Text<'a>>,
    file_name: Option<Text<'a>>,
    provenance: Option<Text<'a>>,
    yanked: Yanked,
    /// A member that counts is there twice: parsers differ in which one they take.
    twice: bool,
}

/// Where a file, or the `info` of the legacy JSON API, says that it is yanked.
#[derive(Default)]
pub(crate) struct Yanked {
    state: Option<Span>,
    reason: Option<Span>,
}

// === impl Found ===

impl<'a> Found<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, json::Error> {
        let mut found = Self {
            span: Span::at(0),
            url: None,
            file_name: None,
            provenance: None,
            yanked: Yanked::default(),
            twice: false,
        };
        found.span = cursor.object(|cursor, member| {
            let key = member.key;
            if key.is("url") {
                found.twice |= found.url.is_some();
                found.url = cursor.string()?;
            } else if key.is("filename") {
                found.twice |= found.file_name.is_some();
                found.file_name = cursor.string()?;
            } else if key.is("provenance") {
                found.provenance = cursor.string()?;
            } else {
                found.twice |= found.yanked.read(cursor, &key)?;
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// What the file stands for. pip and uv go by the URL for the file and by either for its name,
    /// so both have to say the same.
    fn link(&self, collector: &mut Collector<'_>) -> Result<Of, json::Error> {
        let (Some(url), Some(file_name)) = (self.url, self.file_name) else {
            return Ok(collector.doubt());
        };
        let linked = follow(collector, url)?;
        if let Some(provenance) = self.provenance {
            follow(collector, provenance)?;
        }
        Ok(match linked {
            Linked::To(name) if !self.twice && file_name.is(&name) => collector.file(&name),
            _ => collector.doubt(),
        })
    }
}

fn follow(collector: &mut Collector<'_>, url: Text<'_>) -> Result<Linked, json::Error> {
    let text = url.decode()?;
    Ok(collector.link(Written {
        text: &text,
        span: url.inner(),
        verbatim: !url.is_escaped(),
    }))
}

// === impl Yanked ===

impl Yanked {
    /// Takes a member if it is about this; whether it was there before.
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'_>, key: &Text<'_>) -> Result<bool, json::Error> {
        let slot = if key.is("yanked") {
            &mut self.state
        } else if key.is("yanked_reason") {
            &mut self.reason
        } else {
            return Ok(false);
        };
        Ok(slot.replace(cursor.skip()?.span).is_some())
    }

    /// The marks that yank the object which begins at `object`.
    pub(crate) fn marks(&self, candidate: u32, object: u32, dialect: Dialect) -> Vec<Mark> {
        let mark = |place: Option<Span>, instead, new| match place {
            Some(span) => Mark {
                candidate,
                span,
                says: instead,
            },
            None => Mark {
                candidate,
                span: Span::at(object + 1),
                says: new,
            },
        };
        match dialect {
            Dialect::Simple => vec![mark(self.state, Says::Reason, Says::Member)],
            Dialect::Legacy if self.state.is_none() && self.reason.is_none() => {
                vec![mark(None, Says::Members, Says::Members)]
            }
            Dialect::Legacy => vec![
                mark(self.state, Says::True, Says::TrueMember),
                mark(self.reason, Says::Reason, Says::ReasonMember),
            ],
        }
    }
}
