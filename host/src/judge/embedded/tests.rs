use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::*;
use crate::config::WorkMode;
use crate::judge::{BlockStatus, JudgeError};

/// Dotted numbers, for `widget` and `bitbucket` packages only; counts how often it is asked.
#[derive(Default)]
struct Numbers(Mutex<Vec<usize>>);

impl VersionOrder for Numbers {
    fn folds_case(&self, purl_type: &str) -> bool {
        purl_type == "gadget"
    }

    fn rank(&self, purl_type: &str, versions: Vec<String>) -> BoxFuture<'_, Result<Vec<Option<u32>>, String>> {
        let known = ["widget", "bitbucket"].contains(&purl_type);
        let missing = format!("no plugin serves {purl_type}");
        async move {
            if !known {
                return Err(missing);
            }
            self.0.lock().unwrap().push(versions.len());
            let key = |version: &str| {
                let parts = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
                parts.collect::<Result<Vec<_>, _>>().ok()
            };
            let sorted: BTreeSet<_> = versions.iter().filter_map(|version| key(version)).collect();
            let ranks: HashMap<_, u32> = sorted.into_iter().zip(0..).collect();
            let rank = |version: &String| ranks.get(&key(version)?).copied();
            Ok(versions.iter().map(rank).collect())
        }
        .boxed()
    }
}

struct File(PathBuf);

