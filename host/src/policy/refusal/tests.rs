use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use hyper::ext::ReasonPhrase;
use serde_json::{Value, json};

use super::*;
use crate::failure::Blame;
use crate::judge::{Policy, Verdict};

fn policy() -> Policy {
    Policy {
        name: "No known-vulnerable a".into(),
        reason: Some("CVE-2021-1, command injection".into()),
        url: Some("https://policies.example/a".into()),
    }
}

fn refused(purl: &str) -> Refused {
    Refused::new(purl, &Ok(Arc::new(Verdict::blocked(vec![policy()]))))
}

fn accepting(accept: &str) -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())])
}

fn asker<'a>(headers: &'a HeaderMap, own_form: Option<&'a ErrorForm>) -> Asker<'a> {
    Asker {
        headers,
        own_form,
        request_id: "01J0",
        status_line: true,
    }
}

fn form(content_type: &str, template: &str) -> ErrorForm {
    ErrorForm {
        content_type: content_type.into(),
        template: template.into(),
    }
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

#[test]
fn a_refused_package_in_plain_text() {
    let headers = accepting("text/plain");
    let refused = refused("pkg:widget/a@1.0");
    let response = blocked(Refusal::Package(&refused), StatusCode::FORBIDDEN, asker(&headers, None));
    assert_eq!(response.status(), 403);
    assert_eq!(
        text(&response),
        "pkg:widget/a@1.0 is blocked by policy \"No known-vulnerable a\": CVE-2021-1, command injection. \
         See https://policies.example/a (request 01J0)\n"
    );
    let head = response.headers();
    for (name, value) in [
        ("x-osa-decision", "blocked"),
        ("x-osa-policy", "No known-vulnerable a"),
        (
            "x-osa-reason",
            "blocked by policy \"No known-vulnerable a\": CVE-2021-1, command injection. See https://policies.example/a",
        ),
        ("x-osa-request-id", "01J0"),
        ("cache-control", "no-store"),
        ("content-type", "text/plain; charset=utf-8"),
        ("vary", "Accept"),
    ] {
        assert_eq!(head.get(name).unwrap(), value, "{name}");
    }
    let phrase = response.extensions().get::<ReasonPhrase>().unwrap();
    assert!(
        phrase
            .as_bytes()
            .starts_with(b"Blocked by policy \"No known-vulnerable a\": CVE")
    );
}

#[test]
fn the_status_line_stays_plain_unless_it_is_switched_on() {
    let headers = HeaderMap::new();
    let refused = refused("pkg:widget/a@1.0");
    let quiet = Asker {
        status_line: false,
        ..asker(&headers, None)
    };
    let response = blocked(Refusal::Package(&refused), StatusCode::GONE, quiet);
    assert_eq!(response.status(), 410);
    assert!(response.extensions().get::<ReasonPhrase>().is_none());
}

#[test]
fn a_refused_package_as_json() {
    let headers = accepting("application/json");
    let refused = refused("pkg:widget/a@1.0");
    let response = blocked(Refusal::Package(&refused), StatusCode::FORBIDDEN, asker(&headers, None));
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body,
        json!({
            "error": "pkg:widget/a@1.0 is blocked by policy \"No known-vulnerable a\": CVE-2021-1, command injection. \
                      See https://policies.example/a",
            "decision": "blocked",
            "purl": "pkg:widget/a@1.0",
            "policies": [{
                "name": "No known-vulnerable a",
                "reason": "CVE-2021-1, command injection",
                "url": "https://policies.example/a",
            }],
            "url": "https://policies.example/a",
            "request_id": "01J0",
        })
    );
}

#[test]
fn the_ecosystems_own_form_wins_ties_and_is_escaped() {
    let own = form(
        "application/json",
        r#"{"errors":[{"code":"DENIED","message":"{message}","detail":{"status":{status},"id":"{request-id}","x":"{status"}}]}"#,
    );
    let mut refused = refused("pkg:widget/a@1.0");
    refused.policies = vec![Policy {
        name: "{status} \"quoted\" \\ here".into(),
        reason: None,
        url: None,
    }];
    refused.url = None;
    for accept in ["*/*", "application/json", "application/json, text/plain", "image/png"] {
        let headers = accepting(accept);
        let response = blocked(
            Refusal::Package(&refused),
            StatusCode::FORBIDDEN,
            asker(&headers, Some(&own)),
        );
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let error = &body["errors"][0];
        assert_eq!(
            error["message"],
            "pkg:widget/a@1.0 is blocked by policy \"{status} \"quoted\" \\ here\" (request 01J0)"
        );
        assert_eq!(
            error["detail"],
            json!({"status": 403, "id": "01J0", "x": "{status"}),
            "{accept}"
        );
    }
    let headers = accepting("text/plain, application/json;q=0.9");
    let response = blocked(
        Refusal::Package(&refused),
        StatusCode::FORBIDDEN,
        asker(&headers, Some(&own)),
    );
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
}

#[test]
fn an_own_form_that_cannot_be_sent_is_passed_over() {
    let own = form("text/html\r\nx: y", "{message}");
    let headers = HeaderMap::new();
    let response = blocked(
        Refusal::Package(&refused("pkg:widget/a@1.0")),
        StatusCode::FORBIDDEN,
        asker(&headers, Some(&own)),
    );
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
}

