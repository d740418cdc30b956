//! apk, where there is one: no distribution but its own packages it.

use osa_proxy_tests::alpine::{Apk, Mirror};
use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::proxy::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn apk_installs_what_is_allowed() {
    let test = "clients::alpine::apk_installs_what_is_allowed";
    let Some(client) = Client::of(Tool::Apk, test) else {
        return;
    };
    let packages = ["hello", "evil"].map(|name| Apk {
        name,
        version: "1.2-r0",
    });
    let mirror = Mirror::with("/v3.20/main/x86_64", &packages).await;
    let proxy = Setup::alpine(&mirror.server.url(), "")
        .deny(&[("pkg:apk/alpine/evil", "")])
        .codescoring("enable-status-line: true")
        .start();
    let repository = format!("{}/alpine/v3.20/main", proxy.url());
    let root = client.home().join("root").display().to_string();
    let add = |package: &str| {
        let run = [
            "--root",
            &root,
            "--arch",
            "x86_64",
            "--allow-untrusted",
            "--no-cache",
            "-X",
            &repository,
            "--initdb",
            "add",
            package,
        ];
        client.run(&run)
    };
    let run = add("hello");
    assert!(run.ok, "{}", run.text);
    let installed = std::fs::read_to_string(client.home().join("root/opt/hello"));
    assert_eq!(installed.unwrap(), "1.2-r0", "{}", run.text);
    // apk tells no more than that something is wrong with the answer.
    let run = add("evil");
    assert!(!run.ok && !client.home().join("root/opt/evil").exists(), "{}", run.text);
}
