//! A cluster: entries lie on several servers, and nobody but the connection knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use osa_proxy::config::Cache;
use osa_proxy::judge::BlockStatus;
use osa_proxy::secret::Secret;
use osa_proxy::verdicts::Packages;
use osa_proxy_tests::redis::Cluster;

use super::outages::works_again;
use super::setup::{A, B, Script, config, instance, of, question, status, until};

/// `address` is of one or more of its servers.
fn clustered(address: String) -> Cache {
    let mut config = config(address);
    config.redis.as_mut().unwrap().cluster = true;
    config
}

fn many() -> Vec<String> {
    (0..2000).map(|n| format!("pkg:widget/acme/many@{n}")).collect()
}

/// As a user who may not do what Redis calls dangerous.
#[tokio::test(flavor = "multi_thread")]
async fn entries_on_all_servers_are_written_read_and_removed() {
    let args = ["--user", "osa", "on", ">s3cret", "~*", "+@all", "-@dangerous"];
    let Some(cluster) = Cluster::start("redis: cluster", &args) else {
        return;
    };
    let [one, other, third] = [0, 1, 2].map(|n| format!("redis://osa@{}", cluster.servers[n].address()));
    let by = |address| {
        let mut config = clustered(address);
        config.redis.as_mut().unwrap().password = Secret::new("s3cret");
        config
    };
    let judge = Arc::new(Script::default());
    judge.set(B, of(BlockStatus::BlockedByPolicies));
    let first = instance(&judge, &by(one));
    let all = || question(many().into_iter().chain([A.into(), B.into()]));
    let asked = first.verdicts(all()).await;
    let requests = judge.requests();
    let second = instance(&judge, &by(format!("{other}, {third}")));
    assert_eq!(second.verdicts(all()).await, asked);
    assert_eq!(
        (judge.requests(), &asked[2001]),
        (requests, &of(BlockStatus::BlockedByPolicies))
    );
    let sizes = cluster.sizes();
    assert!(sizes.iter().all(|size| *size > 500), "{sizes:?}");

    assert_eq!(first.forget_purls(&[A.into(), B.into()]).await, Ok(2));
    let packages = Packages {
        package_type: "widget".into(),
        name: Some("acme/many".into()),
        ..Packages::default()
    };
    assert_eq!(second.forget_packages(packages).await, Ok(2000));
    assert_eq!(cluster.sizes(), [0, 0, 0]);
    for server in &cluster.servers {
        assert_eq!(server.cli(&["ACL", "LOG"]), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_entries_of_all_servers_are_refreshed_by_one_instance() {
    let Some(cluster) = Cluster::start("redis: cluster, refresh", &[]) else {
        return;
    };
    let judge = Arc::new(Script::default());
    let mut config = clustered(cluster.servers[0].address());
    config.judge.refresh_after = Duration::from_secs(5);
    let few = &many()[..200];
    let instances: Vec<_> = (0..3).map(|_| instance(&judge, &config)).collect();
    let asked_at_least = |times| few.iter().all(|purl| judge.times(purl) >= times);
    instances[0].verdicts(question(few)).await;
    tokio::time::sleep(Duration::from_millis(5200)).await;
    for instance in &instances {
        instance.verdicts(question(few)).await;
    }
    until(|| asked_at_least(2)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        !few.iter().any(|purl| judge.times(purl) > 2),
        "more than one instance refreshed"
    );

    // Without anybody who asks.
    config.judge.refresh_after = Duration::from_millis(50);
    config.judge.proactive_refresh_enabled = true;
    config.judge.proactive_refresh_interval = Duration::from_millis(200);
    let proactive = instance(&judge, &config);
    until(|| asked_at_least(3)).await;
    drop(proactive);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_on_without_a_server_and_it_is_used_when_it_is_back() {
    let Some(mut cluster) = Cluster::start("redis: cluster, outage", &[]) else {
        return;
    };
    let judge = Arc::new(Script::default());
    let verdicts = instance(&judge, &clustered(cluster.servers[1].address()));
    verdicts.verdicts(question(many())).await;
    cluster.servers[2].kill();
    let start = Instant::now();
    let answers = verdicts.verdicts(question(many())).await;
    assert!(answers.iter().all(Result::is_ok));
    for n in 0..50 {
        assert_eq!(
            status(&verdicts, &format!("pkg:widget/gone@{n}")).await,
            BlockStatus::NotBlocked
        );
    }
    // 50 times Judge's 50 ms, and a timeout of Redis now and then.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    cluster.servers[2].restart();
    cluster.wait_until_whole();
    works_again(&verdicts, &judge).await;
}
