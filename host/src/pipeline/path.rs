//! The request line, before anything else looks at it: what could leave a repository's upstream is refused here.

use http::{Method, StatusCode, Uri, Version};

use crate::failure::{Blame, Failure};
use crate::upstream::encoded;

/// Bytes of path and query. The longest real ones carry a base64 context or a signed query and stay under 4 KB.
pub const MAX_LENGTH: usize = 8 * 1024;

/// A checked path: begins with one slash, holds no runs of slashes, no dot segments, back-slashes or control characters in
/// plain or encoded form, and is byte-exact otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPath {
    path: String,
    query: Option<String>,
}

impl RequestPath {
    /// Refuses with 400, over-long ones with 414.
    pub fn parse(method: &Method, version: Version, uri: &Uri) -> Result<Self, Failure> {
        // In HTTP/2 every request carries scheme and authority; in HTTP/1 only one meant for a forward proxy does.
        let absolute = version < Version::HTTP_2 && (uri.scheme().is_some() || uri.authority().is_some());
        if absolute || method == Method::CONNECT {
            return Err(Failure::client(
                "this is no forward proxy: configure its repository URL as the registry, not as an HTTP proxy",
            ));
        }
        let (path, query) = (uri.path(), uri.query());
        if path.len() + query.map_or(0, str::len) > MAX_LENGTH {
            return Err(Failure::new(
                Blame::Client,
                StatusCode::URI_TOO_LONG,
                format!("the path is longer than {MAX_LENGTH} bytes"),
            ));
        }
        if !path.starts_with('/') {
            return Err(Failure::client("the path does not begin with a slash"));
        }
        let refuse = |flaw: encoded::Flaw| Failure::client(format!("the path holds {flaw}, which no client needs"));
        encoded::check(path).map_err(refuse)?;
        Ok(Self {
            path: join_slashes(path),
            query: query.map(str::to_owned),
        })
    }

    /// With its leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The first segment and the rest without leading slash; both may be empty.
    pub fn split_repository(&self) -> (&str, &str) {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        path.split_once('/').unwrap_or((path, ""))
    }
}

fn join_slashes(path: &str) -> String {
    let mut joined = String::with_capacity(path.len());
    for part in path.split_inclusive('/') {
        if part != "/" || joined.is_empty() {
            joined.push_str(part);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(uri: &str) -> Result<RequestPath, Failure> {
        let uri: Uri = uri.parse().unwrap();
        RequestPath::parse(&Method::GET, Version::HTTP_11, &uri)
    }

    #[test]
    fn a_path_is_split_and_stays_byte_exact() {
        let path = parse("/widgets/@scope%2fname/-/a+b%2B~.tgz?x=%2F..&y").unwrap();
        assert_eq!(path.split_repository(), ("widgets", "@scope%2fname/-/a+b%2B~.tgz"));
        assert_eq!(path.query(), Some("x=%2F..&y"));
        assert_eq!(parse("/").unwrap().split_repository(), ("", ""));
        assert_eq!(parse("/widgets").unwrap().split_repository(), ("widgets", ""));
        assert_eq!(
            parse("//widgets///a//b//").unwrap().split_repository(),
            ("widgets", "a/b/")
        );
    }

    #[test]
    fn other_forms_of_the_request_line_are_refused() {
        for uri in [
            "http://evil.example/widgets/a",
            "/widgets/../admin",
            "/widgets/%2e%2e/admin",
            "/widgets/%252e%252e%252fadmin",
            "/widgets/..%2f..%2fadmin",
            "/widgets/a%00",
            "/widgets/a%0d%0aHost:x",
            "/widgets/a%5c..",
            "/widgets/a%zz",
            "*",
        ] {
            assert_eq!(parse(uri).unwrap_err().status, 400, "{uri}");
        }
        let authority: Uri = "evil.example:443".parse().unwrap();
        let connect = RequestPath::parse(&Method::CONNECT, Version::HTTP_11, &authority);
        assert_eq!(connect.unwrap_err().status, 400);
        let absolute: Uri = "https://proxy.example/widgets/a".parse().unwrap();
        assert!(RequestPath::parse(&Method::GET, Version::HTTP_2, &absolute).is_ok());
    }

    #[test]
    fn long_paths_are_refused_as_such() {
        assert!(parse(&format!("/w/{}", "a".repeat(8000))).is_ok());
        let failure = parse(&format!("/w/{}", "a".repeat(9000))).unwrap_err();
        assert_eq!(
            (failure.status, failure.blame),
            (StatusCode::URI_TOO_LONG, Blame::Client)
        );
        assert_eq!(parse(&format!("/w?{}", "a".repeat(60_000))).unwrap_err().status, 414);
    }

    fn has_dot_segment(path: &[u8]) -> bool {
        path.split(|byte| *byte == b'/')
            .any(|segment| matches!(segment, b"." | b".."))
    }

    proptest! {
        #[test]
        fn no_dot_segment_survives_any_number_of_decodings(
            parts in proptest::collection::vec(
                prop_oneof![
                    "[a-z.%0-9/;]{0,6}",
                    Just("%2e".to_owned()), Just("%252E".to_owned()), Just("%25".to_owned()), Just("2f".to_owned()),
                    Just("%2F".to_owned()), Just("..".to_owned()), Just("/".to_owned()),
                ],
                0..12,
            )
        ) {
            let Ok(uri) = format!("/{}", parts.concat()).parse::<Uri>() else { return Ok(()) };
            let Ok(path) = RequestPath::parse(&Method::GET, Version::HTTP_11, &uri) else { return Ok(()) };
            prop_assert!(!path.path().contains("//"));
            let mut bytes = path.path().as_bytes().to_vec();
            loop {
                prop_assert!(!has_dot_segment(&bytes), "{:?}", path);
                let decoded: Vec<u8> = percent_encoding::percent_decode(&bytes).collect();
                if decoded == bytes {
                    break;
                }
                bytes = decoded;
            }
        }
    }
}
