//! The policy file of the embedded Judge: what its rules match, and what happens when it changes.

use std::time::Duration;

use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::{Proxy, Setup, denying};
use osa_proxy_tests::wire::Ask;

/// "within 10 s of a change", and a loaded machine.
const RELOADED: Duration = Duration::from_secs(20);

async fn registry() -> Npm {
    Npm::with(&[
        Package::new("cog").versions(["1.0.0", "2.0.0"]),
        Package::new("@acme/cog").versions(["1.0.0"]),
    ])
    .await
}

async fn status(proxy: &Proxy, path: &str) -> u16 {
    Ask::get(&format!("{}/npm/{path}", proxy.url())).send().await.status
}

const COG: &str = "cog/-/cog-1.0.0.tgz";
const ACME: &str = "@acme/cog/-/cog-1.0.0.tgz";

async fn becomes(proxy: &Proxy, path: &str, wanted: u16) -> bool {
    let start = std::time::Instant::now();
    while start.elapsed() < RELOADED {
        if status(proxy, path).await == wanted {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_policy_is_in_force_without_a_restart_and_a_broken_one_is_not() {
    let registry = registry().await;
    let proxy = Setup::npm(&registry.server.url()).start();
    assert_eq!(status(&proxy, COG).await, 200);
    proxy.rewrite_policy(&denying(&[("pkg:npm/cog", "")]));
    assert!(becomes(&proxy, COG, 403).await, "the new rule is not in force");

    proxy.rewrite_policy("rules:\n  - deny: [this, is, no, pattern]\n");
    assert!(proxy.wait_for_log("policy.yml", RELOADED), "{}", proxy.log());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(status(&proxy, COG).await, 403, "the last good policy stays");

    proxy.rewrite_policy("rules: []\n");
    assert!(becomes(&proxy, COG, 200).await, "mended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rule_that_matches_decides() {
    let registry = registry().await;
    let policy = "default: deny\nrules:\n  - allow: pkg:npm/@acme/*\n  - deny: pkg:npm/cog\n    versions: '<2.0.0 || >3.0.0'\n  - allow: pkg:npm/**\n";
    let proxy = Setup::npm(&registry.server.url()).policy(policy).start();
    assert_eq!(status(&proxy, ACME).await, 200);
    assert_eq!(status(&proxy, COG).await, 403);
    assert_eq!(status(&proxy, "cog/-/cog-2.0.0.tgz").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_of_deny_and_expired_rules() {
    let registry = registry().await;
    let policy = "default: deny\nrules:\n  - allow: pkg:npm/cog\n    expires: 2001-01-01\n  - allow: pkg:npm/@acme/cog\n    expires: 2999-01-01\n";
    let proxy = Setup::npm(&registry.server.url()).policy(policy).start();
    assert_eq!(status(&proxy, COG).await, 403, "an expired rule sleeps");
    assert_eq!(status(&proxy, ACME).await, 200);
}

#[test]
fn a_broken_policy_is_refused_at_start_with_its_line() {
    let cases = [
        ("rules:\n  - deny: pkg:npm/cog\n    versoins: 1\n", "versoins"),
        ("rules:\n  - deny: cog\n", "cog"),
        ("rules:\n  - deny: pkg:npm/cog\n    versions: '>>1'\n", ">>1"),
        ("rules:\n  - deny: pkg:npm/cog\n    expires: tomorrow\n", "tomorrow"),
        ("default: maybe\n", "maybe"),
        ("rules: [\n", "policy.yml"),
        ("rules:\n  - allow: pkg:npm/a\n    deny: pkg:npm/b\n", "deny"),
    ];
    for (policy, word) in cases {
        let output = Setup::npm("https://registry.example").policy(policy).refused();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{policy}");
        assert!(text.contains(word) && text.contains("policy.yml"), "{policy}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}
