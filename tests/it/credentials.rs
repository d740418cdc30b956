//! Credentials go where they belong and nowhere else; no log has them.

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Setup, repository};
use osa_proxy_tests::pypi::{Project, Pypi};
use osa_proxy_tests::upstream::{Received, Reply, Upstream};
use osa_proxy_tests::wire::Ask;

/// Part of every secret of these tests.
const SECRET: &str = "hush-hush";
/// `user:hush-hush` in base64.
const BASIC: &str = "Basic dXNlcjpodXNoLWh1c2g=";

fn leaks(received: &[Received]) -> bool {
    received.iter().any(|request| {
        request
            .headers
            .iter()
            .any(|(_, value)| value.contains(SECRET) || value == BASIC)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_credentials_reach_the_registry_and_no_other_host() {
    let index = Pypi::with(&[Project::new("demo").wheel("1.0")]).await;
    let proxy = Setup::pypi(&index.index.url(), &index.files.url()).start();
    let ask = |url: &str| {
        Ask::get(url)
            .header("authorization", BASIC)
            .header("cookie", "session=hush-hush")
    };
    let page = ask(&format!("{}/pypi/simple/demo/", proxy.url()))
        .header("accept", "application/vnd.pypi.simple.v1+json")
        .send()
        .await;
    let link = page.json()["files"][0]["url"].as_str().unwrap().to_owned();
    assert_eq!(ask(&link).send().await.status, 200);
    let on_index = index.index.received();
    assert_eq!(on_index[0].header("authorization"), Some(BASIC));
    assert!(!leaks(&index.files.received()), "{:?}", index.files.received());
    assert!(
        !proxy.log().contains(SECRET) && !proxy.log().contains(BASIC),
        "{}",
        proxy.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrys_demand_for_credentials_reaches_the_client() {
    let registry = Upstream::start().await;
    let document = Package::new("cog")
        .versions(["1.0.0"])
        .packument(&registry.url(), false);
    let resource =
        osa_proxy_tests::upstream::Resource::new("application/json", document).authorization("Bearer hush-hush");
    registry.put("/cog", resource);
    let proxy = Setup::npm(&registry.url()).start();
    let url = format!("{}/npm/cog", proxy.url());
    let denied = Ask::get(&url).send().await;
    assert_eq!(denied.status, 401);
    assert!(denied.header("www-authenticate").is_some());
    let granted = Ask::get(&url).header("authorization", "Bearer hush-hush").send().await;
    assert_eq!(granted.status, 200, "{}", granted.text());
    // What one client may see is not served to another.
    assert_eq!(Ask::get(&url).send().await.status, 401);
    assert!(!proxy.log().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_a_configured_url_are_used_and_never_shown() {
    let npm = Npm::with(&[Package::new("cog").versions(["1.0.0"])]).await;
    let with_user = npm.server.url().replace("http://", "http://user:hush-hush@");
    let proxy = Setup::npm(&with_user).start();
    let answer = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(npm.server.received()[0].header("authorization"), Some(BASIC));
    assert!(!answer.text().contains(SECRET));
    npm.server.put("/cog", Reply::new(500));
    let broken = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
    assert!(!broken.text().contains(SECRET), "{}", broken.text());
    npm.server
        .put("/cog", Reply::redirect(302, "http://user:hush-hush@127.0.0.1:1/x"));
    let astray = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
    assert!(!astray.text().contains(SECRET), "{}", astray.text());
    assert!(!proxy.log().contains(SECRET), "{}", proxy.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_repositorys_credentials_do_not_reach_another() {
    let (first, second) = (
        Npm::with(&[Package::new("cog").versions(["1.0.0"])]).await,
        Upstream::start().await,
    );
    second.put("/cog", Reply::new(404));
    let with_user = first.server.url().replace("http://", "http://user:hush-hush@");
    let other = format!("    - name: other\n      registry: {}\n", second.url());
    let proxy = Setup::default()
        .plugin("npm")
        .section(&repository("npm", "npm", &with_user, ""))
        .section(&other)
        .start();
    assert_eq!(Ask::get(&format!("{}/npm/cog", proxy.url())).send().await.status, 200);
    Ask::get(&format!("{}/other/cog", proxy.url())).send().await;
    assert_eq!(second.received().len(), 1);
    assert!(!leaks(&second.received()));
}

#[test]
fn secrets_are_not_printed_with_the_configuration() {
    let setup = Setup::npm("https://user:hush-hush@registry.example")
        .codescoring("url: https://platform.example")
        .codescoring("token: ${OSA_TEST_TOKEN}")
        .env("OSA_TEST_TOKEN", "hush-hush");
    let output = setup.run("check-config");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(text.contains("registry.example") && !text.contains(SECRET), "{text}");
}

#[test]
fn secrets_are_not_printed_with_configuration_errors() {
    for line in ["registyr: https://user:hush-hush@registry.example", "work-mode: hush"] {
        let setup = Setup::npm("https://user:hush-hush@registry.example").section(&format!("      {line}\n"));
        let output = setup.refused();
        assert_eq!(output.status.code(), Some(64));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!text.contains(SECRET), "{text}");
    }
}
