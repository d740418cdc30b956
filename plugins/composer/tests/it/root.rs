//! `packages.json`: every way to metadata and archives is one through the proxy.

use serde_json::{Value, json};

use crate::support::{BASE, Upstream};

fn served(root: &Value) -> Value {
    let upstream = Upstream::new("packages.json", root.to_string());
    upstream.conforms();
    upstream.served(&[])
}

#[test]
fn links_lead_through_the_proxy() {
    let root: Value = serde_json::from_str(include_str!("../fixtures/packages.json")).unwrap();
    let mut expected = root.clone();
    for (key, path) in [
        ("notify-batch", "downloads/"),
        ("metadata-url", "p2/%package%.json"),
        ("search", "-/files/api.example/search.json?q=%query%&type=%type%"),
        ("list", "-/files/api.example/packages/list.json"),
        ("providers-api", "-/files/other.example/providers/%package%.json"),
    ] {
        expected[key] = format!("{BASE}/{path}").into();
    }
    expected["security-advisories"]["api-url"] = format!("{BASE}/-/files/api.example/api/security-advisories/").into();
    for key in ["providers-url", "mirrors", "provider-includes"] {
        expected[key] = Value::Null;
    }
    assert_eq!(served(&root), expected);
    let text = include_str!("../fixtures/packages.json");
    let upstream = Upstream::new("packages.json", text);
    upstream.conforms();
    // What is not edited keeps its blanks.
    assert!(
        upstream
            .outcome(&[])
            .unwrap()
            .contains("    \"available-package-patterns\": [\"acme/*\"],\n")
    );
}

#[test]
fn listings_by_digest_stay_where_there_is_no_other_way() {
    let listing = json!({"acme/hello": {"sha256": "00"}});
    let root = json!({"providers-url": "/p/%package%$%hash%.json", "providers": listing, "provider-includes": {}});
    let v1 = served(&root);
    assert_eq!(v1["providers-url"], format!("{BASE}/p/%package%$%hash%.json"));
    assert_eq!(v1["providers"], listing);
    let mut lazy = root.clone();
    lazy["providers-lazy-url"] = "/p/%package%.json".into();
    let lazy = served(&lazy);
    assert_eq!(lazy["providers-lazy-url"], format!("{BASE}/p/%package%.json"));
    assert_eq!(
        (&lazy["providers"], &lazy["providers-url"], &lazy["provider-includes"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn includes_are_fetched_anew() {
    let root = json!({"packages": {}, "includes": {"include/all$c0ffee.json": {"sha1": "c0ffee"}}});
    assert_eq!(served(&root)["includes"], json!({"include/all$c0ffee.json": {}}));
}

#[test]
fn what_leads_nowhere_is_left_out() {
    let root = json!({
        "metadata-url": "ftp://registry.example/p2/%package%.json",
        "notify-batch": "https://elsewhere.example/downloads/",
        "notify": "https://registry.example/other",
        "search": "",
        "list": null,
        "security-advisories": {"api-url": "https://elsewhere.example/api/security-advisories/"},
    });
    let served = served(&root);
    assert_eq!(
        (&served["metadata-url"], &served["notify-batch"], &served["notify"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(served["search"], "");
    // Answered with the key to add.
    assert_eq!(
        served["security-advisories"]["api-url"],
        format!("{BASE}/-/files/elsewhere.example/api/security-advisories/")
    );
}

#[test]
fn behind_a_repository_manager_links_lose_its_prefix() {
    for (registry, metadata) in [
        (
            "https://art.example/artifactory/api/composer/php",
            "https://art.example/artifactory/api/composer/php/p2/%package%.json",
        ),
        (
            "https://art.example/artifactory/api/composer/php/",
            "/artifactory/api/composer/php/p2/%package%.json",
        ),
        (
            "http://nexus.example:8081/repository/php",
            "http://nexus.example:8081/repository/php/p2/%package%.json",
        ),
    ] {
        let upstream = Upstream {
            repository: osa_plugin_composer::Composer::new(&json!({"registry": registry}).to_string()).unwrap(),
            ..Upstream::new("packages.json", json!({"metadata-url": metadata}).to_string())
        };
        assert_eq!(
            upstream.served(&[])["metadata-url"],
            format!("{BASE}/p2/%package%.json"),
            "{registry}"
        );
    }
}

#[test]
fn packages_may_stand_in_the_root_itself() {
    let inline = json!({
        "metadata-url": "/p2/%package%.json",
        "packages": {"acme/hello": {"1.0.0": {"name": "acme/hello", "version": "1.0.0"}}},
    });
    let upstream = Upstream::new("packages.json", inline.to_string());
    upstream.conforms();
    // There are more elsewhere: all of these refused says nothing of them.
    let served = upstream.served(&["pkg:composer/acme/hello@1.0.0"]);
    assert_eq!(served["packages"], json!({"acme/hello": {}}));
    assert!(served["warning"].is_string());
}
