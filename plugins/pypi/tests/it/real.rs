//! Recorded documents: `OSA_REAL_INDEXES` names a folder of `PROJECT.html`, `PROJECT.json` (simple
//! index) and `PROJECT.legacy.json`, whose host names do not matter.

use std::fs;

use osa_plugin_sdk::conformance;

use crate::support::{Upstream, index};

#[test]
fn real_documents_keep_the_promises() {
    let Some(folder) = std::env::var_os("OSA_REAL_INDEXES") else {
        println!("skipped: OSA_REAL_INDEXES names no folder");
        return;
    };
    let mut read = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let body = fs::read(&path).unwrap();
        let (project, extension) = name.split_once('.').unwrap();
        let page = format!("simple/{project}/");
        let document = match extension {
            "html" => Upstream::new(&page, "text/html", body),
            "json" => Upstream::new(&page, "application/vnd.pypi.simple.v1+json", body),
            "legacy.json" => Upstream::new(&format!("pypi/{project}/json"), "application/json", body),
            _ => continue,
        };
        let offers = document.offers();
        assert!(!offers.is_empty(), "{name}");
        conformance::edits(&index(), document.case(), 3).unwrap_or_else(|broken| panic!("{name}: {broken}"));
        println!("{name}: {} releases", offers.len());
        read += 1;
    }
    assert!(read > 0, "the folder has no documents");
}
