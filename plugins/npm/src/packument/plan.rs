use osa_plugin_sdk::{Error, Outcome, Refusal, Span, Style, Verdicts, edits::Builder, json, list};

use super::choose;
use super::notes::{Notes, Tag, Tags, Version};
use crate::links::Rewriter;
use crate::resource::View;

/// What becomes of a dist-tag.
#[derive(PartialEq, Eq)]
enum Repair<'a> {
    Keep,
    /// To this version instead.
    Point(&'a str),
    Drop,
}

pub(crate) fn plan(notes: &Notes<'_>, refused: &[Refusal], style: Style, link_base: &str) -> Result<Outcome, Error> {
    let verdicts = verdicts(notes, refused)?;
    let mut versions = notes.versions.iter().flatten().peekable();
    if versions.peek().is_some() && versions.all(|version| verdicts.is_refused(version.candidate)) {
        return Ok(Outcome::AllRefused);
    }
    let mut edits = Builder::with_capacity(notes.links.len() + 2 * refused.len() + 8);
    let absent = match &notes.view {
        View::Whole => {
            whole(notes, &verdicts, style, link_base, &mut edits);
            None
        }
        View::DistTags => dist_tags(notes, &verdicts, &mut edits).err(),
        View::Tag(tag) => manifest(notes, &verdicts, tag, link_base, &mut edits).err(),
    };
    match absent {
        Some(message) => Ok(Outcome::Absent(message)),
        None => Ok(Outcome::Edits(edits.finish()?)),
    }
}

fn whole(notes: &Notes<'_>, verdicts: &Verdicts<'_>, style: Style, link_base: &str, edits: &mut Builder) {
    let rewriter = (!notes.links.is_empty()).then(|| Rewriter::new(link_base, edits));
    let (mut links, mut deprecations) = (notes.links.iter(), notes.deprecations.iter());
    for versions in &notes.versions {
        for version in versions {
            let links = links.by_ref().take(version.links as usize);
            let deprecations = deprecations.by_ref().take(version.deprecations as usize);
            match verdicts.reason(version.candidate) {
                Some(_) if style == Style::Remove => {
                    links.for_each(drop);
                    deprecations.for_each(drop);
                    continue;
                }
                Some(reason) => deprecate(version, deprecations.copied(), reason, edits),
                None => deprecations.for_each(drop),
            }
            for link in links {
                if let Some(rewriter) = &rewriter {
                    rewriter.rewrite(link, edits);
                }
            }
        }
        if style == Style::Remove {
            let gone = |version: &Version<'_>| verdicts.is_refused(version.candidate);
            list::cut(versions.iter().map(|version| (version.member, gone(version))), edits);
        }
    }
    if style == Style::Remove {
        for time in &notes.time {
            list::cut(
                time.iter().map(|time| {
                    (
                        time.member,
                        time.candidate.is_some_and(|candidate| verdicts.is_refused(candidate)),
                    )
                }),
                edits,
            );
        }
    }
    for tags in &notes.tags {
        repair(notes, tags, verdicts, edits);
    }
}

/// Sets `deprecated`, wherever it stands, or puts it first.
fn deprecate(version: &Version<'_>, values: impl Iterator<Item = Span>, reason: &str, edits: &mut Builder) {
    let reason = json::quote(reason);
    if version.deprecations > 0 {
        values.for_each(|value| edits.replace(value, &reason));
    } else {
        let comma = if version.empty { "" } else { "," };
        edits.insert(version.value + 1, &format!("\"deprecated\":{reason}{comma}"));
    }
}

fn repair(notes: &Notes<'_>, tags: &Tags<'_>, verdicts: &Verdicts<'_>, edits: &mut Builder) {
    let mut parts = Vec::with_capacity(tags.tags.len());
    for tag in &tags.tags {
        let repair = repaired(notes, tag, verdicts);
        if let Repair::Point(version) = repair {
            edits.replace(tag.value, &json::quote(version));
        }
        parts.push((tag.member, repair == Repair::Drop));
    }
    list::cut(parts, edits);
}

/// Leaves the dist-tags alone of the packument.
fn dist_tags(notes: &Notes<'_>, verdicts: &Verdicts<'_>, edits: &mut Builder) -> Result<(), String> {
    let tags = notes
        .tags
        .last()
        .ok_or_else(|| format!("{} has no dist-tags", notes.package))?;
    repair(notes, tags, verdicts, edits);
    only(notes, tags.span, edits);
    Ok(())
}

/// Leaves the manifest alone that a dist-tag points at, once it is repaired.
fn manifest(
    notes: &Notes<'_>,
    verdicts: &Verdicts<'_>,
    name: &str,
    link_base: &str,
    edits: &mut Builder,
) -> Result<(), String> {
    let package = &notes.package;
    let none = || format!("{package} has no version or dist-tag {name}");
    let tags = notes.tags.last().ok_or_else(none)?;
    let tag = tags.tags.iter().rfind(|tag| tag.name == name).ok_or_else(none)?;
    let repair = repaired(notes, tag, verdicts);
    if repair == Repair::Drop {
        let reason = tag
            .candidate
            .and_then(|candidate| verdicts.reason(candidate))
            .unwrap_or_default();
        return Err(format!(
            "dist-tag {name} of {package} points at {}, which is refused: {reason}",
            tag.target
        ));
    }
    let wanted = |version: &Version<'_>| match repair {
        Repair::Point(instead) => version.text == instead,
        _ => tag.candidate == Some(version.candidate),
    };
    let mut before = 0;
    let mut found = None;
    for version in notes.versions.iter().flatten() {
        let own = before..before + version.links as usize;
        before = own.end;
        if wanted(version) {
            found = Some((version, own));
        }
    }
    let (version, own) = found.ok_or_else(|| {
        format!(
            "dist-tag {name} of {package} points at {}, which does not exist",
            tag.target
        )
    })?;
    let rewriter = Rewriter::new(link_base, edits);
    for link in notes.links.get(own).unwrap_or_default() {
        rewriter.rewrite(link, edits);
    }
    only(notes, Span::new(version.value, version.member.end), edits);
    Ok(())
}

/// Deletes all that is around a span.
fn only(notes: &Notes<'_>, span: Span, edits: &mut Builder) {
    edits.delete(Span::new(0, span.start));
    edits.delete(Span::new(span.end, notes.size));
}

fn verdicts<'r>(notes: &Notes<'_>, refused: &'r [Refusal]) -> Result<Verdicts<'r>, Error> {
    let mut verdicts = Verdicts::new(notes.candidates, refused)?;
    // A version that claims to be a refused one as well is refused, and so is what else is told of it.
    for version in notes.versions.iter().flatten() {
        if let Some(also) = version.also {
            verdicts.refuse_with(version.candidate, also);
        }
    }
    Ok(verdicts)
}

fn repaired<'n>(notes: &'n Notes<'_>, tag: &Tag<'_>, verdicts: &Verdicts<'_>) -> Repair<'n> {
    if !tag.candidate.is_some_and(|candidate| verdicts.is_refused(candidate)) {
        return Repair::Keep;
    }
    if tag.name != "latest" {
        return Repair::Drop;
    }
    let allowed = notes
        .versions
        .iter()
        .flatten()
        .filter(|version| !verdicts.is_refused(version.candidate));
    choose::latest(&tag.target, allowed.map(|version| version.text.as_ref())).map_or(Repair::Drop, Repair::Point)
}
