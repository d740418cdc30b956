//! What clients of a Maven repository see: metadata, its checksums, and files.

use osa_proxy_tests::maven::{Artifact, CHECKSUMS, Maven, checksum};
use osa_proxy_tests::proxy::{Proxy, Setup, repository};
use osa_proxy_tests::upstream::{Fault, Reply, Upstream};
use osa_proxy_tests::wire::{Answer, Ask};

struct Stage {
    upstream: Maven,
    proxy: Proxy,
}

impl Stage {
    async fn with(deny: &[(&str, &str)]) -> Self {
        Self::set(|setup| setup.deny(deny)).await
    }

    async fn set(change: impl FnOnce(Setup) -> Setup) -> Self {
        let upstream = Maven::with(&[lib()]).await;
        let proxy = change(Setup::maven(&upstream.url())).start();
        Self { upstream, proxy }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/maven{path}", self.proxy.url())
    }

    async fn get(&self, path: &str) -> Answer {
        Ask::get(&self.url(path)).send().await
    }
}

const METADATA: &str = "/com/acme/lib/maven-metadata.xml";
const SNAPSHOT: &str = "/com/acme/lib/2.1-SNAPSHOT/maven-metadata.xml";

fn lib() -> Artifact {
    Artifact::new("com.acme:lib").versions(&["1.0", "1.1", "2.0", "2.1-SNAPSHOT"])
}

