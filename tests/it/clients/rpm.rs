//! dnf and zypper, with a repository whose packages and descriptions are signed.

use std::sync::Arc;

use osa_proxy_tests::client::{Client, Run, Tool};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::rpm::{Built, Rpms};
use osa_proxy_tests::upstream::Resource;
use osa_proxy_tests::wire::Ask;

const PREFIX: &str = "/pub/rocky/9/AppStream/x86_64/os";
const PACKAGES: &[(&str, &str, &str, &str)] = &[
    ("cog-wheel", "1.0", "1", ""),
    ("cog-wheel", "2.0", "1", ""),
    ("axle-2", "1.0~rc1", "1", "cog-wheel"),
];
const NEW: &[(&str, &str)] = &[("pkg:rpm/rocky/cog-wheel", ">=2.0")];

struct Stage {
    built: Arc<Built>,
    rpms: Rpms,
    proxy: Proxy,
}

impl Stage {
    /// None where the client is missing; then rpm's tools may be, too.
    async fn set(tool: Tool, test: &str, change: impl FnOnce(Setup) -> Setup) -> Option<Self> {
        Client::of(tool, test)?;
        Some(Self::of(Arc::new(Built::new(PACKAGES)), change).await)
    }

    async fn of(built: Arc<Built>, change: impl FnOnce(Setup) -> Setup) -> Self {
        let rpms = Rpms::of_folder(PREFIX, &built.repository()).await;
        rpms.list_mirrors();
        let more = format!("      mirrorlist-registry: {}\n", rpms.mirrors.url());
        let tree = format!("{}/pub/rocky", rpms.server.url());
        let setup = Setup::rpm(&tree, &more).codescoring("enable-status-line: true");
        let proxy = change(setup).start();
        Self { built, rpms, proxy }
    }

    fn url(&self) -> String {
        format!("{}/rpm/9/AppStream/x86_64/os/", self.proxy.url())
    }

    fn client(&self, tool: Tool, test: &str) -> Option<Client> {
        match tool {
            Tool::Dnf => Client::dnf(test, &format!("baseurl={}", self.url()), &self.built.key()),
            _ => Client::zypper(test, &self.url()),
        }
    }

    /// Neither client shows more of a refusal than its status and the URL, where the reason is to be read.
    async fn assert_refused(&self, run: &Run, file: &str) {
        assert!(!run.ok, "{}", run.text);
        let url = format!("{}Packages/noarch/{file}", self.url());
        let told = ["403 for ", "Permission to access '"].map(|before| run.text.contains(&format!("{before}{url}")));
        assert!(told.contains(&true), "{}", run.text);
        let answer = Ask::get(&url).send().await;
        assert!(answer.text().contains("Nothing harmful"), "{}", answer.text());
    }
}

fn install(tool: Tool, client: &Client, package: &str) -> Run {
    match tool {
        Tool::Dnf => client.dnf_run(&["install", package]),
        _ => client.zypper_run(&["install", package]),
    }
}

async fn installs_what_is_signed(tool: Tool, test: &str) {
    let Some(stage) = Stage::set(tool, test, |setup| setup).await else {
        return;
    };
    let client = stage.client(tool, test).unwrap();
    let run = install(tool, &client, "axle-2");
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.rpm_version("axle-2").as_deref(), Some("1.0~rc1"), "{}", run.text);
    assert_eq!(client.rpm_version("cog-wheel").as_deref(), Some("2.0"), "{}", run.text);
}

/// Signatures are checked here, and what passes through the proxy stays as it was signed.
async fn finds_descriptions_that_are_not_as_signed(tool: Tool, test: &str) {
    let Some(stage) = Stage::set(tool, test, |setup| setup).await else {
        return;
    };
    let path = format!("{PREFIX}/repodata/repomd.xml");
    let repomd = std::fs::read_to_string(stage.built.repository().join("repodata/repomd.xml")).unwrap();
    stage
        .rpms
        .server
        .put(&path, Resource::new("text/xml", format!("{repomd}<!-- -->")));
    let client = stage.client(tool, test).unwrap();
    let run = install(tool, &client, "cog-wheel");
    assert!(client.rpm_version("cog-wheel").is_none(), "{}", run.text);
    let text = run.text.to_lowercase();
    assert!(text.contains("signature") || text.contains("gpg"), "{}", run.text);
}

