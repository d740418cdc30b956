//! Mistakes in osa-proxy.yml end with exit code 64 and tell what to do.

use std::process::Output;

use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, osa_proxy, plugins_built, repository};
use osa_proxy_tests::root;
use osa_proxy_tests::wire::Ask;

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `words` must all be in the message, beside the file's name.
fn assert_mistake(setup: &Setup, words: &[&str]) {
    let output = setup.refused();
    let text = text(&output);
    assert_eq!(output.status.code(), Some(64), "{words:?}: {text}");
    for word in words.iter().chain(&["osa-proxy.yml"]) {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn npm() -> Setup {
    Setup::npm("https://registry.example")
}

#[test]
fn unknown_keys() {
    assert_mistake(&npm().section("      registyr: x\n"), &["registyr", "registry"]);
    assert_mistake(&npm().section("nmp:\n  enabled: true\n"), &["nmp", "npm"]);
    assert_mistake(&npm().codescoring("work-mod: strict"), &["work-mod", "work-mode"]);
    assert_mistake(
        &npm().client("respons-timeout: 1s"),
        &["respons-timeout", "response-timeout"],
    );
}

#[test]
fn bad_values() {
    assert_mistake(
        &npm().codescoring("work-mode: lenient"),
        &["work-mode", "lenient", "strict_wait"],
    );
    assert_mistake(
        &npm().client("response-timeout: soon"),
        &["response-timeout", "soon", "30s"],
    );
    assert_mistake(
        &npm().client("max-manifest-body-size: -1"),
        &["max-manifest-body-size", "200mb"],
    );
    assert_mistake(
        &npm().codescoring("block-status-code: 200"),
        &["block-status-code", "403"],
    );
    assert_mistake(
        &npm().codescoring("enable-status-line: perhaps"),
        &["enable-status-line", "true"],
    );
    assert_mistake(&npm().codescoring("osa-proxy-url: ftp://x"), &["osa-proxy-url", "http"]);
}

#[test]
fn upstreams() {
    for url in [
        "registry.example",
        "ftp://registry.example",
        "https://",
        "https://registry.example/?q=1",
        "file:///etc",
    ] {
        assert_mistake(&Setup::npm(url), &["registry", "https://"]);
    }
    let missing = "npm:\n  repository:\n    - name: npm\n";
    assert_mistake(&Setup::default().plugin("npm").section(missing), &["registry", "npm"]);
}

#[test]
fn names() {
    let second = |name: &str| format!("    - name: {name}\n      registry: https://registry.example\n");
    assert_mistake(&npm().section(&second("npm")), &["npm", "name"]);
    for reserved in ["api", "healthz", "metrics", "v2", "token"] {
        assert_mistake(&npm().section(&second(reserved)), &[reserved, "name"]);
    }
    for bad in ["a/b", "\"\"", "\"a b\"", "..", "\"%41\""] {
        assert_mistake(&npm().section(&second(bad)), &["name"]);
    }
}

#[test]
fn sections_without_a_plugin() {
    let section = repository("maven", "maven", "https://registry.example", "");
    assert_mistake(&npm().section(&section), &["maven", "plugin", "npm"]);
}

#[test]
fn placeholders() {
    assert_mistake(&Setup::npm("${OSA_TEST_UNSET}"), &["OSA_TEST_UNSET"]);
    let output = Setup::npm("${OSA_TEST_SET:https://default.example}")
        .env("OSA_TEST_SET", "https://set.example")
        .run("check-config");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("https://set.example"), "{shown}{}", text(&output));
    let output = Setup::npm("${OSA_TEST_UNSET:https://default.example:8443/a}").run("check-config");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("https://default.example:8443/a"),
        "{shown}{}",
        text(&output)
    );
    // A value cannot bring structure with it.
    let output = npm()
        .codescoring("stage: ${OSA_TEST_STAGE}")
        .env("OSA_TEST_STAGE", "a\nb: [c # d")
        .run("check-config");
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn what_is_no_yaml_tells_its_line() {
    for broken in [
        "npm: [\n",
        "\tnpm: x\n",
        "npm:\n  enabled: true\n enabled: false\n",
        "npm: &a [*a]\n",
        "- a list\n",
    ] {
        let output = Setup::default().plugin("npm").section(broken).refused();
        assert_eq!(output.status.code(), Some(64), "{broken}: {}", text(&output));
        assert!(text(&output).contains("osa-proxy.yml"), "{broken}: {}", text(&output));
    }
    assert_mistake(&npm().section("npm:\n  enabled: true\n"), &["npm"]);
}

#[test]
fn where_the_file_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = osa_proxy(folder.path()).arg("serve").output().unwrap();
    assert_eq!(nothing.status.code(), Some(64));
    assert!(
        text(&nothing).contains("osa-proxy.yml") && text(&nothing).contains("init"),
        "{}",
        text(&nothing)
    );
    let argument = osa_proxy(folder.path())
        .arg("missing.yml")
        .env("OSA_PROXY_CONFIG_PATH", "other.yml")
        .output()
        .unwrap();
    assert!(
        text(&argument).contains("missing.yml"),
        "the argument comes first: {}",
        text(&argument)
    );
    let variable = osa_proxy(folder.path())
        .env("OSA_PROXY_CONFIG_PATH", "other.yml")
        .output()
        .unwrap();
    assert!(text(&variable).contains("other.yml"), "{}", text(&variable));
    let usage = osa_proxy(folder.path())
        .args(["serve", "a.yml", "b.yml"])
        .output()
        .unwrap();
    assert_eq!(usage.status.code(), Some(64));
}

