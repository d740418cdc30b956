//! Pages as clients' own parsers read them: what is refused must be gone for each of them.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use osa_plugin_sdk::Style;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::support::Upstream;

const REFUSED: &str = "widget-kit-2.0";

/// Pieces of pages, whole and broken.
const PIECES: [&str; 52] = [
    "<a href=\"widget-kit-1.0.zip\">x</a>\n",
    "<a href=\"widget-kit-2.0.zip\">x</a>\n",
    "<a href='widget-kit-2.0.zip'>",
    "<a href=widget-kit-2.0.zip>",
    "<a href=\"https://files.example/widget-kit-2.0.zip#sha256=1\" data-yanked>y</a><br>",
    "<A HREF = widget-kit-2.0.zip >",
    "<a\nhref=\"widget-kit-2.0.zip\"\n>",
    "<a/href=\"widget-kit-2.0.zip\">",
    "<a",
    "< a",
    "<a ",
    "<b ",
    "<p title=\"",
    "</a>",
    "</a >",
    "</b>",
    ">",
    "<",
    "/",
    "\"",
    "'",
    "=",
    " ",
    "\n",
    "\t",
    "href",
    " href=",
    " href=\"",
    "widget-kit-2.0.zip",
    "widget-kit-1.0.zip",
    "<!--",
    "-->",
    "--!>",
    "-- >",
    "<!",
    "<?",
    "<![CDATA[",
    "]]>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<title>",
    "<base href=\"https://files.example/\">",
    "&quot;",
    "&gt;",
    "&lt;",
    "x",
    "a",
    "<br/>",
    "<meta name=\"",
    "<textarea>",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 1..14).prop_map(|pieces| pieces.concat())
}

/// The page without the refused release; none when it is not served at all.
fn filtered(page: &str) -> Option<String> {
    let upstream = Upstream::html(page);
    let index = upstream.scan().ok()?;
    if !index.suffixes().any(|version| version == "2.0") {
        return upstream.served(&[], Style::Remove);
    }
    upstream.served(&["@2.0"], Style::Remove)
}

/// As uv reads pages.
fn links_of_tl(page: &str) -> Vec<String> {
    let document = tl::parse(page, tl::ParserOptions::default()).unwrap();
    let tags = document.nodes().iter().filter_map(|node| node.as_tag());
    tags.filter(|tag| tag.name().as_bytes().eq_ignore_ascii_case(b"a"))
        .filter_map(|tag| tag.attributes().get("href").flatten())
        .map(|href| String::from_utf8_lossy(href.as_bytes()).into_owned())
        .collect()
}

proptest! {
    #![proptest_config(Config::with_cases(Config::default().cases.max(4000)))]

    #[test]
    fn a_refused_link_is_gone_for_uv(page in soup()) {
        if let Some(served) = filtered(&page) {
            let links = links_of_tl(&served);
            prop_assert!(!links.iter().any(|link| link.contains(REFUSED)), "{page:?} became {served:?}");
        }
    }
}

/// Prints, for each page of a JSON list, the links that pip's parser (CPython's) finds.
const PYTHON: &str = "
import html.parser, json, sys
class Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.links = []
    def handle_starttag(self, tag, attrs):
        if tag == 'a':
            self.links.append(dict(attrs).get('href') or '')
def links(page):
    parser = Links()
    parser.feed(page)
    return parser.links
json.dump([links(page) for page in json.load(sys.stdin)], sys.stdout)
";

fn links_of_python(pages: &[String]) -> Option<Vec<Vec<String>>> {
    let mut python = Command::new("python3")
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    python
        .stdin
        .take()?
        .write_all(&serde_json::to_vec(pages).unwrap())
        .unwrap();
    let answer = python.wait_with_output().unwrap();
    assert!(answer.status.success());
    Some(serde_json::from_slice(&answer.stdout).unwrap())
}

#[test]
fn a_refused_link_is_gone_for_pip() {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let pages: Vec<_> = (0..20_000)
        .map(|_| soup().new_tree(&mut runner).unwrap().current())
        .collect();
    let served: Vec<_> = pages.iter().filter_map(|page| filtered(page)).collect();
    assert!(
        served.len() > 1000,
        "too many pages are not served at all: {}",
        pages.len() - served.len()
    );
    let Some(links) = links_of_python(&served) else {
        println!("skipped: there is no python3");
        return;
    };
    for (page, links) in served.iter().zip(links) {
        assert!(!links.iter().any(|link| link.contains(REFUSED)), "{page:?}: {links:?}");
    }
}

#[test]
fn well_formed_pages_keep_what_is_allowed() {
    let page = include_str!("../fixtures/simple.html");
    let served = filtered(page).unwrap();
    assert_eq!(
        links_of_tl(&served).len(),
        links_of_tl(page).len() - 2,
        "the refused one and the one nobody can read"
    );
    if let Some(links) = links_of_python(&[served]) {
        assert_eq!(links[0].len(), 7);
    }
}
