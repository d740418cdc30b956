//! The media types of the simple index (PEP 691), asked for and answered.

use std::cmp::Reverse;

use osa_plugin_sdk::{Error, Head, Header, accept::Accept};

pub(crate) const HTML: &str = "text/html";
pub(crate) const HTML_V1: &str = "application/vnd.pypi.simple.v1+html";
pub(crate) const JSON_V1: &str = "application/vnd.pypi.simple.v1+json";
pub(crate) const JSON: &str = "application/json";

/// In the order that the index of the Python project prefers among equals, each with its `latest` alias.
const OFFERS: [(&str, &str); 3] = [
    (HTML, HTML),
    (HTML_V1, "application/vnd.pypi.simple.latest+html"),
    (JSON_V1, "application/vnd.pypi.simple.latest+json"),
];
/// Qualities of the first, second and third choice: few distinct headers make for a good cache.
const QUALITIES: [&str; 3] = ["", ";q=0.5", ";q=0.1"];

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Json,
}

/// What upstream is asked for on behalf of a client; none when the client takes no form of the index.
pub(crate) fn ask(headers: &[Header], query: Option<&str>) -> Option<String> {
    if query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("format="))) {
        return Some("*/*".into());
    }
    let accept = Accept::parse(header(headers, "accept"));
    let mut wanted: Vec<(u16, &str)> = OFFERS
        .iter()
        .map(|(offer, alias)| (accept.quality(offer).max(accept.quality(alias)), *offer))
        .filter(|(quality, _)| *quality > 0)
        .collect();
    wanted.sort_by_key(|(quality, _)| Reverse(*quality));
    let parts: Vec<_> = wanted
        .iter()
        .zip(QUALITIES)
        .map(|((_, offer), quality)| format!("{offer}{quality}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The form of an index page, by the answer's content type.
pub(crate) fn form(head: &Head) -> Result<Form, Error> {
    let content_type = header(&head.headers, "content-type").unwrap_or_default();
    let mut parts = content_type.split(';').map(str::trim);
    let form = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        HTML | HTML_V1 => Form::Html,
        JSON_V1 | JSON => Form::Json,
        other => {
            return Err(Error::Unsupported(format!(
                "`{other}` is no media type of a simple index"
            )));
        }
    };
    // In other encodings a link may hide from a reader of bytes.
    let charset = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    let charset = charset
        .map_or("utf-8", |(_, value)| value.trim_matches('"'))
        .to_ascii_lowercase();
    let like_ascii = ["utf-8", "utf8", "us-ascii", "ascii"].contains(&charset.as_str())
        || charset.starts_with("iso-8859-")
        || charset.starts_with("windows-125");
    if !like_ascii {
        return Err(Error::Unsupported(format!("index pages in `{charset}` are not read")));
    }
    Ok(form)
}

pub(crate) fn header<'h>(headers: &'h [Header], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// PEP 629: clients refuse a page of another major version.
pub(crate) fn check_version(version: &str) -> Result<(), Error> {
    let major = version.trim().split('.').next().unwrap_or_default();
    if major == "1" {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "version `{version}` of the simple index; only 1.x is known"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn asks(accept: &str, asked: Option<&str>) {
        let headers = [("accept".to_owned(), accept.to_owned())];
        assert_eq!(ask(&headers, None).as_deref(), asked, "{accept}");
    }

    #[test]
    fn clients_get_the_form_they_prefer() {
        let json_first =
            Some("application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.5, text/html;q=0.1");
        asks(
            "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
            json_first,
        );
        asks(
            "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
            json_first,
        );
        asks(
            "application/vnd.pypi.simple.v1+json, */*;q=0.1",
            Some("application/vnd.pypi.simple.v1+json, text/html;q=0.5, application/vnd.pypi.simple.v1+html;q=0.1"),
        );
        asks("application/vnd.pypi.simple.latest+json", Some(JSON_V1));
        asks(
            "*/*",
            Some("text/html, application/vnd.pypi.simple.v1+html;q=0.5, application/vnd.pypi.simple.v1+json;q=0.1"),
        );
        asks("text/html, application/xhtml+xml", Some("text/html"));
        asks("image/png", None);
        asks("text/html;q=0", None);
    }

    #[test]
    fn the_format_of_the_query_wins() {
        let headers = [("accept".to_owned(), "image/png".to_owned())];
        assert_eq!(
            ask(&headers, Some("format=application/vnd.pypi.simple.v1+json")).as_deref(),
            Some("*/*")
        );
    }

    #[test]
    fn only_known_forms_are_read() {
        let head = |value: &str| Head {
            status: 200,
            headers: vec![("content-type".into(), value.into())],
        };
        assert_eq!(form(&head("text/html; charset=UTF-8")).unwrap(), Form::Html);
        assert_eq!(form(&head("Application/vnd.pypi.simple.v1+JSON")).unwrap(), Form::Json);
        for other in [
            "application/vnd.pypi.simple.v2+json",
            "text/html; charset=utf-16",
            "text/html;charset=utf-7",
            "application/zip",
            "",
        ] {
            assert!(matches!(form(&head(other)), Err(Error::Unsupported(_))), "{other}");
        }
        assert!(
            form(&Head {
                status: 200,
                headers: vec![]
            })
            .is_err()
        );
    }

    #[test]
    fn an_unknown_major_version_is_refused() {
        assert!(check_version("1.4").is_ok());
        assert!(check_version("2.0").is_err());
        assert!(check_version("").is_err());
    }
}
