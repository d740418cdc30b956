//! Service indexes, the flat container and vulnerability information.

use osa_plugin_nuget::NuGet;
use osa_plugin_sdk::{
    GuestRepository as _, Outcome, Style,
    conformance::{self, Case},
    edits,
};
use serde_json::{Value, json};

use crate::support::{BASE, Upstream};

const SERVICE: &str = include_str!("../fixtures/service.json");
const VULNERABILITIES: &str = include_str!("../fixtures/vulnerabilities.json");

fn resources(index: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value[0].as_str().unwrap().to_owned(), str::to_owned)
    };
    let resources = index["resources"].as_array().unwrap().iter();
    resources
        .map(|resource| (text(&resource["@type"]), text(&resource["@id"])))
        .collect()
}

#[test]
fn every_resource_leads_through_the_proxy() {
    let service = Upstream::new("v3/index.json", SERVICE);
    service.conforms();
    let served = service.removed(&[]);
    let at = |path: &str| format!("{BASE}{path}");
    let expected = [
        ("SearchQueryService", at("/-/files/search.example/query")),
        (
            "SearchAutocompleteService/3.5.0",
            at("/-/files/search.example/autocomplete"),
        ),
        ("RegistrationsBaseUrl", at("/v3/registration5-semver1/")),
        ("RegistrationsBaseUrl/3.4.0", at("/v3/registration5-gz-semver1/")),
        ("RegistrationsBaseUrl/Versioned", at("/v3/registration5-gz-semver2/")),
        ("PackageBaseAddress/3.0.0", at("/v3-flatcontainer/")),
        ("PackagePublish/2.0.0", "https://www.example/api/v2/package".to_owned()),
        (
            "PackageDetailsUriTemplate/5.1.0",
            "https://www.example/packages/{id}/{version}?_src=template".to_owned(),
        ),
        (
            "ReadmeUriTemplate/6.13.0",
            at("/v3-flatcontainer/{lower_id}/{lower_version}/readme"),
        ),
        ("VulnerabilityInfo/6.7.0", at("/v3/vulnerabilities/index.json")),
    ]
    .map(|(kind, link)| (kind.to_owned(), link));
    assert_eq!(resources(&served), expected);
    assert_eq!(
        served["@context"],
        serde_json::from_str::<Value>(SERVICE).unwrap()["@context"]
    );
}

/// Clients take `RepositorySignatures` over https only, and fail where it is offered over http.
#[test]
fn signatures_are_offered_over_https_alone() {
    let feed = crate::support::feed();
    let service = Upstream::new("v3/index.json", SERVICE);
    let index = service.scan().unwrap();
    let plan = feed.plan(index.notes, Vec::new(), Style::Remove, "https://osa.example/n".into());
    let Outcome::Edits(plan) = plan.unwrap() else {
        panic!("no edits")
    };
    let served: Value = serde_json::from_slice(&edits::splice(SERVICE.as_bytes(), &plan).unwrap()).unwrap();
    let link = "https://osa.example/n/v3-index/repository-signatures/5.0.0/index.json".to_owned();
    assert!(resources(&served).contains(&("RepositorySignatures/5.0.0".to_owned(), link)));
}

#[test]
fn a_needed_resource_elsewhere_leads_to_the_answer_that_tells() {
    let body = json!({"version": "3.0.0", "resources": [
        {"@id": "https://flat.example:8443/f/", "@type": "PackageBaseAddress/3.0.0"},
        {"@id": "ftp://flat.example/f/", "@type": "PackageBaseAddress/3.0.0"},
        {"@id": "/v3/registration/", "@type": "RegistrationsBaseUrl/3.6.0"},
    ]});
    let served = Upstream::new("v3/index.json", body.to_string()).removed(&[]);
    let links: Vec<_> = resources(&served).into_iter().map(|(_, link)| link).collect();
    assert_eq!(
        links,
        [
            format!("{BASE}/-/files/flat.example:8443/f/"),
            format!("{BASE}/v3/registration/")
        ]
    );
}

