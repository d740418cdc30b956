//! Edits against the naive way: parse, rewrite, serialise.

use std::collections::BTreeSet;

use osa_plugin_sdk::{Style, html};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::Upstream;

const BASE: &str = "http://proxy.example:8080/repo";

#[derive(Debug, Clone)]
struct File {
    version: u8,
    kind: usize,
    host: usize,
    yanked: Option<bool>,
    /// Something that no plugin knows.
    extra: String,
}

/// What a link begins with, and with what it leaves.
const HOSTS: [(&str, &str); 5] = [
    ("https://files.example/packages/", "/-/packages/packages/"),
    ("../../packages/", "/packages/"),
    ("", "/simple/widget-kit/"),
    ("/x/./", "/x/"),
    ("//cdn.example/y/../z/", "/-/files/cdn.example/z/"),
];

impl File {
    fn name(&self) -> String {
        match self.kind {
            0 => format!("widget-kit-{}.0.tar.gz", self.version),
            1 => format!("widget_kit-{}.0-py3-none-any.whl", self.version),
            2 => format!("Widget.Kit-{}.0-py2.7.egg", self.version),
            _ => format!("widget_kit-{}.0+cu_1-py3-none-any.whl", self.version),
        }
    }

    fn release(&self) -> String {
        if self.kind < 3 {
            format!("{}.0", self.version)
        } else {
            format!("{}.0%2Bcu.1", self.version)
        }
    }

    fn link(&self, served: bool) -> String {
        let (from, to) = HOSTS[self.host];
        let name = self.name().replace('+', "%2B");
        if served {
            format!("{BASE}{to}{name}")
        } else {
            format!("{from}{name}")
        }
    }

    fn json(&self, link: &str) -> Value {
        let mut file = json!({"filename": self.name(), "url": link, "hashes": {}, "extra": self.extra});
        if let Some(yanked) = self.yanked {
            file["yanked"] = yanked.into();
        }
        file
    }

    fn html(&self, link: &str) -> String {
        let yanked = if self.yanked.is_some() { " data-yanked=''" } else { "" };
        format!(
            "<a href=\"{link}#sha256=1\"{yanked} title='{}'>{}</a>",
            html::escape(&self.extra),
            self.name()
        )
    }
}

fn file() -> impl Strategy<Value = File> {
    (0u8..6, 0usize..4, 0..HOSTS.len(), any::<Option<bool>>(), "\\PC{0,8}").prop_map(
        |(version, kind, host, yanked, extra)| File {
            version,
            kind,
            host,
            yanked,
            extra,
        },
    )
}

/// Files, and which releases are refused; never all of them.
fn case() -> impl Strategy<Value = (Vec<File>, BTreeSet<String>)> {
    let files = prop::collection::vec(file(), 0..12);
    (files, prop::collection::btree_set(0u8..6, 0..6)).prop_map(|(files, refused)| {
        let releases: BTreeSet<_> = files.iter().map(File::release).collect();
        let gone: BTreeSet<_> = files
            .iter()
            .filter(|file| refused.contains(&file.version))
            .map(File::release)
            .collect();
        let all = gone == releases;
        (files, if all { BTreeSet::new() } else { gone })
    })
}

fn served(upstream: &Upstream, refused: &BTreeSet<String>, style: Style) -> String {
    let ends: Vec<_> = refused.iter().map(|release| format!("@{release}")).collect();
    upstream
        .served(&ends.iter().map(String::as_str).collect::<Vec<_>>(), style)
        .unwrap()
}

fn document(files: &[Value]) -> Value {
    json!({"meta": {"api-version": "1.0"}, "name": "widget-kit", "files": files})
}

proptest! {
    #[test]
    fn json_edits_are_a_naive_rewrite((files, refused) in case(), pretty in any::<bool>()) {
        let upstream = document(&files.iter().map(|file| file.json(&file.link(false))).collect::<Vec<_>>());
        let body = if pretty { serde_json::to_vec_pretty(&upstream) } else { serde_json::to_vec(&upstream) }.unwrap();
        let upstream = Upstream::json(body);

        let kept = files.iter().filter(|file| !refused.contains(&file.release()));
        let naive = document(&kept.map(|file| file.json(&file.link(true))).collect::<Vec<_>>());
        let removed: Value = serde_json::from_str(&served(&upstream, &refused, Style::Remove)).unwrap();
        prop_assert_eq!(removed, naive);

        let marked: Value = serde_json::from_str(&served(&upstream, &refused, Style::Mark)).unwrap();
        for (file, served) in files.iter().zip(marked["files"].as_array().unwrap()) {
            let expected = file.json(&file.link(true));
            if refused.contains(&file.release()) {
                prop_assert!(served["yanked"].is_string());
                prop_assert_eq!(&served["url"], &expected["url"]);
            } else {
                prop_assert_eq!(served, &expected);
            }
        }
    }

    #[test]
    fn html_edits_are_a_naive_rewrite((files, refused) in case(), between in prop::sample::select(&["\n", "<br/>\n    ", "", "</li><li>", " | "][..])) {
        let page = |links: Vec<String>| format!("<body>{}{between}</body>", links.join(between));
        let upstream = Upstream::html(page(files.iter().map(|file| file.html(&file.link(false))).collect()));
        let kept: Vec<_> = files.iter().filter(|file| !refused.contains(&file.release())).collect();
        let naive = page(kept.iter().map(|file| file.html(&file.link(true))).collect());
        let removed = served(&upstream, &refused, Style::Remove);
        prop_assert_eq!(tags(&removed), tags(&naive));
        let marked = served(&upstream, &refused, Style::Mark);
        prop_assert_eq!(tags(&marked).len(), files.len());
        prop_assert_eq!(marked.matches("data-yanked=\"No ").count(), files.len() - kept.len());
    }
}

/// The start tags of a page's links, with their text.
fn tags(page: &str) -> Vec<&str> {
    page.match_indices("<a ")
        .map(|(at, _)| page[at..].split("</a>").next().unwrap())
        .collect()
}
