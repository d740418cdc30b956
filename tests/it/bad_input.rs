//! Documents that are not what they should be, and upstreams that fail: what the client sees, and never unfiltered bytes.

use std::time::{Duration, Instant};

use osa_proxy_tests::npm::{ABBREVIATED, FULL, Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::pypi::{HTML, JSON_V1, Project, Pypi};
use osa_proxy_tests::upstream::{Encoding, Fault, Reply, Resource, encode};
use osa_proxy_tests::wire::{Answer, Ask};

/// Stands in every document that must not get through as it is.
const SECRET: &str = "6.6.6-refused";

struct Stage {
    npm: Npm,
    pypi: Pypi,
    proxy: Proxy,
}

impl Stage {
    async fn new() -> Self {
        let npm = Npm::with(&[cog()]).await;
        let pypi = Pypi::with(&[Project::new("cog").wheel("1.0")]).await;
        let setup = Setup::pypi(&pypi.index.url(), &pypi.files.url())
            .plugin("npm")
            .deny(&[("pkg:npm/*", SECRET)]);
        let npm_section = osa_proxy_tests::proxy::repository("npm", "npm", &npm.server.url(), "");
        let proxy = setup
            .section(&npm_section)
            .client("response-timeout: 2s")
            .client("max-manifest-body-size: 64mb")
            .start();
        Self { npm, pypi, proxy }
    }

    async fn packument(&self) -> Answer {
        Ask::get(&format!("{}/npm/cog", self.proxy.url()))
            .header("accept", FULL)
            .send()
            .await
    }

    async fn page(&self, accept: &str) -> Answer {
        Ask::get(&format!("{}/pypi/simple/cog/", self.proxy.url()))
            .header("accept", accept)
            .send()
            .await
    }

    /// The proxy still does its work.
    async fn assert_alive(&self) {
        self.npm.publish(&cog());
        let answer = self.packument().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_filtered(&answer);
    }
}

fn cog() -> Package {
    Package::new("cog").versions(["1.0.0", SECRET])
}

fn assert_filtered(answer: &Answer) {
    let body = String::from_utf8_lossy(&answer.body);
    assert!(
        !body.contains("\"6.6.6-refused\":"),
        "unfiltered: {}",
        &body[..body.len().min(500)]
    );
}

fn assert_blames_upstream(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 502, "{case}: {}", answer.text());
    assert_eq!(answer.header("x-osa-blame"), Some("upstream"), "{case}");
    assert_filtered(answer);
}

