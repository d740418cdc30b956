//! Container images through the real plugin: what is judged, by which name, on every way to it; tokens, blobs, mirrors, and
//! registries that lie.

mod judged;
mod lies;
mod relayed;
mod tokens;

use osa_proxy_tests::docker::Images;
use osa_proxy_tests::oci::DOCKER_MANIFEST;
use osa_proxy_tests::proxy::{Proxy, Setup, by_host};
use osa_proxy_tests::wire::{Answer, Ask};

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

fn setup(images: &Images, more: &str) -> Setup {
    Setup::default()
        .plugin("docker")
        .section(&by_host("docker", &[("hub", &images.url(), more)]))
}

fn ask(method: &str, proxy: &Proxy, path: &str) -> Ask {
    Ask::new(method, &format!("{}/v2/{path}", proxy.url()))
        .header("accept", ACCEPT)
        .header("accept", DOCKER_MANIFEST)
        .header("accept-encoding", "gzip")
}

async fn get(proxy: &Proxy, path: &str) -> Answer {
    ask("GET", proxy, path).send().await
}

/// The code and the message of a registry's error.
fn error(answer: &Answer) -> (String, String) {
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{}",
        answer.text()
    );
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let text = |member: &str| body["errors"][0][member].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}
