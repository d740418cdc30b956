//! Documents whose versions stand for themselves.

use serde_json::{Value, json};

use crate::support::{BASE, Upstream, link};

fn version(name: &str, version: &str) -> Value {
    json!({
        "name": name, "version": version, "time": "2024-01-01T00:00:00+00:00",
        "dist": {"type": "zip", "url": format!("https://registry.example/dist/{name}.zip"), "shasum": "da39"},
        "source": {"type": "git", "url": "https://git.example/x.git", "reference": "c0ffee"},
    })
}

#[test]
fn satis_documents_are_edited_in_every_form() {
    let keyed = json!({"packages": {
        "acme/hello": {"1.0.0": version("acme/hello", "1.0.0"), "2.0.0": version("acme/hello", "2.0.0")},
        "acme/world": {"dev-main": version("acme/world", "dev-main")},
    }});
    let listed = json!({"packages": {
        "acme/hello": [version("acme/hello", "1.0.0"), version("acme/hello", "2.0.0")],
        "acme/world": [version("acme/world", "dev-main")],
    }});
    let legacy = json!({
        "acme/hello": {"name": "acme/hello", "versions": {"1.0.0": version("acme/hello", "1.0.0"), "2.0.0": version("acme/hello", "2.0.0")}},
        "acme/world": {"versions": [version("acme/world", "dev-main")]},
    });
    for document in [keyed, listed, legacy] {
        for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
            let upstream = Upstream::new("packages.json", text);
            upstream.conforms();
            let (one, two, dev) = (
                "pkg:composer/acme/hello@1.0.0",
                "pkg:composer/acme/hello@2.0.0",
                "pkg:composer/acme/world@dev-main",
            );
            assert_eq!(upstream.offers(), [one, two, dev]);
            let served = upstream.outcome(&[two, dev]).unwrap();
            let left: Value = serde_json::from_str(&served).unwrap();
            assert!(!served.contains("2.0.0") && !served.contains("dev-main"), "{left}");
            assert!(
                served.contains(&link("acme/hello", "1.0.0", "dist/acme/hello.zip")),
                "{left}"
            );
            assert!(served.contains("da39") && !served.contains("c0ffee"), "{left}");
        }
    }
}

#[test]
fn a_version_is_of_the_package_that_it_names() {
    let other = Upstream::new(
        "p/acme/virtual.json",
        json!({"packages": {"acme/virtual": {"x": version("Acme/Real", "1.0.0")}, "acme/keyed": {"3.0": {}}}})
            .to_string(),
    );
    assert_eq!(
        other.offers(),
        ["pkg:composer/acme/keyed@3.0", "pkg:composer/acme/real@1.0.0"]
    );
}

#[test]
fn one_version_named_twice_is_one_component() {
    let twice = Upstream::new(
        "packages.json",
        json!({"packages": {"acme/hello": {"a": version("acme/hello", "1.0.0"), "b": version("ACME/hello", "1.0.0")}}})
            .to_string(),
    );
    assert_eq!(twice.offers(), ["pkg:composer/acme/hello@1.0.0"]);
    twice.conforms();
}

/// The served link of one version's archive.
fn dist(dist: &Value) -> Value {
    let mut one = version("acme/hello", "1.0.0");
    one["dist"] = dist.clone();
    let upstream = Upstream::new(
        "p2/acme/hello.json",
        json!({"packages": {"acme/hello": [one]}}).to_string(),
    );
    upstream.conforms();
    upstream.served(&[])["packages"]["acme/hello"][0]["dist"].clone()
}

#[test]
fn links_lead_through_the_proxy() {
    for (url, path) in [
        ("https://registry.example/dist/a.zip", "dist/a.zip"),
        ("http://REGISTRY.example:80/dist/../a.zip", "a.zip"),
        (
            "https://api.git.example/repos/a/b/zipball/c0ffee",
            "-/packages/repos/a/b/zipball/c0ffee",
        ),
        (
            "https://git.example/api/archive.zip?sha=c0ffee",
            "-/files/git.example/api/archive.zip?sha=c0ffee",
        ),
        ("https://git.example/a.zip#b", "-/files/git.example/a.zip"),
        ("https://api.example/a.zip", "-/files/api.example/a.zip"),
        ("https://user:secret@git.example/a.zip", "-/files/git.example/a.zip"),
        ("https://evil.example:8443/a.zip", "-/files/evil.example:8443/a.zip"),
        ("ftp://git.example/a.zip", "-/doubt/"),
        ("https:git.example/a.zip", "-/doubt/"),
        ("../a.zip", "-/doubt/"),
        ("", "-/doubt/"),
        ("git@git.example:acme/hello.zip", "-/doubt/"),
    ] {
        let served = dist(&json!({"type": "zip", "url": url, "reference": null, "shasum": "da39"}));
        assert_eq!(
            served,
            json!({"type": "zip", "url": link("acme/hello", "1.0.0", path), "reference": null, "shasum": "da39"}),
            "{url}"
        );
    }
}

#[test]
fn escaped_links_are_links() {
    let upstream = Upstream::new(
        "p2/acme/hello.json",
        r#"{"packages":{"acme\/hello":[{"version":"1.0","dist":{"url":"https:\/\/git.example\/a.zip"}}]}}"#,
    );
    assert_eq!(
        upstream.served(&[])["packages"]["acme/hello"][0]["dist"]["url"],
        link("acme/hello", "1.0", "-/files/git.example/a.zip")
    );
}

#[test]
fn mirrors_do_not_lead_around_the_proxy() {
    let mirrors = json!([{"url": "https://evil.example/%package%", "preferred": true}]);
    let served = dist(&json!({"mirrors": mirrors, "type": "zip", "url": "https://git.example/a.zip"}));
    assert_eq!(served["mirrors"], Value::Null);
    let path = json!({"type": "path", "url": "../hello", "reference": "c0ffee"});
    assert_eq!(dist(&path), path);
    for none in [json!(null), json!({}), json!([]), json!({"type": "zip", "url": null})] {
        assert_eq!(dist(&none), none);
    }
}

#[test]
fn a_version_that_cannot_stand_in_a_link_has_none() {
    for version in ["1.0/../2.0", "dev-a//b"] {
        let document =
            json!({"packages": {"acme/hello": [{"version": version, "dist": {"url": "https://git.example/a.zip"}}]}});
        let upstream = Upstream::new("p2/acme/hello.json", document.to_string());
        upstream.conforms();
        let url = upstream.served(&[])["packages"]["acme/hello"][0]["dist"]["url"].clone();
        assert!(url.as_str().unwrap().starts_with(&format!("{BASE}/-/doubt/")), "{url}");
    }
}

#[test]
fn other_documents_stay_as_they_are() {
    for body in [
        r#"{"packageNames": ["acme/hello"]}"#,
        r#"{"results": [{"name": "acme/hello", "url": "https://registry.example/packages/acme/hello"}], "total": 1}"#,
        r#"{"advisories": {"acme/hello": [{"affectedVersions": "<1.0"}]}}"#,
        r#"{"providers": [{"name": "acme/hello", "type": "library"}]}"#,
        r#"{"packages": []}"#,
        r#"{"packages": {"acme/hello": []}, "minified": "composer/2.0"}"#,
        "[]",
        "null",
    ] {
        // Only the listing by digest is a document's own.
        if !body.contains("providers") {
            assert_eq!(Upstream::new("x.json", body).outcome(&[]).unwrap(), body);
        }
        Upstream::new("x.json", body).conforms();
    }
}
