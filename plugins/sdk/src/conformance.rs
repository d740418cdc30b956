//! The promises that every plugin is held to, for the tests of plugin crates.
//!
//! Each check takes one document and gives the broken promise as its error.

use std::collections::BTreeSet;

use crate::{Edits, Error, GuestRepository, Head, Index, Outcome, Refusal, Request, Style, edits};

/// What links of the edited documents begin with.
pub const LINK_BASE: &str = "http://proxy.example:8080/repo";

/// A document as a plugin gets it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub request: &'a Request,
    pub head: &'a Head,
    pub body: &'a [u8],
}

/// A document that a test made up: what was asked for, and what upstream answered.
#[derive(Debug)]
pub struct Upstream {
    pub request: Request,
    pub head: Head,
    pub body: Vec<u8>,
}

// === impl Upstream ===

#[allow(clippy::expect_used, reason = "tests call it")]
impl Upstream {
    /// `path` may have a query.
    pub fn new(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            request: get(path),
            head: ok(content_type),
            body: body.into(),
        }
    }

    pub fn case(&self) -> Case<'_> {
        Case {
            request: &self.request,
            head: &self.head,
            body: &self.body,
        }
    }

    pub fn scan<R: GuestRepository>(&self, repository: &R) -> Result<Index, Error> {
        scan(repository, self.case())
    }

    /// The package URLs that the document offers, in its order.
    ///
    /// # Panics
    /// When the document is not scanned.
    pub fn offers<R: GuestRepository>(&self, repository: &R) -> Vec<String> {
        self.scan(repository).expect("the document is scanned").purls()
    }

    /// What a client gets with all candidates refused whose package URLs end so, or the outcome that is no document.
    ///
    /// # Panics
    /// When no candidate's ends so, and when the document is not scanned or planned.
    pub fn serve<R: GuestRepository>(&self, repository: &R, ends: &[&str], style: Style) -> Result<Vec<u8>, Outcome> {
        let offers = self.offers(repository);
        for end in ends {
            assert!(
                offers.iter().any(|purl| purl.ends_with(end)),
                "{end} is not among {offers:?}"
            );
        }
        let refused: Vec<_> = offers
            .iter()
            .enumerate()
            .filter(|(_, purl)| ends.iter().any(|end| purl.ends_with(end)))
            .map(|(candidate, _)| refuse(candidate))
            .collect();
        serve(repository, self.case(), &refused, style).expect("the document is planned")
    }
}

/// A request for a path, perhaps with a query, and nothing else to it.
pub fn get(path: &str) -> Request {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (path, None),
    };
    Request {
        method: "GET".into(),
        path: path.into(),
        query,
        headers: Vec::new(),
    }
}

/// An upstream answer of a media type.
pub fn ok(content_type: &str) -> Head {
    Head {
        status: 200,
        headers: vec![("content-type".into(), content_type.into())],
    }
}

/// A refusal of the candidate at this position.
pub fn refuse(candidate: usize) -> Refusal {
    Refusal {
        candidate: candidate as u32,
        reason: format!("No \"candidate\" {candidate}"),
    }
}

/// Scans, plans and splices: the bytes that a client gets, or the outcome that is none.
pub fn serve<R: GuestRepository>(
    repository: &R,
    case: Case<'_>,
    refused: &[Refusal],
    style: Style,
) -> Result<Result<Vec<u8>, Outcome>, Error> {
    let index = scan(repository, case)?;
    match plan(repository, &index, refused, style)? {
        Outcome::Edits(edits) => edits::splice(case.body, &edits)
            .map(Ok)
            .map_err(|lie| Error::Malformed(lie.into_owned())),
        other => Ok(Err(other)),
    }
}

