//! gem and Bundler, before and after 2.5, which check the compact index in different ways.

use std::time::{Duration, Instant};

use osa_proxy_tests::client::{Client, Run, Tool};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::proxy::{Proxy, Setup, denying, repository};
use osa_proxy_tests::ruby::{Gem, Gems};
use osa_proxy_tests::upstream::{Reply, Resource};
use osa_proxy_tests::wire::Ask;

const RULES: &[(&str, &str)] = &[
    ("pkg:gem/demo_gem", ">=2"),
    ("pkg:gem/demo_base", ">=1.1"),
    ("pkg:gem/rotten", ""),
];

struct Stage {
    gems: Gems,
    proxy: Proxy,
}

impl Stage {
    /// `demo_gem` depends on `demo_base`; the newest of each is refused, and all of `rotten`.
    async fn new() -> Self {
        Self::set(|setup| setup.deny(RULES)).await
    }

    async fn set(change: impl FnOnce(Setup) -> Setup) -> Self {
        let gems = gems().await;
        let setup = Setup::ruby(&gems.server.url()).codescoring("enable-status-line: true");
        let proxy = change(setup).start();
        Self { gems, proxy }
    }

    /// Documents are not filtered, so that clients ask for what is refused.
    async fn unfiltered() -> Self {
        let gems = gems().await;
        let section = repository("ruby", "ruby", &gems.server.url(), "");
        let setup = Setup::default()
            .plugin("ruby")
            .section(&section.replace("scan-manifest: true", "scan-manifest: false"));
        let proxy = setup.codescoring("enable-status-line: true").deny(RULES).start();
        Self { gems, proxy }
    }

    fn source(&self) -> String {
        format!("{}/ruby/", self.proxy.url())
    }

