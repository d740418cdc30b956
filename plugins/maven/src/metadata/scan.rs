use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use osa_plugin_sdk::xml::{Token, Tokens};
use osa_plugin_sdk::{Candidates, Error, Index, Span, notes, purl};

use super::notes::{Names, Notes, Pointer, Version};
use crate::path::Level;

/// Longer texts are no versions that anybody published, and no part of a package URL.
const LONGEST: usize = 1024;

/// The elements on the way to what is read, so far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Metadata,
    Versioning,
    Versions,
    Version,
    Latest,
    Release,
    Other,
}

/// How deep the deepest element lies that is read.
const DEEPEST: usize = 4;

/// What an element with a version in it is.
#[derive(Debug, Clone, Copy)]
enum Field {
    Version,
    Names(Names),
}

/// An element with a version, as far as it is read.
struct Open<'a> {
    field: Field,
    /// With the white space before it.
    start: u32,
    content: u32,
    text: Cow<'a, str>,
}

#[derive(Default)]
struct Scan<'a> {
    known: BTreeMap<Cow<'a, str>, u32>,
    candidates: Candidates,
    notes: Notes<'a>,
}

pub(crate) fn scan(of: &Level, body: &[u8]) -> Result<Index, Error> {
    let mut scan = Scan::default();
    scan.read(body)?;
    let artifact = match of {
        Level::Artifact(artifact) => artifact,
        Level::Snapshot { artifact, version } => {
            // Whatever builds it lists, they are of this version.
            let notes = Notes {
                candidates: 1,
                ..Notes::default()
            };
            return Ok(Index {
                prefix: artifact.purl_prefix(),
                candidates: Candidates::from_iter([purl::encode(version)]).finish(),
                notes: notes::pack(&notes)?,
            });
        }
    };
    if artifact.name.is_empty() && !scan.candidates.is_empty() {
        return Err(Error::Malformed("versions at the root, where no artifact is".into()));
    }
    scan.notes.candidates = scan.candidates.len();
    Ok(Index {
        prefix: artifact.purl_prefix(),
        notes: notes::pack(&scan.notes)?,
        candidates: scan.candidates.finish(),
    })
}

// === impl Scan ===

impl<'a> Scan<'a> {
    fn read(&mut self, body: &'a [u8]) -> Result<(), Error> {
        let mut tokens = Tokens::new(body)?;
        let mut path: Vec<Tag> = Vec::with_capacity(DEEPEST);
        let mut depth = 0;
        let mut open: Option<Open<'a>> = None;
        // Where white space begins that the next element would leave behind.
        let mut blank: Option<u32> = None;
        loop {
            let (token, span) = tokens.token()?;
            let before = blank.take();
            match token {
                Token::Eof => return Ok(()),
                Token::Other => {}
                Token::Text(text) => match &mut open {
                    Some(open) if open.text.is_empty() => open.text = text,
                    Some(open) => open.text.to_mut().push_str(&text),
                    None if text.trim().is_empty() => blank = Some(span.start),
                    None => {}
                },
                Token::Start { .. } if open.is_some() => {
                    return Err(Error::Malformed(format!(
                        "an element within a version, at byte {}",
                        span.start
                    )));
                }
                Token::Start { name, empty } => {
                    let tag = Tag::of(name);
                    if depth == 0 && tag != Tag::Metadata {
                        return Err(Error::Malformed(format!(
                            "its root element is `{}`, not `metadata`",
                            name.chars().take(40).collect::<String>()
                        )));
                    }
                    if empty {
                        continue;
                    }
                    depth += 1;
                    if depth > DEEPEST {
                        continue;
                    }
                    path.push(tag);
                    open = Field::at(&path).map(|field| Open {
                        field,
                        start: before.unwrap_or(span.start),
                        content: span.end,
                        text: Cow::Borrowed(""),
                    });
                }
                Token::End => {
                    if depth <= DEEPEST {
                        path.pop();
                    }
                    depth -= 1;
                    if let Some(open) = open.take() {
                        self.close(open, span)?;
                    }
                }
            }
        }
    }

    fn close(&mut self, open: Open<'a>, end: Span) -> Result<(), Error> {
        let text = trim(open.text);
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > LONGEST {
            return Err(Error::Malformed(format!(
                "a version of {} bytes, at byte {}",
                text.len(),
                open.content
            )));
        }
        let element = Span::new(open.start, end.end);
        let candidate = self.candidate(text.clone());
        match open.field {
            Field::Version => self.notes.versions.push(Version {
                element,
                candidate,
                text,
            }),
            Field::Names(names) => self.notes.pointers.push(Pointer {
                names,
                element,
                content: Span::new(open.content, end.start),
                candidate,
                text,
            }),
        }
        Ok(())
    }

    /// The candidate that a version is; each is named once.
    fn candidate(&mut self, version: Cow<'a, str>) -> u32 {
        match self.known.entry(version) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let position = self.candidates.push([&*purl::encode(new.key())]);
                *new.insert(position)
            }
        }
    }
}

// === impl Tag ===

impl Tag {
    fn of(name: &str) -> Self {
        match name {
            "metadata" => Self::Metadata,
            "versioning" => Self::Versioning,
            "versions" => Self::Versions,
            "version" => Self::Version,
            "latest" => Self::Latest,
            "release" => Self::Release,
            _ => Self::Other,
        }
    }
}

// === impl Field ===

impl Field {
    fn at(path: &[Tag]) -> Option<Self> {
        match path {
            [Tag::Metadata, Tag::Versioning, Tag::Versions, Tag::Version] => Some(Self::Version),
            [Tag::Metadata, Tag::Versioning, Tag::Latest] => Some(Self::Names(Names::Latest)),
            [Tag::Metadata, Tag::Versioning, Tag::Release] => Some(Self::Names(Names::Release)),
            _ => None,
        }
    }
}

/// As Maven trims: control characters are white space too.
fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    let blank = |char: char| char <= ' ';
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(blank).to_owned()),
    }
}
