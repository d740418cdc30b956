//! Lists of tags, page by page.

use osa_proxy_tests::client::{Client, Tool};

use super::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn are_listed_to_their_end() {
    let test = "clients::docker::tags::are_listed_to_their_end";
    let Some(stage) = Stage::new(test) else { return };
    let image = stage.image("acme/hello");
    for (tool, arguments) in [
        (
            Tool::Skopeo,
            vec!["list-tags", "--tls-verify=false", &format!("docker://{image}")],
        ),
        (Tool::Crane, vec!["ls", "--insecure", &image]),
        (Tool::Oras, vec!["repo", "tags", "--plain-http", &image]),
    ] {
        let Some(client) = Client::container(tool, test) else {
            continue;
        };
        let run = client.run(&arguments);
        assert!(run.ok, "{tool:?}: {}", run.text);
        for tag in ["1.0", "latest", "bad"] {
            assert!(run.text.contains(tag), "{tool:?}: {}", run.text);
        }
    }
}
