//! What a Python client sees of index pages.

use std::time::Duration;

use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::pypi::{HTML, HTML_V1, JSON_V1, Project, Pypi};
use osa_proxy_tests::upstream::{Resource, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};
use serde_json::Value;

struct Stage {
    index: Pypi,
    proxy: Proxy,
}

impl Stage {
    async fn with(projects: &[Project], deny: &[(&str, &str)]) -> Self {
        Self::set(projects, |setup| setup.deny(deny)).await
    }

    async fn set(projects: &[Project], change: impl FnOnce(Setup) -> Setup) -> Self {
        let index = Pypi::with(projects).await;
        let proxy = change(Setup::pypi(&index.index.url(), &index.files.url())).start();
        Self { index, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/pypi/{path}", self.proxy.url())
    }

    async fn page(&self, name: &str, accept: &str) -> Answer {
        Ask::get(&self.url(&format!("simple/{name}/")))
            .header("accept", accept)
            .send()
            .await
    }
}

fn demo() -> Project {
    Project::new("demo-wheel")
        .wheel("1.0.0")
        .with(|file| file.yanked = Some("broken".into()))
        .sdist("1.1.0")
        .wheel("1.1.0")
        .with(|file| file.requires_python = Some(">=3.8".into()))
        .wheel("2.0.0")
}

fn names(page: &Value) -> Vec<&str> {
    page["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["filename"].as_str().unwrap())
        .collect()
}

/// `(href, text)` of each link.
fn links(html: &str) -> Vec<(String, String)> {
    let parts = html.split("<a ").skip(1);
    parts
        .map(|part| {
            let href = part.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            let text = part.split('>').nth(1).unwrap().split('<').next().unwrap();
            (href.to_owned(), text.to_owned())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_release_is_gone_from_html_and_json() {
    let stage = Stage::with(&[demo()], &[("pkg:pypi/demo-wheel", ">=2")]).await;
    for accept in [HTML, HTML_V1] {
        let answer = stage.page("demo-wheel", accept).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(
            answer.header("content-type").unwrap().starts_with(accept),
            "{:?}",
            answer.headers
        );
        let left: Vec<_> = links(&answer.text()).into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            left,
            [
                "demo_wheel-1.0.0-py3-none-any.whl",
                "demo_wheel-1.1.0.tar.gz",
                "demo_wheel-1.1.0-py3-none-any.whl"
            ]
        );
        assert!(answer.text().contains("data-yanked=\"broken\""));
        assert!(answer.text().contains("data-requires-python=\"&gt;=3.8\""));
        assert!(answer.text().contains("pypi:repository-version"));
    }
    let page = stage.page("demo-wheel", JSON_V1).await;
    assert_eq!(page.header("content-type"), Some(JSON_V1));
    let page = page.json();
    assert_eq!(
        names(&page),
        [
            "demo_wheel-1.0.0-py3-none-any.whl",
            "demo_wheel-1.1.0.tar.gz",
            "demo_wheel-1.1.0-py3-none-any.whl"
        ]
    );
    assert_eq!(page["versions"], serde_json::json!(["1.0.0", "1.1.0"]), "PEP 700");
    assert_eq!(page["files"][0]["yanked"], "broken");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_lead_through_the_proxy_to_the_right_bytes() {
    let stage = Stage::with(&[demo()], &[]).await;
    let html = links(&stage.page("demo-wheel", HTML).await.text());
    let json = stage.page("demo-wheel", JSON_V1).await.json();
    for (number, file) in demo().files().iter().enumerate() {
        let (href, _) = &html[number];
        let (link, digest) = href.split_once("#sha256=").expect("the digest is kept");
        assert_eq!(digest, file.sha256());
        assert_eq!(json["files"][number]["url"], link, "both forms lead to the same place");
        assert!(link.starts_with(&stage.url("")), "{link}");
        let answer = Ask::get(link).send().await;
        assert_eq!((answer.status, &answer.body), (200, &file.bytes));
        if let Some(metadata) = &file.metadata {
            let answer = Ask::get(&format!("{link}.metadata")).send().await;
            assert_eq!((answer.status, answer.text().as_str()), (200, metadata.as_str()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_metadata_of_a_refused_release_are_refused() {
    let stage = Stage::with(&[demo()], &[]).await;
    let pages = stage.page("demo-wheel", JSON_V1).await.json();
    let links: Vec<String> = pages["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["url"].as_str().unwrap().into())
        .collect();
    let strict = Setup::pypi(&stage.index.index.url(), &stage.index.files.url())
        .deny(&[("pkg:pypi/demo-wheel", "")])
        .start();
    stage.index.files.forget();
    for link in links {
        let link = link.replace(&stage.proxy.url(), &strict.url());
        for path in [link.clone(), format!("{link}.metadata")] {
            for method in ["GET", "HEAD"] {
                let answer = Ask::new(method, &path).send().await;
                assert_eq!(answer.status, 403, "{method} {path}");
                assert_eq!(answer.header("x-osa-decision"), Some("blocked"), "{method} {path}");
            }
        }
    }
    assert!(stage.index.files.received().is_empty(), "upstream is not even asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_releases_are_yanked_with_the_reason() {
    let stage = Stage::set(&[demo()], |setup| {
        setup
            .deny(&[("pkg:pypi/demo-wheel", ">=2")])
            .codescoring("remove-blocked-versions: false")
    })
    .await;
    let page = stage.page("demo-wheel", JSON_V1).await.json();
    assert_eq!(names(&page).len(), 4);
    assert_eq!(page["files"][0]["yanked"], "broken");
    assert_eq!(page["files"][1]["yanked"], false);
    assert!(page["files"][3]["yanked"].as_str().unwrap().contains("Nothing harmful"));
    let html = stage.page("demo-wheel", HTML).await.text();
    assert_eq!(links(&html).len(), 4);
    assert_eq!(html.matches("data-yanked").count(), 2, "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_is_negotiated_as_the_real_index_does() {
    let stage = Stage::with(&[demo()], &[]).await;
    let pip = format!("{JSON_V1}, {HTML_V1}; q=0.1, {HTML}; q=0.01");
    let cases: [(&str, Option<&str>); 5] = [
        (&pip, Some(JSON_V1)),
        ("*/*", Some(HTML)),
        (HTML_V1, Some(HTML_V1)),
        (
            "text/html;q=0.2, application/vnd.pypi.simple.v1+html;q=0.9",
            Some(HTML_V1),
        ),
        ("image/png", None),
    ];
    for (accept, expected) in cases {
        let answer = stage.page("demo-wheel", accept).await;
        match expected {
            Some(form) => assert!(
                answer.header("content-type").unwrap().starts_with(form),
                "{accept}: {:?}",
                answer.headers
            ),
            None => assert_eq!(answer.status, 406, "{accept}"),
        }
        assert!(
            answer.status == 406 || answer.list("vary").contains(&"accept".to_owned()),
            "{:?}",
            answer.headers
        );
    }
    let tag = |answer: Answer| answer.header("etag").unwrap().to_owned();
    let (html, json) = (
        tag(stage.page("demo-wheel", HTML).await),
        tag(stage.page("demo-wheel", JSON_V1).await),
    );
    assert_ne!(html, json);
    let ask = Ask::get(&stage.url("simple/demo-wheel/"))
        .header("accept", JSON_V1)
        .header("if-none-match", &json);
    assert_eq!(ask.send().await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_normalised() {
    let stage = Stage::with(&[demo()], &[("pkg:pypi/demo-wheel", ">=2")]).await;
    for name in ["Demo_Wheel", "demo.wheel", "DEMO--WHEEL"] {
        let answer = stage.page(name, JSON_V1).await;
        // The real index redirects to the normal form; serving it at once saves a round trip.
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(names(&answer.json()).len(), 3, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legacy_json_is_filtered_too() {
    let stage = Stage::with(&[demo()], &[("pkg:pypi/demo-wheel", ">=2")]).await;
    let answer = Ask::get(&stage.url("pypi/demo-wheel/json")).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let document = answer.json();
    assert!(document["releases"].get("2.0.0").is_none());
    assert_eq!(document["releases"].as_object().unwrap().len(), 2);
    assert!(
        !answer.text().contains(&stage.index.files.url()),
        "every link leads through the proxy"
    );
    assert!(!answer.text().contains("demo_wheel-2.0.0"), "{}", answer.text());
    assert_eq!(
        Ask::get(&stage.url("pypi/demo-wheel/1.1.0/json")).send().await.status,
        200
    );
    assert_eq!(
        Ask::get(&stage.url("pypi/demo-wheel/2.0.0/json")).send().await.status,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_listing_is_passed_on() {
    let stage = Stage::with(&[demo()], &[("pkg:pypi/demo-wheel", "")]).await;
    let answer = Ask::get(&stage.url("simple/")).header("accept", HTML).send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("demo-wheel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_is_left_the_page_is_refused_with_the_policies() {
    let stage = Stage::with(&[demo()], &[("pkg:pypi/demo-wheel", "")]).await;
    for accept in [HTML, HTML_V1, JSON_V1] {
        let answer = stage.page("demo-wheel", accept).await;
        assert_eq!(answer.status, 403);
        assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
        assert!(!answer.text().contains("demo_wheel-1.0.0-py3"), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_outside_of_simple_with_files_on_several_hosts() {
    let (index, near, far, foreign) = (
        Upstream::start().await,
        Upstream::start().await,
        Upstream::start().await,
        Upstream::start().await,
    );
    let page = format!(
        "<!DOCTYPE html><html><body>\n<a href=\"../files/torchy-1.0-py3-none-any.whl\">torchy-1.0-py3-none-any.whl</a>\n\
         <a href='{0}/x/torchy-1.1-py3-none-any.whl#sha256=aa'>torchy-1.1-py3-none-any.whl</a>\n\
         <a href={1}/torchy-1.2-py3-none-any.whl>torchy-1.2-py3-none-any.whl</a>\n\
         <a href=\"{2}/torchy-1.3-py3-none-any.whl\">torchy-1.3-py3-none-any.whl</a>\n</body></html>",
        near.url(),
        far.url(),
        foreign.url(),
    );
    index.put("/whl/cpu/torchy/", Resource::new(HTML, page));
    for (server, path, bytes) in [
        (&index, "/whl/cpu/files/torchy-1.0-py3-none-any.whl", "relative"),
        (&near, "/x/torchy-1.1-py3-none-any.whl", "near"),
        (&far, "/torchy-1.2-py3-none-any.whl", "far"),
    ] {
        server.put(path, Resource::new("application/octet-stream", bytes));
    }
    let far_name = far.url().replace("http://", "");
    let more = format!(
        "      packages-registry: {}\n      additional-packages-registries:\n        \"{far_name}\": {}\n",
        near.url(),
        far.url()
    );
    let proxy = Setup::default()
        .plugin("pypi")
        .section(&repository("pypi", "torch", &format!("{}/whl/cpu", index.url()), &more))
        .start();
    let page_url = format!("{}/torch/torchy/", proxy.url());
    let answer = Ask::get(&page_url).header("accept", HTML).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let hrefs: Vec<String> = answer
        .text()
        .split("href=")
        .skip(1)
        .map(|part| {
            part.trim_start_matches(['"', '\''])
                .split(['"', '\'', '>', '#'])
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    for (href, bytes) in hrefs.iter().zip(["relative", "near", "far"]) {
        let url = match href.strip_prefix("../") {
            Some(rest) => format!("{}/torch/{rest}", proxy.url()),
            None => href.clone(),
        };
        assert!(url.starts_with(&proxy.url()), "{url}");
        assert_eq!(Ask::get(&url).send().await.text(), bytes, "{url}");
    }
    assert!(
        hrefs[3].starts_with(&foreign.url()),
        "a host that is not configured is left alone: {hrefs:?}"
    );
    assert!(
        proxy.wait_for_log("WARN", Duration::from_secs(10)),
        "and told to the operator"
    );
}
