//! Documents that are kept: upstream is asked as little as it allows, and verdicts are asked for every time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use osa_proxy_tests::npm::{FULL, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, denying};
use osa_proxy_tests::upstream::{Fault, Received, Reply, Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};

fn cog(server: &Upstream, versions: &[&str]) -> Resource {
    let package = Package::new("cog").versions(versions.iter().copied());
    Resource::new(FULL, package.packument(&server.url(), false))
}

async fn get(proxy: &Proxy, headers: &[(&str, &str)]) -> Answer {
    let mut ask = Ask::get(&format!("{}/npm/cog", proxy.url()));
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.send().await
}

fn versions(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["versions"].as_object().unwrap().keys().cloned().collect()
}

async fn start(resource: impl FnOnce(&Upstream) -> Resource) -> (Upstream, Proxy) {
    let server = Upstream::start().await;
    server.put("/cog", resource(&server));
    let proxy = Setup::npm(&server.url()).start();
    (server, proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_asked_with_its_own_validators() {
    let (server, proxy) = start(|server| cog(server, &["1.0.0", "2.0.0"]).etag("\"one\"")).await;
    let first = get(&proxy, &[]).await;
    let second = get(&proxy, &[]).await;
    assert_eq!(first.decoded(), second.decoded());
    let asked = server.received_at("/cog");
    assert_eq!(asked.len(), 2);
    assert_eq!(
        (asked[0].header("if-none-match"), asked[1].header("if-none-match")),
        (None, Some("\"one\""))
    );

    server.put("/cog", cog(&server, &["1.0.0", "2.0.0", "3.0.0"]).etag("\"two\""));
    assert_eq!(versions(&get(&proxy, &[]).await), ["1.0.0", "2.0.0", "3.0.0"]);
    server.put("/cog", Reply::new(404));
    assert_eq!(get(&proxy, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_left_alone_while_it_says_so() {
    let (server, proxy) = start(|server| cog(server, &["1.0.0"]).header("cache-control", "max-age=300")).await;
    for _ in 0..3 {
        assert_eq!(versions(&get(&proxy, &[]).await), ["1.0.0"]);
    }
    assert_eq!(server.received_at("/cog").len(), 1);

    server.put("/cog", cog(&server, &["1.0.0", "2.0.0"]));
    assert_eq!(
        versions(&get(&proxy, &[("cache-control", "no-cache")]).await),
        ["1.0.0", "2.0.0"]
    );
    assert_eq!(server.received_at("/cog").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_document_follows_the_policy() {
    let (server, proxy) = start(|server| cog(server, &["1.0.0", "2.0.0"]).header("cache-control", "max-age=300")).await;
    let before = get(&proxy, &[]).await;
    assert_eq!(versions(&before), ["1.0.0", "2.0.0"]);
    let held = before.header("etag").unwrap().to_owned();
    assert_eq!(get(&proxy, &[("if-none-match", &held)]).await.status, 304);

    proxy.rewrite_policy(&denying(&[("pkg:npm/cog", "=2.0.0")]));
    let start = Instant::now();
    loop {
        let answer = get(&proxy, &[("if-none-match", &held)]).await;
        if answer.status == 200 {
            assert_eq!(versions(&answer), ["1.0.0"]);
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "the refused version stays");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(server.received_at("/cog").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_only_for_those_who_may_have_it() {
    let (server, proxy) = start(|server| {
        cog(server, &["1.0.0"])
            .authorization("Bearer ours")
            .header("cache-control", "public, max-age=300")
    })
    .await;
    let ours = [("authorization", "Bearer ours")];
    assert_eq!(get(&proxy, &ours).await.status, 200);
    assert_eq!(get(&proxy, &[]).await.status, 401);
    assert_eq!(get(&proxy, &[("authorization", "Bearer theirs")]).await.status, 401);
    // A token may have been withdrawn: upstream is asked even for what is fresh.
    server.put("/cog", Reply::new(403));
    assert_eq!(get(&proxy, &ours).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_made_for_each_client() {
    let (_server, proxy) = start(|server| cog(server, &["1.0.0"]).header("cache-control", "max-age=300")).await;
    let mut bases = BTreeSet::new();
    for host in ["one.example", "two.example", "one.example"] {
        let answer = get(&proxy, &[("x-forwarded-host", host)]).await;
        let link = answer.json()["versions"]["1.0.0"]["dist"]["tarball"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(link.starts_with(&format!("http://{host}/npm/cog/-/")), "{link}");
        bases.insert(answer.header("etag").unwrap().to_owned());
    }
    assert_eq!(bases.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_clients_are_one_request_to_upstream() {
    let server = Upstream::start().await;
    let body = Package::new("cog")
        .versions(["1.0.0", "2.0.0"])
        .packument(&server.url(), false);
    server.put("/cog", move |_: &Received| {
        Reply::ok(FULL, body.clone()).fault(Fault::SlowHead(Duration::from_millis(1500)))
    });
    let proxy = Setup::npm(&server.url()).deny(&[("pkg:npm/cog", "=2.0.0")]).start();
    let ask = Ask::get(&format!("{}/npm/cog", proxy.url()));
    let answers = futures_util::future::join_all((0..1000).map(|_| ask.send())).await;
    for answer in &answers {
        assert_eq!(versions(answer), ["1.0.0"]);
    }
    assert_eq!(server.received_at("/cog").len(), 1);
}
