use osa_plugin_sdk::{Outcome, Style};
use serde_json::{Value, json};

use crate::support::{BASE, Upstream};

const PATH: &str = "v3/registration5-gz-semver2/widget.kit";

fn index() -> Upstream {
    Upstream::new(
        &format!("{PATH}/index.json"),
        include_str!("../fixtures/registration.json"),
    )
}

fn page() -> Upstream {
    let path = format!("{PATH}/page/1.0.0/1.2.0-rc.json");
    Upstream::new(&path, include_str!("../fixtures/page.json"))
}

fn purl(version: &str) -> String {
    format!("pkg:nuget/widget.kit@{version}")
}

fn versions(page: &Value) -> Vec<&str> {
    let leaves = page["items"].as_array().unwrap().iter();
    leaves
        .map(|leaf| leaf["catalogEntry"]["version"].as_str().unwrap())
        .collect()
}

#[test]
fn every_leaf_is_a_candidate() {
    let index = index();
    index.conforms();
    let expected = ["1.0.0-beta.1", "1.0.0", "1.1.0", "2.0.0", "2.1.0", "10.0.0"].map(purl);
    assert_eq!(index.offers(), expected);
}

#[test]
fn links_lead_through_the_proxy_and_all_else_stays() {
    let served = index().outcome(&[], Style::Remove).unwrap();
    let upstream = include_str!("../fixtures/registration.json");
    let mapped = |field: &str| {
        upstream
            .matches(&format!("\"{field}\":\"https://registry.example/"))
            .count()
    };
    let ours = |field: &str| served.matches(&format!("\"{field}\":\"{BASE}/")).count();
    for field in ["packageContent", "registration", "parent", "iconUrl"] {
        assert_eq!(ours(field), mapped(field), "{field}");
        assert!(ours(field) > 0, "{field}");
    }
    assert!(served.contains(&format!(
        "\"{BASE}/v3-flatcontainer/widget.kit/2.1.0/widget.kit.2.1.0.nupkg\""
    )));
    assert!(served.contains(&format!("\"{BASE}/{PATH}/index.json#page/2.0.0/10.0.0\"")));
    assert!(
        served.contains("see https://registry.example/docs"),
        "descriptions are no links"
    );
    // Identifiers that nobody fetches may stay; nothing else differs.
    assert_eq!(
        served.replace(BASE, "https://registry.example"),
        upstream,
        "with nothing refused only links change"
    );
}

#[test]
fn removing_a_leaf_keeps_count_and_bounds_right() {
    let served = index().removed(&[&purl("1.0.0-beta.1"), &purl("10.0.0")]);
    assert_eq!(served["count"], 2);
    let (first, second) = (&served["items"][0], &served["items"][1]);
    assert_eq!(versions(first), ["1.0.0", "1.1.0"]);
    assert_eq!(
        (&first["count"], &first["lower"], &first["upper"]),
        (&json!(2), &json!("1.0.0"), &json!("1.1.0"))
    );
    assert_eq!(versions(second), ["2.0.0", "2.1.0+build.7"]);
    assert_eq!(
        (&second["count"], &second["lower"], &second["upper"]),
        (&json!(2), &json!("2.0.0"), &json!("2.1.0"))
    );
}

#[test]
fn a_page_left_empty_goes_with_its_count() {
    let served = index().removed(&[&purl("1.0.0-beta.1"), &purl("1.0.0"), &purl("1.1.0")]);
    assert_eq!(served["count"], 1);
    assert_eq!(served["items"].as_array().unwrap().len(), 1);
    assert_eq!(served["items"][0]["lower"], "2.0.0");
}

#[test]
fn an_index_left_empty_is_refused() {
    let index = index();
    let all = index.offers();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(index.outcome(&all, Style::Remove), Err(Outcome::AllRefused));
}

#[test]
fn marking_unlists_and_deprecates() {
    let refused = [&*purl("1.0.0-beta.1"), &purl("2.0.0")];
    let served = index().served(&refused, Style::Mark);
    let entry = |page: usize, leaf: usize| served["items"][page]["items"][leaf]["catalogEntry"].clone();
    for marked in [entry(0, 0), entry(1, 0)] {
        assert_eq!(marked["listed"], false);
        assert_eq!(marked["deprecation"]["reasons"], json!(["Other"]));
        let message = marked["deprecation"]["message"].as_str().unwrap();
        assert!(message.starts_with("No \"candidate\""), "{message}");
    }
    assert_eq!(entry(0, 1)["listed"], true);
    assert!(entry(0, 1).get("deprecation").is_none());
    assert_eq!(served["items"][0]["count"], 3);
    let all = index().offers();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert!(
        index().outcome(&all, Style::Mark).is_ok(),
        "what is marked stays to be seen"
    );
}

