//! Package files: streamed, in part or whole, from wherever the registry sends us.

use std::time::{Duration, Instant};

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::{Fault, Received, Reply, Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};
use tokio::io::AsyncReadExt;

const TARBALL: &str = "/cog/-/cog-1.0.0.tgz";
const REFUSED: &str = "/cog/-/cog-2.0.0.tgz";

struct Stage {
    registry: Npm,
    proxy: Proxy,
}

impl Stage {
    async fn new() -> Self {
        Self::set(|setup| setup).await
    }

    async fn set(change: impl FnOnce(Setup) -> Setup) -> Self {
        let registry = Npm::with(&[cog()]).await;
        let proxy = change(Setup::npm(&registry.server.url()).deny(&[("pkg:npm/cog", "2.0.0")])).start();
        Self { registry, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/npm{path}", self.proxy.url())
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        headers
            .iter()
            .fold(Ask::get(&self.url(path)), |ask, (name, value)| ask.header(name, value))
            .send()
            .await
    }
}

fn cog() -> Package {
    Package::new("cog").versions(["1.0.0", "2.0.0"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_served_byte_by_byte_with_its_validators() {
    let stage = Stage::new().await;
    let answer = stage.get(TARBALL, &[]).await;
    assert_eq!((answer.status, answer.whole), (200, true));
    assert_eq!(answer.body, cog().tarball("1.0.0"));
    let etag = answer.header("etag").unwrap().to_owned();
    let again = stage.get(TARBALL, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let head = Ask::head(&stage.url(TARBALL)).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), answer.header("content-length"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_file_are_served() {
    let stage = Stage::new().await;
    let whole = cog().tarball("1.0.0");
    let part = stage.get(TARBALL, &[("range", "bytes=10-19")]).await;
    assert_eq!((part.status, part.body.as_slice()), (206, &whole[10..20]));
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 10-19/{}", whole.len()).as_str())
    );
    let tail = stage.get(TARBALL, &[("range", "bytes=-5")]).await;
    assert_eq!((tail.status, tail.body.as_slice()), (206, &whole[whole.len() - 5..]));
    let beyond = stage.get(TARBALL, &[("range", "bytes=999999-")]).await;
    assert_eq!(beyond.status, 416);
    let etag = part.header("etag").unwrap().to_owned();
    let same = stage.get(TARBALL, &[("range", "bytes=0-3"), ("if-range", &etag)]).await;
    assert_eq!(same.status, 206);
    let changed = stage
        .get(TARBALL, &[("range", "bytes=0-3"), ("if-range", "\"other\"")])
        .await;
    assert_eq!((changed.status, changed.body.len()), (200, whole.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_to_a_refused_file() {
    let stage = Stage::new().await;
    let etag = Ask::get(&format!("{}{REFUSED}", stage.registry.server.url()))
        .send()
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    stage.registry.server.forget();
    let ways: [&[(&str, &str)]; 5] = [
        &[],
        &[("range", "bytes=0-10")],
        &[("range", "bytes=0-10"), ("if-range", &etag)],
        &[("if-none-match", &etag)],
        &[("accept-encoding", "gzip"), ("cache-control", "no-cache")],
    ];
    for headers in ways {
        let answer = stage.get(REFUSED, headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(answer.header("etag"), None);
    }
    let spellings = [
        "/cog/-/cog-2.0.0.tgz?x=1",
        "/cog/-/cog-2%2e0.0.tgz",
        "//cog//-//cog-2.0.0.tgz",
        "/%63og/-/cog-2.0.0.tgz",
    ];
    for path in spellings {
        let answer = stage.get(path, &[]).await;
        assert_ne!(answer.status, 200, "{path}");
    }
    assert_eq!(Ask::head(&stage.url(REFUSED)).send().await.status, 403);
    assert!(
        stage.registry.server.received().is_empty(),
        "{:?}",
        stage.registry.server.received()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_and_never_handed_on() {
    let stage = Stage::new().await;
    let storage = Upstream::start().await;
    storage.put("/blobs/1", Resource::new("application/octet-stream", "from storage"));
    let server = &stage.registry.server;
    server.put("/moved/1", Resource::new("application/octet-stream", "moved"));
    server.put(TARBALL, Reply::redirect(302, "/moved/1"));
    let answer = stage.get(TARBALL, &[]).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "moved"));
    server.put(TARBALL, Reply::redirect(307, &format!("{}/blobs/1", storage.url())));
    let credentials = [("authorization", "Bearer hush-hush"), ("cookie", "session=hush-hush")];
    let answer = stage.get(TARBALL, &credentials).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "from storage"));
    assert_eq!(answer.header("location"), None);
    assert_eq!(
        server.received_at(TARBALL).last().unwrap().header("authorization"),
        Some("Bearer hush-hush")
    );
    let received = storage.received();
    assert!(
        received[0]
            .headers
            .iter()
            .all(|(_, value)| !value.contains("hush-hush")),
        "{received:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_that_lead_nowhere_end() {
    let stage = Stage::new().await;
    let server = &stage.registry.server;
    for location in [
        TARBALL,
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "http://",
        "http://127.0.0.1:1/x",
    ] {
        server.put(TARBALL, Reply::redirect(302, location));
        let answer = stage.get(TARBALL, &[]).await;
        assert_eq!(answer.status, 502, "{location}: {}", answer.text());
        assert_eq!(answer.header("x-osa-blame"), Some("upstream"));
    }
    server.put(TARBALL, Reply::new(302));
    assert_eq!(stage.get(TARBALL, &[]).await.status, 502, "a redirect without location");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_not_fetched_from_a_host_that_is_not_configured() {
    let stage = Stage::new().await;
    let stranger = Upstream::start().await;
    let package = Package::new("cog").versions(["6.6.6"]);
    stranger.put(
        "/cog",
        Resource::new("application/json", package.packument(&stranger.url(), false)),
    );
    stage
        .registry
        .server
        .put("/cog", Reply::redirect(302, &format!("{}/cog", stranger.url())));
    let answer = stage.get("/cog", &[]).await;
    assert_eq!(answer.status, 502, "{}", answer.text());
    assert!(stranger.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_passed_on_while_it_arrives() {
    let stage = Stage::new().await;
    let body = vec![b'x'; 10 * 1024];
    let drip = Fault::Drip {
        piece: 1024,
        pause: Duration::from_millis(500),
    };
    stage
        .registry
        .server
        .put(TARBALL, Reply::ok("application/octet-stream", body).fault(drip));
    let start = Instant::now();
    let mut stream = Ask::get(&stage.url(TARBALL)).open().await;
    let mut received = Vec::new();
    while !received.ends_with(b"xxxx") {
        assert!(stream.read_buf(&mut received).await.unwrap() > 0);
    }
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "the first bytes came after {:?}",
        start.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_takes_no_memory() {
    let stage = Stage::new().await;
    let megabytes = 300;
    stage.registry.server.put(
        TARBALL,
        Reply::ok("application/octet-stream", vec![b'x'; megabytes << 20]),
    );
    let before = resident(&stage.proxy);
    let answer = stage.get(TARBALL, &[]).await;
    assert_eq!((answer.body.len(), answer.whole), (megabytes << 20, true));
    let grown = resident(&stage.proxy).saturating_sub(before) >> 20;
    assert!(grown < 100, "grew by {grown} MiB");
}

/// Peak resident bytes so far.
fn resident(proxy: &Proxy) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", proxy.process())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_off_is_seen_to_break_off() {
    let stage = Stage::set(|setup| setup.client("response-timeout: 2s")).await;
    let body = vec![b'x'; 200_000];
    for fault in [
        Fault::ResetAfter(1000),
        Fault::CloseAfter(1000),
        Fault::SilenceAfter(1000),
        Fault::Announce(300_000),
    ] {
        for chunked in [false, true] {
            if chunked && matches!(fault, Fault::Announce(_)) {
                continue;
            }
            let mut reply = Reply::ok("application/octet-stream", body.clone()).fault(fault.clone());
            reply.chunked = chunked;
            stage.registry.server.put(TARBALL, reply);
            let answer = Ask::get(&stage.url(TARBALL)).try_send().await;
            // Either an error in the place of the file, or a file that the client can tell to be cut off.
            assert!(
                answer
                    .as_ref()
                    .is_none_or(|answer| !answer.whole || answer.status >= 500),
                "{fault:?}, chunked {chunked}: {:?}",
                answer.map(|answer| (answer.status, answer.body.len()))
            );
        }
    }
    assert_eq!(stage.get("/-/ping", &[]).await.status, 200, "the next request works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_file_that_keeps_moving_is_not_cut() {
    let stage = Stage::set(|setup| setup.client("response-timeout: 2s")).await;
    let drip = Fault::Drip {
        piece: 10,
        pause: Duration::from_millis(600),
    };
    stage.registry.server.put(
        TARBALL,
        Reply::ok("application/octet-stream", vec![b'x'; 60]).fault(drip),
    );
    let answer = stage.get(TARBALL, &[]).await;
    assert_eq!((answer.body.len(), answer.whole), (60, true), "3.6 seconds altogether");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_ends_the_transfer() {
    let stage = Stage::new().await;
    let drip = Fault::Drip {
        piece: 64 * 1024,
        pause: Duration::from_millis(20),
    };
    stage.registry.server.put(
        TARBALL,
        Reply::ok("application/octet-stream", vec![b'x'; 64 << 20]).fault(drip),
    );
    let mut stream = Ask::get(&stage.url(TARBALL)).open().await;
    let mut received = vec![0; 1024];
    assert!(stream.read(&mut received).await.unwrap() > 0);
    drop(stream);
    let answer = stage.get("/-/ping", &[]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_errors_of_a_file_are_told_as_they_are() {
    let stage = Stage::new().await;
    for status in [401, 404, 410, 451, 500, 503] {
        stage
            .registry
            .server
            .put(TARBALL, Reply::new(status).body("upstream's words"));
        assert_eq!(stage.get(TARBALL, &[]).await.status, status);
    }
    stage
        .registry
        .server
        .put(TARBALL, Reply::new(429).header("retry-after", "7"));
    let answer = stage.get(TARBALL, &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_says_of_its_connection_stays_here() {
    let stage = Stage::new().await;
    stage.registry.server.put(TARBALL, |_: &Received| {
        Reply::ok("application/octet-stream", "x")
            .header("connection", "x-private")
            .header("x-private", "upstream's")
            .header("keep-alive", "timeout=5")
            .header("set-cookie", "tracker=1")
    });
    let hop = [
        ("connection", "close, x-mine"),
        ("x-mine", "1"),
        ("te", "trailers"),
        ("proxy-authorization", "Basic abc"),
    ];
    let answer = stage.get(TARBALL, &hop).await;
    let received = &stage.registry.server.received_at(TARBALL)[0];
    for (name, _) in &hop[1..] {
        assert_eq!(received.header(name), None, "{name} went upstream");
    }
    for name in ["x-private", "keep-alive"] {
        assert_eq!(answer.header(name), None, "{name} reached the client");
    }
    let host = stage.registry.server.url();
    assert_eq!(
        received.header("host"),
        host.strip_prefix("http://"),
        "the registry's own name"
    );
}
