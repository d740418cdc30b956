//! Lists of mirrors: plain ones, an URL a line, and metalinks (<http://www.metalinker.org/> version 3 as MirrorManager writes
//! it, and RFC 5854).
//!
//! All mirrors hold the same tree, so one of their URLs tells which folder of it is meant. The list is answered with that
//! folder of the configured registry, seen through the proxy, as the only mirror. Sizes, times and checksums of a metalink stay.

mod align;
mod metalink;
mod plain;

use osa_plugin_sdk::url::Location;
use osa_plugin_sdk::{Error, Index, Outcome, Span, edits::Builder, notes, xml};
use serde::{Deserialize, Serialize};

/// What `scan` tells `plan`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Notes {
    links: Vec<Link>,
    /// What goes.
    gone: Vec<Span>,
    /// What upstream says when it names no mirror.
    remark: String,
}

/// What is put in the place of all mirrors of one file, or of the repository.
#[derive(Debug, Serialize, Deserialize)]
struct Link {
    span: Span,
    form: Form,
    /// Relative to the registry; none when no mirror's URL tells.
    path: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Form {
    /// A line of its own, of a folder.
    Line,
    /// An element of this name, in a metalink of version 3.
    Element3(String),
    /// An element of this name, in a metalink of version 4.
    Element4(String),
}

/// `file` is the path of the file that the mirrors are of, when the path of the request tells it.
pub(crate) fn scan(registry: &Location, file: Option<&str>, body: &[u8]) -> Result<Index, Error> {
    let is_xml = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii_start()
        .starts_with(b"<");
    let found = if is_xml {
        metalink::scan(registry, file, body)?
    } else {
        plain::scan(registry, file, body)?
    };
    Ok(Index {
        prefix: "pkg:rpm/".into(),
        candidates: String::new(),
        notes: notes::pack(&found)?,
    })
}

pub(crate) fn plan(notes: &[u8], link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes = notes::unpack(notes)?;
    if notes.links.is_empty() {
        return Ok(Outcome::Absent(format!(
            "upstream's list of mirrors names none{}{}",
            if notes.remark.is_empty() { "" } else { ": " },
            notes.remark
        )));
    }
    let mut edits = Builder::with_capacity(notes.gone.len() + notes.links.len());
    for gone in &notes.gone {
        edits.delete(*gone);
    }
    for link in &notes.links {
        let Some(path) = &link.path else {
            return Ok(Outcome::Absent(
                "no mirror in upstream's list has a path that leads below the configured registry, so nothing tells where in it \
                 the repository lies: point the client at it with baseurl instead of a list of mirrors"
                    .into(),
            ));
        };
        let url = format!("{link_base}/{path}");
        edits.replace(link.span, &link.form.write(&url));
    }
    edits.finish().map(Outcome::Edits)
}

// === impl Form ===

impl Form {
    fn write(&self, url: &str) -> String {
        let url = xml::escape(url);
        let scheme = if url.starts_with("https:") { "https" } else { "http" };
        match self {
            Self::Line => format!("{url}\n"),
            Self::Element3(name) => {
                format!(r#"<{name} protocol="{scheme}" type="{scheme}" preference="100">{url}</{name}>"#)
            }
            Self::Element4(name) => format!(r#"<{name} priority="1">{url}</{name}>"#),
        }
    }
}