#[test]
fn an_address_in_use_is_told() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let output = npm().address(&address.to_string()).refused();
    assert!(!output.status.success());
    assert!(text(&output).contains(&address.to_string()), "{}", text(&output));
}

/// No variable is set and no other file lies beside it; a section is there for every plugin.
#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_example_loads_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root().join("osa-proxy.yml"), folder.path().join("osa-proxy.yml")).unwrap();
    let output = osa_proxy(folder.path()).arg("check-config").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    for section in plugins_built() {
        for part in [format!("\n{section}:\n"), format!("\n    - name: \"{section}\"\n")] {
            assert!(shown.contains(&part), "{section} is not in: {shown}");
        }
    }
    let mut serve = osa_proxy(folder.path());
    serve
        .env("OSA_PROXY_ADDRESS", "127.0.0.1:0")
        .args(["serve", "osa-proxy.yml"]);
    let proxy = Proxy::launch(serve, folder);
    let live = Ask::get(&format!("{}/healthz", proxy.url())).send().await;
    assert_eq!(live.status, 200);
}

/// 5,000 verdicts take more than a megabyte: some are forgotten, and Judge is asked for them again.
#[tokio::test(flavor = "multi_thread")]
async fn verdicts_in_memory_take_no_more_than_max_memory() {
    let versions: Vec<String> = (0..5000).map(|n| format!("1.0.{n}")).collect();
    let cog = Package::new("cog").versions(versions.iter().map(String::as_str));
    let registry = Npm::with(&[cog]).await;
    for (max_memory, all_again) in [("64mb", false), ("1mb", true)] {
        let judge = Judge::start(|_| ("not_blocked", false)).await;
        let cache = format!("cache: {{judge: {{enabled: true, max-memory: {max_memory}}}}}\n");
        let proxy = Setup::npm(&registry.server.url())
            .section(&cache)
            .codescoring(&format!("url: {}", judge.url()))
            .codescoring(&format!("token: {TOKEN}"))
            .start();
        let document = Ask::get(&format!("{}/npm/cog", proxy.url()));
        assert_eq!(document.send().await.status, 200);
        judge.forget();
        assert_eq!(document.send().await.status, 200);
        assert_eq!(!judge.asked().is_empty(), all_again, "{max_memory}");
    }
}
