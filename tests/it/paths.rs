//! Hostile request lines and heads, over a bare socket: they never reach another origin, and the proxy answers the next.

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Received, Reply, Upstream};
use osa_proxy_tests::wire::{Answer, Ask, exchange};

struct Stage {
    /// Serves `/repository/npm`, and tells when something else is asked for.
    server: Upstream,
    proxy: Proxy,
}

impl Stage {
    async fn new() -> Self {
        let server = Upstream::start().await;
        let base = format!("{}/repository/npm", server.url());
        let package = Package::new("cog").versions(["1.0.0"]);
        server.put(
            "/repository/npm/cog",
            Reply::ok("application/json", package.packument(&base, false)),
        );
        server.put("/repository/npm/-/ping", Reply::ok("application/json", "{}"));
        for path in ["/secret", "/repository/secret", "/cog"] {
            server.put(path, Reply::ok("text/plain", "TOP SECRET"));
        }
        let pypi = repository("pypi", "pypi", &format!("{}/repository/pypi", server.url()), "");
        let proxy = Setup::npm(&base).plugin("pypi").section(&pypi).start();
        Self { server, proxy }
    }

    /// Sends a request line with a good head around it.
    async fn line(&self, line: &str) -> Option<Answer> {
        let head = format!("{line}\r\nhost: {}\r\nconnection: close\r\n\r\n", self.proxy.address());
        self.raw(head.as_bytes()).await
    }

    async fn raw(&self, bytes: &[u8]) -> Option<Answer> {
        let (bytes, ended) = exchange(self.proxy.address(), bytes).await;
        assert!(ended, "the connection stays open");
        Answer::parse(&bytes, false)
    }

    /// Nothing outside of the repositories' own upstreams was asked for.
    fn assert_contained(&self, case: &str) {
        for Received { target, .. } in self.server.received() {
            assert!(
                target.starts_with("/repository/npm/") || target.starts_with("/repository/pypi/"),
                "{case} asked for {target}"
            );
            assert!(!target.contains(".."), "{case} asked for {target}");
        }
    }

