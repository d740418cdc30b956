//! Whatever the page: links are apart from each other, and without them no parser of links finds one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_sdk::html::{self, Item, Said};

fuzz_target!(|data: &[u8]| {
    let mut elements = Vec::new();
    let mut until = 0;
    let read = html::read(data, |item| {
        if let Item::Anchor(anchor) = item {
            assert!(anchor.element.start >= until, "elements overlap");
            until = anchor.element.end;
            for attribute in &anchor.attributes {
                assert!(attribute.span.start >= anchor.insert_at && attribute.span.end <= anchor.element.end);
            }
            if !matches!(anchor.attribute("href"), Said::Absent) {
                elements.push(anchor.element);
            }
        }
        Ok(())
    });
    assert!(until as usize <= data.len());
    let Ok(page) = std::str::from_utf8(data) else { return };
    if read.is_err() {
        return;
    }
    let mut left = page.to_owned();
    for element in elements.iter().rev() {
        left.replace_range(element.start as usize..element.end as usize, "");
    }
    let document = tl::parse(&left, tl::ParserOptions::default()).expect("small enough");
    for tag in document.nodes().iter().filter_map(|node| node.as_tag()) {
        let link = tag.name().as_bytes() == b"a" && tag.attributes().get("href").is_some();
        assert!(!link, "{left:?}");
    }
});