#[test]
fn links_are_mapped_below_a_prefix_whatever_scheme_they_have() {
    let feed = NuGet::new(r#"{"registry": "http://nexus.example:8081/repository/nuget-proxy/"}"#).unwrap();
    let body = json!({"resources": [
        {"@id": "http://nexus.example:8081/repository/nuget-proxy/v3/content/", "@type": "PackageBaseAddress/3.0.0"},
        {"@id": "https://NEXUS.example:8081/repository/nuget-proxy/v3/registrations/", "@type": "RegistrationsBaseUrl"},
        {"@id": "http://nexus.example:8081/repository/other/query", "@type": "SearchQueryService"},
    ]})
    .to_string();
    let case = Case {
        request: &conformance::get("index.json"),
        head: &conformance::ok("application/json"),
        body: body.as_bytes(),
    };
    let served = conformance::serve(&feed, case, &[], Style::Remove).unwrap().unwrap();
    let links: Vec<_> = resources(&serde_json::from_slice(&served).unwrap())
        .into_iter()
        .map(|(_, link)| link)
        .collect();
    assert_eq!(
        links,
        [
            format!("{BASE}/v3/content/"),
            format!("{BASE}/v3/registrations/"),
            format!("{BASE}/-/files/nexus.example:8081/repository/other/query")
        ]
    );
}

#[test]
fn the_flat_container_loses_refused_versions_in_either_style() {
    let flat = Upstream::new(
        "v3-flatcontainer/widget.kit/index.json",
        "{\r\n  \"versions\": [\r\n    \"1.0.0-beta.1\",\r\n    \"1.0.0\",\r\n    \"1.1\",\r\n    \"2.0.0+x\"\r\n  ]\r\n}",
    );
    flat.conforms();
    assert_eq!(
        flat.offers(),
        ["1.0.0-beta.1", "1.0.0", "1.1.0", "2.0.0"].map(|version| format!("pkg:nuget/widget.kit@{version}"))
    );
    for style in [Style::Remove, Style::Mark] {
        let served = flat.served(
            &["pkg:nuget/widget.kit@1.1.0", "pkg:nuget/widget.kit@1.0.0-beta.1"],
            style,
        );
        assert_eq!(served, json!({"versions": ["1.0.0", "2.0.0+x"]}));
        let all = flat.offers();
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        assert_eq!(flat.outcome(&all, style), Err(Outcome::AllRefused));
    }
}

#[test]
fn two_ways_to_write_a_version_are_one_version() {
    let flat = Upstream::new(
        "f/Widget.Kit/index.json",
        r#"{"versions": ["1.0", "1.0.0", "1.0.0.0", "2.0.0"]}"#,
    );
    assert_eq!(flat.offers().len(), 2);
    assert_eq!(
        flat.removed(&["pkg:nuget/widget.kit@1.0.0"]),
        json!({"versions": ["2.0.0"]})
    );
}

#[test]
fn vulnerability_information_is_passed_on_with_its_links_mapped() {
    let index = Upstream::new("v3/vulnerabilities/index.json", VULNERABILITIES);
    assert_eq!(index.offers(), [""; 0]);
    let served = index.removed(&[]);
    assert_eq!(
        served[0]["@id"],
        format!("{BASE}/v3-vulnerabilities/2026.11.01/vulnerability.base.json")
    );
    assert_eq!(served[1]["@updated"], "2026-11-02T00:00:00Z");

    // Packages may be called like members of other documents.
    let body = r#"{"data": [{"url": "https://a.example", "severity": 2, "versions": "(, 2.0.0)"}], "versions": [{"url": "u", "versions": "*"}], "items": [{"url": "u"}], "resources": [{"url": "u"}], "count": [{"url": "u"}]}"#;
    let base = Upstream::new("v3-vulnerabilities/2026.11.01/vulnerability.base.json", body);
    base.conforms();
    assert_eq!(base.outcome(&[], Style::Remove).unwrap(), body);
}
