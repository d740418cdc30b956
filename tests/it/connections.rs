//! `http.server` and `http.client` against peers that stall, and connections that nobody uses.

use std::time::{Duration, Instant};

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Fault, Reply, Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask, exchange};

const FILE: &str = "/files/cog-1.0.widget";
/// Far above any timeout that a test sets, far below every default.
const SOON: Duration = Duration::from_secs(15);

/// Repositories `w0`, `w1` and so on, one for each registry.
fn setup(registries: &[Upstream]) -> Setup {
    let section = registries
        .iter()
        .enumerate()
        .fold(String::new(), |yaml, (n, registry)| {
            let one = repository("widget", &format!("w{n}"), &registry.url(), "");
            if yaml.is_empty() {
                one
            } else {
                yaml + one.split_once("repository:\n").unwrap().1
            }
        });
    Setup::default().plugin("widget").section(&section)
}

async fn registries(count: usize) -> Vec<Upstream> {
    let mut registries = Vec::new();
    for _ in 0..count {
        let registry = Upstream::start().await;
        registry.put(FILE, Resource::new("application/x-widget", "bytes"));
        registries.push(registry);
    }
    registries
}

async fn get(proxy: &Proxy, n: usize) -> Answer {
    Ask::get(&format!("{}/w{n}{FILE}", proxy.url())).send().await
}

fn open(registries: &[Upstream]) -> Vec<usize> {
    registries.iter().map(Upstream::open).collect()
}

