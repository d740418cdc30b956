//! What verdicts cost that were asked for before: time by the place they are kept in, and memory.

use std::sync::Arc;
use std::time::Instant;

use anyhow::ensure;
use osa_proxy::config::{self, JudgeCache};
use osa_proxy::judge::{BlockStatus, MAX_PURLS_A_REQUEST, Policy, Verdict};
use osa_proxy::secret::Secret;
use osa_proxy::verdicts::{Known, MemoryCache, Origin, RedisCache, Scope, VerdictCache};

use crate::Places;
use crate::measure::{Best, Rounds};
use crate::stand::process::resident;
use crate::stand::redis::Redis;
use crate::table::{Table, at_least};

/// One question of the contract.
const BATCH: usize = MAX_PURLS_A_REQUEST;
const TIMES: f64 = 20.0;
const MANY: usize = 100_000;

pub(crate) async fn verdicts(places: &Places) -> anyhow::Result<Vec<Table>> {
    Ok(vec![times(places).await?, memory().await?])
}

async fn times(places: &Places) -> anyhow::Result<Table> {
    let server = Redis::start(&places.folder("verdicts-redis")?)?;
    let settings = config::Redis {
        address: server.address.to_string(),
        cluster: false,
        password: Secret::default(),
        db: 0,
    };
    let judge = JudgeCache::default();
    let redis = RedisCache::open(&settings, &judge)?;
    let memory = MemoryCache::new(judge.ttl, judge.max_memory);
    let scope = scope();
    let known = known(BATCH);
    let purls: Vec<String> = known.iter().map(|known| known.purl.to_string()).collect();
    redis.put(&scope, known.clone(), Origin::Request).await;
    memory.put(&scope, known, Origin::Request).await;

    let (mut single, mut together, mut in_memory) = (Best::NONE, Best::NONE, Best::NONE);
    let mut rounds = Rounds::new();
    while rounds.another() {
        let begun = Instant::now();
        for purl in &purls {
            let one = redis.get(&scope, std::slice::from_ref(purl)).await;
            ensure!(one.iter().all(Option::is_some), "Redis does not have what it was given");
        }
        single.take(begun);
        for (cache, best) in [(&redis as &dyn VerdictCache, &mut together), (&memory, &mut in_memory)] {
            let begun = Instant::now();
            let all = cache.get(&scope, &purls).await;
            best.take(begun);
            ensure!(
                all.iter().all(Option::is_some),
                "the cache does not have what it was given"
            );
        }
    }
    let mut table = Table::new(
        "900 verdicts that are known",
        &["from", "ms", "times as fast", "target", ""],
    );
    let factor = |best: Best| single.ms() / best.ms();
    table.row([
        "Redis, one by one".into(),
        format!("{:.2}", single.ms()),
        "1".into(),
        String::new(),
        String::new(),
    ]);
    for (what, best) in [("Redis, in one round trip", together), ("memory", in_memory)] {
        table.row([
            what.into(),
            format!("{:.3}", best.ms()),
            format!("{:.0}", factor(best)),
            format!(">= {TIMES:.0}"),
            at_least(TIMES, factor(best)).into(),
        ]);
    }
    Ok(table)
}

async fn memory() -> anyhow::Result<Table> {
    let before = resident()?;
    let cache = MemoryCache::new(JudgeCache::default().ttl, u64::MAX);
    cache.put(&scope(), known(MANY), Origin::Request).await;
    let taken = resident()?.saturating_sub(before);
    let purls = [known(MANY)
        .last()
        .map(|known| known.purl.to_string())
        .unwrap_or_default()];
    ensure!(
        cache.get(&scope(), &purls).await.iter().all(Option::is_some),
        "the cache is not that large"
    );
    let mut table = Table::new("Verdict cache in memory", &["what", "measured"]);
    table.row(["100,000 verdicts, MB".into(), format!("{:.1}", taken as f64 / 1e6)]);
    table.row(["bytes a verdict".into(), format!("{:.0}", taken as f64 / MANY as f64)]);
    Ok(table)
}

fn scope() -> Scope {
    Scope {
        package_type: "npm".into(),
        revision: 0,
        context: None,
    }
}

/// As a platform gives them: one in ten is refused, by one of few policies.
fn known(count: usize) -> Vec<Known> {
    let allowed = Arc::new(Verdict::allowed());
    let verdict = |n: usize| {
        if !n.is_multiple_of(10) {
            return Arc::clone(&allowed);
        }
        Arc::new(Verdict {
            status: BlockStatus::BlockedByPolicies,
            policies: vec![Policy {
                name: "No critical vulnerabilities".into(),
                reason: None,
                url: Some("https://platform.example/policies/7".into()),
            }],
            component_url: Some(format!("https://platform.example/components/{n}")),
            ask_again_after: None,
        })
    };
    (0..count)
        .map(|n| Known {
            purl: format!("pkg:npm/%40scope/package@1.{}.{}", n / 100, n % 100).into(),
            verdict: verdict(n),
            recorded: false,
        })
        .collect()
}
