//! From verdicts to edits.

use osa_plugin_sdk::{Error, Gone, Outcome, Refusal, Style, Verdicts, edits::Builder, json, list, notes};

use crate::notes::{Bounds, List, Notes, Of, Part, Says};
use crate::version::{self, Version};

pub(crate) fn plan(notes: &[u8], refused: &[Refusal], style: Style, link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes<'_> = notes::unpack(notes)?;
    let plan = Plan::new(&notes, refused, style, link_base)?;
    let remove = style == Style::Remove;
    let subject = notes.subject.is_some_and(|subject| plan.verdicts.is_refused(subject));
    let nothing_left = |(list, fate): (&List<'_>, &Fate)| list.vital && fate.is_dead();
    let fates = plan.fates(&notes);
    let lost = !refused.is_empty() && notes.lists.iter().zip(&fates).any(nothing_left);
    if lost || subject && remove {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::with_capacity(notes.links.len() + 4 * refused.len() + 8);
    let gone = plan.cut(&notes, &fates, &mut edits);
    let routes: Vec<_> = notes
        .routes
        .iter()
        .map(|route| edits.share(&format!("{}{route}", json::escape(link_base))))
        .collect();
    for (span, route) in &notes.links {
        if let Some(text) = routes.get(*route as usize)
            && !gone.holds(*span)
        {
            edits.put(*span, *text);
        }
    }
    if !remove {
        for mark in &notes.marks {
            if let Some(reason) = plan.verdicts.reason(mark.candidate)
                && !gone.holds(mark.span)
            {
                edits.replace(mark.span, &says(mark.says, reason));
            }
        }
    }
    Ok(Outcome::Edits(edits.finish()?))
}

fn says(says: Says, reason: &str) -> String {
    let deprecation = || format!("{{\"message\":{},\"reasons\":[\"Other\"]}}", json::quote(reason));
    match says {
        Says::Unlisted => "false".to_owned(),
        Says::UnlistedMember => "\"listed\":false,".to_owned(),
        Says::Deprecated => deprecation(),
        Says::DeprecatedMember => format!("\"deprecation\":{},", deprecation()),
    }
}

struct Plan<'r> {
    verdicts: Verdicts<'r>,
    remove: bool,
    secure: bool,
}

/// What is left of a list.
struct Fate {
    parts: usize,
    left: usize,
}

// === impl Plan ===

impl<'r> Plan<'r> {
    fn new(notes: &Notes<'_>, refused: &'r [Refusal], style: Style, link_base: &str) -> Result<Self, Error> {
        Ok(Self {
            verdicts: Verdicts::new(notes.candidates, refused)?,
            remove: style == Style::Remove,
            secure: link_base.starts_with("https:"),
        })
    }

    /// Of each list; those inside others come first.
    fn fates(&self, notes: &Notes<'_>) -> Vec<Fate> {
        let mut fates = Vec::with_capacity(notes.lists.len());
        for list in &notes.lists {
            let left = list.parts.iter().filter(|part| !self.goes(list, part, &fates)).count();
            fates.push(Fate {
                parts: list.parts.len(),
                left,
            });
        }
        fates
    }

    fn goes(&self, list: &List<'_>, part: &Part<'_>, fates: &[Fate]) -> bool {
        match part.of {
            Of::Candidate(candidate) => (self.remove || !list.marks) && self.verdicts.is_refused(candidate),
            Of::List(inner) => fates.get(inner as usize).is_some_and(Fate::is_dead),
            Of::Nothing => false,
            Of::Secure => !self.secure,
            Of::Doubt => true,
        }
    }

    /// Takes parts out, outer lists first, so that nothing is edited twice.
    fn cut(&self, notes: &Notes<'_>, fates: &[Fate], edits: &mut Builder) -> Gone {
        let mut gone = Gone::default();
        for (list, fate) in notes.lists.iter().zip(fates).rev() {
            let first = list.parts.first();
            if fate.left == fate.parts || first.is_some_and(|part| gone.holds(part.span)) {
                continue;
            }
            let flagged = || list.parts.iter().map(|part| (part, self.goes(list, part, fates)));
            list::cut(flagged().map(|(part, goes)| (part.span, goes)), edits);
            if let Some(count) = list.count {
                edits.replace(count, &fate.left.to_string());
            }
            let left = || {
                flagged()
                    .filter(|(_, goes)| !goes)
                    .map(|(part, _)| part.version.as_ref())
            };
            if let Some(bounds) = &list.bounds {
                bound(bounds, left(), edits);
            }
            if let Some(latest) = &list.latest
                && self.verdicts.is_refused(latest.candidate)
                && let Some(version) = version::latest(&latest.version, left())
            {
                edits.replace(latest.span, &json::quote(version));
            }
            gone.add(flagged().filter(|(_, goes)| *goes).map(|(part, _)| part.span));
        }
        gone
    }
}

/// Moves `lower` and `upper` to what is left between them.
fn bound<'v>(bounds: &Bounds<'_>, left: impl Iterator<Item = &'v str>, edits: &mut Builder) {
    let versions: Vec<_> = left.filter_map(|text| Some((Version::parse(text)?, text))).collect();
    let by_version = |one: &&(Version<'_>, &str), two: &&(Version<'_>, &str)| one.0.cmp(&two.0);
    let lowest = versions.iter().min_by(by_version);
    let highest = versions.iter().max_by(by_version);
    for (bound, now) in [(&bounds.lower, lowest), (&bounds.upper, highest)] {
        if let (Some((span, was)), Some((version, text))) = (bound, now)
            && Version::parse(was).as_ref() != Some(version)
        {
            let bare = text.split('+').next().unwrap_or_default();
            edits.replace(*span, &json::quote(bare));
        }
    }
}

// === impl Fate ===

impl Fate {
    /// Whether nothing is left where something was.
    fn is_dead(&self) -> bool {
        self.parts > 0 && self.left == 0
    }
}