async fn becomes(registries: &[Upstream], wanted: &[usize]) -> bool {
    let start = Instant::now();
    while start.elapsed() < SOON {
        if open(registries) == wanted {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// Sends a request's beginning and waits for the end of the connection, which must come within [`SOON`].
async fn cut_off(proxy: &Proxy, bytes: &[u8]) -> Vec<u8> {
    let start = Instant::now();
    let (answer, ended) = exchange(proxy.address(), bytes).await;
    assert!(ended && start.elapsed() < SOON, "{:?}", start.elapsed());
    assert!(
        start.elapsed() > Duration::from_millis(900),
        "not at once: {:?}",
        start.elapsed()
    );
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn max_idle_conns_bounds_connections_to_all_hosts_together() {
    for (setting, expected) in [
        ("max-idle-conns: 100", [1, 1, 1, 1, 1]),
        ("max-idle-conns: 2", [0, 0, 0, 1, 1]),
        ("max-idle-conns: 0", [0, 0, 0, 0, 0]),
    ] {
        let registries = registries(5).await;
        let proxy = setup(&registries).client(setting).start();
        for n in 0..5 {
            assert_eq!(get(&proxy, n).await.status, 200);
        }
        assert!(
            becomes(&registries, &expected).await,
            "{setting}: {:?}",
            open(&registries)
        );
        // Those that were used last are used again.
        assert_eq!(get(&proxy, 4).await.status, 200);
        assert_eq!(
            registries[4].connections(),
            if expected[4] == 1 { 1 } else { 2 },
            "{setting}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn max_idle_conns_per_host_bounds_connections_to_one_host() {
    for (setting, expected) in [
        ("max-idle-conns-per-host: 10", 4),
        ("max-idle-conns-per-host: 1", 1),
        ("max-idle-conns: 3", 3),
    ] {
        let registries = registries(1).await;
        let slow = Reply::ok("application/x-widget", "bytes").fault(Fault::SlowHead(Duration::from_secs(1)));
        registries[0].put(FILE, slow);
        let proxy = setup(&registries).client(setting).start();
        let answers = futures_util::future::join_all((0..4).map(|_| get(&proxy, 0))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(registries[0].connections(), 4, "they ran at the same time");
        assert!(
            becomes(&registries, &[expected]).await,
            "{setting}: {:?}",
            open(&registries)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_conn_timeout_closes_what_is_not_used() {
    let registries = registries(1).await;
    let brief = setup(&registries).client("idle-conn-timeout: 1s").start();
    assert_eq!(get(&brief, 0).await.status, 200);
    assert_eq!(open(&registries), [1]);
    assert!(becomes(&registries, &[0]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_timeout_ends_a_handshake_that_stalls() {
    // Accepts and says nothing, while TLS waits for its hello.
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let registry = format!("https://{}", silent.local_addr().unwrap());
    let proxy = Setup::widget(&registry).client("connection-timeout: 1s").start();
    let start = Instant::now();
    let answer = Ask::get(&format!("{}/widget{FILE}", proxy.url())).send().await;
    assert_eq!(
        (answer.status, answer.header("x-osa-blame")),
        (504, Some("upstream")),
        "{}",
        answer.text()
    );
    assert!(
        answer.text().contains("http.client.connection-timeout"),
        "{}",
        answer.text()
    );
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn response_timeout_ends_the_wait_for_a_head_and_silence_in_a_body() {
    let registries = registries(1).await;
    let proxy = setup(&registries).client("response-timeout: 1s").start();
    let reply = || Reply::ok("application/x-widget", "bytes");
    registries[0].put(FILE, reply().fault(Fault::SlowHead(Duration::from_mins(5))));
    let start = Instant::now();
    let answer = get(&proxy, 0).await;
    assert_eq!(answer.status, 504, "{}", answer.text());
    assert!(
        answer.text().contains("http.client.response-timeout"),
        "{}",
        answer.text()
    );
    registries[0].put(FILE, reply().fault(Fault::SilenceAfter(2)));
    let answer = get(&proxy, 0).await;
    assert_eq!((answer.status, answer.whole), (200, false), "the head had gone already");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn read_timeout_ends_a_request_whose_body_stalls() {
    let registries = registries(1).await;
    let proxy = setup(&registries).server("read-timeout: 1s").start();
    let head = "POST /w0/docs/search HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf";
    let answer = cut_off(&proxy, head.as_bytes()).await;
    assert!(Answer::parse(&answer, false).is_none_or(|answer| answer.status >= 400));
}

#[tokio::test(flavor = "multi_thread")]
async fn read_header_timeout_ends_a_head_that_drips() {
    let registries = registries(1).await;
    let proxy = setup(&registries).server("read-header-timeout: 1s").start();
    cut_off(&proxy, b"").await;
    cut_off(&proxy, b"GET /w0/about HTTP/1.1\r\nhost: a\r\nx-sl").await;
    // A byte now and then does not help.
    let (mut reader, mut writer) = tokio::net::TcpStream::connect(proxy.address())
        .await
        .unwrap()
        .into_split();
    let dripping = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let ended = tokio::time::timeout(SOON, tokio::io::AsyncReadExt::read_u8(&mut reader)).await;
    assert!(ended.is_ok_and(|read| read.is_err()), "still open");
    dripping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_timeout_closes_a_connection_between_requests() {
    let registries = registries(1).await;
    let proxy = setup(&registries).server("idle-timeout: 1s").start();
    let answer = cut_off(&proxy, b"GET /w0/about HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(Answer::parse(&answer, false).unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_timeout_is_what_running_downloads_get() {
    let pieces = |pieces: usize| {
        let pause = Duration::from_millis(200);
        Reply::ok("application/x-widget", vec![b'.'; pieces]).fault(Fault::Drip { piece: 1, pause })
    };
    for (setting, reply, finishes) in [
        ("shutdown-timeout: 30s", pieces(10), true),
        ("shutdown-timeout: 1s", pieces(100), false),
    ] {
        let registries = registries(1).await;
        registries[0].put(FILE, reply);
        let mut proxy = setup(&registries).server(setting).start();
        let download = Ask::get(&format!("{}/w0{FILE}", proxy.url()));
        let download = tokio::spawn(async move { download.send().await });
        while registries[0].received().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let start = Instant::now();
        proxy.terminate();
        let answer = download.await.unwrap();
        assert_eq!((answer.status, answer.whole), (200, finishes), "{setting}");
        assert!(proxy.wait_for_end(SOON).success(), "{setting}");
        assert!(start.elapsed() < SOON, "{setting}: {:?}", start.elapsed());
        let late = tokio::net::TcpStream::connect(proxy.address()).await;
        assert!(late.is_err(), "nobody listens any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_above_max_manifest_body_size_is_never_served() {
    let refused = "6.6.6-refused";
    let cog = Package::new("cog").versions(["1.0.0", refused]);
    let registry = Npm::with(&[cog]).await;
    for (size, mode, block, status) in [
        ("1mb", "strict", "true", 200),
        ("100b", "strict", "true", 502),
        ("100b", "strict", "false", 502),
        ("100b", "warmup", "false", 502),
    ] {
        let proxy = Setup::npm(&registry.server.url())
            .deny(&[("pkg:npm/cog", refused)])
            .codescoring(&format!("work-mode: {mode}"))
            .codescoring(&format!("block-on-codescoring-errors: {block}"))
            .client(&format!("max-manifest-body-size: {size}"))
            .start();
        let answer = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
        let case = format!("{size} {mode} {block}: {}", answer.text());
        assert_eq!(answer.status, status, "{case}");
        assert!(!answer.text().contains(refused), "{case}");
        assert_eq!(
            answer.text().contains("http.client.max-manifest-body-size"),
            status != 200,
            "{case}"
        );
    }
}