impl File {
    fn new(test: &str, yaml: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("osa-proxy-policy-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = Self(folder);
        file.write(yaml);
        file
    }

    fn path(&self) -> PathBuf {
        self.0.join("policy.yml")
    }

    fn write(&self, yaml: &str) {
        std::fs::write(self.path(), yaml).unwrap();
    }

    async fn errors(&self) -> String {
        let order = Arc::new(Numbers::default());
        let errors = Embedded::open(&self.path(), order).await.err().unwrap().to_string();
        errors.replace(self.path().to_str().unwrap(), "F")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn open(test: &str, yaml: &str) -> (File, Embedded, Arc<Numbers>) {
    let file = File::new(test, yaml);
    let order = Arc::new(Numbers::default());
    let engine = Embedded::open(&file.path(), Arc::<Numbers>::clone(&order))
        .await
        .unwrap();
    order.0.lock().unwrap().clear();
    (file, engine, order)
}

async fn ask(engine: &Embedded, purls: &[&str]) -> Answers {
    let question = Question {
        purls: purls.iter().map(ToString::to_string).collect(),
        package_type: "widget".into(),
        mode: WorkMode::StrictWait,
        record: false,
        context: None,
    };
    engine.judge(question).await
}

/// `+` allowed, `!` an error, else the name of the policy.
async fn outcome(engine: &Embedded, purl: &str) -> String {
    match ask(engine, &[purl]).await.remove(0) {
        Err(_) => "!".into(),
        Ok(verdict) if verdict.status == BlockStatus::NotBlocked => "+".into(),
        Ok(verdict) => verdict.policies[0].name.clone(),
    }
}

#[tokio::test]
async fn the_first_rule_that_matches_decides() {
    let yaml = r#"
rules:
  - allow: pkg:widget/@acme/*
  - deny: pkg:widget/bolt
    versions: "<4.17.21, !=4.17.20 || 9"
    policy: No old bolts
    reason: |
      CVE-2021-23337,
      command injection
    url: https://example.com/policies?id=7#bolt
  - allow: pkg:widget/nut
    versions: ">=2"
  - deny: pkg:widget/nut
  - deny: pkg:*/*evil*
  - deny: pkg:bitbucket/Acme/Bolt
    versions: <2
  - deny: pkg:gadget/Cog
  - deny: pkg:gadget/wheel
    versions: <2
"#;
    let (_file, engine, _) = open("first", yaml).await;
    for (purl, expected) in [
        ("pkg:widget/%40acme/evil@1", "+"),
        ("pkg:widget/bolt@4.17.3", "No old bolts"),
        ("pkg:widget/bolt@4.17.20", "+"),
        ("pkg:widget/bolt@4.17.21", "+"),
        ("pkg:widget/bolt@v9.0", "+"),
        ("pkg:widget/bolt@9", "No old bolts"),
        ("pkg:widget/bolt@v9", "No old bolts"),
        // No version, or none that has a rank: denied by every range, allowed by none.
        ("pkg:widget/bolt", "No old bolts"),
        ("pkg:widget/bolt@latest", "No old bolts"),
        ("pkg:widget/nut@2", "+"),
        ("pkg:widget/nut@1", "pkg:widget/nut"),
        ("pkg:widget/nut@latest", "pkg:widget/nut"),
        ("pkg:gadget/so-evil@1", "pkg:*/*evil*"),
        ("pkg:bitbucket/acme/BOLT@1", "pkg:bitbucket/Acme/Bolt <2"),
        ("pkg:bitbucket/acme/bolt@2", "+"),
        ("pkg:gadget/cog@1", "pkg:gadget/Cog"),
        ("pkg:gadget/wheel@1", "!"),
        ("pkg:gadget/other@1", "+"),
        ("not a purl", "!"),
    ] {
        assert_eq!(outcome(&engine, purl).await, expected, "{purl}");
    }
    let answers = ask(
        &engine,
        &["pkg:widget/bolt@1", "pkg:gadget/wheel@1", "pkg:widget/free@1"],
    )
    .await;
    let policy = &answers[0].as_ref().unwrap().policies[0];
    assert_eq!(policy.reason.as_deref(), Some("CVE-2021-23337, command injection"));
    assert_eq!(policy.url.as_deref(), Some("https://example.com/policies?id=7#bolt"));
    assert_eq!(answers[1], Err(JudgeError::Embedded("no plugin serves gadget".into())));
    assert_eq!(answers[2].as_ref().unwrap().status, BlockStatus::NotBlocked);
}

#[tokio::test]
async fn what_no_rule_matches_is_up_to_the_default() {
    let (_file, engine, _) = open(
        "default",
        "default: deny\nrules:\n  - allow: pkg:widget/bolt\n    versions: '1'\n",
    )
    .await;
    assert_eq!(outcome(&engine, "pkg:widget/bolt@1").await, "+");
    assert_eq!(outcome(&engine, "pkg:widget/bolt@2").await, "default: deny");
    assert_eq!(outcome(&engine, "pkg:widget/nut@1").await, "default: deny");
}

#[tokio::test]
async fn an_expired_rule_sleeps() {
    let tomorrow = today().tomorrow().unwrap();
    let yaml = format!(
        "rules:\n  - deny: pkg:widget/past\n    expires: 2020-01-01\n  - deny: pkg:widget/today\n    expires: {}\n  \
         - deny: pkg:widget/future\n    expires: {tomorrow}\n",
        today()
    );
    let (_file, engine, _) = open("expired", &yaml).await;
    assert_eq!(outcome(&engine, "pkg:widget/past@1").await, "+");
    assert_eq!(outcome(&engine, "pkg:widget/today@1").await, "+");
    assert_eq!(outcome(&engine, "pkg:widget/future@1").await, "pkg:widget/future");
}

#[tokio::test]
async fn versions_are_ordered_once_a_question() {
    let rules: Vec<_> = (0..50)
        .map(|bound| format!("  - deny: pkg:widget/bolt\n    versions: ={bound}.7\n"))
        .collect();
    let yaml = format!("rules:\n{}", rules.concat());
    let (_file, engine, order) = open("once", &yaml).await;
    let purls: Vec<String> = (0..40_000)
        .map(|n| format!("pkg:widget/bolt@{}.{}", n / 100, n % 100))
        .collect();
    let purls: Vec<&str> = purls.iter().map(String::as_str).collect();
    let answers = ask(&engine, &purls).await;
    let denied = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status == BlockStatus::BlockedByPolicies);
    assert_eq!(denied.count(), 50);
    assert_eq!(*order.0.lock().unwrap(), [40_000]);
}

#[tokio::test]
async fn every_error_of_the_file_has_its_line() {
    for (name, yaml, expected) in [
        ("key", "rule: []\n", "F:1:1: rule: unknown key; did you mean `rules`?\n"),
        (
            "default",
            "default: maybe\n",
            "F:1:10: default: `maybe` is none of `allow`, `deny`\n",
        ),
        (
            "neither",
            "rules:\n  - reason: x\n",
            "F:2:5: rules[0]: this rule says neither `allow` nor `deny`\n",
        ),
        (
            "both",
            "rules:\n  - allow: pkg:a/b\n    deny: pkg:a/b\n",
            "F:2:5: rules[0]: this rule says both",
        ),
        (
            "word",
            "rules:\n  - deny everything\n",
            "F:2:5: rules[0]: a single value stands where `key: value` pairs",
        ),
        (
            "pattern",
            "rules:\n  - deny: bolt\n",
            "F:2:11: rules[0].deny: `bolt` is not a package URL",
        ),
        ("version", "rules:\n  - deny: pkg:a/b@1\n", "put that under `versions`"),
        (
            "range",
            "rules:\n  - deny: pkg:a/b\n    versions: ^1\n",
            "F:3:15: rules[0].versions: `^1` is not a version range",
        ),
        (
            "bound",
            "rules:\n  - deny: pkg:a/b\n  - deny: pkg:widget/b\n    versions: <1.x, >2\n",
            "F:4:15: rules[1].versions: `1.x` is no version of a widget package\n    for example: versions: ",
        ),
        (
            "glob",
            "rules:\n  - deny: pkg:*/b\n    versions: <1\n",
            "F:3:15: rules[0].versions: versions are ordered by",
        ),
        (
            "url",
            "rules:\n  - deny: pkg:a/b\n    url: example.com\n",
            "F:3:10: rules[0].url: `example.com` is not a URL",
        ),
        (
            "date",
            "rules:\n  - deny: pkg:a/b\n    expires: soon\n",
            "F:3:14: rules[0].expires: `soon` is not a date",
        ),
        (
            "rule-key",
            "rules:\n  - deny: pkg:a/b\n    version: 1\n",
            "F:3:5: rules[0].version: unknown key; did you mean `versions`?",
        ),
    ] {
        let errors = File::new(&format!("error-{name}"), yaml).errors().await;
        assert!(errors.contains(expected), "{errors}\nshould hold\n{expected}");
    }
    let missing = File::new("missing", "");
    std::fs::remove_file(missing.path()).unwrap();
    let errors = missing.errors().await;
    assert!(errors.starts_with("F: the policy file cannot be read: "), "{errors}");
}

/// Waits for as long as an operator is promised a change takes.
async fn becomes(engine: &Embedded, purl: &str, expected: &str) {
    let started = Instant::now();
    while outcome(engine, purl).await != expected {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{purl} does not become {expected}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_change_takes_effect_and_a_broken_one_does_not() {
    let (file, engine, _) = open("reload", "rules:\n  - deny: pkg:widget/bolt\n").await;
    let first = engine.revision();
    let (_elsewhere, twin, _) = open("reload-twin", "rules:\n  - deny: pkg:widget/bolt\n").await;
    assert_eq!(twin.revision(), first);
    file.write("rules:\n  - deny: pkg:widget/bolt\n  - deny: pkg:widget/nut\n");
    becomes(&engine, "pkg:widget/nut@1", "pkg:widget/nut").await;
    let second = engine.revision();
    assert_ne!(second, first);

    file.write("rules: [");
    tokio::time::sleep(Duration::from_secs(3)).await;
    std::fs::remove_file(file.path()).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(outcome(&engine, "pkg:widget/bolt@1").await, "pkg:widget/bolt");
    assert_eq!(engine.revision(), second);

    file.write("rules: []");
    becomes(&engine, "pkg:widget/bolt@1", "+").await;
    assert!(![first, second].contains(&engine.revision()));
}
