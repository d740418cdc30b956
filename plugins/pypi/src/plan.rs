//! From verdicts to edits.

use osa_plugin_sdk::{Edits, Error, Outcome, Refusal, Span, Style, edits::Builder, json, list, notes};

use crate::notes::{Format, Notes, Of, Says};

pub(crate) fn plan(notes: &[u8], refused: &[Refusal], style: Style, link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes = notes::unpack(notes)?;
    let mut reasons: Vec<Option<&str>> = vec![None; notes.candidates as usize];
    for refusal in refused {
        let slot = reasons.get_mut(refusal.candidate as usize);
        *slot.ok_or_else(|| Error::Malformed("a refusal of what is no candidate".into()))? = Some(&refusal.reason);
    }
    let reason = |candidate: u32| reasons.get(candidate as usize).copied().flatten();
    let remove = style == Style::Remove;
    let all = !reasons.is_empty() && reasons.iter().all(Option::is_some);
    if remove && (all || notes.subject.is_some_and(|subject| reason(subject).is_some())) {
        return Ok(Outcome::AllRefused);
    }
    let mut builder = Builder::with_capacity(notes.links.len());
    let gone = cut(&notes, &mut builder, |of| match of {
        Of::Candidate(candidate) => remove && reason(candidate).is_some(),
        Of::Doubt => true,
        Of::Nothing => false,
    });
    let routes: Vec<_> = notes
        .routes
        .iter()
        .map(|route| builder.share(&format!("{}{route}", notes.format.escape(link_base))))
        .collect();
    for (span, route) in &notes.links {
        if let Some(text) = routes.get(*route as usize)
            && !gone.holds(*span)
        {
            builder.put(*span, *text);
        }
    }
    if remove {
        latest(&notes, &mut builder, |candidate| reason(candidate).is_some());
    } else {
        mark(&notes, &mut builder, &gone, reason);
    }
    builder.finish().map(|edits: Edits| Outcome::Edits(edits))
}

/// Spans that go, in order and apart from each other.
struct Gone(Vec<Span>);

impl Gone {
    fn holds(&self, span: Span) -> bool {
        let before = self.0.partition_point(|gone| gone.start <= span.start);
        before
            .checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|gone| span.end <= gone.end && span.start < gone.end)
    }
}

fn cut(notes: &Notes, builder: &mut Builder, goes: impl Fn(Of) -> bool) -> Gone {
    let mut gone = Gone(Vec::new());
    for parts in notes.lists.iter().map(|list| &list.0) {
        if parts.first().is_some_and(|first| gone.holds(first.span)) {
            continue;
        }
        let flagged = parts.iter().map(|part| (part.span, goes(part.of)));
        match notes.format {
            Format::Json => list::cut(flagged.clone(), builder),
            Format::Html => flagged
                .clone()
                .filter(|(_, goes)| *goes)
                .for_each(|(span, _)| builder.delete(span)),
        }
        gone.0.extend(flagged.filter(|(_, goes)| *goes).map(|(span, _)| span));
        if !gone.0.is_sorted() {
            gone.0.sort();
        }
    }
    gone
}

/// `info.version` of the legacy JSON API names a release that is left.
fn latest(notes: &Notes, builder: &mut Builder, refused: impl Fn(u32) -> bool) {
    if let Some(latest) = &notes.latest
        && refused(latest.candidate)
        && let Some((_, version)) = latest.instead.iter().find(|(candidate, _)| !refused(*candidate))
    {
        builder.replace(latest.span, version);
    }
}

fn mark<'r>(notes: &Notes, builder: &mut Builder, gone: &Gone, reason: impl Fn(u32) -> Option<&'r str>) {
    for mark in &notes.marks {
        let Some(reason) = reason(mark.candidate).filter(|_| !gone.holds(mark.span)) else {
            continue;
        };
        let quoted = || json::quote(reason);
        let text = match mark.says {
            Says::Attribute => format!("data-yanked=\"{}\"", Format::Html.escape(reason)),
            Says::NewAttribute => format!(" data-yanked=\"{}\"", Format::Html.escape(reason)),
            Says::Reason => quoted(),
            Says::Member => format!("\"yanked\":{},", quoted()),
            Says::True => "true".to_owned(),
            Says::TrueMember => "\"yanked\":true,".to_owned(),
            Says::Members => format!("\"yanked\":true,\"yanked_reason\":{},", quoted()),
            Says::ReasonMember => format!("\"yanked_reason\":{},", quoted()),
        };
        builder.replace(mark.span, &text);
    }
}
