//! The go command: the newest that can be had, and the system's.

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::go::{Goproxy, Module};
use osa_proxy_tests::proxy::{Proxy, Setup};

const COG: &str = "example.com/Acme/cog";
const WHEEL: &str = "example.com/wheel";

struct Stage {
    _upstream: Goproxy,
    proxy: Proxy,
}

impl Stage {
    /// The newest cog is refused, and so is one in the middle; `wheel` requires a refused one. All of `rotten` is refused.
    async fn new(mode: &str) -> Self {
        let upstream = Goproxy::with(&[
            Module::new(COG).versions(["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]),
            Module::new(WHEEL).requiring("v1.0.0", &[(COG, "v1.1.0")]),
            Module::new("example.com/rotten").versions(["v1.0.0", "v1.0.1"]),
            Module::new("example.com/untagged").untagged("v0.0.0-20240101000000-0123456789ab"),
        ])
        .await;
        let rules = [
            ("pkg:golang/example.com/Acme/cog", "v1.1.0 || >=v1.3.0"),
            ("pkg:golang/example.com/rotten", ""),
            ("pkg:golang/example.com/untagged", ""),
        ];
        let setup = Setup::go(&upstream.server.url(), "").deny(&rules);
        let proxy = setup.codescoring(&format!("work-mode: {mode}")).start();
        Self {
            _upstream: upstream,
            proxy,
        }
    }

    fn client(&self, tool: Tool, test: &str, imports: &[&str]) -> Option<Client> {
        let mut client = Client::of(tool, test)?;
        client.go_module(&format!("{}/go", self.proxy.url()), imports);
        Some(client)
    }
}

async fn falls_back(tool: Tool, test: &str) {
    for mode in ["moderate", "strict"] {
        let stage = Stage::new(mode).await;
        let Some(client) = stage.client(tool, test, &[COG]) else {
            return;
        };
        let run = client.go_get(&format!("{COG}@latest"));
        assert!(run.ok, "{}", run.text);
        assert_eq!(client.go_version(COG).as_deref(), Some("v1.2.0"), "{}", run.text);
        let build = client.run(&["build", "./..."]);
        assert!(build.ok, "{}", build.text);
        let sums = client.read("go.sum").unwrap();
        assert!(sums.contains(COG), "{sums}");
        // With nothing of its own left, go fetches again and holds every file against go.sum.
        assert!(client.run(&["clean", "-modcache"]).ok);
        let build = client.run(&["build", "-mod=readonly", "./..."]);
        assert!(build.ok, "{}", build.text);
        // A prefix asks for the newest that it fits.
        assert!(client.go_get(&format!("{COG}@v1")).ok);
        assert_eq!(client.go_version(COG).as_deref(), Some("v1.2.0"));
    }
}

/// What go.sum says of a file is held against the bytes that come through the proxy.
async fn finds_a_file_that_is_not_in_its_go_sum(tool: Tool, test: &str) {
    let stage = Stage::new("strict").await;
    let Some(client) = stage.client(tool, test, &[COG]) else {
        return;
    };
    assert!(client.go_get(&format!("{COG}@v1.2.0")).ok);
    let sums = client.read("go.sum").unwrap();
    let forged = sums.replacen("h1:", "h1:AAAA", 1);
    client.write("go.sum", &forged);
    assert!(client.run(&["clean", "-modcache"]).ok);
    let build = client.run(&["build", "./..."]);
    assert!(!build.ok && build.text.contains("checksum mismatch"), "{}", build.text);
}

async fn shows_why_not(tool: Tool, test: &str) {
    let stage = Stage::new("strict_wait").await;
    for query in [
        format!("{COG}@v1.3.0"),
        "example.com/rotten@latest".into(),
        "example.com/rotten@v1.0.0".into(),
        "example.com/untagged@latest".into(),
    ] {
        let Some(client) = stage.client(tool, test, &[]) else {
            return;
        };
        let run = client.go_get(&query);
        assert!(!run.ok, "{query}: {}", run.text);
        assert!(
            run.text.contains("403") && run.text.contains("Nothing harmful"),
            "{query}: {}",
            run.text
        );
    }
}

/// `wheel` wants at least the refused v1.1.0 of cog: choosing a newer one works, and only the file itself is refused.
async fn chooses_around_a_refused_version(tool: Tool, test: &str) {
    let stage = Stage::new("strict").await;
    let Some(client) = stage.client(tool, test, &[WHEEL]) else {
        return;
    };
    let run = client.go_get(&format!("{WHEEL}@v1.0.0"));
    let download = client.run(&["mod", "download", "-x", COG]);
    assert!(!run.ok || !download.ok, "{}{}", run.text, download.text);
    let Some(client) = stage.client(tool, test, &[WHEEL]) else {
        return;
    };
    client.write(
        "go.mod",
        &format!("module example.com/project\n\ngo 1.18\n\nrequire (\n\t{WHEEL} v1.0.0\n\t{COG} v1.2.0\n)\n"),
    );
    let build = client.run(&["build", "./..."]);
    assert!(build.ok, "{}", build.text);
    assert_eq!(client.go_version(COG).as_deref(), Some("v1.2.0"));
}

async fn warmup_lets_all_through(tool: Tool, test: &str) {
    let stage = Stage::new("warmup").await;
    let Some(client) = stage.client(tool, test, &[COG]) else {
        return;
    };
    let run = client.go_get(&format!("{COG}@latest"));
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.go_version(COG).as_deref(), Some("v1.3.0"));
}

macro_rules! clients {
    ($($name:ident: $tool:expr;)*) => {$(
        mod $name {
            use super::*;

            clients!(@ $name $tool, falls_back finds_a_file_that_is_not_in_its_go_sum shows_why_not chooses_around_a_refused_version warmup_lets_all_through);
        }
    )*};
    (@ $name:ident $tool:expr, $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $test() {
            let test = concat!("clients::go::", stringify!($name), "::", stringify!($test));
            super::$test($tool, test).await;
        }
    )*};
}

clients! {
    newest: Tool::Go;
    system: Tool::SystemGo;
}
