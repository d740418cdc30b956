//! apt with signed archives: what its users see when packages are refused, and that signatures hold.

use std::time::{Duration, SystemTime};

use osa_proxy_tests::client::{Client, Deb, Run, Signed, Tool};
use osa_proxy_tests::debian::Archive;
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, file_repository};
use osa_proxy_tests::wire::Ask;

struct Stage {
    signed: Signed,
    archive: Archive,
    /// Serves until the test is over.
    _proxy: Proxy,
    client: Client,
}

const DEMO: &str = "pool/main/d/demo/demo_1.0%2bds-1%7edeb12u1_amd64.deb";

impl Stage {
    /// `demo` in two versions, of which the newer one depends on `base`; `apt-get update` is done.
    async fn new(test: &str, change: impl FnOnce(Setup) -> Setup) -> Option<Self> {
        let stage = Self::of(test, &["bookworm", "bookworm-updates"], change).await?;
        stage.include("bookworm", Deb::new("demo", "1.0+ds-1~deb12u1"));
        let newer = Deb::new("demo", "2.0-1");
        stage.include("bookworm-updates", newer.depending("base (>= 1)"));
        stage.include("bookworm-updates", Deb::new("base", "1:1.5"));
        stage.update();
        Some(stage)
    }

    async fn of(test: &str, code_names: &[&str], change: impl FnOnce(Setup) -> Setup) -> Option<Self> {
        let mut client = Client::of(Tool::Apt, test)?;
        let signed = Signed::new(code_names, test)?;
        let archive = Archive::below("/debian").await;
        let section = format!("      distro: {}\n", code_names.first()?);
        let section = file_repository("debian", "debian", &archive.url(), &section);
        let setup = Setup::default().plugin("debian").section(&section);
        let proxy = change(setup.codescoring("enable-status-line: true")).start();
        client.apt_root(&Client::apt_source(&signed, &format!("{}/debian", proxy.url())));
        Some(Self {
            signed,
            archive,
            _proxy: proxy,
            client,
        })
    }

    async fn denying(test: &str, rules: &[(&str, &str)]) -> Option<Self> {
        Self::new(test, |setup| setup.deny(rules)).await
    }

    fn include(&self, code_name: &str, deb: Deb<'_>) {
        self.signed.include(code_name, deb);
        self.signed.serve(&self.archive);
    }

    #[track_caller]
    fn update(&self) {
        let run = self.client.run(&["update"]);
        assert!(
            run.ok && !run.text.contains("W: ") && !run.text.contains("E: "),
            "{}",
            run.text
        );
    }

