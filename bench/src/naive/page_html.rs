use html5ever::serialize::{SerializeOpts, serialize};
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom, SerializableHandle};
use serde_json::{Value, json};

use super::Rewrite;

pub(super) fn rewrite(rewrite: &Rewrite<'_>) -> anyhow::Result<Vec<u8>> {
    let page = parse(&rewrite.document.body)?;
    visit(&page.document, &|anchor| {
        if rewrite.refuses_file(&text(anchor)) {
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
    Ok(rewritten)
}

/// Each link with its text.
pub(super) fn meaning(body: &[u8]) -> anyhow::Result<Value> {
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