    /// Waits until a changed policy is in force.
    async fn refused_gem_becomes(&self, status: u16) {
        let url = format!("{}gems/demo_gem-2.0.0.gem", self.source());
        let start = Instant::now();
        while Ask::get(&url).send().await.status != status {
            assert!(start.elapsed() < Duration::from_secs(20), "{}", self.proxy.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// `gem install`, in a new home.
    fn gem(&self, test: &str, arguments: &[&str]) -> Option<(Client, Run)> {
        let mut client = Client::of(Tool::Gem, test)?;
        let home = client.home().join("gems");
        client.env("GEM_HOME", home.to_str().expect("temporary folders have plain names"));
        let run = client.gem_install(&self.source(), arguments);
        Some((client, run))
    }

    /// A project that wants these gems, lines of a Gemfile.
    fn bundle(&self, client: &mut Client, gems: &str) {
        for (name, value) in [
            ("BUNDLE_PATH", "vendor"),
            ("BUNDLE_RETRY", "0"),
            ("BUNDLE_SILENCE_ROOT_WARNING", "1"),
            ("BUNDLE_FROZEN", "false"),
        ] {
            client.env(name, value);
        }
        self.gemfile(client, gems);
    }

    fn gemfile(&self, client: &Client, gems: &str) {
        client.write(
            "Gemfile",
            &format!("source \"{}\"\n{gems}\n", self.source().trim_end_matches('/')),
        );
    }
}

async fn gems() -> Gems {
    let demo = Gem::new("demo_gem")
        .release("1.0.0", "ruby", &[])
        .release("1.1.0", "ruby", &[("demo_base", ">= 1")])
        .release("2.0.0", "ruby", &[]);
    let base = Gem::new("demo_base").releases(["1.0", "1.1"]);
    Gems::built(&[base, demo, Gem::new("rotten").releases(["1.0"])]).await
}

fn is_there(tool: Tool, test: &str) -> bool {
    // The gems are built by Ruby's own tools.
    Client::of(tool, test).is_some() && Client::of(Tool::Gem, test).is_some()
}

mod gem {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn installs_the_newest_that_is_allowed() {
        let test = "clients::ruby::gem::installs_the_newest_that_is_allowed";
        if !is_there(Tool::Gem, test) {
            return;
        }
        let stage = Stage::new().await;
        let (client, run) = stage.gem(test, &["demo_gem"]).unwrap();
        assert!(run.ok, "{}", run.text);
        assert_eq!(client.installed_gem("demo_gem"), ["1.1.0"], "{}", run.text);
        assert_eq!(client.installed_gem("demo_base"), ["1.0"], "{}", run.text);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn does_not_find_what_is_refused() {
        let test = "clients::ruby::gem::does_not_find_what_is_refused";
        if !is_there(Tool::Gem, test) {
            return;
        }
        let stage = Stage::new().await;
        for arguments in [&["demo_gem", "-v", "2.0.0"][..], &["rotten"]] {
            let (client, run) = stage.gem(test, arguments).unwrap();
            assert!(!run.ok, "{}", run.text);
            assert!(run.text.contains("Could not find a valid gem"), "{}", run.text);
            assert!(client.installed_gem(arguments[0]).is_empty());
        }
    }

    /// The indexes of old are what gem turns to when there is no compact index.
    #[tokio::test(flavor = "multi_thread")]
    async fn falls_back_by_the_marshal_indexes_as_well() {
        let test = "clients::ruby::gem::falls_back_by_the_marshal_indexes_as_well";
        if !is_there(Tool::Gem, test) {
            return;
        }
        let stage = Stage::new().await;
        for gem in ["demo_gem", "demo_base"] {
            stage.gems.server.put(format!("/info/{gem}"), Reply::new(404));
        }
        let (client, run) = stage.gem(test, &["demo_gem"]).unwrap();
        assert!(run.ok, "{}", run.text);
        assert_eq!(client.installed_gem("demo_gem"), ["1.1.0"], "{}", run.text);
        let list = client.run(&[
            "list",
            "--remote",
            "--all",
            "--clear-sources",
            "--source",
            &stage.source(),
            "--norc",
        ]);
        assert!(list.text.contains("demo_gem (1.1.0, 1.0.0)"), "{}", list.text);
        assert!(
            !list.text.contains("2.0.0") && !list.text.contains("rotten"),
            "{}",
            list.text
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn shows_the_reason() {
        let test = "clients::ruby::gem::shows_the_reason";
        if !is_there(Tool::Gem, test) {
            return;
        }
        let stage = Stage::unfiltered().await;
        let (client, run) = stage.gem(test, &["demo_gem", "-v", "2.0.0"]).unwrap();
        assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
        assert!(client.installed_gem("demo_gem").is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_mode_keeps_its_promise() {
        let test = "clients::ruby::gem::each_mode_keeps_its_promise";
        if !is_there(Tool::Gem, test) {
            return;
        }
        let judge = Judge::start(|purl| match purl {
            "pkg:gem/demo_gem@2.0.0" => ("blocked_by_policies", false),
            "pkg:gem/demo_base@1.1" => ("blocked_not_scanned", false),
            _ => ("not_blocked", false),
        })
        .await;
        for (mode, newest, installs) in [
            ("warmup", "2.0.0", true),
            ("moderate", "1.1.0", true),
            ("strict", "", false),
        ] {
            let stage = Stage::set(|setup| {
                setup
                    .codescoring(&format!("url: {}", judge.url()))
                    .codescoring(&format!("token: {TOKEN}"))
                    .codescoring(&format!("work-mode: {mode}"))
            })
            .await;
            let (client, run) = stage.gem(test, &["demo_gem"]).unwrap();
            assert_eq!(run.ok, installs, "{mode}: {}", run.text);
            if installs {
                assert_eq!(client.installed_gem("demo_gem"), [newest], "{mode}: {}", run.text);
            }
        }
    }
}

macro_rules! bundlers {
    ($($name:ident: $tool:expr;)*) => {$(
        mod $name {
            use super::*;

            const TOOL: Tool = $tool;

            #[tokio::test(flavor = "multi_thread")]
            async fn installs_and_updates() {
                bundler::installs_and_updates(TOOL, concat!("clients::ruby::", stringify!($name), "::installs_and_updates")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn does_not_keep_what_was_refused_later() {
                let test = concat!("clients::ruby::", stringify!($name), "::does_not_keep_what_was_refused_later");
                bundler::does_not_keep_what_was_refused_later(TOOL, test).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn does_not_find_what_is_refused() {
                let test = concat!("clients::ruby::", stringify!($name), "::does_not_find_what_is_refused");
                bundler::does_not_find_what_is_refused(TOOL, test).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn shows_the_reason() {
                bundler::shows_the_reason(TOOL, concat!("clients::ruby::", stringify!($name), "::shows_the_reason")).await;
            }
        }
    )*};
}

bundlers! {
    system_bundler: Tool::Bundler;
    new_bundler: Tool::NewBundler;
}

mod bundler {
    use super::*;

    /// Without a lock file, with one, and anew.
    pub(super) async fn installs_and_updates(tool: Tool, test: &str) {
        if !is_there(tool, test) {
            return;
        }
        let stage = Stage::new().await;
        let mut client = Client::of(tool, test).unwrap();
        stage.bundle(&mut client, "gem \"demo_gem\"");
        let run = client.run(&["install"]);
        assert!(run.ok, "{}", run.text);
        assert_eq!(client.bundled_gem("demo_gem"), ["1.1.0"], "{}", run.text);
        assert_eq!(client.bundled_gem("demo_base"), ["1.0"], "{}", run.text);
        assert!(client.read("Gemfile.lock").unwrap().contains("demo_gem (1.1.0)"));
        // The compact index is not left for anything else.
        let used = |path: &str| stage.gems.server.received_at(path).len();
        assert!(used("/versions") > 0 && used("/info/demo_gem") > 0 && used("/specs.4.8.gz") == 0);

        std::fs::remove_dir_all(client.project().join("vendor")).unwrap();
        let run = client.run(&["install"]);
        assert!(run.ok, "with a lock file: {}", run.text);
        assert_eq!(client.bundled_gem("demo_gem"), ["1.1.0"], "{}", run.text);

        stage.proxy.rewrite_policy("rules: []\n");
        stage.refused_gem_becomes(200).await;
        let run = client.run(&["update"]);
        assert!(run.ok, "{}", run.text);
        let lock = client.read("Gemfile.lock").unwrap();
        assert!(lock.contains("demo_gem (2.0.0)"), "{lock}\n{}", run.text);
        assert_eq!(used("/specs.4.8.gz"), 0, "the compact index was left");
    }

    /// The client has a copy of the info, from before, and the gem is not published anew.
    pub(super) async fn does_not_keep_what_was_refused_later(tool: Tool, test: &str) {
        if !is_there(tool, test) {
            return;
        }
        let stage = Stage::set(|setup| setup.policy("rules: []\n")).await;
        let mut client = Client::of(tool, test).unwrap();
        stage.bundle(&mut client, "gem \"demo_gem\"");
        let run = client.run(&["install"]);
        assert!(run.ok && client.bundled_gem("demo_gem") == ["2.0.0"], "{}", run.text);

        stage.proxy.rewrite_policy(&denying(RULES));
        stage.refused_gem_becomes(403).await;
        std::fs::remove_dir_all(client.project().join("vendor")).unwrap();
        std::fs::remove_file(client.project().join("Gemfile.lock")).unwrap();
        let run = client.run(&["install"]);
        assert!(run.ok, "{}", run.text);
        assert_eq!(client.bundled_gem("demo_gem"), ["1.1.0"], "{}", run.text);
    }

    pub(super) async fn does_not_find_what_is_refused(tool: Tool, test: &str) {
        if !is_there(tool, test) {
            return;
        }
        let stage = Stage::new().await;
        let mut client = Client::of(tool, test).unwrap();
        stage.bundle(&mut client, "");
        for gem in ["gem \"demo_gem\", \"2.0.0\"", "gem \"rotten\""] {
            stage.gemfile(&client, gem);
            let run = client.run(&["install"]);
            assert!(!run.ok && run.text.contains("ould not find"), "{gem}: {}", run.text);
        }
        assert!(client.bundled_gem("demo_gem").is_empty() && client.bundled_gem("rotten").is_empty());
    }

    pub(super) async fn shows_the_reason(tool: Tool, test: &str) {
        if !is_there(tool, test) {
            return;
        }
        let stage = Stage::unfiltered().await;
        let mut client = Client::of(tool, test).unwrap();
        stage.bundle(&mut client, "gem \"demo_gem\", \"2.0.0\"");
        let run = client.run(&["install"]);
        assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
        assert!(client.bundled_gem("demo_gem").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_of_the_index_are_verified() {
    let test = "clients::ruby::checksums_of_the_index_are_verified";
    if !is_there(Tool::NewBundler, test) {
        return;
    }
    let stage = Stage::new().await;
    let mut client = Client::of(Tool::NewBundler, test).unwrap();
    stage.bundle(&mut client, "gem \"demo_gem\"");
    client.env("BUNDLE_LOCKFILE_CHECKSUMS", "true");
    let run = client.run(&["install"]);
    assert!(run.ok, "{}", run.text);
    let lock = client.read("Gemfile.lock").unwrap();
    assert!(
        lock.contains("CHECKSUMS") && lock.contains("demo_gem (1.1.0) sha256="),
        "{lock}"
    );

    // Another gem of that name.
    let other = stage.gems.server.received_at("/gems/demo_gem-1.1.0.gem");
    assert!(!other.is_empty());
    let base = Ask::get(&format!("{}/gems/demo_gem-1.0.0.gem", stage.gems.server.url()));
    let bytes = base.send().await.body;
    stage.gems.server.put(
        "/gems/demo_gem-1.1.0.gem",
        Resource::new("application/octet-stream", bytes),
    );
    std::fs::remove_dir_all(client.project().join("vendor")).unwrap();
    let run = client.run(&["install"]);
    assert!(!run.ok && run.text.to_lowercase().contains("checksum"), "{}", run.text);
}