/// Refuses nothing, each candidate (or `sample` of them) alone, every second one, and all. Removing must leave a
/// document that holds exactly what was not refused; marking must leave one that still scans.
pub fn edits<R: GuestRepository>(repository: &R, case: Case<'_>, sample: usize) -> Result<(), String> {
    let index = scan(repository, case).map_err(|error| format!("scan: {error:?}"))?;
    let all = index.purls();
    let count = all.len();
    let step = count.div_ceil(sample.max(1)).max(1);
    let mut sets: Vec<Vec<usize>> = vec![
        Vec::new(),
        (0..count).step_by(2).collect(),
        (1..count).step_by(2).collect(),
    ];
    sets.extend((0..count).step_by(step).map(|one| vec![one]));
    sets.push((0..count).collect());
    for set in sets {
        // One that is named several times is refused as often.
        let gone: BTreeSet<_> = set.iter().filter_map(|position| all.get(*position)).collect();
        let is_gone = |position: &usize| all.get(*position).is_some_and(|one| gone.contains(one));
        let refused: Vec<_> = (0..count).filter(is_gone).map(refuse).collect();
        let left: BTreeSet<_> = all.iter().filter(|one| !gone.contains(one)).cloned().collect();
        for style in [Style::Remove, Style::Mark] {
            one(repository, case, &index, &refused, style, &left)
                .map_err(|broken| format!("with {set:?} refused, {style:?}: {broken}"))?;
        }
    }
    Ok(())
}

/// Cuts the document off at up to `sample` places: an error, or at worst an index of less.
pub fn truncation<R: GuestRepository>(repository: &R, case: Case<'_>, sample: usize) -> Result<(), String> {
    let index = scan(repository, case).map_err(|error| format!("scan: {error:?}"))?;
    let whole = purls(&index);
    let step = case.body.len().div_ceil(sample.max(1)).max(1);
    for end in (0..case.body.len()).step_by(step) {
        let body = case.body.get(..end).unwrap_or_default();
        if let Ok(index) = scan(repository, Case { body, ..case })
            && !purls(&index).is_subset(&whole)
        {
            return Err(format!("cut off at {end}, it names what the whole document does not"));
        }
    }
    Ok(())
}

fn one<R: GuestRepository>(
    repository: &R,
    case: Case<'_>,
    index: &Index,
    refused: &[Refusal],
    style: Style,
    left: &BTreeSet<String>,
) -> Result<(), String> {
    let outcome = plan(repository, index, refused, style).map_err(|error| format!("plan: {error:?}"))?;
    if plan(repository, index, refused, style).as_ref() != Ok(&outcome) {
        return Err("planning twice gives two plans".into());
    }
    let edits = match outcome {
        Outcome::Edits(edits) => edits,
        Outcome::AllRefused if left.is_empty() => return Ok(()),
        other => return Err(format!("not everything was refused, and yet: {other:?}")),
    };
    in_order(&edits, case.body)?;
    let body = edits::splice(case.body, &edits)?;
    let again =
        scan(repository, Case { body: &body, ..case }).map_err(|error| format!("the edited document: {error:?}"))?;
    let found = purls(&again);
    match style {
        Style::Remove if found != *left => Err(format!("{found:?} is left instead of {left:?}")),
        Style::Mark if !left.is_subset(&found) => Err(format!("marking lost some of {left:?}: {found:?}")),
        _ => Ok(()),
    }
}

fn in_order(edits: &Edits, body: &[u8]) -> Result<(), String> {
    let mut at = 0;
    for edit in &edits.edits {
        if edit.start < at || edit.end < edit.start || edit.end as usize > body.len() {
            return Err(format!("the edit {edit:?} is out of order or out of bounds"));
        }
        at = edit.end;
    }
    let texts: BTreeSet<_> = edits.texts.iter().collect();
    if texts.len() != edits.texts.len() {
        return Err("a text is kept twice".into());
    }
    Ok(())
}

/// Whole, as a document of which less is left may share a longer prefix.
fn purls(index: &Index) -> BTreeSet<String> {
    index.purls().into_iter().collect()
}

fn scan<R: GuestRepository>(repository: &R, case: Case<'_>) -> Result<Index, Error> {
    repository.scan(case.request.clone(), case.head.clone(), case.body.to_vec())
}

fn plan<R: GuestRepository>(
    repository: &R,
    index: &Index,
    refused: &[Refusal],
    style: Style,
) -> Result<Outcome, Error> {
    repository.plan(index.notes.clone(), refused.to_vec(), style, LINK_BASE.into())
}
