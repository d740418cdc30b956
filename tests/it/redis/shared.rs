//! What instances that share a Redis know of each other.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use osa_proxy::judge::{BlockStatus, Context, JudgeError, Policy, Question, Verdict};
use osa_proxy::secret::Secret;
use osa_proxy::verdicts::Packages;
use osa_proxy_tests::redis::Redis;

use super::setup::{A, B, Script, config, instance, of, question, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_instance_serves_what_the_first_one_asked_for() {
    let Some(redis) = Redis::start("redis: second instance") else {
        return;
    };
    let judge = Arc::new(Script::default());
    let mut config = config(redis.address());
    config.judge.key_prefix = "cs:judge:".into();
    let blocked = Verdict {
        component_url: Some("https://platform.example/b".into()),
        ..Verdict::blocked(vec![Policy {
            name: "No malware".into(),
            reason: Some("it is".into()),
            url: None,
        }])
    };
    judge.set(B, Ok(Arc::new(blocked.clone())));
    let purls: Vec<String> = (0..40_000).map(|n| format!("pkg:widget/many@{n}")).collect();
    let all = || question(purls.iter().map(String::as_str).chain([B]));
    let first = instance(&judge, &config).verdicts(all()).await;
    let requests = judge.requests();
    let second = instance(&judge, &config).verdicts(all()).await;
    assert_eq!(judge.requests(), requests);
    assert_eq!(second, first);
    assert_eq!(second[40_000], Ok(Arc::new(blocked)));
    assert_eq!(redis.cli(&["DBSIZE"]), "40001");
    assert_eq!(
        redis.cli(&["--scan", "--pattern", "cs:judge:widget:*"]).lines().count(),
        40_001
    );

    config.judge.key_prefix = "other:".into();
    assert_eq!(status(&instance(&judge, &config), A).await, BlockStatus::NotBlocked);
    config.judge.key_prefix = "cs:judge:".into();
    status(&instance(&judge, &config), A).await;
    assert_eq!(judge.times(A), 2);
}

#[tokio::test]
async fn revision_and_context_are_part_of_the_key() {
    let Some(redis) = Redis::start("redis: revision") else {
        return;
    };
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &config(redis.address()));
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    judge.revision.store(7, Ordering::Relaxed);
    judge.set(A, of(BlockStatus::BlockedByPolicies));
    assert_eq!(status(&verdicts, A).await, BlockStatus::BlockedByPolicies);
    judge.revision.store(0, Ordering::Relaxed);
    assert_eq!(status(&verdicts, A).await, BlockStatus::NotBlocked);
    let elsewhere = Question {
        context: Some(Arc::new(Context {
            repo_manager_host: "https://manager.example".into(),
            repo_name: "widgets".into(),
        })),
        ..question([A])
    };
    assert_eq!(verdicts.verdicts(elsewhere).await, [of(BlockStatus::BlockedByPolicies)]);
    assert_eq!(judge.times(A), 3);
}

#[tokio::test]
async fn errors_are_not_stored_and_garbage_is_not_believed() {
    let Some(redis) = Redis::start("redis: errors") else {
        return;
    };
    let judge = Arc::new(Script::default());
    judge.set(A, Err(JudgeError::BreakerOpen));
    let verdicts = instance(&judge, &config(redis.address()));
    let answers = verdicts.verdicts(question([A])).await;
    assert_eq!(answers, [Err(JudgeError::BreakerOpen)]);
    assert_eq!(redis.cli(&["DBSIZE"]), "0");
    judge.set(A, of(BlockStatus::BlockedByPolicies));
    assert_eq!(status(&verdicts, A).await, BlockStatus::BlockedByPolicies);
    let key = redis.cli(&["--scan"]);
    for garbage in ["", "9{}", "1{\"s\":\"not_blocked\"}"] {
        redis.cli(&["SET", &key, garbage]);
        assert_eq!(status(&verdicts, A).await, BlockStatus::BlockedByPolicies);
    }
    redis.cli(&["DEL", &key]);
    redis.cli(&["LPUSH", &key, "1"]);
    assert_eq!(status(&verdicts, A).await, BlockStatus::BlockedByPolicies);
    assert_eq!(judge.times(A), 6);
}

#[tokio::test]
async fn password_database_and_user_are_used() {
    let args = [
        "--requirepass",
        "pa ss",
        "--user",
        "osa",
        "on",
        ">s3cret",
        "~cs:*",
        "+@all",
        "-@dangerous",
    ];
    let Some(redis) = Redis::start_with("redis: password", &args, Some("pa ss")) else {
        return;
    };
    let judge = Arc::new(Script::default());
    for (address, password, db) in [
        (redis.address(), "pa ss", 3),
        (format!("redis://osa@{}", redis.address()), "s3cret", 4),
        (format!("redis://{}/5", redis.address()), "pa ss", 0),
    ] {
        let mut config = config(address);
        config.judge.key_prefix = "cs:".into();
        let settings = config.redis.as_mut().unwrap();
        (settings.password, settings.db) = (Secret::new(password), db);
        status(&instance(&judge, &config), A).await;
    }
    for db in ["3", "4", "5"] {
        assert_eq!(redis.cli(&["-n", db, "DBSIZE"]), "1", "{db}");
    }
    assert_eq!(judge.times(A), 3);
    let mut config = config(redis.address());
    config.redis.as_mut().unwrap().password = Secret::new("wrong");
    assert_eq!(status(&instance(&judge, &config), A).await, BlockStatus::NotBlocked);
}

/// A user without the commands that Redis calls dangerous can do all that the cache does.
#[tokio::test]
async fn removing_takes_what_matches_and_no_dangerous_command() {
    let args = ["--user", "osa", "on", ">s3cret", "~*", "+@all", "-@dangerous"];
    let Some(redis) = Redis::start_with("redis: removing", &args, None) else {
        return;
    };
    let judge = Arc::new(Script::default());
    let mut config = config(format!("redis://osa@{}", redis.address()));
    config.redis.as_mut().unwrap().password = Secret::new("s3cret");
    let verdicts = instance(&judge, &config);
    redis.cli(&["SET", "widget:session", "another program's"]);
    let many: Vec<String> = (0..2500).map(|n| format!("pkg:widget/acme/many@{n}")).collect();
    verdicts
        .verdicts(question(many.iter().map(String::as_str).chain([A, B])))
        .await;
    let gadget = Question {
        package_type: "gadget".into(),
        ..question(["pkg:gadget/acme/many@1"])
    };
    verdicts.verdicts(gadget).await;

    assert_eq!(
        verdicts.forget_purls(&[A.into(), "pkg:widget/none@1".into()]).await,
        Ok(1)
    );
    let mut packages = Packages {
        package_type: "widget".into(),
        name: Some("acme/many".into()),
        ..Packages::default()
    };
    assert_eq!(verdicts.forget_packages(packages.clone()).await, Ok(2500));
    packages.name = None;
    packages.repo_name = Some("widgets".into());
    assert_eq!(verdicts.forget_packages(packages.clone()).await, Ok(0));
    packages.repo_name = None;
    assert_eq!(verdicts.forget_packages(packages).await, Ok(1));
    assert_eq!(redis.cli(&["DBSIZE"]), "2");
    assert_eq!(redis.cli(&["ACL", "LOG"]), "");
    status(&verdicts, A).await;
    assert_eq!(judge.times(A), 2);
}
