//! Index pages in HTML (PEP 503, 592, 629, 658, 714).

use osa_plugin_sdk::{
    Error, Span,
    html::{self, Anchor, Said, Value},
};

use crate::{
    collect::{Collector, Linked, Written},
    media::check_version,
    notes::{List, Mark, Of, Part, Says},
    url::Target,
};

pub(crate) fn scan(collector: &mut Collector<'_>, body: &[u8]) -> Result<(), Error> {
    let page = html::read(body)?;
    for (name, content) in &page.metas {
        if name.raw.eq_ignore_ascii_case(b"pypi:repository-version") {
            check_version(&content.decoded().unwrap_or_default())?;
        }
    }
    if let Some(base) = &page.base {
        let doubtful = || Error::Malformed("the page's <base href> cannot be read".into());
        let href = base.decoded().ok_or_else(doubtful)?;
        match collector.base.follow(href.trim()) {
            Target::Web(link) => collector.base = link.to,
            Target::Itself => {}
            _ => return Err(doubtful()),
        }
    }
    let mut parts = Vec::with_capacity(page.anchors.len());
    for anchor in &page.anchors {
        let Some(of) = link(collector, anchor) else { continue };
        parts.push(Part {
            span: anchor.element,
            of,
        });
        if let Of::Candidate(candidate) = of {
            let span = match anchor.attribute("data-yanked") {
                // The blank before it stays.
                Said::Once(attribute) => attribute.span,
                _ => Span::at(anchor.insert_at),
            };
            let says = if span.is_empty() {
                Says::NewAttribute
            } else {
                Says::Attribute
            };
            collector.notes.marks.push(Mark { candidate, span, says });
        }
    }
    collector.notes.lists.push(List(parts));
    Ok(())
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
        Linked::To(name) => collector.file(&name, None),
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
