//! The fixtures themselves: were they wrong, every other test would prove nothing.

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::odd::Odd;
use osa_proxy_tests::pypi::{Project, Pypi};

#[test]
fn odd_plugins_are_valid_components() {
    let odds = [
        Odd::named("widget"),
        Odd::importing_the_unknown(),
        Odd::importing_wasi(),
        Odd::of_version("0.2.0"),
        Odd::without_exports(),
        Odd::whose_description_loops(),
        Odd::whose_description_traps(),
        Odd::whose_description_lies_outside_of_memory(),
    ];
    for odd in odds {
        assert!(odd.component().len() > 100);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_installs_from_the_fake_registry() {
    let Some(client) = Client::of(Tool::Npm, "fixtures::npm_installs_from_the_fake_registry") else {
        return;
    };
    let cog = Package::new("@acme/cog").versions(["1.0.0"]);
    let paddle = Package::new("left-paddle")
        .versions(["1.0.0"])
        .depending("1.1.0", &[("@acme/cog", "^1.0.0")]);
    let registry = Npm::with(&[cog, paddle]).await;
    let run = client.install_npm(&registry.server.url(), &[("left-paddle", "^1.0.0")]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.npm_version("left-paddle").as_deref(), Some("1.1.0"));
    assert_eq!(client.npm_version("@acme/cog").as_deref(), Some("1.0.0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pip_installs_from_the_fake_index() {
    let Some(client) = Client::of(Tool::Pip, "fixtures::pip_installs_from_the_fake_index") else {
        return;
    };
    let wheel = Project::new("demo-wheel")
        .wheel("1.0.0")
        .wheel_requiring("1.1.0", &["demo-source>=1"]);
    let source = Project::new("demo-source").sdist("1.0");
    let index = Pypi::with(&[wheel, source]).await;
    let run = client.install_python(&format!("{}/simple/", index.index.url()), &["demo-wheel"]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(client.python_version("demo_wheel").as_deref(), Some("1.1.0"));
    assert_eq!(client.python_version("demo_source").as_deref(), Some("1.0"));
}