    async fn assert_alive(&self) {
        assert_eq!(
            Ask::get(&format!("{}/npm/-/ping", self.proxy.url()))
                .send()
                .await
                .status,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_climb_are_refused() {
    let stage = Stage::new().await;
    for repository in ["npm", "pypi"] {
        for path in [
            "../secret",
            "../../secret",
            "cog/../../../secret",
            "%2e%2e/secret",
            "%2e%2e%2fsecret",
            "..%2f..%2fsecret",
            ".%2e/%2e./secret",
            "%252e%252e%252fsecret",
            "..%5c..%5csecret",
            "..\\secret",
            "cog/..;/..;/secret",
            "cog/%00",
            "cog%00.tgz",
            "cog%0d%0ahost:%20evil.example",
            "cog%0a",
            "cog%7f",
            "./cog/./../secret",
            "..",
            "cog/..",
            "%c0%ae%c0%ae/secret",
            "%u002e%u002e/secret",
            "%zz",
            "%",
        ] {
            let answer = stage.line(&format!("GET /{repository}/{path} HTTP/1.1")).await.unwrap();
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
            assert!(!answer.text().contains("TOP SECRET"), "{path}");
            stage.assert_contained(path);
        }
    }
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_slashes_mean_one() {
    let stage = Stage::new().await;
    for path in ["//npm/cog", "/npm//cog", "///npm///cog"] {
        let answer = stage.line(&format!("GET {path} HTTP/1.1")).await.unwrap();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    stage.assert_contained("slashes");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_hosts_in_the_request_line_are_refused() {
    let stage = Stage::new().await;
    let elsewhere = Upstream::start().await;
    let host = elsewhere.url();
    let authority = host.strip_prefix("http://").unwrap();
    for line in [
        format!("GET {host}/secret HTTP/1.1"),
        format!("GET {host}/npm/cog HTTP/1.1"),
        format!("GET /npm/{host}/secret HTTP/1.1"),
        format!("GET //{authority}/secret HTTP/1.1"),
        format!("GET /npm//{authority}/secret HTTP/1.1"),
        format!("GET /npm/@{authority}/secret HTTP/1.1"),
        format!("GET @{authority}/secret HTTP/1.1"),
        format!("GET /pypi/{authority}/secret/ HTTP/1.1"),
        format!("CONNECT {authority} HTTP/1.1"),
        "OPTIONS * HTTP/1.1".to_owned(),
    ] {
        let answer = stage.line(&line).await;
        assert!(answer.is_none_or(|answer| answer.status >= 400), "{line}");
        assert!(elsewhere.received().is_empty(), "{line}");
        stage.assert_contained(&line);
    }
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lines_and_large_heads_are_refused() {
    let stage = Stage::new().await;
    for length in [9_000, 64 * 1024, 1 << 20] {
        let answer = stage.line(&format!("GET /npm/{} HTTP/1.1", "a".repeat(length))).await;
        assert!(
            answer.is_none_or(|answer| matches!(answer.status, 400 | 414 | 431)),
            "{length}"
        );
    }
    let header = format!(
        "GET /npm/cog HTTP/1.1\r\nhost: a\r\nx-large: {}\r\n\r\n",
        "a".repeat(1 << 20)
    );
    assert!(
        stage
            .raw(header.as_bytes())
            .await
            .is_none_or(|answer| (400..500).contains(&answer.status))
    );
    let many: String = (0..5000).map(|number| format!("x-{number}: 1\r\n")).collect();
    let many = format!("GET /npm/cog HTTP/1.1\r\nhost: a\r\n{many}\r\n");
    assert!(
        stage
            .raw(many.as_bytes())
            .await
            .is_none_or(|answer| (400..500).contains(&answer.status))
    );
    assert!(stage.server.received().is_empty());
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_requests_are_refused_and_the_connection_closed() {
    let stage = Stage::new().await;
    let next = "GET /npm/-/ping HTTP/1.1\r\nhost: a\r\n\r\n";
    let cases = [
        (
            "length and chunks",
            format!(
                "POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{next}"
            ),
        ),
        (
            "chunks and length",
            format!(
                "POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n{next}"
            ),
        ),
        (
            "two lengths",
            format!(
                "POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello{next}"
            ),
        ),
        (
            "a list of lengths",
            format!("POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 6\r\n\r\nhello{next}"),
        ),
        (
            "a signed length",
            format!("POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\nhello{next}"),
        ),
        (
            "unknown coding",
            format!("POST /npm/-/ping HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n{next}"),
        ),
        (
            "two hosts",
            format!("GET /npm/cog HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n{next}"),
        ),
        ("no host", format!("GET /npm/cog HTTP/1.1\r\n\r\n{next}")),
        (
            "a blank before the colon",
            format!("GET /npm/cog HTTP/1.1\r\nhost: a\r\nx-a : b\r\n\r\n{next}"),
        ),
        (
            "a line break in a header",
            format!("GET /npm/cog HTTP/1.1\r\nhost: a\r\nx-a: b\r\n\tc\r\n\r\n{next}"),
        ),
        (
            "bare line feeds in a name",
            "GET /npm/cog HTTP/1.1\r\nhost: a\r\nx\na: b\r\n\r\n".to_owned(),
        ),
        (
            "a null byte",
            "GET /npm/cog HTTP/1.1\r\nhost: a\r\nx-a: b\0c\r\n\r\n".to_owned(),
        ),
        ("no HTTP", "EHLO mail.example\r\n\r\n".to_owned()),
        ("TLS", "\x16\x03\x01\x02\0\x01\0\x01\u{7f}\x03\x03\r\n\r\n".to_owned()),
        (
            "a version from the future",
            "GET /npm/cog HTTP/7.0\r\nhost: a\r\n\r\n".to_owned(),
        ),
    ];
    for (case, request) in cases {
        stage.server.forget();
        let (bytes, ended) = exchange(stage.proxy.address(), request.as_bytes()).await;
        assert!(ended, "{case}: the connection stays open");
        if let Some(answer) = Answer::parse(&bytes, true) {
            assert!((400..=505).contains(&answer.status), "{case}: {}", answer.status);
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.matches("HTTP/1.1 ").count() <= 1,
            "{case}: a second request was read: {text}"
        );
        assert!(stage.server.received().is_empty(), "{case} went upstream");
    }
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_finishes_its_head_is_cut_off() {
    let registry = Npm::start().await;
    let proxy = Setup::npm(&registry.server.url())
        .server("read-header-timeout: 1s")
        .start();
    let (bytes, ended) = exchange(proxy.address(), b"GET /npm/cog HTTP/1.1\r\nhost: a\r\nx-slow").await;
    assert!(ended, "still open");
    assert!(Answer::parse(&bytes, false).is_none_or(|answer| answer.status == 408));
}
