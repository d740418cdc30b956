//! `specs.4.8` and its kin, an array of `[name, version, platform]`, and `/api/v1/dependencies`, an array of hashes.

use osa_plugin_sdk::{Candidates, Error, Index, Outcome, Refusal, Span, Verdicts, edits::Builder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::component::{Component, PREFIX, no_candidates};
use crate::marshal::{Document, Kind};
use crate::version;

/// An element whose version cannot be told: it goes.
const DOUBT: u32 = u32::MAX;

/// The document itself, since taking an element out of it changes others, and which candidate each element is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Notes<'a> {
    #[serde(borrow)]
    body: Raw<'a>,
    candidates: u32,
    /// Empty when every element is the candidate of its own number.
    of: Vec<u32>,
}

/// Bytes that are packed as such, not one by one.
#[derive(Debug)]
struct Raw<'a>(&'a [u8]);

pub(crate) fn scan_specs(body: &[u8]) -> Result<(Index, Notes<'_>), Error> {
    let mut memos = Memos::default();
    scan(body, |document, at| tuple(document, &mut memos, at))
}

pub(crate) fn scan_dependencies(body: &[u8]) -> Result<(Index, Notes<'_>), Error> {
    if body.is_empty() {
        // What a server answers when it is asked about no gems, which is how clients see that it has this API.
        let notes = Notes {
            body: Raw(body),
            candidates: 0,
            of: Vec::new(),
        };
        return Ok((no_candidates(), notes));
    }
    scan(body, hash)
}

pub(crate) fn plan(notes: &Notes<'_>, refused: &[Refusal]) -> Result<Outcome, Error> {
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    if verdicts.all_refused() {
        return Ok(Outcome::AllRefused);
    }
    let mut builder = Builder::new();
    let goes = |element: usize| {
        let of = if notes.of.is_empty() {
            Some(element as u32)
        } else {
            notes.of.get(element).copied()
        };
        of.is_none_or(|of| verdicts.is_refused(of))
    };
    if !refused.is_empty() || notes.of.contains(&DOUBT) {
        let body = notes.body.0;
        let text = Document::parse(body)?.without(goes)?;
        let text = builder.share_bytes(&text);
        builder.put(Span::new(0, body.len() as u32), text);
    }
    builder.finish().map(Outcome::Edits)
}

fn scan<'a>(
    body: &'a [u8],
    mut read: impl FnMut(&Document<'a>, usize) -> Option<Component<'a>>,
) -> Result<(Index, Notes<'a>), Error> {
    let document = Document::parse(body)?;
    let count = document.elements().len();
    let mut candidates = Candidates::with_capacity(body.len());
    let mut of = Vec::new();
    for (number, element) in (0..).zip(document.elements()) {
        let position = match read(&document, element.start as usize) {
            Some(component) => component.push(&mut candidates),
            None => DOUBT,
        };
        // Behind the first doubt no element has its own number.
        if position != number {
            if of.is_empty() {
                of.reserve(count);
                of.extend(0..number);
            }
            of.push(position);
        }
    }
    let notes = Notes {
        body: Raw(body),
        candidates: candidates.len(),
        of,
    };
    let index = Index {
        prefix: PREFIX.into(),
        candidates: candidates.finish(),
        notes: Vec::new(),
    };
    Ok((index, notes))
}

/// What links led to lately: nearly all texts of an index are links to what stood there before.
struct Memo<'a>(Vec<(u32, Option<&'a str>)>);

#[derive(Default)]
struct Memos<'a> {
    names: Memo<'a>,
    versions: Memo<'a>,
    platforms: Memo<'a>,
}

// === impl Memo ===

impl<'a> Memo<'a> {
    const SLOTS: usize = 1024;

    fn get(
        &mut self,
        document: &Document<'a>,
        at: usize,
        read: fn(&Document<'a>, usize) -> Option<&'a str>,
    ) -> Option<&'a str> {
        let Some(object) = document.link(at) else {
            return read(document, at);
        };
        let (of, known) = self.0.get_mut(object as usize % Self::SLOTS)?;
        if *of != object {
            (*of, *known) = (object, read(document, at));
        }
        *known
    }
}

impl Default for Memo<'_> {
    fn default() -> Self {
        // A number that no document has room for.
        Self(vec![(u32::MAX, None); Self::SLOTS])
    }
}

/// `[name, Gem::Version, platform]`. A link to another element is none: following many of them would take long.
fn tuple<'a>(document: &Document<'a>, memos: &mut Memos<'a>, at: usize) -> Option<Component<'a>> {
    let head = document.head(at)?;
    if head.kind != Kind::Array || head.children != 3 {
        return None;
    }
    let version_at = document.behind(head.end)?;
    let platform_at = document.behind(version_at)?;
    Some(Component {
        name: memos.names.get(document, head.end, name)?,
        version: memos.versions.get(document, version_at, version)?,
        platform: memos.platforms.get(document, platform_at, platform)?,
    })
}

/// `{name: "widget", number: "1.0", platform: "ruby", dependencies: [...]}`
fn hash<'a>(document: &Document<'a>, at: usize) -> Option<Component<'a>> {
    let head = document.head(at)?;
    if head.kind != Kind::Map {
        return None;
    }
    let (mut of, mut number, mut on) = (None, None, None);
    let mut at = head.end;
    for _ in 0..head.children / 2 {
        let value = document.behind(at)?;
        // The last one counts, as in a hash.
        match document.symbol(at) {
            Some(b"name") => of = name(document, value),
            Some(b"number") => number = document.text(value),
            Some(b"platform") => on = platform(document, value),
            _ => {}
        }
        at = document.behind(value)?;
    }
    Some(Component {
        name: of?,
        version: number.filter(|number| version::is_version(number))?,
        platform: on?,
    })
}

fn name<'a>(document: &Document<'a>, at: usize) -> Option<&'a str> {
    document.text(at).filter(|name| !name.is_empty())
}

/// `Gem::Version` dumps itself as an array, whose first element is the text.
fn version<'a>(document: &Document<'a>, at: usize) -> Option<&'a str> {
    let head = document.resolve(at)?;
    if head.kind != Kind::Dumped || document.symbol(head.end)? != b"Gem::Version" {
        return None;
    }
    let dumped = document.resolve(document.behind(head.end)?)?;
    let text = (dumped.kind == Kind::Array && dumped.children > 0).then(|| document.text(dumped.end))?;
    text.filter(|text| version::is_version(text))
}

/// Nil stands for any.
fn platform<'a>(document: &Document<'a>, at: usize) -> Option<&'a str> {
    match document.resolve(at)?.kind {
        Kind::Nil => Some(""),
        _ => document.text(at),
    }
}

// === impl Raw ===

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Self)
    }
}
