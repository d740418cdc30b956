//! What makes two documents the same one: everything that upstream's answer or the plugin's reading of it can depend on.

use std::sync::Arc;

use http::HeaderMap;
use http::header::ACCEPT;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::plugin::{Document, Request};
use crate::upstream::is_credential;

/// A digest: keys hold neither tokens nor long URLs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Key(Arc<[u8; 32]>);

impl Key {
    pub(super) fn new(repository: &str, url: &Url, document: &Document, request: &Request, client: &HeaderMap) -> Self {
        let mut digest = Sha256::new();
        // Each part with its length, so that no two lists of parts read the same.
        let mut add = |part: &[u8]| {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        };
        add(repository.as_bytes());
        add(url.as_str().as_bytes());
        add(format!("{:?} {:?}", document.packing, document.pinned).as_bytes());
        match &document.accept {
            Some(accept) => add(accept.as_bytes()),
            None => client.get_all(ACCEPT).iter().for_each(|accept| add(accept.as_bytes())),
        }
        add(request.path.as_bytes());
        add(request.query.as_deref().unwrap_or("\0").as_bytes());
        for (name, value) in &request.headers {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        // A private document is only for those who could have it from upstream.
        for (name, value) in client.iter().filter(|(name, _)| is_credential(name)) {
            add(name.as_str().as_bytes());
            add(value.as_bytes());
        }
        Self(Arc::new(digest.finalize().into()))
    }
}
