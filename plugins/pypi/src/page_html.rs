//! Index pages in HTML (PEP 503, 592, 629, 658, 714).

use osa_plugin_sdk::{
    Error, Span,
    html::{self, Anchor, Item, Said, Value},
    url::Target,
};

use crate::{
    collect::{Collector, Linked, Written},
    media::check_version,
    notes::{List, Mark, Of, Part, Says},
};

pub(crate) fn scan(collector: &mut Collector<'_>, body: &[u8]) -> Result<(), Error> {
    let mut parts = Vec::new();
    html::read(body, |item| {
        match item {
            Item::Meta { name, content } if name.raw.eq_ignore_ascii_case(b"pypi:repository-version") => {
                check_version(&content.decoded().unwrap_or_default())?;
            }
            Item::Meta { .. } => {}
            Item::Base(href) => base(collector, &href)?,
            Item::Anchor(anchor) => {
                if let Some(of) = link(collector, &anchor) {
                    parts.push(Part {
                        span: anchor.element,
                        of,
                    });
                    collector.notes.marks.extend(mark(&anchor, of));
                }
            }
        }
        Ok(())
    })?;
    collector.notes.lists.push(List(parts));
    Ok(())
}

fn base(collector: &mut Collector<'_>, href: &Value<'_>) -> Result<(), Error> {
    let doubtful = || Error::Malformed("the page's <base href> cannot be read".into());
    let href = href.decoded().ok_or_else(doubtful)?;
    match collector.base.follow(href.trim()) {
        Target::Web(link) => collector.base = link.to,
        Target::Itself => {}
        _ => return Err(doubtful()),
    }
    Ok(())
}

fn mark(anchor: &Anchor<'_>, of: Of) -> Option<Mark> {
    let Of::Candidate(candidate) = of else { return None };
    let (span, says) = match anchor.attribute("data-yanked") {
        Said::Once(attribute) => (attribute.span, Says::Attribute),
        _ => (Span::at(anchor.insert_at), Says::NewAttribute),
    };
    Some(Mark { candidate, span, says })
}

/// What a link stands for; none for one that is no package.
fn link(collector: &mut Collector<'_>, anchor: &Anchor<'_>) -> Option<Of> {
    let value = match anchor.attribute("href") {
        Said::Absent => return None,
        Said::Twice => return Some(collector.doubt()),
        Said::Once(attribute) => attribute.value.as_ref()?,
    };
    let twice = |name| matches!(anchor.attribute(name), Said::Twice);
    let Some(text) = value.decoded().filter(|_| !twice("data-yanked")) else {
        return Some(collector.doubt());
    };
    let of = match collector.link(written(value, &text)) {
        Linked::Nowhere => return None,
        Linked::Doubtful => collector.doubt(),
        Linked::To(name) => collector.file(&name),
    };
    if let Said::Once(attribute) = anchor.attribute("data-provenance")
        && let Some(value) = &attribute.value
        && let Some(text) = value.decoded()
    {
        collector.link(written(value, &text));
    }
    (of != Of::Nothing).then_some(of)
}

fn written<'a>(value: &Value<'_>, decoded: &'a str) -> Written<'a> {
    let text = decoded.trim();
    Written {
        text,
        span: value.span,
        verbatim: text.as_bytes() == value.raw,
    }
}