#[test]
fn a_document_without_anything_left_lists_versions_by_policy() {
    let refused: Vec<Refused> = (0..12)
        .map(|n| refused(&format!("pkg:widget/a@1.{n}?arch=x")))
        .collect();
    let refusal = Refusal::Document {
        prefix: "pkg:widget/a@",
        refused: &refused,
    };
    let headers = HeaderMap::new();
    let response = blocked(refusal, StatusCode::FORBIDDEN, asker(&headers, None));
    assert_eq!(
        text(&response),
        "pkg:widget/a is blocked, all 12 of its versions, by policy \"No known-vulnerable a\": CVE-2021-1, command injection \
         (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9 and 2 more). See https://policies.example/a (request 01J0)\n"
    );
    assert_eq!(response.headers()[POLICY], "No known-vulnerable a");

    let headers = accepting("application/json");
    let response = blocked(refusal, StatusCode::FORBIDDEN, asker(&headers, None));
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["purl"], "pkg:widget/a");
    assert_eq!(body["refused_count"], 12);
    assert_eq!(body["policies"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["refused"][11],
        json!({"purl": "pkg:widget/a@1.11?arch=x", "policies": ["No known-vulnerable a"]})
    );
}

#[test]
fn a_huge_refusal_stays_small() {
    let refused: Vec<Refused> = (0..50_000)
        .map(|n| {
            let mut one = refused(&format!("pkg:widget/a@{n}"));
            one.policies[0].name = format!("policy {n} {}", "long ".repeat(20));
            one
        })
        .collect();
    let refusal = Refusal::Document {
        prefix: "pkg:widget/a@",
        refused: &refused,
    };
    let headers = HeaderMap::new();
    let response = blocked(refusal, StatusCode::FORBIDDEN, asker(&headers, None));
    assert!(response.body().len() < 5000, "{}", response.body().len());
    let json = accepting("application/json");
    let as_json = blocked(refusal, StatusCode::FORBIDDEN, asker(&json, None));
    assert!(as_json.body().len() < 256 * 1024, "{}", as_json.body().len());
    assert!(response.headers().iter().all(|(_, value)| value.len() <= 1024));
    assert!(response.extensions().get::<ReasonPhrase>().unwrap().as_bytes().len() <= 200);
}

#[test]
fn a_failure_names_the_culprit_and_hides_the_detail() {
    let failure = Failure::judge("no verdict on pkg:widget/a@1")
        .with_detail("10.0.0.7 refused")
        .with_retry_after(Duration::from_millis(1500));
    let headers = HeaderMap::new();
    let response = failed(&failure, asker(&headers, None));
    assert_eq!(response.status(), 503);
    assert_eq!(text(&response), "no verdict on pkg:widget/a@1 (request 01J0)\n");
    for (name, value) in [
        ("x-osa-blame", "judge"),
        ("retry-after", "2"),
        ("cache-control", "no-store"),
        ("x-osa-request-id", "01J0"),
    ] {
        assert_eq!(response.headers().get(name).unwrap(), value, "{name}");
    }
    assert!(response.headers().get(DECISION).is_none());

    let headers = accepting("application/json");
    let response = failed(&failure, asker(&headers, None));
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body,
        json!({"error": "no verdict on pkg:widget/a@1", "decision": "failed", "blame": "judge", "request_id": "01J0"})
    );
}

/// The phrase must survive the server, byte for byte: some clients show nothing else.
#[tokio::test]
async fn the_reason_is_on_the_status_line_of_http_1_1() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let answer = || async {
        let headers = HeaderMap::new();
        let mut refused = refused("pkg:widget/a@1.0");
        refused.policies[0].name = "Нет\r\nX-Evil: 1".into();
        blocked(Refusal::Package(&refused), StatusCode::FORBIDDEN, asker(&headers, None)).map(axum::body::Body::from)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    let received = String::from_utf8(received).unwrap();
    let mut lines = received.split("\r\n");
    assert_eq!(
        lines.next().unwrap(),
        "HTTP/1.1 403 Blocked by policy \"Нет X-Evil: 1\": CVE-2021-1, command injection. See https://policies.example/a"
    );
    assert!(lines.all(|line| !line.starts_with("X-Evil")));
}

#[test]
fn a_template_may_choose_a_word_by_the_status() {
    let headers = HeaderMap::new();
    let said = |template: &str, status: u16| {
        let form = form("text/plain", template);
        let failure = Failure::new(Blame::Client, StatusCode::from_u16(status).unwrap(), "no");
        text(&failed(&failure, asker(&headers, Some(&form)))).to_owned()
    };
    let template = "{404=GONE|4=YOURS|5=BROKEN|OTHER} {status}";
    for (status, expected) in [
        (404, "GONE 404"),
        (403, "YOURS 403"),
        (502, "BROKEN 502"),
        (200, "OTHER 200"),
    ] {
        assert_eq!(said(template, status), expected);
    }
    // What is no such choice is text.
    for template in ["{a|b c}", "{|}", "{4=|x}", "{x}", "{4=x|{}", "{{4=x|y}"] {
        let expected = if template.starts_with("{{") { "{x" } else { template };
        assert_eq!(said(template, 404), expected, "{template}");
    }
    assert_eq!(said("{404=A|B}{5=A|B}", 404), "AB");
}
