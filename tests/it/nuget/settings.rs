//! Feeds in other places, and what the settings of a repository change.

use std::time::Duration;

use base64::Engine as _;
use osa_proxy_tests::nuget::{JSON, NuGet};
use osa_proxy_tests::proxy::{Setup, repository};
use osa_proxy_tests::upstream::{Reply, Resource, Upstream};
use osa_proxy_tests::wire::Ask;
use serde_json::{Value, json};

use super::{HIVE, kit, versions};

/// That of the kit, from a feed whose service index leads to the proxy.
async fn registration(base: &str, service: &str) -> Value {
    let index = Ask::get(&format!("{base}{service}")).send().await.json();
    assert!(
        index.to_string().contains(&format!("\"{base}v3-flatcontainer/\"")),
        "{index}"
    );
    let registration = Ask::get(&format!("{base}{HIVE}/widget.kit/index.json"));
    registration.send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_keep_the_context_of_the_repository_manager() {
    let feed = NuGet::with(&[kit()]).await;
    let section = repository("nuget", "nuget", &feed.url(), "      url-encoded-config: true\n");
    let proxy = Setup::default().plugin("nuget").section(&section).start();
    let context = base64::engine::general_purpose::URL_SAFE
        .encode(r#"{"repoManagerHost":"https://nexus.example","repoName":"nuget-proxy"}"#);
    for middle in [format!("{context}/"), String::new()] {
        let base = format!("{}/nuget/{middle}", proxy.url());
        let registration = registration(&base, "v3/index.json").await;
        let content = registration["items"][0]["items"][0]["packageContent"].as_str().unwrap();
        assert!(content.starts_with(&base), "{content}");
        assert_eq!(Ask::get(content).send().await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_below_a_path_is_served_as_well() {
    for (prefix, service) in [
        ("/repository/nuget-proxy", "index.json"),
        ("/artifactory/api/nuget/v3/nuget-remote", "nuget-api/index.json"),
    ] {
        let feed = NuGet::below(prefix, &[kit()]).await;
        let setup = Setup::nuget(&format!("{}/", feed.url())).deny(&[("pkg:nuget/widget.kit", "2.0.0")]);
        let proxy = setup.start();
        let base = format!("{}/nuget/", proxy.url());
        let registration = registration(&base, service).await;
        assert_eq!(versions(&registration).len(), 3);
        let content = registration["items"][0]["items"][0]["packageContent"].as_str().unwrap();
        assert_eq!(Ask::get(content).send().await.body, kit().nupkg("1.0.0-Beta"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_beside_the_registry_are_served_when_configured_and_told_when_not() {
    let feed = NuGet::with(&[kit()]).await;
    let files = Upstream::start().await;
    let path = kit().file_path("1.0.0");
    files.put(
        path.clone(),
        Resource::new("application/octet-stream", kit().nupkg("1.0.0")),
    );
    let host = files.url().replace("http://", "");
    let index = json!({ "version": "3.0.0", "resources": [
        { "@id": format!("{}/v3-flatcontainer/", files.url()), "@type": "PackageBaseAddress/3.0.0" },
        { "@id": "https://search.example/query", "@type": "SearchQueryService" },
        { "@id": "https://other.example/x", "@type": "VulnerabilityInfo/6.7.0" },
    ] });
    feed.server.put("/v3/index.json", Reply::ok(JSON, index.to_string()));
    let more = format!(
        "      additional-packages-registries:\n        \"{host}\": {}\n",
        files.url()
    );
    let section = repository("nuget", "nuget", &feed.url(), &more);
    let proxy = Setup::default()
        .plugin("nuget")
        .section(&section)
        .deny(&[("pkg:nuget/widget.kit", "2.0.0")])
        .start();
    let base = format!("{}/nuget/", proxy.url());
    let served = Ask::get(&format!("{base}v3/index.json")).send().await.json();
    let links: Vec<_> = served["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["@id"].as_str().unwrap())
        .collect();
    assert_eq!(
        links,
        [
            format!("{base}-/files/{host}/v3-flatcontainer/"),
            format!("{base}-/files/search.example/query")
        ]
    );
    assert!(
        proxy.wait_for_log("other.example", Duration::from_secs(10)),
        "what is left out is told"
    );
    let file = Ask::get(&format!("{base}-/files/{host}{path}")).send().await;
    assert_eq!(file.body, kit().nupkg("1.0.0"));
    let refused = format!("{base}-/files/{host}{}", kit().file_path("2.0.0"));
    assert_eq!(Ask::get(&refused).send().await.status, 403);
    let search = Ask::get(&format!("{}?q=x", links[1])).send().await;
    assert_eq!(search.status, 403);
    assert!(
        search.text().contains("additional-packages-registries"),
        "{}",
        search.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scan_manifest_only_package_files_are_judged() {
    let feed = NuGet::with(&[kit()]).await;
    let section = repository("nuget", "nuget", &feed.url(), "").replace("scan-manifest: true", "scan-manifest: false");
    let proxy = Setup::default()
        .plugin("nuget")
        .section(&section)
        .deny(&[("pkg:nuget/widget.kit", "")])
        .start();
    let base = format!("{}/nuget/", proxy.url());
    let index = Ask::get(&format!("{base}{HIVE}/widget.kit/index.json"))
        .send()
        .await
        .json();
    assert_eq!(versions(&index).len(), 4);
    let content = index["items"][0]["items"][0]["packageContent"].as_str().unwrap();
    assert!(content.starts_with(&base), "{content}");
    assert_eq!(Ask::get(content).send().await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_type_filter_knows_nugets_files() {
    let feed = NuGet::with(&[kit()]).await;
    let filter = "      file-type-filter:\n        additional-allowed-extensions: []\n";
    let section = repository("nuget", "nuget", &feed.url(), filter);
    let proxy = Setup::default().plugin("nuget").section(&section).start();
    let folder = format!("{}/nuget/v3-flatcontainer/widget.kit/1.0.0", proxy.url());
    for (file, status) in [
        ("widget.kit.1.0.0.nupkg", 200),
        ("widget.kit.1.0.0.snupkg", 200),
        // A manifest is a document, which the filter lets pass.
        ("widget.kit.nuspec", 200),
        ("icon", 403),
    ] {
        assert_eq!(
            Ask::get(&format!("{folder}/{file}")).send().await.status,
            status,
            "{file}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_of_the_service_index_itself_is_a_configuration_error() {
    let setup = Setup::nuget("https://nexus.example/repository/nuget-proxy/index.json");
    for command in ["serve", "check-config"] {
        let output = setup.run(command);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{command}: {text}");
        assert!(text.contains("ends in /repository/nuget-proxy"), "{command}: {text}");
        assert!(
            text.contains("osa-proxy.yml: nuget: repository `nuget`"),
            "{command}: {text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_plugin_the_section_is_a_plain_configuration_error() {
    let section = repository("nuget", "nuget", "https://registry.example", "");
    let output = Setup::default().plugin("widget").section(&section).refused();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{text}");
    assert!(text.contains("nuget") && text.contains("plugin"), "{text}");
}
