//! What `packages.json` says of where things are.

use osa_plugin_sdk::{
    Span,
    json::{self, Cursor, Kind, Member, Text},
    log,
    origins::Origins,
    url::Target,
};

use crate::classify::{takes_posts, target_of};
use crate::notes::Repair;

#[derive(Default)]
pub(super) struct Root<'a> {
    urls: Vec<(Key, Span, Text<'a>)>,
    /// Listings of documents by the digest of their bytes.
    listings: Vec<Span>,
    /// What is known of each included document.
    includes: Vec<Span>,
    mirrors: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// Where the metadata of one package is.
    Metadata,
    /// The same, by the digest of its bytes.
    Pinned,
    /// Where Composer only reads.
    Read,
    /// Where Composer sends what was installed.
    Notify,
    Advisories,
}

const KEYS: [(&str, Key); 8] = [
    ("metadata-url", Key::Metadata),
    ("providers-lazy-url", Key::Metadata),
    ("providers-url", Key::Pinned),
    ("search", Key::Read),
    ("list", Key::Read),
    ("providers-api", Key::Read),
    ("notify-batch", Key::Notify),
    ("notify", Key::Notify),
];

// === impl Root ===

impl<'a> Root<'a> {
    /// A member of the document's root; `other` reads what says nothing of where things are.
    pub(super) fn see(
        &mut self,
        cursor: &mut Cursor<'a>,
        member: Member<'a>,
        other: impl FnOnce(&mut Cursor<'a>, Member<'a>) -> Result<(), json::Error>,
    ) -> Result<(), json::Error> {
        let kind = cursor.kind()?;
        if kind == Kind::String {
            let key = KEYS.iter().find(|(name, _)| member.key.is(name));
            if let (Some((_, key)), Some(text)) = (key, cursor.string()?) {
                self.urls.push((*key, text.quoted(), text));
            }
            return Ok(());
        }
        if member.key.is("mirrors") {
            self.mirrors.push(cursor.skip()?.span);
        } else if member.key.is("providers") || member.key.is("provider-includes") {
            self.listings.push(cursor.skip()?.span);
        } else if member.key.is("includes") && kind == Kind::Object {
            cursor.object(|cursor, _| {
                self.includes.push(cursor.skip()?.span);
                Ok(())
            })?;
        } else if member.key.is("security-advisories") && kind == Kind::Object {
            cursor.object(|cursor, member| {
                if member.key.is("api-url")
                    && let Some(text) = cursor.string()?
                {
                    self.urls.push((Key::Advisories, text.quoted(), text));
                }
                Ok(())
            })?;
        } else {
            return other(cursor, member);
        }
        Ok(())
    }

    /// Whether it leads to further documents with packages.
    pub(super) fn is_root(&self) -> bool {
        let leads = |key: &Key| matches!(key, Key::Metadata | Key::Pinned);
        self.urls.iter().any(|(key, ..)| leads(key)) || !self.listings.is_empty() || !self.includes.is_empty()
    }

    pub(super) fn repairs(&self, origins: &Origins) -> Vec<(Span, Repair)> {
        // What is edited no longer has the digest that it is listed by. Composer 2 needs no listing where it is told
        // of another way.
        let is_listed = !self.urls.iter().any(|(key, ..)| *key == Key::Metadata);
        let mut repairs = Vec::new();
        for (key, span, url) in &self.urls {
            let text = url.decode().unwrap_or_default();
            let repair = match key {
                Key::Pinned if !is_listed => Repair::Null,
                _ if text.is_empty() => continue,
                key => link(*key, &text, origins),
            };
            repairs.push((*span, repair));
        }
        if !is_listed {
            repairs.extend(self.listings.iter().map(|span| (*span, Repair::Null)));
        }
        repairs.extend(self.mirrors.iter().map(|span| (*span, Repair::Null)));
        // A copy that a client has by this digest may be one from before an edit.
        repairs.extend(self.includes.iter().map(|span| (*span, Repair::EmptyObject)));
        repairs
    }
}

fn link(key: Key, url: &str, origins: &Origins) -> Repair {
    let Target::Web(link) = origins.registry().location("packages.json").follow(url) else {
        return Repair::Null;
    };
    let (path, target) = target_of(origins, &link.to);
    if target.is_none() && key != Key::Notify {
        log::warn(&format!(
            "packages.json links to {}, which is not configured, so what is there will be refused",
            link.to.host
        ));
    }
    let sends = matches!(key, Key::Notify | Key::Advisories);
    let known = target
        .as_ref()
        .map_or(key == Key::Advisories, |target| takes_posts(&target.path));
    if sends && !known {
        return Repair::Null;
    }
    Repair::Link(format!("{path}{}", link.rest))
}
