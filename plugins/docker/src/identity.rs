//! Which component an answer is: the image that a manifest describes, by the digest of its bytes.

use osa_plugin_sdk::{Candidates, Error, Head, Index, Request, purl};

use crate::manifest;
use crate::media::Media;
use crate::names::{Digest, sha256};
use crate::resource::{Manifest, Resource};
use crate::settings::Settings;

/// From the head of the answer to a HEAD. The error `Unsupported` when it takes the body to tell.
pub(crate) fn identify(settings: &Settings, request: &Request, head: &Head) -> Result<Option<String>, Error> {
    let manifest = asked_for(settings, request)?;
    let told = told_digest(head)?;
    if let (Some(asked), Some(told)) = (manifest.digest(), told)
        && asked.is_sha256() == told.is_sha256()
        && asked != told
    {
        return Err(mismatch("Docker-Content-Digest", told));
    }
    match Media::of(header(head, "content-type").unwrap_or_default()) {
        Media::Index => Ok(None),
        Media::Image => {
            let digest = [manifest.digest(), told]
                .into_iter()
                .flatten()
                .find(|digest| digest.is_sha256());
            let digest =
                digest.ok_or_else(|| Error::Unsupported("a head without the digest of its manifest".into()))?;
            let prefix = prefix(&manifest);
            Ok(Some(prefix + &suffix(settings, &manifest, digest.as_str())))
        }
        Media::Schema1 | Media::Vague | Media::Unknown => {
            Err(Error::Unsupported("a head without the media type of a manifest".into()))
        }
    }
}

/// From the manifest itself, once it is known to be the one that was asked for and that its head speaks of.
pub(crate) fn scan(settings: &Settings, request: &Request, head: &Head, body: &[u8]) -> Result<Index, Error> {
    let manifest = asked_for(settings, request)?;
    if let Some(asked) = manifest.digest().filter(|asked| !asked.is_of(body)) {
        return Err(mismatch("what was asked for", asked));
    }
    if let Some(told) = told_digest(head)?.filter(|told| !told.is_of(body)) {
        return Err(mismatch("Docker-Content-Digest", told));
    }
    let candidates: Candidates = match manifest::kind(header(head, "content-type"), body)? {
        Media::Image => Some(suffix(settings, &manifest, &sha256(body))),
        _ => None,
    }
    .into_iter()
    .collect();
    Ok(Index {
        prefix: prefix(&manifest),
        candidates: candidates.finish(),
        notes: Vec::new(),
    })
}

fn asked_for(settings: &Settings, request: &Request) -> Result<Manifest, Error> {
    match Resource::of(settings, &request.path) {
        Resource::Manifest(manifest) => Ok(manifest),
        _ => Err(Error::Malformed("no manifest was asked for".into())),
    }
}

fn mismatch(what: &str, digest: Digest<'_>) -> Error {
    Error::Malformed(format!("a manifest that is not {what}, {}", digest.as_str()))
}

/// `Docker-Content-Digest`, where there is one.
fn told_digest(head: &Head) -> Result<Option<Digest<'_>>, Error> {
    let Some(text) = header(head, "docker-content-digest") else {
        return Ok(None);
    };
    match Digest::parse(text.trim()) {
        Some(digest) => Ok(Some(digest)),
        None => Err(Error::Malformed(
            "a Docker-Content-Digest that is no sha256 or sha512".into(),
        )),
    }
}

/// The package URL up to the digest (<https://github.com/package-url/purl-spec>, type `docker`).
fn prefix(manifest: &Manifest) -> String {
    let (namespace, name) = manifest.name.rsplit_once('/').unwrap_or(("", &manifest.name));
    purl::prefix("docker", namespace, name)
}

/// The digest, and what tells where and as what it was found.
fn suffix(settings: &Settings, manifest: &Manifest, digest: &str) -> String {
    let mut suffix = purl::encode(digest).into_owned();
    let mut sign = '?';
    let tag = manifest.digest().is_none().then(|| purl::encode(&manifest.reference));
    for (key, value) in [
        ("repository_url", settings.repository_url.as_deref()),
        ("tag", tag.as_deref()),
    ] {
        if let Some(value) = value {
            suffix.push(sign);
            suffix.push_str(key);
            suffix.push('=');
            suffix.push_str(value);
            sign = '&';
        }
    }
    suffix
}

fn header<'h>(head: &'h Head, name: &str) -> Option<&'h str> {
    let found = head.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}
