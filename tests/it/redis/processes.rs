//! Two proxies, as they are deployed, in front of one Redis.

use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::npm::{Npm, Package};
use osa_proxy_tests::proxy::Setup;
use osa_proxy_tests::redis::Redis;
use osa_proxy_tests::wire::Ask;

#[tokio::test(flavor = "multi_thread")]
async fn one_serves_the_verdict_that_the_other_asked_for() {
    let Some(redis) = Redis::start("redis: two processes") else {
        return;
    };
    let registry = Npm::with(&[Package::new("cog").versions(["1.0.0", "2.0.0"])]).await;
    let judge = Judge::start(|purl| {
        let refused = purl.ends_with("@2.0.0");
        (if refused { "blocked_by_policies" } else { "not_blocked" }, false)
    })
    .await;
    let setup = Setup::npm(&registry.server.url())
        .codescoring(&format!("url: {}", judge.url()))
        .codescoring(&format!("token: {TOKEN}"))
        .section(&format!(
            "cache:\n  judge:\n    enabled: true\n    key-prefix: \"cs:judge:\"\n  redis:\n    address: {}\n",
            redis.address()
        ));
    let (first, second) = (setup.start(), setup.start());
    for proxy in [&first, &second] {
        for (path, status) in [("cog/-/cog-1.0.0.tgz", 200), ("cog/-/cog-2.0.0.tgz", 403), ("cog", 200)] {
            let answer = Ask::get(&format!("{}/npm/{path}", proxy.url())).send().await;
            assert_eq!(answer.status, status, "{path}");
        }
    }
    assert_eq!(judge.asked(), ["pkg:npm/cog@1.0.0", "pkg:npm/cog@2.0.0"]);
    let keys = redis.cli(&["--scan", "--pattern", "cs:judge:npm:*"]);
    assert_eq!(keys.lines().count(), 2, "{keys}");
}
