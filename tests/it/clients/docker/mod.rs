//! Clients of container registries through the proxy, in front of distribution's docker-registry.

mod daemon;
mod hosts;
mod login;
mod mirror;
mod modes;
mod pull;
mod tags;

use osa_proxy_tests::client::{Client, Run, Tool};
use osa_proxy_tests::oci::{Image, Registry};
use osa_proxy_tests::proxy::{Proxy, Setup, by_host};

/// Registry and proxy, on its main host.
struct Stage {
    registry: Registry,
    proxy: Proxy,
}

/// One small image is all right; of `rotten` everything is refused, and one more by its digest alone.
fn images() -> Vec<(&'static str, &'static str, Image)> {
    vec![
        ("acme/hello", "1.0", Image::new("hello")),
        ("acme/hello", "latest", Image::docker("hello")),
        ("acme/hello", "bad", bad()),
        ("a/b/c/d", "both", Image::two_platforms("both")),
        ("acme/built", "1.0", Image::attested("built")),
        ("acme/bad", "both", Image::two_platforms("bad")),
        ("acme/rotten", "2.0", Image::docker("rotten")),
        ("acme/rotten", "both", Image::two_platforms("rotten")),
        ("acme/rotten", "built", Image::attested("rotten")),
    ]
}

fn bad() -> Image {
    Image::new("bad")
}

fn serve(test: &str) -> Option<Registry> {
    let images = images();
    let images: Vec<_> = images.iter().map(|(name, tag, image)| (*name, *tag, image)).collect();
    Registry::start(test, &images)
}

/// `(name, registry, further lines)`: repositories of the plugin, each line six blanks deep.
fn setup(repositories: &[(&str, &str, &str)]) -> Setup {
    let digest = format!("={}", bad().digest());
    let rules = [
        ("pkg:docker/acme/rotten", ""),
        ("pkg:docker/acme/hello", &digest),
        ("pkg:docker/acme/bad", &digest),
    ];
    Setup::default()
        .plugin("docker")
        .section(&by_host("docker", repositories))
        .deny(&rules)
        .codescoring("work-mode: strict")
}

impl Stage {
    fn new(test: &str) -> Option<Self> {
        let registry = serve(test)?;
        let proxy = setup(&[("images", &registry.url(), "")]).start();
        Some(Self { registry, proxy })
    }

    /// As one writes it to pull through the proxy: `:TAG` or `@DIGEST` follow the name.
    fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.proxy.address())
    }
}

/// Each pull with a client of its own, which has nothing yet.
fn pull(tool: Tool, test: &str, image: &str) -> Option<(Client, Run)> {
    let client = Client::container(tool, test)?;
    let run = client.pull(image);
    Some((client, run))
}

/// The tests of a file for every client that pulls by itself.
macro_rules! each_client {
    ($file:literal, $($test:ident)*) => {
        each_client!(@ $file skopeo Skopeo, $($test)*);
        each_client!(@ $file podman Podman, $($test)*);
        each_client!(@ $file buildah Buildah, $($test)*);
        each_client!(@ $file crane Crane, $($test)*);
        each_client!(@ $file oras Oras, $($test)*);
    };
    (@ $file:literal $name:ident $tool:ident, $($test:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    let test = concat!("clients::docker::", $file, "::", stringify!($name), "::", stringify!($test));
                    super::$test(osa_proxy_tests::client::Tool::$tool, test).await;
                }
            )*
        }
    };
}
use each_client;