    fn install(&self, package: &str) -> Run {
        self.client.run(&["install", "-y", "--allow-downgrades", package])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn apt_updates_and_installs() {
    let test = "clients::debian::apt_updates_and_installs";
    let Some(stage) = Stage::denying(test, &[("pkg:deb/debian/other", "")]).await else {
        return;
    };
    let run = stage.install("demo");
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        stage.client.installed_deb("demo").as_deref(),
        Some("2.0-1"),
        "{}",
        run.text
    );
    assert_eq!(
        stage.client.installed_deb("base").as_deref(),
        Some("1:1.5"),
        "{}",
        run.text
    );
    let run = stage.install("demo=1.0+ds-1~deb12u1");
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        stage.client.installed_deb("demo").as_deref(),
        Some("1.0+ds-1~deb12u1"),
        "{}",
        run.text
    );
    let asked = stage.archive.server.received();
    let used = |part: &str| asked.iter().any(|asked| asked.path().contains(part));
    assert!(
        used("/dists/bookworm/InRelease") && used("/by-hash/SHA256/") && used(DEMO),
        "{asked:?}"
    );
    assert!(!used("Release.gpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn apt_shows_the_reason() {
    let test = "clients::debian::apt_shows_the_reason";
    let Some(stage) = Stage::denying(test, &[("pkg:deb/debian/base", "")]).await else {
        return;
    };
    // As a dependency, by itself, and only to be kept.
    for run in [
        stage.install("demo"),
        stage.install("base"),
        stage.client.run(&["download", "base"]),
    ] {
        assert!(!run.ok, "{}", run.text);
        assert!(
            run.text.contains("403") && run.text.contains("Nothing harmful"),
            "{}",
            run.text
        );
    }
    assert_eq!(stage.client.installed_deb("demo"), None);
    let run = stage.install("demo=1.0+ds-1~deb12u1");
    assert!(run.ok, "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_moment_is_whole() {
    let test = "clients::debian::a_new_moment_is_whole";
    let Some(stage) = Stage::denying(test, &[("pkg:deb/debian/other", "")]).await else {
        return;
    };
    for version in ["2.1", "2.2"] {
        stage.include("bookworm-updates", Deb::new("demo", version));
        stage.update();
        let policy = stage.client.run(&["--simulate", "install", "demo"]);
        assert!(
            policy.text.contains(&format!("Inst demo ({version} ")),
            "{}",
            policy.text
        );
    }
    let asked = stage.archive.server.received();
    assert!(
        asked.iter().any(|asked| asked.path().contains("/Packages.diff/")),
        "{asked:?}"
    );
    // Nothing has changed since: apt's condition reaches upstream.
    stage.archive.server.forget();
    stage.update();
    let asked = stage.archive.server.received();
    assert_eq!(asked.len(), 2, "{asked:?}");
    for asked in asked {
        assert!(asked.path().ends_with("/InRelease") && asked.header("if-modified-since").is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_and_hashes_are_verified() {
    let test = "clients::debian::signatures_and_hashes_are_verified";
    let Some(stage) = Stage::denying(test, &[("pkg:deb/debian/other", "")]).await else {
        return;
    };
    let file = format!("{}/{DEMO}", stage.archive.url());
    let bytes = Ask::get(&file).send().await.body;
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    stage.archive.put(DEMO, other);
    let run = stage.install("demo=1.0+ds-1~deb12u1");
    assert!(!run.ok && run.text.contains("Hash Sum mismatch"), "{}", run.text);
    stage.archive.put("dists/bookworm/InRelease", "Origin: Somebody\n");
    let run = stage.client.run(&["update"]);
    assert!(run.text.contains("Clearsigned file isn't valid"), "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_is_resumed() {
    let test = "clients::debian::a_broken_download_is_resumed";
    let Some(stage) = Stage::denying(test, &[("pkg:deb/debian/other", "")]).await else {
        return;
    };
    let whole = Ask::get(&format!("{}/{DEMO}", stage.archive.url())).send().await;
    let partial = stage.client.apt_cached("partial/demo_1.0+ds-1~deb12u1_amd64.deb");
    std::fs::write(&partial, &whole.body[..100]).unwrap();
    // apt takes the time of what it has as the validator.
    let second: u64 = whole.header("last-modified").unwrap()[23..25].parse().unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200 + second);
    std::fs::File::options()
        .write(true)
        .open(&partial)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    stage.archive.server.forget();
    let run = stage.install("demo=1.0+ds-1~deb12u1");
    assert!(run.ok, "{}", run.text);
    assert_eq!(stage.client.installed_deb("demo").as_deref(), Some("1.0+ds-1~deb12u1"));
    let asked = stage.archive.server.received_at(&format!("/debian/{DEMO}"));
    assert!(
        asked.iter().any(|asked| asked.header("range") == Some("bytes=100-")),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_and_security_are_suites_of_one_release() {
    let test = "clients::debian::updates_and_security_are_suites_of_one_release";
    let suites = ["bookworm", "bookworm-updates", "bookworm-security"];
    let Some(stage) = Stage::of(test, &suites, |setup| {
        setup.deny(&[("pkg:deb/debian/demo", ">=1.0-1+deb12u3")])
    })
    .await
    else {
        return;
    };
    for (suite, version) in suites.into_iter().zip(["1.0-1", "1.0-1+deb12u1", "1.0-1+deb12u2"]) {
        stage.include(suite, Deb::new("demo", version));
    }
    stage.update();
    let run = stage.install("demo");
    assert!(run.ok, "{}", run.text);
    assert_eq!(stage.client.installed_deb("demo").as_deref(), Some("1.0-1+deb12u2"));
    stage.include("bookworm-security", Deb::new("demo", "1.0-1+deb12u3"));
    stage.update();
    let run = stage.install("demo");
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
    assert_eq!(stage.client.installed_deb("demo").as_deref(), Some("1.0-1+deb12u2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ubuntus_packages_are_judged_as_such() {
    let test = "clients::debian::ubuntus_packages_are_judged_as_such";
    let Some(stage) = Stage::of(test, &["noble", "noble-updates"], |setup| {
        setup.deny(&[("pkg:deb/ubuntu/demo", ""), ("pkg:deb/debian/*", "")])
    })
    .await
    else {
        return;
    };
    stage.include("noble", Deb::new("demo", "1.0-1ubuntu1"));
    stage.include("noble-updates", Deb::new("base", "1.0-1build1"));
    stage.update();
    let run = stage.install("demo");
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
    let run = stage.install("base");
    assert!(run.ok, "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_keeps_its_promise() {
    let test = "clients::debian::each_mode_keeps_its_promise";
    let judge = Judge::start(|purl| match purl {
        "pkg:deb/debian/demo@2.0-1?arch=amd64&distro=bookworm" => ("blocked_by_policies", false),
        "pkg:deb/debian/base@1.5?arch=amd64&distro=bookworm" => ("blocked_not_scanned", false),
        _ => ("not_blocked", false),
    })
    .await;
    for (mode, demo, base) in [
        ("warmup", true, true),
        ("moderate", false, true),
        ("strict", false, false),
        ("strict_wait", false, false),
    ] {
        let stage = Stage::new(test, |setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring("scan-wait-timeout: 1s")
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        let Some(stage) = stage else { return };
        for (package, installs) in [("base", base), ("demo", demo), ("demo=1.0+ds-1~deb12u1", true)] {
            let run = stage.install(package);
            assert_eq!(run.ok, installs, "{mode} {package}: {}", run.text);
            assert!(installs || run.text.contains("403"), "{mode} {package}: {}", run.text);
        }
    }
}