async fn shows_where_to_read_why_not(tool: Tool, test: &str) {
    let Some(stage) = Stage::set(tool, test, |setup| setup.deny(NEW)).await else {
        return;
    };
    let client = stage.client(tool, test).unwrap();
    let run = install(tool, &client, "cog-wheel");
    stage.assert_refused(&run, "cog-wheel-2.0-1.noarch.rpm").await;
    assert_eq!(client.rpm_version("cog-wheel"), None);
    // An older one can be asked for.
    let old = if tool == Tool::Dnf {
        "cog-wheel-1.0"
    } else {
        "cog-wheel=1.0"
    };
    let run = install(tool, &client, old);
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.rpm_version("cog-wheel").as_deref(), Some("1.0"), "{}", run.text);
}

async fn goes_by_the_mode(tool: Tool, test: &str) {
    let judge = Judge::start(|purl| {
        if purl.contains("cog-wheel") {
            ("blocked_by_policies", false)
        } else {
            ("blocked_not_scanned", false)
        }
    })
    .await;
    if Client::of(tool, test).is_none() {
        return;
    }
    let built = Arc::new(Built::new(PACKAGES));
    for (mode, refused, unscanned) in [
        ("warmup", true, true),
        ("moderate", false, true),
        ("strict", false, false),
        ("strict_wait", false, false),
    ] {
        let by_judge = |setup: Setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring("scan-wait-timeout: 1s")
                .codescoring(&format!("work-mode: {mode}"))
        };
        let stage = Stage::of(Arc::clone(&built), by_judge).await;
        let client = stage.client(tool, test).unwrap();
        let run = install(tool, &client, "cog-wheel");
        assert_eq!(
            (run.ok, client.rpm_version("cog-wheel").is_some()),
            (refused, refused),
            "{mode}: {}",
            run.text
        );
        let run = fetch(tool, &client, "axle-2");
        let asked = |path: &str| {
            stage
                .rpms
                .server
                .received_at(&format!("{PREFIX}/Packages/noarch/{path}"))
        };
        let fetched = !asked("axle-2-1.0~rc1-1.noarch.rpm").is_empty();
        assert_eq!(fetched, unscanned, "{mode}: {}", run.text);
    }
}

/// What it depends on is refused in most modes, so it is fetched alone.
fn fetch(tool: Tool, client: &Client, package: &str) -> Run {
    match tool {
        Tool::Dnf => client.dnf_run(&["install", "--downloadonly", package]),
        _ => client.zypper_run(&["download", package]),
    }
}

macro_rules! clients {
    ($($name:ident: $tool:expr;)*) => {$(
        mod $name {
            use super::*;

            clients!(@ $name $tool, installs_what_is_signed finds_descriptions_that_are_not_as_signed shows_where_to_read_why_not goes_by_the_mode);
        }
    )*};
    (@ $name:ident $tool:expr, $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let test = concat!("clients::rpm::", stringify!($name), "::", stringify!($test));
            super::$test($tool, test).await;
        }
    )*};
}

clients! {
    dnf: Tool::Dnf;
    zypper: Tool::Zypper;
}

/// The mirrors that upstream lists do not even resolve here.
#[tokio::test(flavor = "multi_thread")]
async fn dnf_takes_the_proxy_for_the_only_mirror() {
    let test = "clients::rpm::dnf_takes_the_proxy_for_the_only_mirror";
    let Some(stage) = Stage::set(Tool::Dnf, test, |setup| setup.deny(NEW)).await else {
        return;
    };
    for source in ["mirrorlist", "metalink"] {
        let url = format!("{source}={}/rpm/{source}?repo=appstream-$releasever", stage.proxy.url());
        let client = Client::dnf(test, &url, &stage.built.key()).unwrap();
        let run = client.dnf_run(&["install", "cog-wheel-1.0"]);
        assert!(run.ok, "{source}: {}", run.text);
        assert_eq!(client.rpm_version("cog-wheel").as_deref(), Some("1.0"), "{source}");
        let asked = stage.rpms.mirrors.received_at(&format!("/{source}"));
        assert_eq!(asked.first().and_then(|asked| asked.query()), Some("repo=appstream-9"));
        let run = client.dnf_run(&["upgrade", "cog-wheel"]);
        stage.assert_refused(&run, "cog-wheel-2.0-1.noarch.rpm").await;
    }
}
