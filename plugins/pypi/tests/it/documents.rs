use osa_plugin_sdk::{Error, Style, conformance};

use crate::support::{Upstream, index};

const HTML: &str = include_str!("../fixtures/simple.html");
const JSON: &str = include_str!("../fixtures/simple.json");
const LEGACY: &str = include_str!("../fixtures/legacy.json");
const TORCH: &str = include_str!("../fixtures/torch.html");

fn legacy() -> Upstream {
    Upstream::new("pypi/widget-kit/json", "application/json", LEGACY)
}

fn torch() -> Upstream {
    Upstream::new("whl/cu118/torch/", "text/html", TORCH)
}

/// The served lines that upstream's document does not have.
fn changed(upstream: &str, served: &str) -> Vec<String> {
    served
        .lines()
        .filter(|line| !upstream.lines().any(|known| known == *line))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn an_html_page_offers_each_release_once() {
    assert_eq!(
        Upstream::html(HTML).offers(),
        ["1.0", "1.1%2Bcu118", "2.0", "2.1", "3.0"].map(|version| format!("pkg:pypi/widget-kit@{version}"))
    );
}

#[test]
fn html_links_lead_into_the_proxy() {
    let served = Upstream::html(HTML).served(&[], Style::Remove).unwrap();
    assert_eq!(
        changed(HTML, &served),
        [
            r#"<a href="http://proxy.example:8080/repo/-/packages/packages/aa/widget-kit-1.0.tar.gz#sha256=aa" >widget-kit-1.0.tar.gz</a><br />"#,
            r#"<a href="http://proxy.example:8080/repo/-/packages/packages/ab/widget_kit-1.0-py3-none-any.whl#sha256=ab" data-requires-python="&gt;=3.8" data-dist-info-metadata="sha256=cd" data-core-metadata="sha256=cd">widget_kit-1.0-py3-none-any.whl</a><br />"#,
            r#"<a href="http://proxy.example:8080/repo/packages/widget_kit-1.1%2Bcu118-py3-none-any.whl?token=a&amp;b=c#sha256=ba" data-yanked="broken">widget_kit-1.1+cu118-py3-none-any.whl</a><br />"#,
            r"<a href='http://proxy.example:8080/repo/-/packages/packages/widget-kit-2.0.zip'>widget-kit-2.0.zip</a><br />",
            r#"<a href="http://proxy.example:8080/repo/simple/widget-kit/widget-kit-2.1.zip">widget-kit-2.1.zip</a><br />"#,
            r#"<a href="http://proxy.example:8080/repo/simple/widget-kit/widget-kit-2.1.zip.asc">signature</a><br />"#,
            r#"<a href="http://proxy.example:8080/repo/-/files/cdn.example/docs/">Home page</a><br />"#,
        ]
    );
    assert!(
        served.contains("https://elsewhere.example/widget-kit-3.0.zip"),
        "a foreign link is left alone"
    );
    assert!(
        !served.contains("nobody knows"),
        "a package file that cannot be told goes"
    );
}

#[test]
fn refused_releases_leave_an_html_page_without_a_trace() {
    let served = Upstream::html(HTML).served(&["@1.0", "@3.0"], Style::Remove).unwrap();
    let links = served.lines().filter(|line| line.contains("<a ")).count();
    assert_eq!(links, 5, "{served}");
    for gone in ["1.0.tar", "1.0-py3", "3.0"] {
        assert!(!served.contains(gone), "{gone}");
    }
    assert!(served.ends_with("<!--SERIAL 1234-->\n"));
}

#[test]
fn refused_releases_are_yanked_instead_when_marked() {
    let served = Upstream::html(HTML)
        .served(&["@1.0", "@1.1%2Bcu118"], Style::Mark)
        .unwrap();
    assert!(served.contains(r#"<a data-yanked="No &quot;candidate&quot; 0" href="http://proxy.example:8080/repo/-/packages/packages/aa/"#), "{served}");
    assert!(
        served.contains(r#"#sha256=ba" data-yanked="No &quot;candidate&quot; 1">"#),
        "{served}"
    );
    assert!(!served.contains("broken"));
}

#[test]
fn a_json_page_offers_each_release_once() {
    let page = Upstream::json(JSON);
    assert_eq!(
        page.offers(),
        ["1.0", "1.1%2Bcu118", "2.0", "4.0"].map(|version| format!("pkg:pypi/widget-kit@{version}"))
    );
}

#[test]
fn json_links_lead_into_the_proxy() {
    let served = Upstream::json(JSON).served(&[], Style::Remove).unwrap();
    let document: serde_json::Value = serde_json::from_str(&served).unwrap();
    let urls: Vec<_> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["url"].as_str().unwrap())
        .collect();
    assert_eq!(
        urls,
        [
            "http://proxy.example:8080/repo/-/packages/packages/aa/widget-kit-1.0.tar.gz",
            "http://proxy.example:8080/repo/-/packages/packages/ab/widget_kit-1.0-py3-none-any.whl",
            "http://proxy.example:8080/repo/-/packages/widget_kit-1.1%2Bcu118-py3-none-any.whl",
            "http://proxy.example:8080/repo/packages/widget-kit-2.0.zip",
        ]
    );
    assert_eq!(
        document["files"][1]["provenance"],
        "http://proxy.example:8080/repo/integrity/widget-kit/1.0/widget_kit-1.0-py3-none-any.whl/provenance"
    );
    assert_eq!(document["files"][1]["core-metadata"]["sha256"], "cd");
}

#[test]
fn versions_go_in_step_with_the_files() {
    let served = Upstream::json(JSON).served(&["@1.0", "@4.0"], Style::Remove).unwrap();
    let document: serde_json::Value = serde_json::from_str(&served).unwrap();
    assert_eq!(document["versions"], serde_json::json!(["1.1+cu118", "2.0"]));
    assert_eq!(document["files"].as_array().unwrap().len(), 2);
    assert_eq!(document["meta"]["_last-serial"], 1234);
}

#[test]
fn refused_releases_are_yanked_in_json_when_marked() {
    let served = Upstream::json(JSON)
        .served(&["@1.0", "@1.1%2Bcu118"], Style::Mark)
        .unwrap();
    let document: serde_json::Value = serde_json::from_str(&served).unwrap();
    let yanked: Vec<_> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["yanked"].clone())
        .collect();
    assert_eq!(
        yanked,
        [
            serde_json::json!("No \"candidate\" 0"),
            serde_json::json!("No \"candidate\" 0"),
            serde_json::json!("No \"candidate\" 1"),
            serde_json::Value::Null,
        ]
    );
}

#[test]
fn a_page_whose_every_release_is_refused_is_not_served() {
    let all = ["@1.0", "@1.1%2Bcu118", "@2.0", "@2.1", "@3.0"];
    assert_eq!(Upstream::html(HTML).served(&all, Style::Remove), None);
    assert!(Upstream::html(HTML).served(&all, Style::Mark).is_some());
    assert!(Upstream::html("<html></html>").served(&[], Style::Remove).is_some());
}

#[test]
fn the_legacy_api_names_a_current_version_that_is_left() {
    let version = |refused: &[&str]| {
        let served = legacy().served(refused, Style::Remove).unwrap();
        serde_json::from_str::<serde_json::Value>(&served).unwrap()["info"]["version"].clone()
    };
    assert_eq!(version(&["@1.0"]), "2.0");
    assert_eq!(version(&["@2.0"]), "1.0");
    assert_eq!(version(&["@2.0", "@1.0"]), "1.5rc1");
    assert_eq!(version(&["@2.0", "@1.0", "@1.5rc1"]), "3.0");
}

#[test]
fn the_legacy_api_loses_releases_and_their_files() {
    let served = legacy().served(&["@2.0"], Style::Remove).unwrap();
    let document: serde_json::Value = serde_json::from_str(&served).unwrap();
    let releases: Vec<_> = document["releases"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(releases, ["1.0", "1.5rc1", "3.0"]);
    assert_eq!(document["urls"], serde_json::json!([]));
    assert_eq!(
        document["releases"]["1.0"][0]["url"],
        "http://proxy.example:8080/repo/-/packages/a/widget-kit-1.0.tar.gz"
    );
}

#[test]
fn the_legacy_api_yanks_when_marked() {
    let served = legacy().served(&["@2.0"], Style::Mark).unwrap();
    let document: serde_json::Value = serde_json::from_str(&served).unwrap();
    for file in [
        &document["info"],
        &document["urls"][0],
        &document["releases"]["2.0"][0],
        &document["releases"]["2.0"][1],
    ] {
        assert_eq!(
            (file["yanked"].clone(), file["yanked_reason"].is_string()),
            (true.into(), true),
            "{file}"
        );
    }
    assert_eq!(document["info"]["version"], "2.0");
}

#[test]
fn one_release_of_the_legacy_api_falls_as_a_whole() {
    let document = Upstream::new("pypi/widget-kit/2.0/json", "application/json", LEGACY);
    assert_eq!(document.served(&["@2.0"], Style::Remove), None);
    assert!(document.served(&["@1.0"], Style::Remove).is_some());
}

#[test]
fn pages_in_other_places_are_read_too() {
    assert_eq!(
        torch().offers(),
        [
            "pkg:pypi/nvidia-cublas@11.0",
            "pkg:pypi/torch@2.0.0%2Bcu118",
            "pkg:pypi/torch@2.1.0%2Bcu118",
        ]
    );
    let served = torch().served(&["@2.0.0%2Bcu118"], Style::Remove).unwrap();
    assert_eq!(
        changed(TORCH, &served),
        [
            r#"<a href="http://proxy.example:8080/repo/-/files/cdn.example/whl/cu118/torch-2.1.0%2Bcu118-cp310-cp310-linux_x86_64.whl#sha256=21">torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl</a><br/>"#,
            r#"<a href="http://proxy.example:8080/repo/whl/cu118/nvidia_cublas-11.0-py3-none-any.whl">nvidia_cublas-11.0-py3-none-any.whl</a><br/>"#,
        ]
    );
}

#[test]
fn relative_links_start_from_the_base() {
    let page = Upstream::html(r#"<base href="https://files.example/p/q/"><a href="../widget-kit-1.0.zip">1</a>"#);
    let served = page.served(&[], Style::Remove).unwrap();
    assert!(
        served.contains(r#"<a href="http://proxy.example:8080/repo/-/packages/p/widget-kit-1.0.zip">"#),
        "{served}"
    );
}

#[test]
fn links_that_clients_read_in_different_ways_go() {
    for link in [
        r#"<a href="widget-kit-1.0.zip" href="widget-kit-2.0.zip">"#,
        r#"<a href="widget-kit-1&period;0.zip">"#,
        r#"<a href="widget-kit-1.0.zip#egg=widget-kit-2.0">"#,
        r#"<a href="https:widget-kit-1.0.zip">"#,
        r#"<a href="a%2Fwidget-kit-1.0.zip">"#,
        r#"<a href="widget_kit_1.0.zip">"#,
        r#"<a href="widget-1.0.zip" data-yanked="" data-yanked="x">"#,
    ] {
        let page = Upstream::html(format!("<p>{link}x</a></p>"));
        assert_eq!(page.served(&[], Style::Remove).as_deref(), Some("<p></p>"), "{link}");
    }
}

#[test]
fn a_file_that_another_project_could_claim_goes() {
    let page = Upstream::new("simple/widget-3/", "text/html", r#"<a href="widget-3-1.tar.gz">x</a>"#);
    assert_eq!(page.served(&[], Style::Remove).as_deref(), Some(""));
    assert!(page.offers().is_empty());
}

#[test]
fn what_is_no_index_page_is_refused() {
    for (content_type, body) in [
        ("application/zip", "PK"),
        ("text/html; charset=utf-16", "<a href=x>"),
        ("text/html", r#"<meta name="pypi:repository-version" content="2.0">"#),
        (
            "application/vnd.pypi.simple.v1+json",
            r#"{"meta": {"api-version": "2.0"}, "files": []}"#,
        ),
        ("application/vnd.pypi.simple.v1+json", r#"{"files": []}"#),
    ] {
        let page = Upstream::new("simple/widget-kit/", content_type, body);
        assert!(matches!(page.scan(), Err(Error::Unsupported(_))), "{body}");
    }
    for (content_type, body) in [
        ("text/html", "<a href=\"x"),
        ("application/vnd.pypi.simple.v1+json", ""),
        ("application/vnd.pypi.simple.v1+json", r#"{"files": [], "files": []}"#),
        ("application/vnd.pypi.simple.v1+json", r#"{"files": {}}"#),
        (
            "application/vnd.pypi.simple.v1+json",
            r#"{"meta": {"api-version": "1.0"}, "files": [}"#,
        ),
    ] {
        let page = Upstream::new("simple/widget-kit/", content_type, body);
        assert!(matches!(page.scan(), Err(Error::Malformed(_))), "{body}");
    }
}

#[test]
fn the_promises_of_every_plugin_are_kept() {
    for document in [Upstream::html(HTML), Upstream::json(JSON), legacy(), torch()] {
        conformance::edits(&index(), document.case(), 100).unwrap();
    }
    for document in [Upstream::json(JSON), legacy()] {
        conformance::truncation(&index(), document.case(), 500).unwrap();
    }
}
