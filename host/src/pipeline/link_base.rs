//! What links into a repository begin with, as this client sees us.

use http::{HeaderMap, Uri, header::HOST};
use url::Url;

use crate::failure::Failure;

/// `codescoring.osa-proxy-url` when set; else what a reverse proxy says of the client's request, else the request itself.
/// No slash at the end. A client can only mislead itself with these headers: the base goes into its own answer alone.
pub(super) fn of(configured: Option<&Url>, headers: &HeaderMap, uri: &Uri) -> Result<String, Failure> {
    if let Some(url) = configured {
        return Ok(url.as_str().trim_end_matches('/').to_owned());
    }
    let (scheme, host) = (scheme(headers), host(headers, uri)?);
    let prefix = forwarded(headers, "x-forwarded-prefix")
        .filter(|prefix| is_prefix(prefix))
        .unwrap_or_default();
    Ok(format!("{scheme}://{host}{}", prefix.trim_end_matches('/')))
}

/// For a repository that is chosen by the host name: whatever is configured, its links stay on the host it was called by.
pub(super) fn of_own_host(configured: Option<&Url>, headers: &HeaderMap, uri: &Uri) -> Result<String, Failure> {
    let scheme = configured.map_or_else(|| scheme(headers), Url::scheme);
    Ok(format!("{scheme}://{}", host(headers, uri)?))
}

/// Host and port by which the client called us.
pub(super) fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<&'a str, Failure> {
    let host = match forwarded(headers, "x-forwarded-host") {
        Some(host) => host,
        None => host_of(headers, uri)?,
    };
    if is_authority(host) {
        Ok(host)
    } else {
        Err(Failure::client("the Host header is no host name"))
    }
}

fn scheme(headers: &HeaderMap) -> &'static str {
    match forwarded(headers, "x-forwarded-proto") {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    }
}

fn host_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<&'a str, Failure> {
    // HTTP/2 carries it in the request line.
    if let Some(authority) = uri.authority() {
        return Ok(authority.as_str());
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next().map(http::HeaderValue::to_str), hosts.next()) {
        (Some(Ok(host)), None) => Ok(host),
        (None, _) => Err(Failure::client("the request has no Host header")),
        _ => Err(Failure::client("the request has no single Host header")),
    }
}

/// The first of a list: that of the proxy nearest to the client.
fn forwarded<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim).filter(|value| !value.is_empty())
}

fn is_authority(host: &str) -> bool {
    host.len() <= 255
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

fn is_prefix(prefix: &str) -> bool {
    prefix.starts_with('/')
        && !prefix.starts_with("//")
        && !prefix.contains("..")
        && prefix.len() <= 255
        && prefix
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/.-_~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(headers: &[(&'static str, &str)]) -> Result<String, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
            .collect();
        of(None, &headers, &Uri::from_static("/widgets/a")).map_err(|failure| failure.message)
    }

    #[test]
    fn the_request_tells_how_the_client_sees_us() {
        assert_eq!(
            base(&[("host", "osa.example:8080")]).unwrap(),
            "http://osa.example:8080"
        );
        let proxied = [
            ("host", "10.0.0.7"),
            ("x-forwarded-host", "osa.example, inner"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/osa/"),
        ];
        assert_eq!(base(&proxied).unwrap(), "https://osa.example/osa");
    }

    #[test]
    fn what_is_configured_wins() {
        let url = Url::parse("https://osa.example/base/").unwrap();
        let headers = HeaderMap::from_iter([("x-forwarded-host".parse().unwrap(), "evil.example".parse().unwrap())]);
        assert_eq!(
            of(Some(&url), &headers, &Uri::from_static("/")).unwrap(),
            "https://osa.example/base"
        );
    }

    #[test]
    fn a_host_of_its_own_stays() {
        let url = Url::parse("https://osa.example/base/").unwrap();
        let own = |configured, headers: &[(&'static str, &'static str)]| {
            let headers = headers
                .iter()
                .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()))
                .collect();
            of_own_host(configured, &headers, &Uri::from_static("/")).map_err(|failure| failure.message)
        };
        let called = [("host", "gadgets.osa.example:8443")];
        assert_eq!(own(Some(&url), &called).unwrap(), "https://gadgets.osa.example:8443");
        assert_eq!(own(None, &called).unwrap(), "http://gadgets.osa.example:8443");
        let proxied = [
            ("host", "10.0.0.7"),
            ("x-forwarded-host", "gadgets.osa.example"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(own(None, &proxied).unwrap(), "https://gadgets.osa.example");
        assert!(own(Some(&url), &[("host", "a/b")]).is_err());
    }

    #[test]
    fn a_host_that_is_none_is_refused() {
        assert!(base(&[]).is_err());
        assert!(base(&[("host", "a"), ("host", "b")]).is_err());
        assert!(base(&[("host", "a\"><script>")]).is_err());
        assert_eq!(
            base(&[("host", "a"), ("x-forwarded-prefix", "/../b")]).unwrap(),
            "http://a"
        );
    }
}
