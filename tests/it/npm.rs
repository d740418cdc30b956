//! What an npm client sees of documents.

use osa_proxy_tests::npm::{ABBREVIATED, FULL, Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::{Encoding, Reply, Resource};
use osa_proxy_tests::wire::{Answer, Ask};
use serde_json::{Value, json};

struct Stage {
    registry: Npm,
    proxy: Proxy,
}

impl Stage {
    async fn with(packages: &[Package], deny: &[(&str, &str)]) -> Self {
        Self::set(packages, |setup| setup.deny(deny)).await
    }

    async fn set(packages: &[Package], change: impl FnOnce(Setup) -> Setup) -> Self {
        let registry = Npm::with(packages).await;
        let proxy = change(Setup::npm(&registry.server.url())).start();
        Self { registry, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/npm/{path}", self.proxy.url())
    }

    async fn packument(&self, name: &str, accept: &str) -> Answer {
        Ask::get(&self.url(name)).header("accept", accept).send().await
    }
}

fn paddle() -> Package {
    Package::new("left-paddle")
        .versions(["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0"])
        .tag("next", "2.0.0")
        .tag("old", "1.0.0")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Upstream's document with the versions taken out and the links pointed at the proxy, done the plain way.
fn expected(upstream: &str, stage: &Stage, refused: &[&str], tags: Value) -> Value {
    let text = upstream.replace(&stage.registry.server.url(), &format!("{}/npm", stage.proxy.url()));
    let mut document: Value = serde_json::from_str(&text).unwrap();
    for part in ["versions", "time"] {
        if let Some(map) = document.get_mut(part).and_then(Value::as_object_mut) {
            map.retain(|version, _| !refused.contains(&version.as_str()));
        }
    }
    document["dist-tags"] = tags;
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_version_is_gone_from_both_forms_and_nothing_else_is_touched() {
    let stage = Stage::with(&[paddle()], &[("pkg:npm/left-paddle", ">=2.0.0")]).await;
    let tags = json!({ "latest": "1.1.0", "old": "1.0.0" });
    for (accept, abbreviated) in [(FULL, false), (ABBREVIATED, true)] {
        let answer = stage.packument("left-paddle", accept).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), Some(accept));
        let upstream = paddle().packument(&stage.registry.server.url(), abbreviated);
        // The release candidate is below 2.0.0, so the rule leaves it; but it is no stable `latest`.
        assert_eq!(answer.json(), expected(&upstream, &stage, &["2.0.0"], tags.clone()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_refusals_only_links_change() {
    let stage = Stage::with(&[paddle()], &[]).await;
    let answer = stage.packument("left-paddle", FULL).await;
    let upstream = paddle().packument(&stage.registry.server.url(), false);
    let rewritten = upstream.replace(&stage.registry.server.url(), &format!("{}/npm", stage.proxy.url()));
    assert_eq!(answer.text(), rewritten, "byte by byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn latest_falls_back_to_the_highest_allowed_version_that_is_not_above_it() {
    let package = Package::new("cog")
        .versions(["1.0.0", "1.10.0", "1.9.0", "2.0.0", "3.0.0"])
        .tag("latest", "2.0.0");
    let stage = Stage::with(&[package], &[("pkg:npm/cog", "=2.0.0")]).await;
    let document = stage.packument("cog", FULL).await.json();
    assert_eq!(document["dist-tags"]["latest"], "1.10.0");
    assert_eq!(keys(&document["versions"]), ["1.0.0", "1.10.0", "1.9.0", "3.0.0"]);
    let tags = Ask::get(&stage.url("-/package/cog/dist-tags")).send().await;
    assert_eq!(tags.json(), json!({ "latest": "1.10.0" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn scoped_names_are_found_in_each_spelling() {
    let package = Package::new("@acme/cog").versions(["1.0.0", "2.0.0"]);
    let stage = Stage::with(&[package], &[("pkg:npm/@acme/cog", "2.0.0")]).await;
    for name in ["@acme/cog", "@acme%2fcog", "@acme%2Fcog"] {
        let answer = stage.packument(name, ABBREVIATED).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(keys(&answer.json()["versions"]), ["1.0.0"], "{name}");
        let tarball = answer.json()["versions"]["1.0.0"]["dist"]["tarball"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(Ask::get(&tarball).send().await.status, 200, "{tarball}");
    }
    assert_eq!(
        Ask::get(&stage.url("@acme/cog/-/cog-2.0.0.tgz")).send().await.status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_one_version_stand_or_fall_with_it() {
    let stage = Stage::with(&[paddle()], &[("pkg:npm/left-paddle", "=2.0.0")]).await;
    for version in ["1.1.0", "old"] {
        let answer = Ask::get(&stage.url(&format!("left-paddle/{version}"))).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let link = answer.json()["dist"]["tarball"].as_str().unwrap().to_owned();
        assert!(link.starts_with(&stage.url("left-paddle/-/")), "{link}");
    }
    // A tag means what the filtered packument says: `latest` falls back, any other of a refused version is gone.
    let latest = Ask::get(&stage.url("left-paddle/latest")).send().await;
    assert_eq!(latest.json()["version"], "1.1.0");
    for (version, status) in [("2.0.0", 403), ("next", 404)] {
        let answer = Ask::get(&stage.url(&format!("left-paddle/{version}"))).send().await;
        assert_eq!(answer.status, status, "{version}: {}", answer.text());
        assert!(!answer.text().contains("integrity"), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_versions_stay_and_are_deprecated_with_the_reason() {
    let package = paddle().deprecated("use something else");
    let stage = Stage::set(&[package], |setup| {
        setup
            .deny(&[("pkg:npm/left-paddle", ">=1.1.0")])
            .codescoring("remove-blocked-versions: false")
    })
    .await;
    for accept in [FULL, ABBREVIATED] {
        let versions = stage.packument("left-paddle", accept).await.json()["versions"].clone();
        assert_eq!(keys(&versions), ["1.0.0", "1.1.0", "2.0.0", "2.0.0-rc.1"]);
        assert!(versions["1.0.0"].get("deprecated").is_none());
        for version in ["1.1.0", "2.0.0"] {
            let mark = versions[version]["deprecated"].as_str().unwrap();
            assert!(mark.contains("Nothing harmful"), "{mark}");
        }
    }
    assert_eq!(
        Ask::get(&stage.url("left-paddle/-/left-paddle-2.0.0.tgz"))
            .send()
            .await
            .status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn services_beside_packages_are_passed_on() {
    let stage = Stage::with(&[], &[]).await;
    assert_eq!(Ask::get(&stage.url("-/ping")).send().await.json(), json!({}));
    assert_eq!(
        Ask::get(&stage.url("-/npm/v1/keys")).send().await.json()["keys"][0]["keyid"],
        "SHA256:abc"
    );
    let search = Ask::get(&stage.url("-/v1/search?text=left%20pad&size=20")).send().await;
    assert_eq!(search.json()["asked"], "text=left%20pad&size=20");
    let body = br#"{"left-paddle":["1.0.0"]}"#;
    for path in ["-/npm/v1/security/advisories/bulk", "-/npm/v1/security/audits/quick"] {
        let ask = Ask::new("POST", &stage.url(path)).header("content-type", "application/json");
        assert_eq!(ask.body(*body).send().await.json()["received"], body.len(), "{path}");
        let received = stage.registry.server.received_at(&format!("/{path}"));
        assert_eq!(received[0].body.as_ref(), body);
        assert_eq!(received[0].header("content-type"), Some("application/json"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entity_tags_are_our_own_and_differ_by_form_and_by_verdict() {
    let stage = Stage::with(&[paddle()], &[("pkg:npm/left-paddle", "=2.0.0")]).await;
    let etag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    let full = stage.packument("left-paddle", FULL).await;
    let short = stage.packument("left-paddle", ABBREVIATED).await;
    assert_ne!(etag(&full), etag(&short));
    assert!(full.list("vary").contains(&"accept".to_owned()), "{:?}", full.headers);
    assert!(
        full.list("vary").contains(&"accept-encoding".to_owned()),
        "{:?}",
        full.headers
    );

    stage.registry.server.forget();
    let again = Ask::get(&stage.url("left-paddle"))
        .header("accept", FULL)
        .header("if-none-match", &etag(&full))
        .send()
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(etag(&again), etag(&full));
    assert!(again.list("vary").contains(&"accept".to_owned()), "{:?}", again.headers);
    let received = stage.registry.server.received();
    assert!(
        received.iter().all(|request| request.header("if-none-match").is_none()),
        "ours means nothing upstream"
    );

    let other = Ask::get(&stage.url("left-paddle"))
        .header("accept", ABBREVIATED)
        .header("if-none-match", &etag(&full));
    assert_eq!(other.send().await.status, 200, "the other form is another document");
    // Upstream's own tag must not hide what policy took out.
    let upstream = Ask::get(&format!("{}/left-paddle", stage.registry.server.url()))
        .send()
        .await;
    let stale = Ask::get(&stage.url("left-paddle"))
        .header("accept", FULL)
        .header("if-none-match", &etag(&upstream));
    assert_eq!(stale.send().await.status, 200);

    let permissive = Setup::npm(&stage.registry.server.url()).start();
    let unfiltered = Ask::get(&format!("{}/npm/left-paddle", permissive.url()))
        .header("accept", FULL)
        .send()
        .await;
    assert_ne!(etag(&unfiltered), etag(&full));
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_packed_for_the_client_and_unpacked_from_upstream() {
    // Large enough to be worth packing.
    let versions: Vec<String> = (0..200).map(|minor| format!("1.{minor}.0")).collect();
    let package = Package::new("many").versions(versions.iter().map(String::as_str));
    let stage = Stage::with(&[package], &[("pkg:npm/many", ">=1.199.0")]).await;
    let plain = stage.packument("many", FULL).await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.json()["versions"].as_object().unwrap().len(), 199);
    for encoding in Encoding::ALL {
        let ask = Ask::get(&stage.url("many"))
            .header("accept", FULL)
            .header("accept-encoding", encoding.as_str());
        let answer = ask.send().await;
        assert_eq!(answer.header("content-encoding"), Some(encoding.as_str()));
        assert!(answer.body.len() < plain.body.len() * 2 / 3);
        assert_eq!(answer.decoded(), plain.body);
    }
    let refusing = Ask::get(&stage.url("many"))
        .header("accept", FULL)
        .header("accept-encoding", "gzip;q=0, identity");
    assert_eq!(refusing.send().await.body, plain.body);
    // Whatever the client takes, the way from upstream is packed.
    let received = stage.registry.server.received_at("/many");
    assert!(
        received
            .iter()
            .all(|request| request.quality("accept-encoding", "gzip").is_some())
    );
    for encoding in Encoding::ALL {
        let body = osa_proxy_tests::upstream::encode(encoding, &plain.body);
        let reply = Reply::ok(FULL, body).header("content-encoding", encoding.as_str());
        stage.registry.server.put("/many", reply);
        assert_eq!(
            stage.packument("many", FULL).await.body,
            plain.body,
            "upstream in {encoding:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_the_headers_of_get_and_no_body() {
    let stage = Stage::with(&[paddle()], &[("pkg:npm/left-paddle", "=2.0.0")]).await;
    let get = stage.packument("left-paddle", FULL).await;
    let head = Ask::head(&stage.url("left-paddle")).header("accept", FULL).send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "content-length", "etag", "vary"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_upstream_does_not_have_is_not_there() {
    let stage = Stage::with(&[], &[]).await;
    let answer = stage.packument("nothing", FULL).await;
    assert_eq!(answer.status, 404);
    assert!(
        answer.json()["error"].is_string(),
        "npm prints the member `error`: {}",
        answer.text()
    );
    assert_eq!(
        Ask::get(&stage.url("nothing/-/nothing-1.0.0.tgz")).send().await.status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_published() {
    let stage = Stage::with(&[paddle()], &[]).await;
    let answer = Ask::new("PUT", &stage.url("left-paddle")).body("{}").send().await;
    assert_eq!(answer.status, 405);
    assert!(stage.registry.server.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn links_begin_with_what_the_client_called_us() {
    let stage = Stage::with(&[paddle()], &[]).await;
    let ask = Ask::get(&stage.url("left-paddle"))
        .header("accept", FULL)
        .header("x-forwarded-host", "osa.example")
        .header("x-forwarded-proto", "https");
    let link = ask.send().await.json()["versions"]["1.0.0"]["dist"]["tarball"].clone();
    assert_eq!(link, "https://osa.example/npm/left-paddle/-/left-paddle-1.0.0.tgz");
    let received = stage.registry.server.received();
    assert!(
        received
            .iter()
            .all(|request| request.headers.iter().all(|(name, _)| !name.starts_with("x-forwarded")))
    );

    let url = Setup::npm(&stage.registry.server.url())
        .codescoring("osa-proxy-url: https://fixed.example/osa/")
        .start();
    let answer = Ask::get(&format!("{}/npm/left-paddle", url.url()))
        .header("accept", FULL)
        .send()
        .await;
    let link = answer.json()["versions"]["1.0.0"]["dist"]["tarball"].clone();
    assert_eq!(
        link,
        "https://fixed.example/osa/npm/left-paddle/-/left-paddle-1.0.0.tgz"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_below_a_path_is_served_as_well() {
    let registry = Npm::start().await;
    let base = format!("{}/repository/npm", registry.server.url());
    let package = Package::new("cog").versions(["1.0.0"]);
    registry.server.put(
        "/repository/npm/cog",
        Resource::new(FULL, package.packument(&base, false)),
    );
    registry.server.put(
        "/repository/npm/cog/-/cog-1.0.0.tgz",
        Resource::new("application/octet-stream", package.tarball("1.0.0")),
    );
    let proxy = Setup::npm(&format!("{base}/")).start();
    let answer = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
    let link = answer.json()["versions"]["1.0.0"]["dist"]["tarball"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(link, format!("{}/npm/cog/-/cog-1.0.0.tgz", proxy.url()));
    assert_eq!(Ask::get(&link).send().await.body, package.tarball("1.0.0"));
}