#[test]
fn a_page_of_its_own_may_be_left_empty() {
    let page = page();
    page.conforms();
    let served = page.removed(&[&purl("1.2.0-rc")]);
    assert_eq!(versions(&served), ["1.0.0", "1.1.0"]);
    assert_eq!((&served["count"], &served["upper"]), (&json!(2), &json!("1.1.0")));
    // A refusal would break the install from any other page.
    let empty = page.removed(&[&purl("1.0.0"), &purl("1.1.0"), &purl("1.2.0-rc")]);
    assert_eq!(empty["items"], json!([]));
    assert_eq!((&empty["count"], &empty["lower"]), (&json!(0), &json!("1.0.0")));
}

#[test]
fn referenced_pages_are_kept_but_for_one_whose_only_version_is_refused() {
    let index = Upstream::new(
        &format!("{PATH}/index.json"),
        include_str!("../fixtures/referenced.json"),
    );
    index.conforms();
    assert_eq!(index.offers(), [purl("2.0.0")]);
    let served = index.removed(&[&purl("2.0.0")]);
    assert_eq!(served["count"], 2);
    let links: Vec<_> = served["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| &page["@id"])
        .collect();
    assert_eq!(
        links,
        [
            &json!(format!("{BASE}/{PATH}/page/1.0.0/1.1.0.json")),
            &json!(format!("{BASE}/{PATH}/page/3.0.0/4.0.0.json"))
        ]
    );
}

#[test]
fn a_leaf_stands_or_falls_with_its_version() {
    let leaf = Upstream::new(&format!("{PATH}/1.0.0.json"), include_str!("../fixtures/leaf.json"));
    leaf.conforms();
    assert_eq!(leaf.offers(), [purl("1.0.0")]);
    assert_eq!(leaf.outcome(&[&purl("1.0.0")], Style::Remove), Err(Outcome::AllRefused));
    let marked = leaf.served(&[&purl("1.0.0")], Style::Mark);
    assert_eq!(marked["listed"], false);
    assert_eq!(
        marked["catalogEntry"],
        format!("{BASE}/v3/catalog0/data/x/widget.kit.1.0.0.json")
    );
}

#[test]
fn the_three_hives_are_read_alike() {
    for hive in [
        "registration5-semver1",
        "registration5-gz-semver1",
        "registration5-gz-semver2",
        "nuget-api/v3/reg",
    ] {
        let index = Upstream::new(
            &format!("v3/{hive}/Widget.Kit/index.json"),
            include_str!("../fixtures/registration.json"),
        );
        assert_eq!(index.offers().len(), 6, "{hive}");
    }
}

#[test]
fn leaves_that_cannot_be_told_go() {
    let leaf = |id: &str, version: Value| json!({"catalogEntry": {"id": id, "version": version, "listed": true}});
    let body = json!({"count": 1, "items": [{"count": 6, "lower": "1.0.0", "upper": "9.0.0", "items": [
        leaf("Widget.Kit", json!("1.0.0")),
        leaf("Other", json!("1.1.0")),
        leaf("WIDGET.KIT", json!(2)),
        {"catalogEntry": "https://registry.example/x.json"},
        {"catalogEntry": "https://registry.example/x.json", "packageContent": "https://registry.example/f/widget.kit/3.0/widget.kit.3.0.0.nupkg"},
    ]}, {"catalogEntry": {"id": "Widget.Kit", "version": "4.0.0"}, "items": []}]});
    let index = Upstream::new(&format!("{PATH}/index.json"), body.to_string());
    index.conforms();
    assert_eq!(index.offers(), [purl("1.0.0"), purl("3.0.0")]);
    let served = index.removed(&[]);
    assert_eq!(served["items"][0]["items"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&served["items"][0]["count"], &served["items"][0]["upper"]),
        (&json!(2), &json!("3.0.0"))
    );
}

#[test]
fn links_written_otherwise_are_mapped_as_well() {
    let body = r#"{"items": [{"items": [{"catalogEntry": {"id": "Widget.Kit", "version": "1.0.0"},
        "packageContent": "https:\/\/Registry.example:443\/f\/widget.kit\/1.0.0\/widget.kit.1.0.0.nupkg?x=1",
        "registration": "../widget.kit/./index.json", "@id": "https://files.example/a"}]}]}"#;
    let served = Upstream::new(&format!("{PATH}/index.json"), body).removed(&[]);
    let leaf = &served["items"][0]["items"][0];
    assert_eq!(
        leaf["packageContent"],
        format!("{BASE}/f/widget.kit/1.0.0/widget.kit.1.0.0.nupkg?x=1")
    );
    assert_eq!(leaf["registration"], format!("{BASE}/{PATH}/index.json"));
    assert_eq!(leaf["@id"], format!("{BASE}/-/files/files.example/a"));
}
