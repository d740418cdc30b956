//! pip (the newest and the machine's own) and uv.

use osa_proxy_tests::client::{Client, Run, Tool};
use osa_proxy_tests::proxy::{Proxy, Setup};
use osa_proxy_tests::pypi::{Project, Pypi};

struct Stage {
    _index: Pypi,
    proxy: Proxy,
}

impl Stage {
    /// `demo-wheel` depends on `demo-source`; the newest of each is refused, and all of `rotten`.
    async fn new() -> Self {
        let wheel = Project::new("demo-wheel")
            .wheel("1.0.0")
            .wheel_requiring("1.1.0", &["demo-source>=1"])
            .wheel("2.0.0");
        let source = Project::new("demo-source").sdist("1.0").sdist("1.1");
        let rotten = Project::new("rotten").wheel("1.0");
        let index = Pypi::with(&[wheel, source, rotten]).await;
        let rules = [
            ("pkg:pypi/demo-wheel", ">=2"),
            ("pkg:pypi/demo-source", ">=1.1"),
            ("pkg:pypi/rotten", ""),
        ];
        let setup = Setup::pypi(&index.index.url(), &index.files.url()).deny(&rules);
        let proxy = setup.codescoring("enable-status-line: true").start();
        Self { _index: index, proxy }
    }

    fn install(&self, client: &Client, requirements: &[&str]) -> Run {
        client.install_python(&format!("{}/pypi/simple/", self.proxy.url()), requirements)
    }

    /// The refused wheel itself, at the place where upstream has it.
    fn refused_wheel(&self) -> String {
        let path = Project::new("demo-wheel").wheel("2.0.0").files()[0].path();
        format!("{}/pypi/-/packages{path}", self.proxy.url())
    }
}

async fn falls_back(tool: Tool, test: &str) {
    let Some(client) = Client::of(tool, test) else { return };
    let stage = Stage::new().await;
    let run = stage.install(&client, &["demo-wheel"]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        client.python_version("demo_wheel").as_deref(),
        Some("1.1.0"),
        "{}",
        run.text
    );
    assert_eq!(
        client.python_version("demo_source").as_deref(),
        Some("1.0"),
        "{}",
        run.text
    );
}

async fn refuses(tool: Tool, test: &str) {
    let stage = Stage::new().await;
    for requirement in ["demo-wheel==2.0.0", "rotten"] {
        let Some(client) = Client::of(tool, test) else { return };
        let run = stage.install(&client, &[requirement]);
        assert!(!run.ok, "{requirement}: {}", run.text);
    }
}

async fn refuses_a_wheel_by_url(tool: Tool, test: &str) {
    let Some(client) = Client::of(tool, test) else { return };
    let stage = Stage::new().await;
    let link = stage.refused_wheel();
    let run = stage.install(&client, &[&format!("demo-wheel @ {link}")]);
    assert!(!run.ok && run.text.contains("403"), "{}", run.text);
    assert_eq!(client.python_version("demo_wheel"), None);
}

macro_rules! clients {
    ($($name:ident: $tool:expr;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn falls_back() {
                super::falls_back($tool, concat!("clients::python::", stringify!($name), "::falls_back")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses() {
                super::refuses($tool, concat!("clients::python::", stringify!($name), "::refuses")).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn refuses_a_wheel_by_url() {
                let test = concat!("clients::python::", stringify!($name), "::refuses_a_wheel_by_url");
                super::refuses_a_wheel_by_url($tool, test).await;
            }
        }
    )*};
}

clients! {
    pip: Tool::Pip;
    system_pip: Tool::SystemPip;
    uv: Tool::Uv;
}

#[tokio::test(flavor = "multi_thread")]
async fn pip_shows_the_reason() {
    let Some(client) = Client::of(Tool::Pip, "clients::python::pip_shows_the_reason") else {
        return;
    };
    let stage = Stage::new().await;
    let link = stage.refused_wheel();
    let run = stage.install(&client, &[&format!("demo-wheel @ {link}")]);
    assert!(
        !run.ok && run.text.contains("Nothing harmful"),
        "pip prints the status line: {}",
        run.text
    );
}
