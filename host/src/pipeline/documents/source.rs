//! One upstream document: its bytes, what the plugin read in them, and what was made of them so far.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{IF_NONE_MATCH, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use super::Notes;
use super::freshness::Freshness;
use crate::failure::{Blame, Failure};
use crate::pipeline::representation::Representation;
use crate::plugin::{Index, Style};
use crate::upstream::UpstreamResponse;

/// Link bases and verdict sets for which the edited document is kept beside its source.
const VARIANTS: usize = 4;

pub(in super::super) struct Source {
    /// As it is packed: equal to `body` for nearly all.
    pub(in super::super) packed: Bytes,
    pub(in super::super) body: Bytes,
    /// Upstream's headers, as far as they still hold after editing.
    pub(in super::super) headers: HeaderMap,
    pub(super) validators: HeaderMap,
    pub(super) freshness: Freshness,
    /// What the package URLs share.
    pub(in super::super) prefix: String,
    /// Package URLs, in the order of the index.
    pub(in super::super) purls: Arc<[String]>,
    pub(in super::super) notes: Notes,
    made: Made,
}

/// Carried over to the next reading of an unchanged document.
type Made = Arc<Mutex<Vec<(Variant, Arc<Representation>)>>>;

/// What an edited document depends on besides its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Variant {
    pub(in super::super) link_base: String,
    pub(in super::super) style: Style,
    /// Position and reason of each refused component.
    pub(in super::super) refused: Vec<(u32, String)>,
}

impl Source {
    pub(super) fn new(
        packed: Bytes,
        body: Bytes,
        headers: HeaderMap,
        validators: HeaderMap,
        freshness: Freshness,
        index: Index,
    ) -> Self {
        let Index {
            prefix,
            candidates,
            notes,
        } = index;
        Self {
            packed,
            body,
            headers,
            validators,
            freshness,
            purls: candidates.lines().map(|suffix| [&prefix, suffix].concat()).collect(),
            prefix,
            notes: notes.into(),
            made: Made::default(),
        }
    }

    /// The same document, seen again.
    pub(super) fn renewed(&self, freshness: Freshness, validators: HeaderMap) -> Self {
        Self {
            packed: self.packed.clone(),
            body: self.body.clone(),
            headers: self.headers.clone(),
            validators,
            freshness,
            prefix: self.prefix.clone(),
            purls: Arc::clone(&self.purls),
            notes: self.notes.clone(),
            made: Arc::clone(&self.made),
        }
    }

    /// Whether upstream has sent the same bytes under the same type again.
    pub(super) fn is_same(&self, packed: &Bytes, headers: &HeaderMap) -> bool {
        let kind = http::header::CONTENT_TYPE;
        self.packed == packed && self.headers.get(&kind) == headers.get(&kind)
    }

    /// Conditional headers that ask upstream whether this still holds.
    pub(super) fn conditions(&self) -> HeaderMap {
        self.validators.clone()
    }

    /// Upstream's own, which is no longer that of an edited document.
    pub(in super::super) fn etag(&self) -> Option<&HeaderValue> {
        self.validators.get(IF_NONE_MATCH)
    }

    /// Bytes, roughly: the document, one edited copy of it, and what the plugin read.
    pub(super) fn weight(&self) -> usize {
        2 * self.body.len() + self.notes.len() + self.purls.iter().map(|purl| purl.len() + 32).sum::<usize>() + 1024
    }

    pub(in super::super) fn made(&self, variant: &Variant) -> Option<Arc<Representation>> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter()
            .find(|(known, _)| known == variant)
            .map(|(_, representation)| Arc::clone(representation))
    }

    /// Keeps what was made, instead of the oldest when there are enough.
    pub(in super::super) fn keep(&self, variant: Variant, representation: &Arc<Representation>) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= VARIANTS {
            made.remove(0);
        }
        made.push((variant, Arc::clone(representation)));
    }
}

/// Upstream's refusal with its status, in our words: its body was not checked, so it is not passed on.
pub(super) fn not_a_document(response: &UpstreamResponse, path: &str) -> Failure {
    let (host, status) = (response.host(), response.status);
    if !status.is_client_error() && !status.is_server_error() {
        return Failure::upstream(format!("{host} answered {status} where a document was expected"));
    }
    let mut failure = Failure::new(Blame::Upstream, status, format!("{host} answered {status} for {path}"));
    for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
        for value in response.headers.get_all(&name) {
            failure.headers.append(name.clone(), value.clone());
        }
    }
    failure
}
