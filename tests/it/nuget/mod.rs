//! What a NuGet client sees of documents and package files.

use osa_proxy_tests::nuget::{JSON, NuGet, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::upstream::Reply;
use osa_proxy_tests::wire::{Answer, Ask};
use serde_json::{Value, json};

mod settings;

const HIVE: &str = "v3/registration5-gz-semver2";

struct Stage {
    feed: NuGet,
    proxy: Proxy,
}

impl Stage {
    async fn with(packages: &[Package], deny: &[(&str, &str)]) -> Self {
        Self::set(packages, |setup| setup.deny(deny)).await
    }

    async fn set(packages: &[Package], change: impl FnOnce(Setup) -> Setup) -> Self {
        let feed = NuGet::with(packages).await;
        let proxy = change(Setup::nuget(&feed.url())).start();
        Self { feed, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/nuget/{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }

    /// Upstream's document with links pointed at the proxy, done the plain way.
    fn mapped(&self, document: &Value) -> Value {
        let text = document
            .to_string()
            .replace(&self.feed.url(), &format!("{}/nuget", self.proxy.url()));
        serde_json::from_str(&text).unwrap()
    }
}

fn kit() -> Package {
    Package::new("Widget.Kit").versions(["1.0.0-Beta", "1.0.0", "1.1.0", "2.0.0"])
}

fn versions(index: &Value) -> Vec<&str> {
    let pages = index["items"].as_array().unwrap().iter();
    let leaves = pages.flat_map(|page| page["items"].as_array().unwrap());
    leaves
        .map(|leaf| leaf["catalogEntry"]["version"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_index_leads_through_the_proxy_in_both_layouts() {
    let stage = Stage::with(&[kit()], &[]).await;
    let here = format!("{}/nuget/", stage.proxy.url());
    for path in [
        "v3/index.json",
        "nuget-api/v3/index.json",
        "nuget-api/index.json",
        "index.json",
    ] {
        let index = stage.get(path).await;
        assert_eq!(index.status, 200, "{path}: {}", index.text());
        let index = index.json();
        let resources = index["resources"].as_array().unwrap();
        let link_of = |kind: &str| {
            let found = resources.iter().find(|resource| resource["@type"] == kind);
            found.map(|resource| resource["@id"].as_str().unwrap().to_owned())
        };
        for kind in [
            "SearchQueryService",
            "RegistrationsBaseUrl",
            "RegistrationsBaseUrl/3.4.0",
            "VulnerabilityInfo/6.7.0",
        ] {
            assert!(link_of(kind).unwrap().starts_with(&here), "{kind}");
        }
        assert_eq!(
            link_of("PackageBaseAddress/3.0.0"),
            Some(format!("{here}v3-flatcontainer/"))
        );
        assert_eq!(
            link_of("LegacyGallery/2.0.0"),
            None,
            "the older protocol is not offered"
        );
        assert_eq!(
            link_of("RepositorySignatures/5.0.0"),
            None,
            "clients take it over https alone"
        );
        assert_eq!(
            link_of("PackageDetailsUriTemplate/5.1.0").unwrap(),
            "https://www.example/packages/{id}/{version}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_version_is_gone_from_every_hive_and_from_the_flat_container() {
    // Names have no case, in rules neither.
    let stage = Stage::with(&[kit()], &[("pkg:nuget/Widget.Kit", ">=2.0")]).await;
    for hive in [
        "v3/registration5-semver1",
        "v3/registration5-gz-semver1",
        HIVE,
        "nuget-api/v3/registration5-gz-semver2",
    ] {
        let answer = stage.get(&format!("{hive}/widget.kit/index.json")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut expected = stage.mapped(&kit().registration(&stage.feed.url(), hive.trim_start_matches("nuget-api/")));
        let page = &mut expected["items"][0];
        page["items"].as_array_mut().unwrap().pop();
        page["count"] = json!(3);
        page["upper"] = json!("1.1.0");
        assert_eq!(answer.json(), expected, "{hive}");
    }
    let list = stage.get("v3-flatcontainer/widget.kit/index.json").await;
    assert_eq!(list.json(), json!({ "versions": ["1.0.0-beta", "1.0.0", "1.1.0"] }));
    let search = stage.get("query?q=widget").await.json();
    assert_eq!(search["data"][0]["version"], "1.1.0");
    assert_eq!(search["data"][0]["versions"].as_array().unwrap().len(), 3);
    let complete = stage.get("autocomplete?id=Widget.Kit").await.json();
    assert_eq!(complete["data"], json!(["1.0.0-Beta", "1.0.0", "1.1.0"]));
    assert_eq!(
        stage.get("autocomplete?q=w").await.json()["data"],
        json!(["Widget.Kit"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_to_the_right_bytes() {
    let stage = Stage::with(&[kit()], &[]).await;
    let index = stage.get(&format!("{HIVE}/widget.kit/index.json")).await.json();
    for leaf in index["items"][0]["items"].as_array().unwrap() {
        let file = Ask::get(leaf["packageContent"].as_str().unwrap()).send().await;
        assert_eq!(
            file.body,
            kit().nupkg(leaf["catalogEntry"]["version"].as_str().unwrap())
        );
        let document = Ask::get(leaf["@id"].as_str().unwrap()).send().await;
        assert_eq!(document.json()["packageContent"], leaf["packageContent"]);
    }
    let spec = stage.get("v3-flatcontainer/widget.kit/1.0.0/widget.kit.nuspec").await;
    assert_eq!(spec.text(), kit().nuspec("1.0.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_to_a_refused_version() {
    let stage = Stage::with(&[kit()], &[("pkg:nuget/widget.kit", "1.1")]).await;
    for path in [
        "v3-flatcontainer/widget.kit/1.1.0/widget.kit.1.1.0.nupkg",
        "v3-flatcontainer/Widget.Kit/1.1/Widget.Kit.1.1.0.nupkg",
        "v3-flatcontainer/widget.kit/1.1.0.0/widget.kit.1.1.nupkg",
        "v3-flatcontainer/widget.kit/01.1.0%2Bx/widget.kit.1.1.0.nupkg",
        "nuget-api/v3-flatcontainer/widget.kit/1.1.0/widget.kit.1.1.0.nupkg",
        "v3-flatcontainer/widget.kit/1.1.0/widget.kit.1.1.0.snupkg",
        "v3-flatcontainer/widget.kit/1.1.0/widget.kit.nuspec",
        "v3-flatcontainer/widget.kit/1.1.0/icon",
        "v3-flatcontainer/widget.kit/1.0.0/widget.kit.1.1.0.nupkg",
        "v3-flatcontainer/x/../widget.kit/1.1.0/widget.kit.1.1.0.nupkg",
        "widget.kit.1.1.0.nupkg",
        "api/v2/package/Widget.Kit/1.1",
        &format!("{HIVE}/widget.kit/1.1.0.json"),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = Ask::new(method, &stage.url(path))
                .header("range", "bytes=0-3")
                .send()
                .await;
            assert!(
                [400, 403].contains(&answer.status),
                "{method} {path}: {}",
                answer.status
            );
            assert!(!answer.body.starts_with(b"PK"), "{method} {path}");
        }
    }
    let part =
        Ask::get(&stage.url("v3-flatcontainer/widget.kit/1.0.0/widget.kit.1.0.0.nupkg")).header("range", "bytes=0-3");
    let part = part.send().await;
    assert_eq!((part.status, part.body.as_slice()), (206, &b"PK\x03\x04"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_their_own_are_filtered_and_may_be_left_empty() {
    let kit = kit().paged(2);
    let stage = Stage::with(&[kit], &[("pkg:nuget/widget.kit", "<=1.0.0")]).await;
    let index = stage.get(&format!("{HIVE}/widget.kit/index.json")).await.json();
    assert_eq!(index["count"], 2, "what a referenced page holds is not known from here");
    let links: Vec<_> = index["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page["@id"].as_str().unwrap())
        .collect();
    assert!(links.iter().all(|link| link.starts_with(&stage.url(HIVE))), "{links:?}");
    let empty = Ask::get(links[0]).send().await;
    assert_eq!(
        (empty.status, &empty.json()["items"], &empty.json()["count"]),
        (200, &json!([]), &json!(0))
    );
    let full = Ask::get(links[1]).send().await.json();
    assert_eq!(full["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_referenced_page_of_one_refused_version_goes() {
    let stage = Stage::with(&[kit().paged(1)], &[("pkg:nuget/widget.kit", "1.0.0")]).await;
    let index = stage.get(&format!("{HIVE}/widget.kit/index.json")).await.json();
    assert_eq!(index["count"], 3);
    let lower: Vec<_> = index["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| &page["lower"])
        .collect();
    assert_eq!(lower, ["1.0.0-Beta", "1.1.0", "2.0.0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inlined_page_left_empty_goes_with_its_count() {
    let many: Vec<_> = (0..70).map(|minor| format!("1.{minor}.0")).collect();
    let many = Package::new("Many").versions(many.iter().map(String::as_str));
    let stage = Stage::with(&[many], &[("pkg:nuget/many", ">=1.64 || 1.3")]).await;
    let index = stage.get(&format!("{HIVE}/many/index.json")).await.json();
    assert_eq!(
        (&index["count"], index["items"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
    assert_eq!(index["items"][0]["count"], 63);
    assert!(!versions(&index).contains(&"1.3.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_versions_are_unlisted_and_deprecated_with_the_reason() {
    let stage = Stage::set(&[kit()], |setup| {
        setup
            .deny(&[("pkg:nuget/widget.kit", ">=1.1")])
            .codescoring("remove-blocked-versions: false")
    })
    .await;
    let index = stage.get(&format!("{HIVE}/widget.kit/index.json")).await.json();
    assert_eq!(versions(&index).len(), 4);
    for (leaf, refused) in index["items"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .zip([false, false, true, true])
    {
        let entry = &leaf["catalogEntry"];
        assert_eq!(entry["listed"], !refused);
        let reason = entry["deprecation"]["message"].as_str().unwrap_or_default();
        assert_eq!(reason.contains("Nothing harmful"), refused, "{reason}");
    }
    // A list of bare versions has no mark.
    let list = stage.get("v3-flatcontainer/widget.kit/index.json").await.json();
    assert_eq!(list["versions"], json!(["1.0.0-beta", "1.0.0"]));
    assert_eq!(
        stage
            .get("v3-flatcontainer/widget.kit/2.0.0/widget.kit.2.0.0.nupkg")
            .await
            .status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_is_left_the_document_is_refused_with_the_policies() {
    let stage = Stage::with(&[kit()], &[("pkg:nuget/widget.*", "")]).await;
    for path in [
        &format!("{HIVE}/widget.kit/index.json"),
        "v3-flatcontainer/widget.kit/index.json",
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
    }
    assert_eq!(stage.get("query?q=widget").await.json()["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn entity_tags_are_our_own_and_upstream_is_asked_with_its_own() {
    let stage = Stage::with(&[kit()], &[("pkg:nuget/widget.kit", "2.0.0")]).await;
    for path in [
        format!("{HIVE}/widget.kit/index.json"),
        "v3-flatcontainer/widget.kit/index.json".to_owned(),
    ] {
        let first = stage.get(&path).await;
        let etag = first.header("etag").unwrap().to_owned();
        stage.feed.server.forget();
        let again = Ask::get(&stage.url(&path)).header("if-none-match", &etag).send().await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let received = stage.feed.server.received();
        let own = received[0].header("if-none-match").unwrap();
        assert_ne!(own, etag, "{path}");
        let stale = Ask::get(&stage.url(&path)).header("if-none-match", own).send().await;
        assert_eq!(
            stale.status, 200,
            "{path}: upstream's tag must not hide what policy took out"
        );
        let head = Ask::head(&stage.url(&path)).send().await;
        for name in ["content-type", "content-length", "etag"] {
            assert_eq!(head.header(name), first.header(name), "{path}: {name}");
        }
        let packed = Ask::get(&stage.url(&path))
            .header("accept-encoding", "gzip")
            .send()
            .await;
        assert_eq!(packed.decoded(), first.body, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vulnerability_information_is_passed_on() {
    let stage = Stage::with(&[kit()], &[("pkg:nuget/data", "")]).await;
    let index = stage.get("v3/vulnerabilities/index.json").await.json();
    let base = Ask::get(index[0]["@id"].as_str().unwrap()).send().await.json();
    assert_eq!(base["data"][0]["versions"], "(, 2.0.0)");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_none_are_never_passed_on() {
    let stage = Stage::with(&[kit()], &[("pkg:nuget/widget.kit", "2.0.0")]).await;
    let list = "/v3-flatcontainer/widget.kit/index.json";
    for body in [
        &b"<html>2.0.0</html>"[..],
        b"",
        b"{\"versions\":[\"2.0.0\"",
        b"{\"versions\":[],\"Versions\":[\"2.0.0\"]}",
        b"{\"versions\":[\"2.0.0\xff\"]}",
        b"PK\x03\x04 2.0.0",
    ] {
        stage.feed.server.put(list, Reply::ok(JSON, body));
        let answer = stage.get(&list[1..]).await;
        assert_eq!(answer.status, 502, "{}", answer.text());
        assert!(!answer.text().contains("2.0.0"), "{}", answer.text());
    }
    let deep = format!("{{\"items\":{}", "[{\"items\":".repeat(500_000));
    stage.feed.server.put(list, Reply::ok(JSON, deep));
    assert_eq!(stage.get(&list[1..]).await.status, 502);
    assert_eq!(stage.get("v3-flatcontainer/nothing/index.json").await.status, 404);
}
