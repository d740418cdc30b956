//! As much of RFC 3986 as links of a document need: where a link leads, and which bytes of it already
//! say so. Schemes are not told apart.

use std::borrow::Cow;

/// A host and an absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Lower case, without user, default port and final dot.
    pub host: String,
    pub path: String,
}

/// Where a link leads.
#[derive(Debug)]
pub struct Link<'a> {
    /// Dots resolved, percent-encoding as written.
    pub to: Location,
    /// Query and fragment, as written.
    pub rest: &'a str,
    /// `to.path` from the first offset on is what the link says from the second on.
    pub verbatim: Option<(usize, usize)>,
}

#[derive(Debug)]
pub enum Target<'a> {
    Web(Link<'a>),
    /// Another scheme, with what its path may be.
    Foreign(&'a str),
    /// Only a query or a fragment: the page itself.
    Itself,
    /// Clients do not agree on where this leads.
    Doubtful,
}

// === impl Location ===

impl Location {
    /// Reads an absolute URL without query and fragment.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if !is_web(scheme) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some(Self {
            host: host(authority)?,
            path: if path.is_empty() { "/" } else { path }.to_owned(),
        })
    }

    /// Follows a link of a page at this place.
    pub fn follow<'a>(&self, link: &'a str) -> Target<'a> {
        if link.bytes().any(|b| b.is_ascii_control() || b == b' ' || b == b'\\') {
            return Target::Doubtful;
        }
        let (path_end, rest) = match link.bytes().position(|b| b == b'?' || b == b'#') {
            Some(at) => (at, link.get(at..).unwrap_or_default()),
            None => (link.len(), ""),
        };
        let address = link.get(..path_end).unwrap_or_default();
        if address.is_empty() {
            return Target::Itself;
        }
        let (host, path_at) = match scheme(address) {
            Some(scheme) if is_web(scheme) => match authority(address, scheme.len() + 1) {
                Some(found) => found,
                None => return Target::Doubtful,
            },
            Some(scheme) => return Target::Foreign(address.get(scheme.len() + 1..).unwrap_or_default()),
            None if address.starts_with("//") => match authority(address, 0) {
                Some(found) => found,
                None => return Target::Doubtful,
            },
            None => (self.host.clone(), 0),
        };
        let written = address.get(path_at..).unwrap_or_default();
        let (path, verbatim) = self.join(written);
        let verbatim = verbatim.map(|(from, at)| (from, path_at + at));
        Target::Web(Link {
            to: Location { host, path },
            rest,
            verbatim,
        })
    }

    /// RFC 3986, section 5.2.3 and 5.2.4, with the part of the path that is taken over as written.
    fn join(&self, written: &str) -> (String, Option<(usize, usize)>) {
        if written.is_empty() {
            return ("/".to_owned(), None);
        }
        let mut at = 0;
        let mut path = String::new();
        if !written.starts_with('/') {
            path.push_str(self.path.get(..self.path.rfind('/').unwrap_or(0)).unwrap_or_default());
            loop {
                let rest = written.get(at..).unwrap_or_default();
                if rest.starts_with("../") {
                    path.truncate(path.rfind('/').unwrap_or(0));
                    at += 3;
                } else if rest.starts_with("./") {
                    at += 2;
                } else {
                    break;
                }
            }
            path.push('/');
        }
        let rest = written.get(at..).unwrap_or_default();
        let from = path.len();
        // Looking at segments is dear, and hardly any path has one that begins with a dot.
        let dotted = rest.starts_with('.') || rest.as_bytes().windows(2).any(|two| two == b"/.");
        if !dotted || !rest.split('/').any(|segment| segment == "." || segment == "..") {
            path.push_str(rest);
            return (path, Some((from, at)));
        }
        path.push_str(rest);
        (without_dots(&path), None)
    }
}

fn without_dots(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    out.truncate(out.rfind('/').unwrap_or(0));
                }
                if last {
                    out.push('/');
                }
            }
            segment => {
                out.push('/');
                out.push_str(segment);
            }
        }
    }
    out
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let fits = bytes.next()?.is_ascii_alphabetic()
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    fits.then_some(scheme)
}

/// The host behind `//` at `from`, and where the path begins.
fn authority(address: &str, from: usize) -> Option<(String, usize)> {
    let start = from + 2;
    let rest = address.get(from..)?.strip_prefix("//")?;
    let end = rest.find('/').unwrap_or(rest.len());
    Some((host(rest.get(..end)?)?, start + end))
}

/// The comparable form of `user@host:port`.
pub fn host(authority: &str) -> Option<String> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host
        .strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(host);
    let host = host.strip_suffix(':').unwrap_or(host);
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Percent-decodes; none when that gives no UTF-8 or a slash hidden in a segment.
pub fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    let text = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
    (!text.contains(['/', '\\']) && !text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Location {
        Location::parse("https://Index.example:443/base/simple/widget/").unwrap()
    }

    #[track_caller]
    fn leads(link: &str, host: &str, path: &str, rest: &str) {
        let page = page();
        let Target::Web(found) = page.follow(link) else {
            panic!("{link}: {:?}", page.follow(link))
        };
        assert_eq!(
            (found.to.host.as_str(), found.to.path.as_str(), found.rest),
            (host, path, rest),
            "{link}"
        );
        if let Some((from, at)) = found.verbatim {
            assert_eq!(
                format!("{}{}", &found.to.path[from..], found.rest),
                link[at..],
                "{link}"
            );
        }
    }

    #[test]
    fn links_lead_where_clients_go() {
        leads(
            "w.whl#sha256=1",
            "index.example",
            "/base/simple/widget/w.whl",
            "#sha256=1",
        );
        leads("./w.whl?a=b", "index.example", "/base/simple/widget/w.whl", "?a=b");
        leads("../../packages/w.whl", "index.example", "/base/packages/w.whl", "");
        leads("../../../../../w.whl", "index.example", "/w.whl", "");
        leads("/w.whl", "index.example", "/w.whl", "");
        leads("//Files.example/w.whl", "files.example", "/w.whl", "");
        leads(
            "HTTP://user:pass@files.example:80/a/../w%2Bcu.whl",
            "files.example",
            "/w%2Bcu.whl",
            "",
        );
        leads("https://files.example:8443/w", "files.example:8443", "/w", "");
        leads("https://files.example", "files.example", "/", "");
        leads("a/./b/..", "index.example", "/base/simple/widget/a/", "");
        leads("..", "index.example", "/base/simple/", "");
    }

    #[test]
    fn what_clients_read_differently_is_doubtful() {
        for link in [
            "https:w.whl",
            "https:/w.whl",
            "a\\b",
            "a b",
            "a\tb",
            "https://",
            "https:///w.whl",
        ] {
            assert!(matches!(page().follow(link), Target::Doubtful), "{link}");
        }
        assert!(matches!(page().follow("mailto:a@b"), Target::Foreign("a@b")));
        assert!(matches!(page().follow("#top"), Target::Itself));
    }

    #[test]
    fn segments_with_hidden_slashes_are_refused() {
        assert_eq!(decode_segment("w-1%2Bcu.whl").as_deref(), Some("w-1+cu.whl"));
        assert_eq!(decode_segment("a%2Fb"), None);
        assert_eq!(decode_segment("a%5cb"), None);
        assert_eq!(decode_segment("%ff"), None);
    }
}
