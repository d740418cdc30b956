//! From verdicts to edits.

use osa_plugin_sdk::{Edits, Error, Gone, Outcome, Refusal, Style, Verdicts, edits::Builder, json, list, notes};

use crate::notes::{Format, Notes, Of, Says};

pub(crate) fn plan(notes: &[u8], refused: &[Refusal], style: Style, link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes = notes::unpack(notes)?;
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    let remove = style == Style::Remove;
    if remove && (verdicts.all_refused() || notes.subject.is_some_and(|subject| verdicts.is_refused(subject))) {
        return Ok(Outcome::AllRefused);
    }
    let mut builder = Builder::with_capacity(notes.links.len());
    let gone = cut(&notes, &mut builder, |of| match of {
        Of::Candidate(candidate) => remove && verdicts.is_refused(candidate),
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
        latest(&notes, &mut builder, &verdicts);
    } else {
        mark(&notes, &mut builder, &gone, &verdicts);
    }
    builder.finish().map(|edits: Edits| Outcome::Edits(edits))
}

fn cut(notes: &Notes, builder: &mut Builder, goes: impl Fn(Of) -> bool) -> Gone {
    let mut gone = Gone::default();
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
        gone.add(flagged.filter(|(_, goes)| *goes).map(|(span, _)| span));
    }
    gone
}

/// `info.version` of the legacy JSON API names a release that is left.
fn latest(notes: &Notes, builder: &mut Builder, verdicts: &Verdicts<'_>) {
    if let Some(latest) = &notes.latest
        && verdicts.is_refused(latest.candidate)
        && let Some((_, version)) = latest
            .instead
            .iter()
            .find(|(candidate, _)| !verdicts.is_refused(*candidate))
    {
        builder.replace(latest.span, version);
    }
}

fn mark(notes: &Notes, builder: &mut Builder, gone: &Gone, verdicts: &Verdicts<'_>) {
    for mark in &notes.marks {
        let Some(reason) = verdicts.reason(mark.candidate).filter(|_| !gone.holds(mark.span)) else {
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
