//! Clients that have the proxy as the mirror of a registry, which is away here: who must not get there by themselves when the
//! proxy refuses an image is to be kept from it by the network.

use osa_proxy_tests::client::{Client, Dockerd, Tool};
use osa_proxy_tests::oci::{Image, Registry};

use super::{Stage, serve, setup};

fn is_asked_first(tool: Tool, test: &str) {
    let Some(stage) = Stage::new(test) else { return };
    let pull = |image: &str| {
        let client = Client::container(tool, test)?;
        client.mirror("hub.example", stage.proxy.address());
        let run = client.pull(image);
        Some((client, run))
    };
    let Some((client, run)) = pull("hub.example/acme/hello:1.0") else {
        return;
    };
    assert!(run.ok && client.lacks(&Image::new("hello")).is_empty(), "{}", run.text);
    let Some((client, run)) = pull("hub.example/acme/rotten:2.0") else {
        return;
    };
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
    assert!(client.has_nothing_of(&Image::docker("rotten")), "{}", run.text);
}

#[test]
fn skopeo_asks_it_first() {
    is_asked_first(Tool::Skopeo, "clients::docker::mirror::skopeo_asks_it_first");
}

#[test]
fn podman_asks_it_first() {
    is_asked_first(Tool::Podman, "clients::docker::mirror::podman_asks_it_first");
}

#[test]
fn buildah_asks_it_first() {
    is_asked_first(Tool::Buildah, "clients::docker::mirror::buildah_asks_it_first");
}

/// For images without a registry's name. Whatever a mirror says, it goes on to the place itself.
#[tokio::test(flavor = "multi_thread")]
async fn docker_asks_it_first() {
    let test = "clients::docker::mirror::docker_asks_it_first";
    let (hello, rotten) = (Image::docker("hello"), Image::docker("rotten"));
    let images = [("library/hello", "1.0", &hello), ("acme/rotten", "1.0", &rotten)];
    let Some(registry) = Registry::start(test, &images) else {
        return;
    };
    let proxy = setup(&[("images", &registry.url(), "")]).start();
    let Some(docker) = Dockerd::start(test, Some(&proxy.url()), &[]) else {
        return;
    };
    let run = docker.pull("hello:1.0");
    assert!(run.ok && docker.client.lacks(&hello).is_empty(), "{}", run.text);

    let run = docker.pull("acme/rotten:1.0");
    assert!(!run.ok && docker.client.has_nothing_of(&rotten), "{}", run.text);
    let log = docker.log();
    let next = log
        .lines()
        .find(|line| line.contains("Attempting next endpoint"))
        .unwrap_or_default();
    assert!(next.contains("Nothing harmful"), "{log}");
}

/// containerd names the registry that it wants, `?ns=`, when it asks a mirror. It goes by HEAD alone, so that the status line
/// is where it finds the reason.
#[tokio::test(flavor = "multi_thread")]
async fn containerd_asks_it_first() {
    let test = "clients::docker::mirror::containerd_asks_it_first";
    let Some(registry) = serve(test) else { return };
    let more = "      mirror-of: hub.example\n";
    let proxy = setup(&[("images", &registry.url(), more)])
        .codescoring("enable-status-line: true")
        .start();
    let Some(client) = Client::container(Tool::Ctr, test) else {
        return;
    };
    let Some(docker) = Dockerd::start(test, None, &[]) else {
        return;
    };
    let fetch =
        |namespace: &str, image: &str| client.fetch_by_mirror(&docker.containerd(), &proxy.url(), namespace, image);
    let both = Image::two_platforms("both");
    let run = fetch("hub.example", "a/b/c/d:both");
    assert!(run.ok && docker.client.lacks(&both).is_empty(), "{}", run.text);
    let run = fetch("hub.example", "acme/rotten:2.0");
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);

    // Another registry's image of the same name is not this one.
    registry.forget();
    let run = fetch("other.example", "acme/hello:1.0");
    assert!(
        !run.ok && docker.client.has_nothing_of(&Image::new("hello")),
        "{}",
        run.text
    );
    assert_eq!(registry.requests(), Vec::<String>::new());
}
