//! What dnf and zypper see of a repository.

use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, file_repository};
use osa_proxy_tests::rpm::{DESCRIPTIONS, Rpms, ZCHUNK};
use osa_proxy_tests::upstream::{Received, Reply, Resource};
use osa_proxy_tests::wire::{Answer, Ask};

const PREFIX: &str = "/pub/rocky/9/AppStream/x86_64/os";
const OLD: &str = "Packages/c/cog-wheel-1.0-1.el9.x86_64.rpm";
const NEW: &str = "Packages/c/cog-wheel-2.0~rc1-1.el9.x86_64.rpm";
const PLUS: &str = "Packages/l/libcog++-1.0-1.src.rpm";
const DELTA: &str = "drpms/cog-wheel-1.0-1.el9_2.0~rc1-1.el9.x86_64.drpm";

struct Stage {
    rpms: Rpms,
    proxy: Proxy,
}

impl Stage {
    async fn set(more: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        let rpms = Rpms::with(PREFIX, &[OLD, NEW, PLUS, DELTA, "images/boot.iso"]).await;
        let proxy = change(Setup::rpm(&rpms.url(), more)).start();
        Self { rpms, proxy }
    }

    /// Refuses what is newer than 1.0.
    async fn denying() -> Self {
        Self::set("", |setup| setup.deny(&[("pkg:rpm/rocky/cog-wheel", ">1.0-99")])).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/rpm/{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }

    async fn upstream(&self, path: &str) -> Answer {
        Ask::get(&format!("{}/{path}", self.rpms.url())).send().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptions_are_relayed_byte_by_byte_with_their_validators() {
    let stage = Stage::denying().await;
    for path in DESCRIPTIONS {
        let (served, upstream) = (stage.get(path).await, stage.upstream(path).await);
        assert_eq!((served.status, &served.body), (200, &upstream.body), "{path}");
        for name in ["etag", "last-modified", "content-type", "content-length"] {
            assert_eq!(served.header(name), upstream.header(name), "{path} {name}");
        }
        for (name, value) in [
            ("if-none-match", upstream.header("etag").unwrap()),
            ("if-modified-since", upstream.header("last-modified").unwrap()),
        ] {
            let again = Ask::get(&stage.url(path)).header(name, value).send().await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {name}");
        }
        let head = Ask::head(&stage.url(path)).send().await;
        assert_eq!(
            (head.status, head.header("etag")),
            (200, upstream.header("etag")),
            "{path}"
        );
        let part = Ask::get(&stage.url(path)).header("range", "bytes=8-11").send().await;
        assert_eq!(
            (part.status, part.body.as_slice()),
            (206, &upstream.body[8..12]),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_of_a_zchunk_file_are_passed_on() {
    let stage = Stage::denying().await;
    let ask = |url: String| async move { Ask::get(&url).header("range", "bytes=0-3,100-103").send().await };
    let served = ask(stage.url(ZCHUNK)).await;
    let upstream = ask(format!("{}/{ZCHUNK}", stage.rpms.url())).await;
    assert_eq!((served.status, &served.body), (206, &upstream.body));
    assert_eq!(
        served.header("content-type"),
        Some("multipart/byteranges; boundary=part")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_package_is_refused_in_every_way() {
    let stage = Stage::denying().await;
    stage.rpms.server.forget();
    let url = stage.url(NEW);
    for ask in [
        Ask::get(&url),
        Ask::head(&url),
        Ask::get(&url).header("range", "bytes=0-9"),
        Ask::get(&url).header("if-none-match", "*"),
        Ask::get(&url.replace(".rpm", "%2erpm")),
        Ask::get(&url.replace("~rc1", "%7Erc1")),
        Ask::get(&url.replace(".rpm", ".RPM")),
        Ask::get(&url.replace("/c/", "/c%2F")),
        Ask::get(&format!("{url}?x=y")),
        Ask::get(&stage.url(&format!("repodata/{}", NEW.rsplit('/').next().unwrap()))),
        Ask::get(&stage.url(DELTA)),
    ] {
        let answer = ask.send().await;
        assert_eq!((answer.status, answer.header("x-osa-decision")), (403, Some("blocked")));
    }
    let answer = stage.get(NEW).await;
    assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
    for path in [
        format!("{NEW}/"),
        format!("{NEW}."),
        NEW.replace("Packages", "x/../Packages"),
    ] {
        assert!(matches!(stage.get(&path).await.status, 400 | 404), "{path}");
    }
    assert!(stage.rpms.server.received().is_empty(), "nothing was fetched");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_allowed_package_is_streamed_with_its_validators() {
    let stage = Stage::denying().await;
    for path in [OLD, &PLUS.replace('+', "%2B"), PLUS] {
        let (served, upstream) = (stage.get(path).await, stage.upstream(path).await);
        assert_eq!((served.status, &served.body), (200, &upstream.body), "{path}");
        let etag = upstream.header("etag").unwrap();
        let again = Ask::get(&stage.url(path)).header("if-none-match", etag).send().await;
        assert_eq!(again.status, 304, "{path}");
        let rest = Ask::get(&stage.url(path))
            .header("range", "bytes=4000-")
            .header("if-range", etag)
            .send()
            .await;
        assert_eq!(
            (rest.status, rest.body.as_slice()),
            (206, &upstream.body[4000..]),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn judge_is_asked_for_what_the_file_name_and_the_url_tell() {
    let judge = Judge::start(|_| ("not_blocked", false)).await;
    let by_judge = |setup: Setup| {
        setup
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
    };
    let stage = Stage::set("", by_judge).await;
    for path in [OLD, PLUS, DELTA] {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    for path in DESCRIPTIONS.iter().chain(&[ZCHUNK, "images/boot.iso"]) {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    assert_eq!(
        judge.asked(),
        [
            "pkg:rpm/rocky/cog-wheel@1.0-1.el9?arch=x86_64&distro=rocky-9",
            "pkg:rpm/rocky/libcog%2B%2B@1.0-1?arch=src&distro=rocky-9",
            "pkg:rpm/rocky/cog-wheel@2.0~rc1-1.el9?arch=x86_64&distro=rocky-9",
        ]
    );
    judge.forget();
    let stage = Stage::set("      namespace: acme\n      distro: acme-1\n", by_judge).await;
    assert_eq!(stage.get(OLD).await.status, 200);
    assert_eq!(
        judge.asked(),
        ["pkg:rpm/acme/cog-wheel@1.0-1.el9?arch=x86_64&distro=acme-1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_hold() {
    let judge = Judge::start(|purl| {
        if purl.contains("@2.0") {
            ("blocked_by_policies", false)
        } else if purl.contains("libcog") {
            ("blocked_not_scanned", false)
        } else {
            ("not_blocked", false)
        }
    })
    .await;
    for (mode, refused, unscanned) in [
        ("warmup", 200, 200),
        ("spectator", 200, 200),
        ("moderate", 403, 200),
        ("strict", 403, 403),
        ("strict_wait", 403, 403),
    ] {
        let stage = Stage::set("", |setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring("scan-wait-timeout: 1s")
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        for (path, status) in [(OLD, 200), (NEW, refused), (DELTA, refused), (PLUS, unscanned)] {
            assert_eq!(stage.get(path).await.status, status, "{mode} {path}");
        }
        assert_eq!(stage.get("repodata/repomd.xml").await.status, 200, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_nobody_can_name_is_refused() {
    let stage = Stage::denying().await;
    for path in [
        "latest.rpm",
        "cog_current_x86_64.rpm",
        "cog-1.0-1_1_2-1.noarch.drpm",
        &format!("{NEW};x=y"),
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("NAME-VERSION-RELEASE.ARCH"), "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_what_a_package_is() {
    let stage = Stage::set(
        "      file-type-filter:\n        additional-allowed-extensions: []\n",
        |setup| setup,
    )
    .await;
    for path in DESCRIPTIONS.iter().chain(&[ZCHUNK, OLD, DELTA]) {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    stage.rpms.server.forget();
    assert_eq!(stage.get("images/boot.iso").await.status, 403);
    assert!(stage.rpms.server.received().is_empty());
}

// {"repoManagerHost":"https://nexus.example","repoName":"rpm"}
const CONTEXT: &str = "eyJyZXBvTWFuYWdlckhvc3QiOiJodHRwczovL25leHVzLmV4YW1wbGUiLCJyZXBvTmFtZSI6InJwbSJ9";

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_manager_and_a_context_change_nothing() {
    let rpms = Rpms::with("/repository/acme-yum", &[OLD, NEW]).await;
    rpms.list_mirrors();
    let more = format!(
        "      url-encoded-config: true\n      mirrorlist-registry: {}\n",
        rpms.mirrors.url()
    );
    let proxy = Setup::rpm(&format!("{}/", rpms.url()), &more)
        .deny(&[("pkg:rpm/cog-wheel", ">=2.0~")])
        .start();
    for base in ["rpm".to_owned(), format!("rpm/{CONTEXT}")] {
        let get = |path: &str| Ask::get(&format!("{}/{base}/{path}", proxy.url()));
        assert_eq!(get(OLD).send().await.status, 200, "{base}");
        assert_eq!(get(NEW).send().await.status, 403, "{base}");
        let list = get("mirrorlist").send().await;
        assert_eq!(list.text(), format!("{}/{base}/\n", proxy.url()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_mirrors_name_the_proxy_alone() {
    let rpms = Rpms::with(PREFIX, &[OLD]).await;
    rpms.list_mirrors();
    let more = format!("      mirrorlist-registry: {}\n", rpms.mirrors.url());
    // The registry is a tree with many repositories.
    let tree = format!("{}/pub/rocky", rpms.server.url());
    let proxy = Setup::rpm(&tree, &more).start();
    let get = |path: &str| Ask::get(&format!("{}/rpm/{path}", proxy.url()));
    let repository = format!("{}/rpm/9/AppStream/x86_64/os/", proxy.url());

    let list = get("mirrorlist?repo=appstream-9&arch=x86_64").send().await;
    assert_eq!((list.status, list.text()), (200, format!("{repository}\n")));
    assert_eq!(
        rpms.mirrors.received_at("/mirrorlist")[0].query(),
        Some("repo=appstream-9&arch=x86_64")
    );
    let etag = list.header("etag").unwrap();
    let again = get("mirrorlist?repo=appstream-9&arch=x86_64")
        .header("if-none-match", etag)
        .send()
        .await;
    assert_eq!(again.status, 304);

    let metalink = get("metalink?repo=appstream-9").send().await;
    let text = metalink.text();
    assert_eq!(metalink.header("content-type"), Some("application/metalink+xml"));
    assert!(
        text.contains(&format!(">{repository}repodata/repomd.xml</url>")),
        "{text}"
    );
    assert!(
        !text.contains("mirror.example") && text.matches("<url").count() == 1,
        "{text}"
    );
    assert!(
        text.contains("<hash type=\"sha256\">") && text.contains("<size>4096</size>"),
        "{text}"
    );
    // What is named there is served.
    assert_eq!(
        Ask::get(&format!("{repository}repodata/repomd.xml"))
            .send()
            .await
            .status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_mirrors_that_lead_elsewhere_or_are_none_are_not_served() {
    let rpms = Rpms::with(PREFIX, &[]).await;
    let more = format!("      mirrorlist-registry: {}\n", rpms.mirrors.url());
    let proxy = Setup::rpm(&rpms.url(), &more).start();
    let entities = "<!DOCTYPE m [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><metalink>&b;</metalink>";
    for (name, body, status, part) in [
        ("a", "http://mirror.example/other/\n", 404, "baseurl"),
        ("b", "# no such repository\n", 404, "no such repository"),
        ("c", "<html>log in</html>", 502, ""),
        ("d", entities, 502, ""),
        ("e", "<metalink><file>", 502, ""),
        ("f", "/srv/mirror\n", 502, ""),
    ] {
        let body = Resource::new("text/plain", body);
        rpms.mirrors.put(format!("/mirrorlist/{name}"), body);
        let answer = Ask::get(&format!("{}/rpm/mirrorlist/{name}", proxy.url())).send().await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert!(answer.text().contains(part), "{name}: {}", answer.text());
        assert!(!answer.text().contains("mirror.example"), "{name}: {}", answer.text());
    }
}

/// zypper offers to take a metalink in the place of any file; the mirrors in it would lead it past the proxy.
#[tokio::test(flavor = "multi_thread")]
async fn upstream_is_not_asked_for_mirrors_in_the_place_of_a_file() {
    let stage = Stage::denying().await;
    let redirector = |request: &Received| {
        if request
            .header("accept")
            .is_some_and(|accept| accept.contains("metalink"))
        {
            Reply::ok("application/metalink4+xml", "<metalink/>")
        } else {
            Reply::ok("application/x-rpm", "the file")
        }
    };
    for path in [OLD, "repodata/repomd.xml"] {
        stage.rpms.server.put(format!("{PREFIX}/{path}"), redirector);
        let answer = Ask::get(&stage.url(path))
            .header("accept", "*/*, application/metalink+xml, application/metalink4+xml")
            .send()
            .await;
        assert_eq!(answer.text(), "the file", "{path}");
    }
}

#[test]
fn without_its_plugin_the_section_is_a_configuration_error() {
    let setup = Setup::default()
        .plugin("npm")
        .section(&file_repository("rpm", "rpm", "https://registry.example", ""));
    let output = setup.refused();
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("rpm") && text.contains("plugin"), "{text}");
}