/// Upstream's metadata without these versions, and with `latest` and `release`.
fn without(versions: &[&str], latest: &str, release: &str) -> String {
    let mut text = lib().metadata();
    for version in versions {
        text = text.replace(&format!("      <version>{version}</version>\n"), "");
    }
    text.replace("<latest>2.1-SNAPSHOT", &format!("<latest>{latest}"))
        .replace("<release>2.0", &format!("<release>{release}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_version_is_gone_and_nothing_else() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", ">=2.0")]).await;
    let answer = stage.get(METADATA).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), without(&["2.0", "2.1-SNAPSHOT"], "1.1", "1.1"));
    // The order is Maven's: a snapshot comes before its release.
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "<2.1 >1.1")]).await;
    assert_eq!(
        stage.get(METADATA).await.text(),
        without(&["2.0", "2.1-SNAPSHOT"], "1.1", "1.1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_are_of_the_edited_bytes() {
    for deny in [&[][..], &[("pkg:maven/com.acme/lib", "2.0")]] {
        let stage = Stage::with(deny).await;
        for path in [METADATA, SNAPSHOT] {
            let metadata = stage.get(path).await;
            assert_eq!(metadata.status, 200);
            for kind in CHECKSUMS {
                let answer = stage.get(&format!("{path}.{kind}")).await;
                assert_eq!(
                    (answer.status, answer.text()),
                    (200, checksum(kind, &metadata.body)),
                    "{path} {kind}"
                );
                let head = Ask::head(&stage.url(&format!("{path}.{kind}"))).send().await;
                assert_eq!(head.header("content-length"), answer.header("content-length"), "{kind}");
            }
            assert_eq!(
                stage.get(&format!("{path}.asc")).await.status,
                404,
                "a signature cannot hold"
            );
        }
        let asked = stage.upstream.server.received();
        assert!(
            asked.iter().all(|asked| [METADATA, SNAPSHOT].contains(&asked.path())),
            "{asked:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_is_still_good() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "2.0")]).await;
    let first = stage.get(METADATA).await;
    let etag = first.header("etag").unwrap();
    let again = Ask::get(&stage.url(METADATA))
        .header("if-none-match", etag)
        .send()
        .await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let upstreams = format!("\"{{SHA1{{{}}}}}\"", checksum("sha1", lib().metadata().as_bytes()));
    let foreign = Ask::get(&stage.url(METADATA))
        .header("if-none-match", &upstreams)
        .send()
        .await;
    assert_eq!(foreign.status, 200, "upstream's tag is not ours");
    let head = Ask::head(&stage.url(METADATA)).send().await;
    assert_eq!(head.header("etag"), Some(etag));
    assert_eq!(head.header("content-length"), first.header("content-length"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_version_is_served_on_no_path() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "2.0 || 2.1-SNAPSHOT")]).await;
    for path in [
        lib().path("2.0", ".jar"),
        lib().path("2.0", ".jar.sha1"),
        lib().path("2.0", ".jar.asc.md5"),
        lib().path("2.0", "-sources.jar"),
        lib().path("2.0", "-linux.tar.gz"),
        lib().path("2.1-SNAPSHOT", ".jar"),
        "/com/acme/lib/2.0/other.bin".into(),
        "/com/acme/lib/2.0//lib-2.0.jar".into(),
        "/com/acme/lib/%32.0/lib-2.0.jar".into(),
    ] {
        for ask in [
            Ask::get(&stage.url(&path)),
            Ask::head(&stage.url(&path)),
            Ask::get(&stage.url(&path)).header("range", "bytes=0-3"),
        ] {
            let answer = ask.send().await;
            assert_eq!(answer.status, 403, "{path}");
            assert_eq!(answer.header("x-osa-decision"), Some("blocked"), "{path}");
        }
    }
    for path in [
        "/com/acme/lib%2F2.0/lib-2.0.jar",
        "/com/acme/lib/2.0;a/lib-2.0.jar",
        "/com/acme/lib/2.0/lib-2.0.jar/",
    ] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
    assert_eq!(
        stage.get("/lib-2.0.jar").await.status,
        403,
        "nobody can tell what it is"
    );
    assert!(
        stage.upstream.server.received().is_empty(),
        "upstream is not even asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_relayed_byte_by_byte() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "2.0")]).await;
    for version in ["1.1", "2.1-SNAPSHOT"] {
        for (end, bytes) in [
            (".jar", lib().jar(version)),
            ("-sources.jar", lib().jar(version)),
            (".pom", lib().pom(version).into_bytes()),
            (".module", lib().module(version).into_bytes()),
        ] {
            let answer = stage.get(&lib().path(version, end)).await;
            assert_eq!((answer.status, &answer.body), (200, &bytes), "{version}{end}");
            for kind in CHECKSUMS {
                let sum = stage.get(&lib().path(version, &format!("{end}.{kind}"))).await;
                assert_eq!(
                    (sum.status, sum.text()),
                    (200, checksum(kind, &bytes)),
                    "{version}{end}.{kind}"
                );
            }
        }
    }
    let part = Ask::get(&stage.url(&lib().path("1.0", ".jar")))
        .header("range", "bytes=0-3")
        .send()
        .await;
    assert_eq!((part.status, part.body.as_slice()), (206, &lib().jar("1.0")[..4]));
    // A pom is read for versions that nobody takes: it only describes.
    assert_eq!(stage.get(&lib().path("2.0", ".pom")).await.text(), lib().pom("2.0"));
    assert_eq!(stage.get(&lib().path("2.0", ".module.sha1")).await.status, 200);
    assert_eq!(
        Ask::new("PUT", &stage.url(&lib().path("3.0", ".jar")))
            .body("x")
            .send()
            .await
            .status,
        405
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_is_left_the_policies_are_told() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "")]).await;
    for path in [
        METADATA,
        SNAPSHOT,
        &format!("{METADATA}.sha1"),
        &format!("{METADATA}.md5"),
    ] {
        let answer = stage.get(path).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.text().contains("Nothing harmful"), "{path}: {}", answer.text());
        assert!(!answer.text().contains("<version>"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_decide_what_a_refusal_does() {
    for (mode, blocks) in [
        ("warmup", false),
        ("spectator", false),
        ("moderate", true),
        ("strict", true),
        ("strict_wait", true),
    ] {
        for style in ["true", "false"] {
            let deny = [("pkg:maven/com.acme/lib", "2.0")];
            let stage = Stage::set(|setup| {
                let setup = setup.deny(&deny).codescoring(&format!("work-mode: {mode}"));
                setup.codescoring(&format!("remove-blocked-versions: {style}"))
            })
            .await;
            let left = if blocks {
                without(&["2.0"], "2.1-SNAPSHOT", "1.1")
            } else {
                lib().metadata()
            };
            assert_eq!(stage.get(METADATA).await.text(), left, "{mode} {style}");
            let jar = stage.get(&lib().path("2.0", ".jar")).await;
            assert_eq!(jar.status, if blocks { 403 } else { 200 }, "{mode} {style}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_packages_are_scanned_as_configured() {
    let upstream = Maven::with(&[lib()]).await;
    let only = |what: &str| {
        let section = repository("maven", "maven", &upstream.url(), "")
            .replace(&format!("{what}: true"), &format!("{what}: false"));
        Setup::default()
            .plugin("maven")
            .section(&section)
            .deny(&[("pkg:maven/com.acme/lib", "2.0")])
            .start()
    };
    let (packages, documents) = (only("scan-manifest"), only("scan-package"));
    let get = async |proxy: &Proxy, path: &str| Ask::get(&format!("{}/maven{path}", proxy.url())).send().await;
    assert_eq!(get(&packages, METADATA).await.text(), lib().metadata());
    let sum = get(&packages, &format!("{METADATA}.sha256")).await;
    assert_eq!(sum.text(), checksum("sha256", lib().metadata().as_bytes()));
    assert_eq!(get(&packages, &lib().path("2.0", ".jar")).await.status, 403);
    assert!(!get(&documents, METADATA).await.text().contains("<version>2.0<"));
    assert_eq!(get(&documents, &lib().path("2.0", ".jar")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_what_maven_has() {
    let filtered = async |filter: &str| {
        let upstream = Maven::with(&[lib()]).await;
        let more = format!("      file-type-filter:\n        {filter}\n");
        upstream.put(
            "/com/acme/lib/1.0/lib-1.0.exe",
            "application/octet-stream",
            b"MZ".to_vec(),
        );
        upstream.put("/archetype-catalog.xml", "text/xml", b"<archetype-catalog/>".to_vec());
        let section = repository("maven", "maven", &upstream.url(), &more);
        let setup = Setup::default().plugin("maven").section(&section);
        let proxy = setup.deny(&[("pkg:maven/com.acme/lib", "2.0")]).start();
        Stage { upstream, proxy }
    };
    let stage = filtered("additional-allowed-extensions: []").await;
    for end in [".jar", "-sources.jar", ".pom", ".module", ".jar.sha1", ".pom.md5"] {
        assert_eq!(stage.get(&lib().path("1.0", end)).await.status, 200, "{end}");
    }
    for path in [
        METADATA,
        SNAPSHOT,
        &format!("{METADATA}.sha1"),
        "/archetype-catalog.xml",
    ] {
        assert_eq!(stage.get(path).await.status, 200, "{path}");
    }
    for end in [".exe", ".exe.sha1", ".jar.exe"] {
        assert_eq!(stage.get(&lib().path("1.0", end)).await.status, 403, "{end}");
    }
    let stage = filtered("scanned-extensions: [.jar, .pom]").await;
    assert_eq!(stage.get(&lib().path("2.0", ".pom")).await.status, 403);
    assert_eq!(stage.get(&lib().path("2.0", ".module")).await.status, 200);
    assert_eq!(stage.get(&lib().path("1.0", ".pom")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_catalogues_and_indexes_pass() {
    let plugins = "<metadata><plugins><plugin><name>A</name><prefix>a</prefix><artifactId>a-maven-plugin</artifactId></plugin></plugins></metadata>";
    let stage = Stage::with(&[("pkg:maven/**", "")]).await;
    stage.upstream.put_metadata("/com/acme", plugins);
    let server = &stage.upstream.server;
    server.put("/archetype-catalog.xml", Reply::ok("text/xml", "<archetype-catalog/>"));
    server.put(
        "/.index/nexus-maven-repository-index.gz",
        Reply::ok("application/gzip", "index"),
    );
    server.put("/com/acme/", Reply::ok("text/html", "<a href=\"lib/\">lib/</a>"));
    assert_eq!(stage.get("/com/acme/maven-metadata.xml").await.text(), plugins);
    assert_eq!(
        stage.get("/com/acme/maven-metadata.xml.sha1").await.text(),
        checksum("sha1", plugins.as_bytes())
    );
    assert_eq!(stage.get("/archetype-catalog.xml").await.text(), "<archetype-catalog/>");
    assert_eq!(
        stage.get("/.index/nexus-maven-repository-index.gz").await.text(),
        "index"
    );
    assert_eq!(stage.get("/com/acme/").await.text(), "<a href=\"lib/\">lib/</a>");
    assert_eq!(stage.get("/com/acme/none/maven-metadata.xml").await.status, 404);
    assert_eq!(stage.get("/com/acme/none/maven-metadata.xml.sha1").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn repository_managers_and_contexts_have_the_same_files() {
    for (base, registry) in [
        ("/repository/central", "/repository/central/"),
        ("/artifactory/libs", "/artifactory/libs"),
        ("/repository/central", ""),
        ("/maven2", ""),
    ] {
        let upstream = Maven::below(base, &[lib()]).await;
        let registry = format!("{}{registry}", upstream.server.url());
        let section = repository("maven", "maven", &registry, "      url-encoded-config: true\n");
        let setup = Setup::default().plugin("maven").section(&section);
        let proxy = setup.deny(&[("pkg:maven/com.acme/lib", "2.0")]).start();
        let inside = registry
            .trim_end_matches('/')
            .strip_prefix(&upstream.server.url())
            .unwrap();
        let rest = base.strip_prefix(inside).unwrap();
        // {"repoManagerHost":"https://nexus.example","repoName":"central"}
        let context = "eyJyZXBvTWFuYWdlckhvc3QiOiJodHRwczovL25leHVzLmV4YW1wbGUiLCJyZXBvTmFtZSI6ImNlbnRyYWwifQ";
        for before in [format!("/maven{rest}"), format!("/maven/{context}{rest}")] {
            let get = async |path: &str| Ask::get(&format!("{}{before}{path}", proxy.url())).send().await;
            let metadata = get(METADATA).await;
            assert_eq!(
                metadata.text(),
                without(&["2.0"], "2.1-SNAPSHOT", "1.1"),
                "{registry} {before}"
            );
            let sum = get(&format!("{METADATA}.sha1")).await;
            assert_eq!(sum.text(), checksum("sha1", &metadata.body), "{registry} {before}");
            assert_eq!(
                get(&lib().path("1.0", ".jar")).await.body,
                lib().jar("1.0"),
                "{registry} {before}"
            );
            assert_eq!(get(&lib().path("2.0", ".jar")).await.status, 403, "{registry} {before}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_followed_here() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "2.0")]).await;
    let files = Upstream::start().await;
    files.put("/blobs/1", Reply::ok("application/java-archive", lib().jar("1.0")));
    let server = &stage.upstream.server;
    server.put(
        lib().path("1.0", ".jar"),
        Reply::redirect(302, &format!("{}/blobs/1", files.url())),
    );
    server.put("/com/acme/alias/maven-metadata.xml", Reply::redirect(301, METADATA));
    assert_eq!(stage.get(&lib().path("1.0", ".jar")).await.body, lib().jar("1.0"));
    let metadata = stage.get("/com/acme/alias/maven-metadata.xml").await;
    assert_eq!(
        metadata.text(),
        lib().metadata(),
        "judged as what was asked for, and nothing of that is refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_metadata_is_never_passed_on() {
    let stage = Stage::with(&[("pkg:maven/com.acme/lib", "2.0")]).await;
    let bomb = "<!DOCTYPE metadata [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;'>]>\n\
                <metadata><versioning><versions><version>2.0</version><version>&c;</version></versions></versioning></metadata>";
    let external = "<!DOCTYPE metadata [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><metadata><versioning><versions>\
                    <version>2.0</version><version>&a;</version></versions></versioning></metadata>";
    let deep = format!("<metadata>{}2.0", "<a>".repeat(1_000_000));
    let page = "<!doctype html><html><body>Please sign in to 2.0</body></html>";
    let good = lib().metadata();
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for body in [
        bomb.as_bytes(),
        external.as_bytes(),
        deep.as_bytes(),
        page.as_bytes(),
        &good.as_bytes()[..good.len() - 20],
        b"",
        &utf16,
    ] {
        stage.upstream.put(METADATA, "text/xml", body.to_vec());
        for path in [METADATA, &format!("{METADATA}.sha1")] {
            let answer = stage.get(path).await;
            assert_eq!(
                answer.status,
                502,
                "{}: {}",
                String::from_utf8_lossy(&body[..body.len().min(60)]),
                answer.text()
            );
            assert!(
                !answer.text().contains("2.0") && !answer.text().contains("root:"),
                "{}",
                answer.text()
            );
        }
    }
    for fault in [Fault::CloseAfter(40), Fault::ResetAfter(40)] {
        stage
            .upstream
            .server
            .put(METADATA, Reply::ok("text/xml", good.clone()).fault(fault));
        let answer = stage.get(METADATA).await;
        assert_eq!(answer.status, 502, "{}", answer.text());
    }
    stage.upstream.publish(&lib());
    assert_eq!(
        stage.get(METADATA).await.text(),
        without(&["2.0"], "2.1-SNAPSHOT", "1.1")
    );
}
