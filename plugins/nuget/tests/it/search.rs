use osa_plugin_sdk::{Error, Style};
use serde_json::{Value, json};

use crate::support::{BASE, Upstream};

fn search() -> Upstream {
    Upstream::new(
        "-/files/search.example/query?q=widget",
        include_str!("../fixtures/search.json"),
    )
}

fn ids(served: &Value) -> Vec<&str> {
    served["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["id"].as_str().unwrap())
        .collect()
}

#[test]
fn results_lose_refused_versions_and_show_an_allowed_one() {
    let search = search();
    search.conforms();
    for style in [Style::Remove, Style::Mark] {
        let served = search.served(&["pkg:nuget/widget.kit@2.0.0"], style);
        let widget = &served["data"][0];
        let versions: Vec<_> = widget["versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| &v["version"])
            .collect();
        assert_eq!(versions, ["1.0.0", "1.5.0", "2.0.0-rc"]);
        assert_eq!(widget["version"], "1.5.0", "stable ones first");
        assert_eq!(
            widget["registration"],
            format!("{BASE}/v3/registration5-semver1/widget.kit/index.json")
        );
        assert_eq!(
            widget["versions"][0]["@id"],
            format!("{BASE}/v3/registration5-semver1/widget.kit/1.0.0.json")
        );
        assert_eq!(widget["iconUrl"], "https://elsewhere.example/i.png");
        assert_eq!(served["totalHits"], 3);
    }
}

#[test]
fn results_without_an_allowed_version_go() {
    let served = search().removed(&["pkg:nuget/bolt@1.0.0"]);
    assert_eq!(ids(&served), ["Widget.Kit", "Nut"]);
    let served = search().removed(&["pkg:nuget/nut@3.0.0"]);
    assert_eq!(ids(&served), ["Widget.Kit", "Bolt"]);
    let all = search().offers();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(ids(&search().removed(&all)), [""; 0]);
}

#[test]
fn autocompletion_of_versions_is_filtered_and_of_ids_passed_on() {
    let versions = Upstream::new(
        "v3/autocomplete?id=Widget.Kit&prerelease=true",
        r#"{"totalHits": 2, "data": ["1.0.0", "2.0"]}"#,
    );
    versions.conforms();
    assert_eq!(
        versions.removed(&["pkg:nuget/widget.kit@2.0.0"])["data"],
        json!(["1.0.0"])
    );
    let body = r#"{"totalHits": 2, "data": ["Widget.Kit", "Bolt"]}"#;
    let ids = Upstream::new("v3/autocomplete?q=id=x", body);
    assert_eq!(ids.outcome(&[], Style::Remove).unwrap(), body);
    let two = Upstream::new("v3/autocomplete?id=a&ID=b", body);
    assert!(matches!(two.scan(), Err(Error::Unsupported(_))));
}
