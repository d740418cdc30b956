//! Verdicts for a batch of package URLs: patterns are matched once a name, versions are ordered once a type.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::VersionOrder;
use super::pattern::{Case, Name, split_version};
use super::policy::{Policy, Rule};
use super::range::{Range, RankedRange};
use crate::judge::{Answers, JudgeError, Verdict};

/// The rules that can decide about one package, in order; nothing that stands behind a rule for every version.
struct Package<'p> {
    purl_type: String,
    rules: Vec<&'p Rule>,
    /// Of the same length, once versions are in order.
    ranges: Vec<Option<RankedRange>>,
}

/// Packages by their package URL; an error where that is none.
type Packages<'n, 'p> = HashMap<&'n str, Result<Package<'p>, JudgeError>>;

/// A package URL without its version, and the version.
type Asked<'n> = (&'n str, Option<String>);

/// Ranks of all versions of one type that matter; an error where they could not be had.
type Ranks = Result<HashMap<String, u32>, String>;

/// One answer a package URL, in the order given.
pub(super) async fn decide(policy: &Policy, order: &dyn VersionOrder, purls: &[String], today: Date) -> Answers {
    let asked: Vec<Asked<'_>> = purls.iter().map(|purl| split_version(purl)).collect();
    let mut packages = Packages::new();
    for (name, _) in &asked {
        packages
            .entry(name)
            .or_insert_with(|| Package::find(policy, order, name, today));
    }
    let ranks = rank(order, &packages, &asked).await;
    for package in packages.values_mut() {
        if let Ok(found) = package
            && let Err(error) = found.bind(&ranks)
        {
            *package = Err(error);
        }
    }
    let answer = |(name, version): &Asked<'_>| match packages.get(name) {
        Some(Ok(package)) => {
            let rank = version.as_ref().and_then(|version| package.rank(&ranks, version));
            Ok(package.verdict(rank, &policy.default))
        }
        Some(Err(error)) => Err(error.clone()),
        None => Err(JudgeError::Embedded(format!("`{name}` was not looked at"))),
    };
    asked.iter().map(answer).collect()
}

/// One call for each type that has ranges to check, with all its versions and bounds.
async fn rank(order: &dyn VersionOrder, packages: &Packages<'_, '_>, asked: &[Asked<'_>]) -> HashMap<String, Ranks> {
    let mut versions: HashMap<&str, HashSet<&str>> = HashMap::new();
    for package in packages.values().flatten() {
        let bounds = package
            .rules
            .iter()
            .filter_map(|rule| rule.range.as_ref())
            .flat_map(Range::bounds);
        for bound in bounds {
            versions.entry(&package.purl_type).or_default().insert(bound);
        }
    }
    for (name, version) in asked {
        if let (Some(Ok(package)), Some(version)) = (packages.get(name), version)
            && package.has_ranges()
        {
            versions.entry(&package.purl_type).or_default().insert(version);
        }
    }
    let mut ranks = HashMap::new();
    for (purl_type, versions) in versions {
        let versions: Vec<String> = versions.into_iter().map(Into::into).collect();
        let result = order.rank(purl_type, versions.clone()).await.map(|ranks| {
            let pairs = versions.into_iter().zip(ranks);
            pairs.filter_map(|(version, rank)| Some((version, rank?))).collect()
        });
        ranks.insert(purl_type.to_owned(), result);
    }
    ranks
}

// === impl Package ===

impl<'p> Package<'p> {
    fn find(policy: &'p Policy, order: &dyn VersionOrder, name: &str, today: Date) -> Result<Self, JudgeError> {
        let name = Name::parse(name).map_err(|message| JudgeError::Embedded(format!("`{name}` {message}")))?;
        let case = if order.folds_case(&name.purl_type) {
            Case::Folded
        } else {
            Case::Kept
        };
        let mut rules = Vec::new();
        for rule in &policy.rules {
            if rule.is_awake(today) && rule.pattern.matches(&name, case) {
                rules.push(rule);
                if rule.range.is_none() {
                    break;
                }
            }
        }
        Ok(Self {
            purl_type: name.purl_type,
            rules,
            ranges: Vec::new(),
        })
    }

    fn has_ranges(&self) -> bool {
        self.rules.iter().any(|rule| rule.range.is_some())
    }

    fn bind(&mut self, ranks: &HashMap<String, Ranks>) -> Result<(), JudgeError> {
        if !self.has_ranges() {
            self.ranges.extend(self.rules.iter().map(|_| None));
            return Ok(());
        }
        let ranks = match ranks.get(&self.purl_type) {
            Some(Ok(ranks)) => ranks,
            Some(Err(message)) => return Err(JudgeError::Embedded(message.clone())),
            None => return Err(JudgeError::Embedded("versions were not put in order".into())),
        };
        let ranked = |range: &Range| range.ranked(|bound| ranks.get(bound).copied());
        self.ranges
            .extend(self.rules.iter().map(|rule| rule.range.as_ref().map(ranked)));
        Ok(())
    }

    fn rank(&self, ranks: &HashMap<String, Ranks>, version: &str) -> Option<u32> {
        ranks.get(&self.purl_type)?.as_ref().ok()?.get(version).copied()
    }

    fn verdict(&self, rank: Option<u32>, default: &Arc<Verdict>) -> Arc<Verdict> {
        for (rule, range) in self.rules.iter().zip(&self.ranges) {
            let applies = match range {
                None => true,
                // Nobody can say where a version without rank stands: no range lets it through, any holds it.
                Some(range) => rank.and_then(|rank| range.contains(rank)).unwrap_or(rule.denies),
            };
            if applies {
                return Arc::clone(&rule.verdict);
            }
        }
        Arc::clone(default)
    }
}
