//! The policy file: `default` and an ordered list of `rules`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::VersionOrder;
use super::pattern::Pattern;
use super::range::Range;
use crate::judge::{BlockStatus, Policy as BlockingPolicy, Verdict};
use crate::yaml::value::{http_url, one_of};
use crate::yaml::{Map, Mark, Problem, Problems, Reader, Value, load as load_yaml};

#[derive(Debug)]
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
    /// What holds where no rule matches.
    pub(super) default: Arc<Verdict>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) denies: bool,
    pub(super) pattern: Pattern,
    /// None: every version.
    pub(super) range: Option<Range>,
    /// From this day on the rule sleeps.
    expires: Option<Date>,
    pub(super) verdict: Arc<Verdict>,
    /// Of `versions`, for errors that only the ecosystem can find.
    place: Mark,
}

const EXAMPLE: &str = "\n- deny: pkg:TYPE/NAME\n  versions: \"<1.2.3\"\n  reason: why not";
const PATTERN: &str = "pkg:TYPE/NAME";
const RANGE: &str = "\">=1.0,<1.2.3 || 2.0.0\"";

/// Reads `content` of `file`, and lets the ecosystems check the versions in it. Ranges of package types that no plugin
/// serves are logged: their packages cannot be asked for either.
pub(super) async fn load(file: &Path, content: &[u8], order: &dyn VersionOrder) -> Result<Policy, Problems> {
    let policy = parse(file, content)?;
    let mut by_type: BTreeMap<String, Vec<(usize, &Rule, &str)>> = BTreeMap::new();
    for (position, rule) in policy.rules.iter().enumerate() {
        if let (Some(range), Some(purl_type)) = (&rule.range, rule.pattern.purl_type()) {
            let bounds = range.bounds().map(|bound| (position, rule, bound));
            by_type.entry(purl_type).or_default().extend(bounds);
        }
    }
    let mut problems = Vec::new();
    for (purl_type, uses) in &by_type {
        let bounds: Vec<String> = uses.iter().map(|(_, _, bound)| (*bound).to_owned()).collect();
        match order.rank(purl_type, bounds).await {
            Ok(ranks) => {
                let unknown = uses.iter().zip(ranks).filter(|(_, rank)| rank.is_none());
                problems.extend(unknown.map(|((position, rule, bound), _)| Problem {
                    file: file.to_owned(),
                    mark: Some(rule.place),
                    key: format!("rules[{position}].versions"),
                    message: format!("`{bound}` is no version of a {purl_type} package"),
                    example: Some(format!("versions: {RANGE}")),
                }));
            }
            Err(message) => {
                let lines: BTreeSet<_> = uses.iter().map(|(_, rule, _)| rule.place.line).collect();
                let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
                let (file, lines) = (file.display(), lines.join(", "));
                tracing::warn!("{file}: the versions in line {lines} cannot be checked: {message}");
            }
        }
    }
    Problems::collect(problems).map_or(Ok(policy), Err)
}

fn parse(file: &Path, content: &[u8]) -> Result<Policy, Problems> {
    let text = std::str::from_utf8(content)
        .map_err(|error| Problem::file(file, format!("is not UTF-8 text, from byte {} on", error.valid_up_to())))?;
    let tree = load_yaml(file, text, None)?;
    let reader = Reader::new(file);
    let mut root = reader.root(&tree);
    let denies = root.get("default", "allow", one_of(&[("allow", false), ("deny", true)]));
    let rules = root.optional("rules", EXAMPLE).and_then(|rules| rules.list());
    root.finish();
    let rules: Vec<_> = rules.unwrap_or_default().iter().filter_map(read_rule).collect();
    if let Some(problems) = Problems::collect(reader.into_findings().0) {
        return Err(problems);
    }
    let default = BlockingPolicy {
        name: "default: deny".into(),
        reason: Some("no rule of the policy file allows it".into()),
        url: None,
    };
    Ok(Policy {
        rules,
        default: Arc::new(verdict(denies == Some(true), default)),
    })
}

fn verdict(denies: bool, policy: BlockingPolicy) -> Verdict {
    if !denies {
        return Verdict::allowed();
    }
    Verdict {
        policies: vec![policy],
        ..Verdict::of(BlockStatus::BlockedByPolicies)
    }
}

fn read_rule(value: &Value<'_>) -> Option<Rule> {
    let mut map = value.map();
    let (allow, deny) = (map.has("allow"), map.has("deny"));
    let (denies, subject) = match (allow, deny) {
        (false, false) => {
            if value.is_map() {
                value.report("this rule says neither `allow` nor `deny`");
            }
            (false, None)
        }
        (true, true) => {
            value.report("this rule says both `allow` and `deny`: make two of it");
            (false, None)
        }
        (_, denies) => (denies, map.required(if denies { "deny" } else { "allow" }, PATTERN)),
    };
    for key in ["allow", "deny"] {
        map.optional(key, PATTERN);
    }
    let pattern = subject.as_ref().and_then(|subject| subject.parse(Pattern::parse));
    let versions = map.optional("versions", RANGE);
    let range = versions.as_ref().map(|versions| versions.parse(Range::parse));
    let name = line(&mut map, "policy", "No known-vulnerable versions");
    let reason = line(&mut map, "reason", "CVE-2020-0000, remote code execution");
    let url = map.get("url", "https://example.com/policies/1", |text| {
        http_page(text).map(|()| text.to_owned())
    });
    let expires = map.get("expires", "2027-01-01", |text| {
        text.parse::<Date>()
            .map_err(|_| "is not a date: year, month and day".to_owned())
    });
    map.finish();

    let (subject, pattern) = (subject?, pattern?);
    let range = range.map_or(Some(None), |range| range)?;
    if let (Some(versions), Some(_), None) = (&versions, &range, pattern.purl_type()) {
        versions.report("versions are ordered by their ecosystem: name one package type instead of a glob");
    }
    let name = name.or_else(|| {
        let versions = versions.as_ref().and_then(Value::text);
        let words = [subject.text(), versions].into_iter().flatten();
        Some(words.collect::<Vec<_>>().join(" "))
    })?;
    Some(Rule {
        denies,
        pattern,
        range,
        expires,
        verdict: Arc::new(verdict(denies, BlockingPolicy { name, reason, url })),
        place: versions.as_ref().map_or(subject.mark(), Value::mark),
    })
}

/// Text that fits into a header: one line, however it is written.
fn line(map: &mut Map<'_>, key: &str, example: &str) -> Option<String> {
    let text = map.optional(key, example)?.text()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Unlike a registry, a page may have a query and a fragment.
fn http_page(text: &str) -> Result<(), String> {
    let bare = text.split(['?', '#']).next().unwrap_or(text);
    http_url(bare).map(|_| ())
}

// === impl Policy ===

impl Policy {
    /// How many rules are awake: changes when one falls asleep.
    pub(super) fn awake(&self, today: Date) -> usize {
        self.rules.iter().filter(|rule| rule.is_awake(today)).count()
    }
}

// === impl Rule ===

impl Rule {
    pub(super) fn is_awake(&self, today: Date) -> bool {
        self.expires.is_none_or(|expires| today < expires)
    }
}