fn packument() -> String {
    cog().packument("https://registry.example", false)
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_not_what_they_should_be_are_refused() {
    let stage = Stage::new().await;
    let whole = packument();
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("truncated", whole.as_bytes()[..whole.len() / 2].to_vec()),
        (
            "not UTF-8",
            [
                b"{\"name\":\"cog\",\"versions\":{\"1.0.0\":{\"x\":\"".as_slice(),
                b"\xff\xfe",
                b"\"}}}",
            ]
            .concat(),
        ),
        (
            "HTML in the place of JSON",
            b"<html>sign in to the wireless network</html>".to_vec(),
        ),
        ("a list", b"[1,2,3]".to_vec()),
        ("a number", b"7".to_vec()),
        ("deeply nested", deep.clone().into_bytes()),
        (
            "nested inside a version",
            format!(r#"{{"name":"cog","versions":{{"1.0.0":{{"x":{deep}}}}}}}"#).into_bytes(),
        ),
        ("two documents", format!("{whole}{whole}").into_bytes()),
        ("text behind the document", format!("{whole} trailing").into_bytes()),
        (
            "versions twice",
            whole
                .replacen("\"versions\"", "\"versions\":{},\"versions\"", 1)
                .into_bytes(),
        ),
        (
            "versions is a list",
            br#"{"name":"cog","versions":["6.6.6-refused"]}"#.to_vec(),
        ),
        (
            "another package",
            Package::new("other")
                .versions(["1.0.0"])
                .packument("https://registry.example", false)
                .into_bytes(),
        ),
        ("null bytes", vec![0; 1000]),
    ];
    for (case, body) in cases {
        stage.npm.server.put("/cog", Resource::new(FULL, body));
        let answer = stage.packument().await;
        if case == "versions twice" || case == "nested inside a version" {
            assert!(
                answer.status == 502 || answer.status == 200,
                "{case}: {}",
                answer.status
            );
            assert_filtered(&answer);
            continue;
        }
        assert_blames_upstream(&answer, case);
    }
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_twice_hides_nothing() {
    let stage = Stage::new().await;
    let refused = r#"{"name":"cog","version":"6.6.6-refused","dist":{"tarball":"https://registry.example/cog/-/cog-6.6.6-refused.tgz"}}"#;
    let allowed =
        r#"{"name":"cog","version":"1.0.0","dist":{"tarball":"https://registry.example/cog/-/cog-1.0.0.tgz"}}"#;
    let cases = [
        format!(
            r#"{{"name":"cog","dist-tags":{{"latest":"1.0.0"}},"versions":{{"1.0.0":{allowed}}},"versions":{{"6.6.6-refused":{refused}}}}}"#
        ),
        format!(
            r#"{{"name":"cog","versions":{{"1.0.0":{allowed},"6.6.6-refused":{refused},"6.6.6-refused":{refused}}}}}"#
        ),
        format!(r#"{{"name":"cog","versions":{{"1.0.0":{allowed},"6.6.6\u002drefused":{refused}}}}}"#),
        format!(r#"{{"name":"cog","\u0076ersions":{{"1.0.0":{allowed},"6.6.6-refused":{refused}}}}}"#),
    ];
    for body in cases {
        stage.npm.server.put("/cog", Resource::new(FULL, body.clone()));
        let answer = stage.packument().await;
        // A JSON parser takes the last of two; it must not find a refused version either way.
        if answer.status == 200 {
            let versions = answer.json()["versions"].clone();
            assert!(versions.get(SECRET).is_none(), "{body} gave {versions}");
        } else {
            assert_eq!(answer.status, 502, "{body}: {}", answer.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn index_pages_that_are_not_what_they_should_be_are_refused() {
    let stage = Stage::new().await;
    let path = "/simple/cog/";
    let html = Project::new("cog").wheel("1.0").html("https://files.example");
    let json = Project::new("cog").wheel("1.0").json("https://files.example");
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("empty JSON", JSON_V1, Vec::new()),
        ("truncated JSON", JSON_V1, json.as_bytes()[..json.len() / 2].to_vec()),
        ("JSON that is a list", JSON_V1, b"[]".to_vec()),
        (
            "JSON that is not UTF-8",
            JSON_V1,
            b"{\"files\":[{\"filename\":\"\xff\"}]}".to_vec(),
        ),
        ("another media type", "application/pdf", html.clone().into_bytes()),
        ("no media type", "", html.clone().into_bytes()),
        (
            "another encoding",
            "text/html; charset=utf-16",
            html.clone().into_bytes(),
        ),
    ];
    for (case, content_type, body) in cases {
        stage.pypi.index.put(path, Resource::new(content_type, body));
        assert_blames_upstream(&stage.page(JSON_V1).await, case);
    }
    // A page that was cut off says so by its length only: the connection's end tells.
    let cut = Reply::ok(HTML, html.clone()).fault(Fault::CloseAfter(html.len() / 2));
    stage.pypi.index.put(path, cut);
    assert_blames_upstream(&stage.page(HTML).await, "cut off");
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_that_fail_are_refused() {
    let stage = Stage::new().await;
    let body = packument();
    let good = || Reply::ok(FULL, body.clone());
    let packed = encode(Encoding::Gzip, body.as_bytes());
    let gzip = |body: Vec<u8>| Reply::ok(FULL, body).header("content-encoding", "gzip");
    let cases = [
        ("reset half way", good().fault(Fault::ResetAfter(100)), 502),
        ("closed half way", good().fault(Fault::CloseAfter(100)), 502),
        (
            "chunks without end",
            good().chunked().fault(Fault::CloseAfter(100)),
            502,
        ),
        ("silent half way", good().fault(Fault::SilenceAfter(100)), 504),
        (
            "silent before the head",
            good().fault(Fault::SlowHead(Duration::from_secs(5))),
            504,
        ),
        (
            "announced longer than it is",
            good().fault(Fault::Announce(body.len() as u64 + 10)),
            502,
        ),
        (
            "no HTTP",
            good().fault(Fault::Garbage("220 smtp.example ESMTP\r\n".into())),
            502,
        ),
        ("nothing at all", good().fault(Fault::Garbage("".into())), 502),
        (
            "two lengths",
            good().fault(Fault::Garbage(
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\n[1,2]".into(),
            )),
            502,
        ),
        ("truncated gzip", gzip(packed[..packed.len() / 2].to_vec()), 502),
        ("gzip that is none", gzip(body.clone().into_bytes()), 502),
        ("damaged gzip", gzip(damaged(&packed)), 502),
        (
            "unknown encoding",
            Reply::ok(FULL, packed.clone()).header("content-encoding", "rot13"),
            502,
        ),
    ];
    for (case, reply, status) in cases {
        stage.npm.server.put("/cog", reply);
        let start = Instant::now();
        let answer = stage.packument().await;
        assert_eq!(answer.status, status, "{case}: {}", answer.text());
        assert_eq!(answer.header("x-osa-blame"), Some("upstream"), "{case}");
        assert_filtered(&answer);
        assert!(
            start.elapsed() < Duration::from_secs(12),
            "{case} took {:?}",
            start.elapsed()
        );
    }
    // Less announced than sent: what was announced is a truncated document.
    stage.npm.server.put("/cog", good().fault(Fault::Announce(100)));
    assert_blames_upstream(&stage.packument().await, "announced shorter than it is");
    stage.assert_alive().await;
}

fn damaged(packed: &[u8]) -> Vec<u8> {
    let mut packed = packed.to_vec();
    let middle = packed.len() / 2;
    packed[middle] ^= 0xff;
    packed
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_are_defused() {
    let stage = Stage::new().await;
    let zeros = vec![b' '; 200 << 20];
    for encoding in Encoding::ALL {
        let bomb = Reply::ok(FULL, encode(encoding, &zeros)).header("content-encoding", encoding.as_str());
        stage.npm.server.put("/cog", bomb);
        let answer = stage.packument().await;
        assert_blames_upstream(&answer, encoding.as_str());
        assert!(
            answer.text().contains("max-manifest-body-size"),
            "names the limit: {}",
            answer.text()
        );
    }
    let twice = encode(Encoding::Gzip, &encode(Encoding::Gzip, packument().as_bytes()));
    stage
        .npm
        .server
        .put("/cog", Reply::ok(FULL, twice).header("content-encoding", "gzip, gzip"));
    let answer = stage.packument().await;
    assert!(answer.status == 200 || answer.status == 502, "{}", answer.status);
    assert_filtered(&answer);
    stage.npm.server.put("/cog", Reply::ok(FULL, zeros).chunked());
    assert_blames_upstream(&stage.packument().await, "too large without a length");
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_forty_megabytes_is_filtered() {
    let stage = Stage::new().await;
    let padding = "x".repeat(1000);
    let versions: Vec<String> = (0..40_000)
        .map(|n| format!(r#""1.{n}.0":{{"name":"cog","version":"1.{n}.0","description":"{padding}","dist":{{"tarball":"{}/cog/-/cog-1.{n}.0.tgz"}}}}"#, stage.npm.server.url()))
        .chain([format!(r#""{SECRET}":{{"name":"cog","version":"{SECRET}"}}"#)])
        .collect();
    let body = format!(
        r#"{{"name":"cog","dist-tags":{{"latest":"1.1.0"}},"versions":{{{}}}}}"#,
        versions.join(",")
    );
    assert!(body.len() > 40 << 20);
    let packed = Reply::ok(FULL, encode(Encoding::Gzip, body.as_bytes())).header("content-encoding", "gzip");
    for reply in [Reply::ok(FULL, body), packed] {
        stage.npm.server.put("/cog", reply);
        let answer = stage.packument().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["versions"].as_object().unwrap().len(), 40_000);
        assert_filtered(&answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_versions_are_judged() {
    let stage = Stage::new().await;
    let version = |n: u32| format!(r#""0.0.{n}":{{"name":"cog","version":"0.0.{n}"}}"#);
    let versions: Vec<String> = (0..100_000)
        .map(version)
        .chain([format!(r#""{SECRET}":{{}}"#)])
        .collect();
    let body = format!(
        r#"{{"name":"cog","dist-tags":{{"latest":"{SECRET}"}},"versions":{{{}}}}}"#,
        versions.join(",")
    );
    stage.npm.server.put("/cog", Resource::new(ABBREVIATED, body));
    let answer = stage.packument().await;
    assert_eq!(answer.status, 200, "{}", &answer.text()[..200]);
    let document = answer.json();
    assert_eq!(document["versions"].as_object().unwrap().len(), 100_000);
    assert_eq!(document["dist-tags"]["latest"], "0.0.99999");
    assert_filtered(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_upstream_answers_instead_of_a_document_is_told_but_not_passed_on() {
    let stage = Stage::new().await;
    for status in [400, 401, 403, 404, 410, 429, 500, 502, 503, 504] {
        let reply = Reply::new(status)
            .header("content-type", FULL)
            .header("retry-after", "9")
            .body(packument());
        stage.npm.server.put("/cog", reply);
        let answer = stage.packument().await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("x-osa-blame"), Some("upstream"));
        assert!(!answer.text().contains("6.6.6"), "{}", answer.text());
        if status == 429 || status == 503 {
            assert_eq!(answer.header("retry-after"), Some("9"), "{status}");
        }
    }
    for status in [201, 202, 204, 206, 300, 304] {
        stage.npm.server.put(
            "/cog",
            Reply::new(status).header("content-type", FULL).body(packument()),
        );
        assert_blames_upstream(&stage.packument().await, &status.to_string());
    }
    stage.assert_alive().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_not_there_is_told_so() {
    let gone = {
        let server = osa_proxy_tests::upstream::Upstream::start().await;
        server.url()
    };
    let proxy = Setup::npm(&gone).client("connection-timeout: 1s").start();
    for path in ["cog", "cog/-/cog-1.0.0.tgz", "-/ping"] {
        let answer = Ask::get(&format!("{}/npm/{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 502, "{path}: {}", answer.text());
        assert_eq!(answer.header("x-osa-blame"), Some("upstream"));
    }
}
