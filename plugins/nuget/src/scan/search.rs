//! Search results, each with its versions, and autocompletion of versions.
//!
//! There is no mark in them, so refused versions go in either style. A result with no version left goes; a search that
//! finds nothing is none the worse.

use std::borrow::Cow;

use osa_plugin_sdk::{
    Error, Span,
    json::{self, Cursor, Kind},
};

use super::{Scan, Seen, is};
use crate::notes::{Latest, List, Of, Part};

/// An element of `versions`, and the version that it tells.
type Told<'a> = (Span, Option<Cow<'a, str>>);

/// The package whose versions a query asks for: autocompletion's `id`.
pub(super) fn asked(query: Option<&str>) -> Result<Option<String>, Error> {
    let mut found: Option<String> = None;
    for pair in query.unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        if !decode(name).eq_ignore_ascii_case("id") {
            continue;
        }
        let value = decode(value).trim().to_lowercase();
        if found.as_ref().is_some_and(|found| *found != value) {
            return Err(Error::Unsupported(
                "a query for the versions of two packages at once".into(),
            ));
        }
        found = Some(value);
    }
    Ok(found.filter(|id| !id.is_empty()))
}

impl<'a> Scan<'a, '_> {
    /// `data`: results, ids, or versions of the package that was asked for.
    pub(super) fn results(&mut self, cursor: &mut Cursor<'a>) -> Result<(), json::Error> {
        let asked = self.asked.clone();
        let mut parts = Vec::new();
        cursor.array(|cursor| {
            let start = cursor.offset();
            let part = match (cursor.kind()?, &asked) {
                (Kind::Object, _) => self.result(cursor)?,
                (Kind::String, Some(id)) => {
                    let version = cursor.string()?.map(|text| text.decode()).transpose()?;
                    self.part(Span::new(start, cursor.offset()), Some(id), version)
                }
                _ => Part::other(cursor.skip()?.span),
            };
            parts.push(part);
            Ok(())
        })?;
        self.list(List {
            parts,
            ..List::default()
        });
        Ok(())
    }

    fn result(&mut self, cursor: &mut Cursor<'a>) -> Result<Part<'a>, json::Error> {
        let (mut seen, mut id, mut version, mut versions) = (Seen::default(), None, None, None);
        let span = cursor.object(|cursor, member| {
            if is(&member, "@id") || is(&member, "registration") {
                self.link(cursor)?;
            } else if is(&member, "id") {
                seen.once(cursor, 0)?;
                id = cursor.string()?.map(|text| text.decode()).transpose()?;
            } else if is(&member, "version") {
                seen.once(cursor, 1)?;
                version = cursor.string()?;
            } else if is(&member, "versions") {
                seen.once(cursor, 2)?;
                if cursor.kind()? == Kind::Array {
                    versions = Some(self.versions_of_result(cursor)?);
                }
            } else if is(&member, "iconUrl")
                && let Some(text) = cursor.string()?
            {
                self.links.see_ours(&text)?;
            }
            Ok(())
        })?;
        if id.is_none() && version.is_none() {
            return Ok(Part::other(span));
        }
        let id = id.unwrap_or_default();
        let latest = match version {
            Some(text) => {
                let version = text.decode()?;
                match self.part(span, Some(&id), Some(version.clone())).of {
                    Of::Candidate(candidate) => Some(Latest {
                        span: text.quoted(),
                        candidate,
                        version,
                    }),
                    _ => return Ok(Part::of(span, Of::Doubt)),
                }
            }
            None => None,
        };
        let shown = latest
            .as_ref()
            .map_or(Of::Nothing, |latest| Of::Candidate(latest.candidate));
        let versions: Vec<_> = versions.unwrap_or_default();
        if versions.is_empty() {
            return Ok(Part::of(span, shown));
        }
        let parts = versions
            .into_iter()
            .map(|(span, version)| self.part(span, Some(&id), version))
            .collect();
        let list = self.list(List {
            parts,
            latest,
            ..List::default()
        });
        Ok(Part::of(span, Of::List(list)))
    }

    /// The elements, since only the whole result tells of which package they are.
    fn versions_of_result(&mut self, cursor: &mut Cursor<'a>) -> Result<Vec<Told<'a>>, json::Error> {
        let mut found = Vec::new();
        cursor.array(|cursor| {
            let start = cursor.offset();
            let mut version = None;
            match cursor.kind()? {
                Kind::Object => {
                    let mut seen = Seen::default();
                    cursor.object(|cursor, member| {
                        if is(&member, "@id") {
                            self.link(cursor)?;
                        } else if is(&member, "version") {
                            seen.once(cursor, 0)?;
                            version = cursor.string()?.map(|text| text.decode()).transpose()?;
                        }
                        Ok(())
                    })?;
                }
                Kind::String => version = cursor.string()?.map(|text| text.decode()).transpose()?,
                _ => {
                    cursor.skip()?;
                }
            }
            found.push((Span::new(start, cursor.offset()), version));
            Ok(())
        })?;
        Ok(found)
    }
}
