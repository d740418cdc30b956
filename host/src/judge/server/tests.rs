use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::judge::testing::{codescoring, http, question, serve};
use crate::judge::{BlockStatus, JudgeError, Policy, Verdict, connect};

/// By the last letter of the package URL: `b` is blocked, `u` unscanned, `e` an error, all else allowed.
struct ByLetter;

fn answer(purl: &str) -> Answer {
    let verdict = match purl.chars().last() {
        Some('b') => Verdict::blocked(vec![Policy {
            name: "No b".into(),
            reason: Some("it is bad".into()),
            url: Some("https://policies.example/b".into()),
        }]),
        Some('u') => Verdict::of(BlockStatus::BlockedNotScanned),
        Some('e') => return Err(JudgeError::Embedded("odd versions".into())),
        _ => Verdict::allowed(),
    };
    Ok(Arc::new(verdict))
}

impl Judge for ByLetter {
    fn judge(&self, question: Question) -> BoxFuture<'_, Answers> {
        async move { question.purls.iter().map(|purl| answer(purl)).collect() }.boxed()
    }
}

fn token() -> Secret {
    Secret::new("t0k")
}

async fn send(path: &str, authorization: Option<&str>, body: impl Into<String>) -> (StatusCode, Value) {
    let mut request = Request::post(path);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let request = request.body(axum::body::Body::from(body.into())).unwrap();
    let response = router(Arc::new(ByLetter), Some(token()))
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn our_client_and_our_server_understand_each_other() {
    for legacy_judge in [false, true] {
        let url = serve(router(Arc::new(ByLetter), Some(token()))).await;
        let mut settings = codescoring(&url);
        settings.legacy_judge = legacy_judge;
        let judge = connect(http(), &settings, Duration::from_secs(5)).unwrap();
        let mut asked = question(0);
        asked.purls = ["a", "b", "e", "u"].map(|name| format!("pkg:widget/x@{name}")).into();
        let answers = judge.judge(asked.clone()).await;
        let statuses: Vec<Option<BlockStatus>> = answers
            .iter()
            .map(|answer| answer.as_ref().ok().map(|verdict| verdict.status))
            .collect();
        assert_eq!(
            statuses,
            [
                Some(BlockStatus::NotBlocked),
                Some(BlockStatus::BlockedByPolicies),
                None,
                Some(BlockStatus::BlockedNotScanned)
            ]
        );
        assert_eq!(answers[1].as_ref().unwrap().policies[0].name, "No b");
        if !legacy_judge {
            assert_eq!(answers[1], answer("b"));
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let body = r#"{"work_mode": "strict", "package_type": "widget", "purls": ["pkg:widget/x@a"]}"#;
    for path in [contract::PATH, legacy::PATH] {
        for wrong in [
            None,
            Some("Token nope"),
            Some("Bearer t0k"),
            Some("t0k"),
            Some("Token "),
        ] {
            let (status, said) = send(path, wrong, body).await;
            assert_eq!(status, 401, "{wrong:?}");
            assert!(!said.to_string().contains("t0k"));
        }
        assert_eq!(send(path, Some("Token t0k"), body).await.0, 200);
    }
    let open = router(Arc::new(ByLetter), Some(Secret::default()));
    let request = Request::post(contract::PATH)
        .body(axum::body::Body::from(body))
        .unwrap();
    assert_eq!(open.oneshot(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn bad_questions_are_told_what_is_wrong() {
    let many = format!(
        r#"{{"work_mode": "strict", "package_type": "widget", "purls": [{}]}}"#,
        vec!["\"pkg:widget/x@a\""; 901].join(",")
    );
    let huge = " ".repeat(LARGEST_QUESTION + 1);
    for (body, status, words) in [
        ("", 400, "the body is not the JSON object"),
        ("[]", 400, "the body is not the JSON object"),
        (r#"{"purls": []}"#, 400, "work_mode"),
        (
            r#"{"work_mode": "strict", "package_type": "widget", "purls": "x"}"#,
            400,
            "the body is not",
        ),
        (
            r#"{"work_mode": "lax", "package_type": "widget", "purls": []}"#,
            400,
            "use one of warmup, spectator, moderate, strict, strict_wait",
        ),
        (
            r#"{"work_mode": "strict", "package_type": "widget", "purls": ["x"]}"#,
            400,
            "\"x\" is not a package URL",
        ),
        (&many, 413, "send at most 900"),
        (&huge, 413, ""),
    ] {
        let (got, said) = send(contract::PATH, Some("Token t0k"), body).await;
        assert_eq!(got, status, "{said}");
        assert!(said["error"].as_str().unwrap().contains(words), "{said}");
    }
    assert_eq!(send("/api/judge/v3", Some("Token t0k"), "").await.0, 404);
}
