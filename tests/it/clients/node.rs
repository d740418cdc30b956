//! npm, pnpm, yarn 1 and yarn 4.

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::wire::Ask;

struct Stage {
    _registry: Npm,
    proxy: Proxy,
}

impl Stage {
    /// `left-paddle` depends on `@acme/cog`; the newest of each is refused, and all of `rotten`.
    async fn new() -> Self {
        let cog = Package::new("@acme/cog").versions(["1.0.0", "1.1.0", "1.2.0"]);
        let paddle = Package::new("left-paddle")
            .depending("1.0.0", &[("@acme/cog", "^1.0.0")])
            .depending("1.1.0", &[("@acme/cog", "^1.0.0")])
            .depending("2.0.0", &[("@acme/cog", "^1.0.0")]);
        let rotten = Package::new("rotten").versions(["1.0.0"]);
        let registry = Npm::with(&[cog, paddle, rotten]).await;
        let rules = [
            ("pkg:npm/left-paddle", ">=2.0.0"),
            ("pkg:npm/@acme/cog", ">=1.2.0"),
            ("pkg:npm/rotten", ""),
        ];
        let proxy = Setup::npm(&registry.server.url())
            .deny(&rules)
            .codescoring("enable-status-line: true")
            .start();
        Self {
            _registry: registry,
            proxy,
        }
    }

    fn registry(&self) -> String {
        format!("{}/npm", self.proxy.url())
    }
}

/// The newest version is refused, so the one below it is installed, with its scoped dependency.
async fn falls_back(tool: Tool, test: &str) {
    let Some(client) = Client::of(tool, test) else { return };
    let stage = Stage::new().await;
    for range in ["*", "latest", ">=1"] {
        let Some(client) = Client::of(tool, test) else { return };
        let run = client.install_npm(&stage.registry(), &[("left-paddle", range)]);
        assert!(run.ok, "{range}: {}", run.text);
        assert_eq!(
            client.npm_version("left-paddle").as_deref(),
            Some("1.1.0"),
            "{range}: {}",
            run.text
        );
    }
    let run = client.install_npm(&stage.registry(), &[("left-paddle", "1.0.0"), ("@acme/cog", "^1.0.0")]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.npm_version("left-paddle").as_deref(), Some("1.0.0"));
    assert_eq!(client.npm_version("@acme/cog").as_deref(), Some("1.1.0"));
}

/// A version that is asked for by number, and a package of which nothing is left, fail.
async fn refuses(tool: Tool, test: &str) {
    let stage = Stage::new().await;
    for dependency in [("left-paddle", "2.0.0"), ("rotten", "*")] {
        let Some(client) = Client::of(tool, test) else { return };
        let run = client.install_npm(&stage.registry(), &[dependency]);
        assert!(!run.ok, "{dependency:?}: {}", run.text);
        assert_eq!(client.npm_version(dependency.0), None);
    }
}

/// A link to the file itself, as a lock file may have it.
async fn refuses_a_tarball_by_url(tool: Tool, test: &str) {
    let Some(client) = Client::of(tool, test) else { return };
    let stage = Stage::new().await;
    let url = format!("{}/left-paddle/-/left-paddle-2.0.0.tgz", stage.registry());
    let run = client.install_npm(&stage.registry(), &[("left-paddle", &url)]);
    assert!(!run.ok, "{}", run.text);
    // pnpm takes a file of the registry for a version number, and finds none that matches.
    assert!(tool == Tool::Pnpm || run.text.contains("403"), "{}", run.text);
    assert_eq!(client.npm_version("left-paddle"), None);
}

macro_rules! clients {
    ($($name:ident: $tool:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn falls_back() {
                super::falls_back($tool, concat!("clients::node::", stringify!($name), "::falls_back")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses() {
                super::refuses($tool, concat!("clients::node::", stringify!($name), "::refuses")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses_a_tarball_by_url() {
                let test = concat!("clients::node::", stringify!($name), "::refuses_a_tarball_by_url");
                super::refuses_a_tarball_by_url($tool, test).await;
            }
        }
    )*};
}

clients! {
    npm: Tool::Npm;
    pnpm: Tool::Pnpm;
    yarn1: Tool::Yarn1;
    yarn4: Tool::Yarn4;
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_shows_the_reason() {
    let Some(client) = Client::of(Tool::Npm, "clients::node::npm_shows_the_reason") else {
        return;
    };
    let stage = Stage::new().await;
    let run = client.install_npm(&stage.registry(), &[("rotten", "*")]);
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
    let url = format!("{}/left-paddle/-/left-paddle-2.0.0.tgz", stage.registry());
    let run = client.install_npm(&stage.registry(), &[("left-paddle", &url)]);
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_installs_again_from_its_lock_file_and_is_refused_when_the_policy_has_changed() {
    let Some(client) = Client::of(Tool::Npm, "clients::node::npm_installs_again_from_its_lock_file") else {
        return;
    };
    let stage = Stage::new().await;
    let run = client.install_npm(&stage.registry(), &[("left-paddle", "*")]);
    assert!(run.ok, "{}", run.text);
    let run = client.run(&["ci"]);
    assert!(run.ok, "{}", run.text);
    stage
        .proxy
        .rewrite_policy(&osa_proxy_tests::proxy::denying(&[("pkg:npm/left-paddle", "")]));
    let file = format!("{}/left-paddle/-/left-paddle-1.1.0.tgz", stage.registry());
    for _ in 0..100 {
        if Ask::get(&file).send().await.status == 403 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let run = client.run(&["cache", "clean", "--force"]);
    assert!(run.ok, "{}", run.text);
    let run = client.run(&["ci"]);
    assert!(!run.ok && run.text.contains("403"), "{}", run.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_commands_beside_install_work() {
    let Some(client) = Client::of(Tool::Npm, "clients::node::npm_commands_beside_install_work") else {
        return;
    };
    let stage = Stage::new().await;
    client.point_at(&stage.registry());
    let view = client.run(&["view", "left-paddle", "versions", "--json"]);
    assert!(
        view.ok && view.text.contains("1.1.0") && !view.text.contains("2.0.0"),
        "{}",
        view.text
    );
    assert!(client.run(&["ping"]).ok);
    let tags = client.run(&["dist-tag", "ls", "left-paddle"]);
    assert!(tags.ok && tags.text.contains("latest: 1.1.0"), "{}", tags.text);
    let pack = client.run(&["pack", "left-paddle@2.0.0"]);
    assert!(!pack.ok, "{}", pack.text);
}
