//! What is removed from the cache is asked for again, and documents follow.

use base64::Engine as _;
use osa_proxy_tests::redis::Redis;
use serde_json::json;

use super::stage::{Stage, cache, deleted, error};

const PURLS: &str = "/api/cache/purls";
const PACKAGES: &str = "/api/cache/packages";

/// With verdicts in memory, and in a Redis where there is one.
async fn stages(test: &str) -> Vec<(Stage, Option<Redis>)> {
    let mut stages = vec![(Stage::start(|setup| setup.section(&cache(None))).await, None)];
    let args = ["--user", "default", "on", "nopass", "~*", "+@all", "-@dangerous"];
    if let Some(redis) = Redis::start_with(test, &args, None) {
        let stage = Stage::start(|setup| setup.section(&cache(Some(&redis)))).await;
        stages.push((stage, Some(redis)));
    }
    stages
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_removal_judge_is_asked_again_and_documents_and_files_follow() {
    for (stage, _redis) in stages("admin: removal").await {
        assert_eq!(stage.versions("cog").await, ["1.0", "1.1"]);
        assert_eq!(stage.get("/widget/files/cog-1.1.widget").await.status, 200);
        stage.questions();
        stage.block(&["pkg:widget/cog@1.1"]);
        assert_eq!(
            stage.versions("cog").await,
            ["1.0", "1.1"],
            "the cache still knows better"
        );
        assert_eq!(stage.get("/widget/files/cog-1.1.widget").await.status, 200);
        assert_eq!(stage.questions(), 0);

        let body = json!({ "purls": ["pkg:widget/cog@1.1", "pkg:widget/none@7"] }).to_string();
        let answer = stage.delete(PURLS).body(body).send().await;
        assert_eq!(deleted(&answer), 1);
        assert_eq!(stage.versions("cog").await, ["1.0"]);
        assert_eq!(stage.get("/widget/files/cog-1.1.widget").await.status, 403);
        assert!(stage.questions() > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn package_urls_are_taken_from_an_object_an_array_and_the_query_in_any_spelling() {
    for (stage, _redis) in stages("admin: forms").await {
        let object = r#"{"purls": ["pkg:widget/cog@1.0", "pkg:WIDGET/cog@1%2E1"]}"#;
        let array = r#" ["pkg:widget/cog@1.0", "pkg:widget/cog@1.1"] "#;
        let query = format!("{PURLS}?purl=pkg:widget/cog@1.0&purl=pkg%3Awidget%2Fcog%401.1");
        let half = format!("{PURLS}?purl=pkg:widget/cog@1.0");
        for (path, body) in [
            (PURLS, object),
            (PURLS, array),
            (&query, ""),
            (&half, r#"["pkg:widget/cog@1.1"]"#),
        ] {
            stage.versions("cog").await;
            stage.versions("bolt").await;
            let answer = stage.delete(path).body(body).send().await;
            assert_eq!(deleted(&answer), 2, "{path} {body}");
        }
        stage.questions();
        stage.versions("bolt").await;
        assert_eq!(stage.questions(), 0, "others are kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_removed_by_type_name_and_context() {
    for (stage, _redis) in stages("admin: packages").await {
        let context = json!({ "repoManagerHost": "https://manager.example/", "repoName": "widgets" }).to_string();
        let context = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(context);
        let elsewhere = format!("{context}/cog");
        let fill = async || {
            for path in ["cog", "bolt", &elsewhere] {
                assert_eq!(stage.versions(path).await.len(), 2);
            }
        };
        let host = "repoManagerHost=https%3A%2F%2Fmanager.example%2F";
        for (query, expected) in [
            ("/widget", 6),
            ("/Widget?name=cog", 4),
            ("/widget?packageName=bolt", 2),
            ("/widget?repoName=widgets", 2),
            (&*format!("/widget?{host}&repoName=widgets&name=cog"), 2),
            (&*format!("/widget?{host}&name=bolt"), 0),
            ("/widget?repoName=gadgets", 0),
            ("/widget?name=co", 0),
        ] {
            fill().await;
            let answer = stage.delete(&format!("{PACKAGES}{query}")).send().await;
            assert_eq!(deleted(&answer), expected, "{query}");
        }
        fill().await;
        stage.questions();
        stage
            .delete(&format!("{PACKAGES}/widget?repoName=widgets"))
            .send()
            .await;
        fill().await;
        let asked = stage.judge.received();
        assert_eq!(asked.len(), 1);
        assert!(String::from_utf8_lossy(&asked[0].body).contains("manager.example"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_removes_nothing_and_says_why() {
    let stage = Stage::start(|setup| setup.section(&cache(None))).await;
    stage.versions("cog").await;
    for (path, body, status, wanted) in [
        (PURLS, "", 400, "no package URL is given"),
        (PURLS, "[]", 400, "no package URL is given"),
        (
            PURLS,
            r#"["pkg:widget/cog@1.0", "cog@1.0"]"#,
            400,
            r#""cog@1.0" is no package URL"#,
        ),
        (PURLS, r#"["pkg:widget/cog@1.0", 7]"#, 400, "invalid type"),
        (
            PURLS,
            r#"{"purl": ["pkg:widget/cog@1.0"]}"#,
            400,
            "unknown field `purl`",
        ),
        (PURLS, "pkg:widget/cog@1.0", 400, "neither"),
        (
            "/api/cache/purls?prul=pkg:widget/cog@1.0",
            "",
            400,
            r#"unknown parameter "prul""#,
        ),
        ("/api/cache/purls?purl=%ff", "", 400, "percent-encoded"),
        ("/api/cache/packages/gizmo", "", 400, "there are widget"),
        (
            "/api/cache/packages/widget?nmae=cog",
            "",
            400,
            r#"unknown filter "nmae""#,
        ),
        ("/api/cache/packages/widget?name=", "", 400, r#""name" is empty"#),
        (
            "/api/cache/packages/widget?name=cog&packageName=cog",
            "",
            400,
            "given twice",
        ),
    ] {
        let answer = stage.delete(path).body(body).send().await;
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(error(&answer).contains(wanted), "{path} {body}: {}", answer.text());
    }
    let huge = format!(r#"["pkg:widget/cog@{}"]"#, "1".repeat(5 << 20));
    let answer = stage.delete(PURLS).body(huge).send().await;
    assert_eq!(answer.status, 413);
    stage.questions();
    stage.versions("cog").await;
    assert_eq!(stage.questions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cache_there_is_a_conflict_and_without_redis_another_try() {
    let calls = ["/api/cache/purls?purl=pkg:widget/cog@1.0", "/api/cache/packages/widget"];
    let stage = Stage::start(|setup| setup).await;
    for path in calls {
        let answer = stage.delete(path).send().await;
        assert_eq!(answer.status, 409);
        assert!(
            error(&answer).contains("cache.judge.enabled: true"),
            "{}",
            answer.text()
        );
    }
    let Some(mut redis) = Redis::start("admin: no redis") else {
        return;
    };
    let stage = Stage::start(|setup| setup.section(&cache(Some(&redis)))).await;
    redis.kill();
    for path in calls {
        let answer = stage.delete(path).send().await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert!(error(&answer).contains("repeat"), "{}", answer.text());
    }
}
