//! Documents whose links lead clients around this proxy, because they do not begin with the configured registry.
//!
//! Told without knowing the format: `plan` put our link base nowhere, though the document offers components and links to
//! package files by full URLs. Documents without such links (relative ones, none at all) say nothing about the registry.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::visit::Visit;
use crate::plugin::Edits;

/// A repository complains at most this often.
const REST: Duration = Duration::from_hours(1);

/// Links stand near the beginning, or there are none.
const LOOKED_AT: usize = 1 << 20;

/// When a repository complained last.
#[derive(Debug, Default)]
pub(super) struct Complaint(Mutex<Option<Instant>>);

impl Complaint {
    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now.duration_since(last) >= REST);
        if due {
            *last = Some(now);
        }
        due
    }
}

/// Warns when a document of `components` that got these edits links elsewhere.
pub(super) fn look(visit: &Visit<'_>, body: &[u8], components: usize, edits: &Edits) {
    if components == 0 || edits.texts.iter().any(|text| holds(text, &visit.link_base)) {
        return;
    }
    let extensions = &visit.repository.plugin.plugin().description().file_types;
    let Some(host) = foreign_host(body, extensions) else {
        return;
    };
    if visit.repository.complaint.is_due(Instant::now()) {
        tracing::warn!(
            request_id = visit.id,
            repository = visit.repository.config.name,
            document = visit.request.path,
            host,
            "no link of this document begins with a URL that is configured for the repository, so clients download around \
             this proxy: check its registry, or add the host of the files where the section has a key for it"
        );
    }
}

/// As it stands, or with the slashes escaped as some write them in JSON.
fn holds(text: &[u8], link_base: &str) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains(link_base) || text.replace("\\/", "/").contains(link_base)
}

/// Host and port of the first full URL of a package file.
fn foreign_host(body: &[u8], extensions: &[String]) -> Option<String> {
    body.get(..LOOKED_AT)
        .unwrap_or(body)
        .split(|byte| byte.is_ascii_whitespace() || b"\"'<>()".contains(byte))
        .filter(|word| word.starts_with(b"http"))
        .find_map(|word| {
            let url = url::Url::parse(&String::from_utf8_lossy(word).replace("\\/", "/")).ok()?;
            let path = url.path().to_ascii_lowercase();
            let file = extensions.iter().any(|extension| path.ends_with(extension.as_str()));
            let host = url.host_str().filter(|_| file)?;
            Some(match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_urls_of_package_files_tell() {
        let host = |body: &str| foreign_host(body.as_bytes(), &[".widget".to_owned()]);
        assert_eq!(
            host("cog 1.0 https://files.example:81/Cog-1.0.WIDGET 7"),
            Some("files.example:81".into())
        );
        assert_eq!(
            host(r#"{"url":"https:\/\/bob:t0k@files.example\/cog.widget?a#b"}"#),
            Some("files.example".into())
        );
        assert_eq!(host("cog 1.0 ../files/cog-1.0.widget"), None);
        assert_eq!(host(r#"{"homepage":"https://cogs.example/about"}"#), None);
    }

    #[test]
    fn escaped_links_are_links() {
        assert!(holds(br"http:\/\/proxy.example\/w\/cog", "http://proxy.example/w"));
        assert!(!holds(b"http://elsewhere.example/w/cog", "http://proxy.example/w"));
    }

    #[test]
    fn a_complaint_rests() {
        let complaint = Complaint::default();
        let now = Instant::now();
        assert!(complaint.is_due(now));
        assert!(!complaint.is_due(now + REST / 2));
        assert!(complaint.is_due(now + REST));
    }
}
