//! Files of `scanned-extensions` with the same base name, such as a package and its description beside it, share a verdict
//! for a short while.
//!
//! A verdict is shared only with files of the same component and with files that name no component. A file that names another
//! is judged by itself, so nothing allowed can stand in for what is refused; and among the verdicts of one base name, a
//! refusal is what files without a name get.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::Response;
use moka::ops::compute::Op;

use super::visit::Visit;
use super::{file_types, judging};
use crate::judge::{Answer, BlockStatus, Context, JudgeError};
use crate::plugin::Artifact;
use crate::verdicts::Source;

const LIFE: Duration = Duration::from_secs(30);
/// Few hundred bytes each.
const MOST: u64 = 10_000;

pub(super) struct Siblings(moka::sync::Cache<Group, Shared>);

/// What files must have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Group {
    repository: Arc<str>,
    context: Option<Arc<Context>>,
    /// Of verdicts: a changed policy file is in force at once, and so is their removal.
    epoch: (u64, u64),
    origin: String,
    /// The path up to the base name's end.
    base: String,
}

#[derive(Clone)]
struct Shared {
    purl: Arc<str>,
    answer: Answer,
}

impl Default for Siblings {
    fn default() -> Self {
        Self(
            moka::sync::Cache::builder()
                .max_capacity(MOST)
                .time_to_live(LIFE)
                .build(),
        )
    }
}

impl Siblings {
    fn get(&self, group: &Group) -> Option<Shared> {
        self.0.get(group)
    }

    fn put(&self, group: Group, new: Shared) {
        self.0.entry(group).and_compute_with(|known| match known {
            Some(known) if known.value().purl != new.purl && refuses(&known.value().answer) => Op::Nop,
            _ => Op::Put(new),
        });
    }
}

/// The group of a file that `scanned-extensions` names; none for any other.
pub(super) fn group(visit: &Visit<'_>, artifact: &Artifact) -> Option<Group> {
    let config = &visit.repository.config;
    let stem = file_types::scanned_stem(config.file_type_filter.as_ref()?, &artifact.file_name)?;
    let path = artifact.at.path.split('?').next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(Group {
        repository: config.name.as_str().into(),
        context: visit.context.clone(),
        epoch: visit.gateway.verdicts.epoch(),
        origin: artifact.at.origin.clone(),
        base: format!("{folder}/{stem}"),
    })
}

/// The answer to send instead of the component's file, if the rules refuse it.
pub(super) async fn package(visit: &Visit<'_>, group: Option<&Group>, purl: &str) -> Option<Response<Body>> {
    let siblings = &visit.gateway.siblings;
    if let Some(shared) = group.and_then(|group| siblings.get(group))
        && *shared.purl == *purl
    {
        return judging::decide(visit, purl, &shared.answer, Source::Sibling);
    }
    let (answer, source) = judging::verdict(visit, purl).await;
    // Judge is not told of a look at a head as of a download, so a download must not live on its verdict.
    if let Some(group) = group
        && is_decided(&answer)
        && !visit.is_head()
    {
        let (purl, answer) = (purl.into(), answer.clone());
        siblings.put(group.clone(), Shared { purl, answer });
    }
    judging::decide(visit, purl, &answer, source)
}

/// The decision on a file that is to be judged although nothing tells which component it is of.
pub(super) fn nameless(visit: &Visit<'_>, group: Option<&Group>, file_name: &str) -> Option<Response<Body>> {
    if let Some(shared) = group.and_then(|group| visit.gateway.siblings.get(group)) {
        return judging::decide(visit, &shared.purl, &shared.answer, Source::Sibling);
    }
    let why = "the file does not tell its component, and none beside it was judged lately";
    judging::decide(
        visit,
        file_name,
        &Err(JudgeError::NoVerdict(why.into())),
        Source::Sibling,
    )
}

fn refuses(answer: &Answer) -> bool {
    matches!(answer, Ok(verdict) if verdict.status == BlockStatus::BlockedByPolicies)
}

fn is_decided(answer: &Answer) -> bool {
    use BlockStatus::{BlockedByPolicies, DelayedBlock, NotBlocked};
    matches!(answer, Ok(verdict) if matches!(verdict.status, NotBlocked | DelayedBlock | BlockedByPolicies))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Verdict;

    fn shared(purl: &str, status: BlockStatus) -> Shared {
        Shared {
            purl: purl.into(),
            answer: Ok(Arc::new(Verdict::of(status))),
        }
    }

    #[test]
    fn a_refusal_stays_until_its_own_component_is_allowed() {
        let siblings = Siblings::default();
        let group = Group {
            repository: "w".into(),
            context: None,
            epoch: (0, 0),
            origin: "registry".into(),
            base: "files/cog-1.0".into(),
        };
        let put = |purl: &str, status| {
            siblings.put(group.clone(), shared(purl, status));
            refuses(&siblings.get(&group).unwrap().answer)
        };
        assert!(!put("pkg:widget/cog@1.0", BlockStatus::NotBlocked));
        assert!(put("pkg:widget/cog-docs@1.0", BlockStatus::BlockedByPolicies));
        assert!(put("pkg:widget/cog@1.0", BlockStatus::NotBlocked), "shadowed");
        assert!(!put("pkg:widget/cog-docs@1.0", BlockStatus::DelayedBlock));
    }

    #[test]
    fn what_is_undecided_is_not_shared() {
        assert!(!is_decided(&Err(JudgeError::BreakerOpen)));
        for status in BlockStatus::ALL {
            let decided = matches!(
                status,
                BlockStatus::NotBlocked | BlockStatus::DelayedBlock | BlockStatus::BlockedByPolicies
            );
            assert_eq!(is_decided(&shared("p", status).answer), decided);
        }
    }
}
