//! From verdicts to edits.

use osa_plugin_sdk::{Error, Outcome, Refusal, Span, Style, edits::Builder, json, list, notes};

use crate::notes::{Bounds, List, Notes, Of, Part, Says};
use crate::version::{self, Version};

pub(crate) fn plan(notes: &[u8], refused: &[Refusal], style: Style, link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes<'_> = notes::unpack(notes)?;
    let verdicts = Verdicts::new(&notes, refused, style, link_base)?;
    let remove = style == Style::Remove;
    let subject = notes.subject.is_some_and(|subject| verdicts.reason(subject).is_some());
    let nothing_left = |(list, fate): (&List<'_>, &Fate)| list.vital && fate.is_dead();
    let fates = verdicts.fates(&notes);
    let lost = !refused.is_empty() && notes.lists.iter().zip(&fates).any(nothing_left);
    if lost || subject && remove {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::with_capacity(notes.links.len() + 4 * refused.len() + 8);
    let gone = verdicts.cut(&notes, &fates, &mut edits);
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
            if let Some(reason) = verdicts.reason(mark.candidate)
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

struct Verdicts<'r> {
    reasons: Vec<Option<&'r str>>,
    remove: bool,
    secure: bool,
}

/// What is left of a list.
struct Fate {
    parts: usize,
    left: usize,
}

/// Spans that go, in order and apart from each other.
#[derive(Default)]
struct Gone(Vec<Span>);

// === impl Verdicts ===

impl<'r> Verdicts<'r> {
    fn new(notes: &Notes<'_>, refused: &'r [Refusal], style: Style, link_base: &str) -> Result<Self, Error> {
        let mut reasons = vec![None; notes.candidates as usize];
        for refusal in refused {
            let slot = reasons.get_mut(refusal.candidate as usize);
            *slot.ok_or_else(|| Error::Malformed("a refusal of what is no candidate".into()))? =
                Some(refusal.reason.as_str());
        }
        Ok(Self {
            reasons,
            remove: style == Style::Remove,
            secure: link_base.starts_with("https:"),
        })
    }

    fn reason(&self, candidate: u32) -> Option<&'r str> {
        self.reasons.get(candidate as usize).copied().flatten()
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
            Of::Candidate(candidate) => (self.remove || !list.marks) && self.reason(candidate).is_some(),
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
                && self.reason(latest.candidate).is_some()
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

// === impl Gone ===

impl Gone {
    fn add(&mut self, spans: impl Iterator<Item = Span>) {
        self.0.extend(spans);
        if !self.0.is_sorted() {
            self.0.sort_unstable();
        }
    }

    fn holds(&self, span: Span) -> bool {
        let before = self.0.partition_point(|gone| gone.start <= span.start);
        let last = before.checked_sub(1).and_then(|at| self.0.get(at));
        last.is_some_and(|gone| span.end <= gone.end && span.start < gone.end)
    }
}
