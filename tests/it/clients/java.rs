//! Maven, Gradle and Ivy, all with checksums checked.

use std::path::Path;

use osa_proxy_tests::client::{Client, SYSTEM_REPOSITORY, Tool};
use osa_proxy_tests::maven::{Artifact, Maven};
use osa_proxy_tests::proxy::{Proxy, Setup};

struct Stage {
    upstream: Maven,
    proxy: Proxy,
}

const RULES: [(&str, &str); 3] = [
    ("pkg:maven/com.acme/*", "=1.1 || >=2.0"),
    ("pkg:maven/com.acme/rotten", ""),
    ("pkg:maven/com.acme/base", ">=2"),
];

impl Stage {
    /// Of each artifact the newest version is refused, and one in the middle; all of `rotten`.
    async fn new(mode: &str) -> Self {
        let versions = ["1.0", "1.1", "1.2", "2.0"];
        let of = |name: &str| Artifact::new(&format!("com.acme:{name}")).versions(&versions);
        let artifacts = [
            of("lib"),
            of("range"),
            of("middle"),
            Artifact::new("com.acme:base").versions(&["1.0", "2.0"]),
            Artifact::new("com.acme:app").depending("1.0", &[("com.acme:range", "[1,3)")]),
            // Refused, but its pom may be read.
            Artifact::new("com.acme:old").depending("1.0", &[("com.acme:base", "2.0")]),
            Artifact::new("com.acme:rotten").versions(&["1.0"]),
        ];
        let upstream = Maven::with(&artifacts).await;
        let setup = Setup::maven(&upstream.url())
            .deny(&RULES)
            .codescoring(&format!("work-mode: {mode}"));
        let proxy = setup.codescoring("enable-status-line: true").start();
        Self { upstream, proxy }
    }

    fn registry(&self) -> String {
        format!("{}/maven", self.proxy.url())
    }
}

fn client(tool: Tool, test: &str) -> Option<Client> {
    let client = Client::java(tool, test)?;
    Some(if tool == Tool::Mvn {
        client.with_maven_plugins()
    } else {
        client
    })
}

/// What is wanted, and the file that comes.
async fn falls_back(tool: Tool, test: &str, wanted: &[(&str, &str, &str)]) {
    let Some(client) = client(tool, test) else { return };
    let stage = Stage::new("strict_wait").await;
    let asked: Vec<_> = wanted.iter().map(|(of, version, _)| (*of, *version)).collect();
    let run = client.fetch_java(&stage.registry(), &asked);
    assert!(run.ok, "{}", run.text);
    let mut expected: Vec<_> = wanted.iter().map(|(_, _, file)| *file).collect();
    expected.sort_unstable();
    assert_eq!(client.fetched(), expected, "{}", run.text);
    assert!(
        !run.text.to_lowercase().contains("checksum validation failed"),
        "{}",
        run.text
    );
    let asked = stage.upstream.server.received();
    assert!(
        !asked.iter().any(|asked| asked.path().contains("/2.0/lib")),
        "{asked:?}"
    );
}

/// A version that is asked for by number fails with the reason, in every mode that blocks; in the others it comes.
async fn refuses(tool: Tool, test: &str) {
    for (mode, blocks) in [("warmup", false), ("moderate", true), ("strict", true)] {
        let Some(client) = client(tool, test) else { return };
        let stage = Stage::new(mode).await;
        let run = client.fetch_java(&stage.registry(), &[("com.acme:lib", "2.0")]);
        assert_eq!(run.ok, !blocks, "{mode}: {}", run.text);
        if blocks {
            assert!(run.text.contains("Nothing harmful"), "{mode}: {}", run.text);
            assert!(client.fetched().is_empty(), "{mode}");
        } else {
            assert_eq!(client.fetched(), ["lib-2.0.jar"], "{mode}");
        }
    }
}

/// Nothing is left of what a range could take.
async fn refuses_all(tool: Tool, test: &str) {
    let Some(client) = client(tool, test) else { return };
    let stage = Stage::new("strict_wait").await;
    let run = client.fetch_java(&stage.registry(), &[("com.acme:rotten", "[1,3)")]);
    assert!(!run.ok && client.fetched().is_empty(), "{}", run.text);
    // Of the metadata, which is refused as a whole; each client goes on to say that it found no version.
    assert!(run.text.contains("Nothing harmful"), "{}", run.text);
    let log = stage.proxy.log();
    assert!(
        log.contains("pkg:maven/com.acme/rotten@1.0"),
        "the operator is told: {log}"
    );
}

macro_rules! clients {
    ($($name:ident: $tool:expr, $wanted:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn falls_back() {
                super::falls_back($tool, concat!("clients::java::", stringify!($name), "::falls_back"), $wanted).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses() {
                super::refuses($tool, concat!("clients::java::", stringify!($name), "::refuses")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses_all() {
                super::refuses_all($tool, concat!("clients::java::", stringify!($name), "::refuses_all")).await;
            }
        }
    )*};
}

clients! {
    maven: Tool::Mvn, &[
        ("com.acme:lib", "LATEST", "lib-1.2.jar"),
        ("com.acme:middle", "[1,1.2)", "middle-1.0.jar"),
        ("com.acme:app", "1.0", "app-1.0.jar"),
        ("com.acme:range", "[1,3)", "range-1.2.jar"),
        // The nearest wins, and the other one is never fetched.
        ("com.acme:base", "1.0", "base-1.0.jar"),
        ("com.acme:old", "RELEASE", "old-1.0.jar"),
    ];
    gradle: Tool::Gradle, &[
        ("com.acme:lib", "latest.release", "lib-1.2.jar"),
        ("com.acme:middle", "[1,1.2)", "middle-1.0.jar"),
        ("com.acme:app", "+", "app-1.0.jar"),
        ("com.acme:range", "1.+", "range-1.2.jar"),
    ];
    ivy: Tool::Ivy, &[
        ("com.acme:lib", "latest.release", "lib-1.2.jar"),
        ("com.acme:middle", "[1,1.2)", "middle-1.0.jar"),
        ("com.acme:app", "1.0", "app-1.0.jar"),
        ("com.acme:range", "1.+", "range-1.2.jar"),
    ];
}

#[tokio::test(flavor = "multi_thread")]
async fn maven_gets_its_own_plugins_through_the_proxy() {
    let test = "clients::java::maven_gets_its_own_plugins_through_the_proxy";
    let Some(client) = Client::java(Tool::Mvn, test) else {
        return;
    };
    let stage = Stage::new("strict_wait").await;
    stage.upstream.mirror(Path::new(SYSTEM_REPOSITORY));
    let run = client.fetch_java(&stage.registry(), &[("com.acme:lib", "1.2")]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.fetched(), ["lib-1.2.jar"]);
    let asked = stage.upstream.server.received();
    assert!(
        asked
            .iter()
            .any(|asked| asked.path().contains("/maven-dependency-plugin/")),
        "{}",
        asked.len()
    );
}
