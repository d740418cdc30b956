//! A simple index page in HTML (PEP 503).

use std::cell::RefCell;
use std::fmt::Write as _;

use html5ever::serialize::{SerializeOpts, serialize};
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom, SerializableHandle};
use serde_json::{Value, json};

use super::pypi::{self, file, hash, url};
use super::{Kind, Rewrite, Rewritten, origin_of};
use crate::documents::Document;

pub(super) struct PageHtml;

impl Kind for PageHtml {
    fn name(&self) -> &'static str {
        "index page, HTML"
    }

    fn section(&self) -> &'static str {
        "pypi"
    }

    fn settings(&self, document: &Document) -> Value {
        pypi::settings(document)
    }

    fn path(&self, document: &Document) -> String {
        pypi::path(document)
    }

    fn content_type(&self) -> &'static str {
        "text/html"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 5,000 files", 5_000), ("made, 40,000 files", 40_000)]
            .map(|(label, files)| (label, made(files)))
            .into()
    }

    fn file_end(&self) -> Option<&'static str> {
        Some(".page.html")
    }

    fn origin(&self, body: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(body).ok()?;
        origin_of(text.split_once("href=\"")?.1.split_once('"')?.0)
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let page = parse(&rewrite.document.body)?;
        let names = RefCell::new(Vec::new());
        visit(&page.document, &|anchor| {
            names.borrow_mut().push(text(anchor));
            if pypi::refuses(rewrite, &text(anchor)) {
                return false;
            }
            if let NodeData::Element { attrs, .. } = &anchor.data {
                for attribute in &mut *attrs.borrow_mut() {
                    if &*attribute.name.local == "href"
                        && let Some(path) = attribute.value.strip_prefix(&rewrite.document.origin)
                    {
                        attribute.value = format!("{}/-/packages{path}", rewrite.link_base).into();
                    }
                }
            }
            true
        });
        let mut rewritten = Vec::new();
        serialize(
            &mut rewritten,
            &SerializableHandle::from(page.document),
            SerializeOpts::default(),
        )?;
        let purls = pypi::purls(rewrite, names.borrow().iter().map(String::as_str));
        Ok(Rewritten { purls, body: rewritten })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        links(body)
    }

    fn target(&self) -> f64 {
        0.5
    }
}

/// Each link with its text.
fn links(body: &[u8]) -> anyhow::Result<Value> {
    let page = parse(body)?;
    let links = std::cell::RefCell::new(Vec::new());
    visit(&page.document, &|anchor| {
        if let NodeData::Element { attrs, .. } = &anchor.data {
            let attrs = attrs.borrow();
            let href = attrs.iter().find(|attribute| &*attribute.name.local == "href");
            links
                .borrow_mut()
                .push(json!([href.map(|href| href.value.to_string()), text(anchor)]));
        }
        true
    });
    Ok(links.into_inner().into())
}

fn parse(body: &[u8]) -> anyhow::Result<RcDom> {
    let page = std::str::from_utf8(body)?;
    Ok(parse_document(RcDom::default(), ParseOpts::default()).one(page))
}

/// Shows every link; those that `keep` does not want go.
fn visit(node: &Handle, keep: &impl Fn(&Handle) -> bool) {
    node.children.borrow_mut().retain(|child| match &child.data {
        NodeData::Element { name, .. } if &*name.local == "a" => keep(child),
        _ => {
            visit(child, keep);
            true
        }
    });
}

fn text(node: &Handle) -> String {
    let children = node.children.borrow();
    let texts = children.iter().map(|child| match &child.data {
        NodeData::Text { contents } => contents.borrow().to_string(),
        _ => text(child),
    });
    texts.collect()
}

/// The same in HTML (PEP 503).
fn made(files: usize) -> Vec<u8> {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <meta name=\"pypi:repository-version\" content=\"1.1\">\n    \
         <title>Links for made</title>\n  </head>\n  <body>\n    <h1>Links for made</h1>\n",
    );
    for number in 0..files {
        let (url, hash, file) = (url(number), hash(number), file(number));
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "    <a href=\"{url}#sha256={hash}\" data-requires-python=\"&gt;=3.6\" >{file}</a><br />"
        );
    }
    page.push_str("  </body>\n</html>\n");
    page.into_bytes()
}
