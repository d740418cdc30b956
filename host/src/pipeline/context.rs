//! Which repository manager's repository a request came through: named in its path, or known from the registry's URL.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use url::Url;

use crate::judge::Context;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const ALPHABETS: [GeneralPurpose; 2] = [
    GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT),
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT),
];

/// A context is two short strings; nobody needs more.
const MAX_SEGMENT: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Encoded {
    repo_manager_host: Option<String>,
    repo_name: Option<String>,
}

/// Splits a context segment off the front of `path`: the segment as received, what it says, and the rest. None when the
/// first segment is anything but Base64 of a JSON object with one of the known keys: then it is an ordinary path.
pub(super) fn split(path: &str) -> Option<(&str, Context, &str)> {
    let (segment, rest) = path.split_once('/').unwrap_or((path, ""));
    if segment.is_empty() || segment.len() > MAX_SEGMENT {
        return None;
    }
    // Padding and the standard alphabet's slash arrive percent-encoded.
    let text = percent_encoding::percent_decode_str(segment).decode_utf8().ok()?;
    let json = ALPHABETS
        .iter()
        .find_map(|alphabet| alphabet.decode(text.as_bytes()).ok())?;
    let encoded: Encoded = serde_json::from_slice(&json).ok()?;
    if encoded.repo_manager_host.is_none() && encoded.repo_name.is_none() {
        return None;
    }
    let context = Context {
        repo_manager_host: encoded
            .repo_manager_host
            .unwrap_or_default()
            .trim_end_matches('/')
            .to_owned(),
        repo_name: encoded.repo_name.unwrap_or_default(),
    };
    Some((segment, context, rest))
}

/// The context that a registry URL tells when it is a repository manager's own:
/// `/repository/NAME` (Nexus), `/artifactory/api/KIND[/v3]/NAME` and `/artifactory/NAME` (Artifactory).
pub(super) fn of_registry(registry: &Url) -> Option<Arc<Context>> {
    let segments: Vec<&str> = registry
        .path_segments()?
        .filter(|segment| !segment.is_empty())
        .collect();
    let name = match segments.as_slice() {
        ["repository", name, ..] => *name,
        ["artifactory", "api", _kind, "v3", name, ..] => *name,
        ["artifactory", "api", _kind, name, ..] => *name,
        ["artifactory", name, ..] if *name != "api" => *name,
        _ => return None,
    };
    let name = percent_encoding::percent_decode_str(name)
        .decode_utf8()
        .ok()?
        .into_owned();
    Some(Arc::new(Context {
        repo_manager_host: registry.origin().ascii_serialization(),
        repo_name: name,
    }))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const JSON: &str = r#"{"repoManagerHost":"https://nexus.example/","repoName":"widgets~>?"}"#;

    #[test]
    fn every_base64_is_a_context() {
        for alphabet in [&URL_SAFE, &URL_SAFE_NO_PAD, &STANDARD, &STANDARD_NO_PAD] {
            let segment = alphabet.encode(JSON).replace('/', "%2F").replace('=', "%3D");
            let path = format!("{segment}/a/b");
            let (kept, context, rest) = split(&path).unwrap();
            assert_eq!((kept, rest), (segment.as_str(), "a/b"));
            assert_eq!(context.repo_manager_host, "https://nexus.example");
            assert_eq!(context.repo_name, "widgets~>?");
        }
        let padded = format!("{}/a", URL_SAFE.encode(r#"{"repoName":"ab"}"#));
        assert_eq!(split(&padded).unwrap().1.repo_name, "ab");
    }

    #[test]
    fn anything_else_is_a_path() {
        let other = [r#"{"a":1}"#, "[]", r#"{"repoName":7}"#, "text"].map(|text| URL_SAFE.encode(text));
        for segment in other
            .iter()
            .map(String::as_str)
            .chain(["", "lodash", "@scope%2fname", "%ff"])
        {
            assert!(split(&format!("{segment}/a")).is_none(), "{segment}");
        }
        assert!(split(&URL_SAFE.encode(format!(r#"{{"repoName":"{}"}}"#, "a".repeat(9000)))).is_none());
    }

    #[test]
    fn a_managers_url_names_its_repository() {
        let name = |url: &str| {
            of_registry(&Url::parse(url).unwrap()).map(|c| format!("{} {}", c.repo_manager_host, c.repo_name))
        };
        for (url, expected) in [
            (
                "https://nexus.example/repository/widgets-proxy",
                "https://nexus.example widgets-proxy",
            ),
            (
                "https://nexus.example:8443/repository/w/index.json",
                "https://nexus.example:8443 w",
            ),
            (
                "https://jfrog.example/artifactory/api/widget/w-remote",
                "https://jfrog.example w-remote",
            ),
            (
                "https://jfrog.example/artifactory/api/widget/v3/w-remote",
                "https://jfrog.example w-remote",
            ),
            (
                "https://jfrog.example/artifactory/w-remote/",
                "https://jfrog.example w-remote",
            ),
        ] {
            assert_eq!(name(url).as_deref(), Some(expected));
        }
        assert_eq!(name("https://registry.example/"), None);
        assert_eq!(name("https://registry.example/artifactory/api/"), None);
    }
}
