//! The index that pip is configured for, and the hosts that it keeps its files on.

use std::collections::BTreeSet;

use url::{Origin, Url};

use crate::machine::Machine;
use crate::{Found, has_credentials, quoted, registry, shown};

/// Small pages that most indexes have.
const PROJECTS: [&str; 3] = ["six", "idna", "pip"];

pub(crate) async fn find(machine: &dyn Machine) -> Found {
    let Some(pip) = find_pip(machine).await else {
        return note("pypi: pip is not found on this machine, so its section is left out");
    };
    let Some((configured, source)) = configured(machine, &pip).await else {
        return note("pypi: pip does not tell which index it uses, so its section is left out");
    };
    let index = match registry(&configured) {
        Ok(url) => url,
        Err(why) => return note(&format!("pypi: its section is left out: pip's index {why}")),
    };
    let base = base(&index);
    let mut notes = vec![format!("pypi: {} (from {source})", shown(&base))];
    let mut yaml = format!(
        "# {source}\n\
         pypi:\n  \
           enabled: true\n  \
           repository:\n    \
             - name: pypi\n      \
               registry: {}\n",
        quoted(bare(&base))
    );
    match file_hosts(machine, &index, &base).await {
        Ok(hosts) => {
            if let Some(first) = hosts.first() {
                notes.push(format!("pypi: its files are on {first}"));
            }
            yaml.push_str(&file_settings(&hosts));
        }
        Err(why) => notes.push(format!(
            "pypi: where its files are kept could not be learnt ({why}): add `packages-registry` if that is another host"
        )),
    }
    yaml.push_str("      scan-manifest: true\n      scan-package: true");
    Found {
        yaml,
        notes,
        secret: has_credentials(&base),
    }
}

/// The keys that tell where files are.
fn file_settings(hosts: &[String]) -> String {
    let [first, others @ ..] = hosts else {
        return String::new();
    };
    let first = format!(
        "      # learnt from a page of the index\n      packages-registry: {}\n",
        quoted(first)
    );
    if others.is_empty() {
        return first;
    }
    let other = |url: &String| {
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        format!("        {}: {}\n", quoted(host), quoted(url))
    };
    let others: Vec<_> = others.iter().map(other).collect();
    format!("{first}      additional-packages-registries:\n{}", others.concat())
}

fn note(text: &str) -> Found {
    Found {
        notes: vec![text.to_owned()],
        ..Found::default()
    }
}

/// The command that pip answers to, with the arguments that come first.
async fn find_pip(machine: &dyn Machine) -> Option<(&'static str, &'static [&'static str])> {
    const WAYS: [(&str, &[&str]); 3] = [("pip", &[]), ("pip3", &[]), ("python3", &["-m", "pip"])];
    for (program, first) in WAYS {
        if machine.run(program, &[first, &["--version"]].concat()).await.is_some() {
            return Some((program, first));
        }
    }
    None
}

/// The index URL and where it is from, in the order in which pip itself looks.
async fn configured(
    machine: &dyn Machine,
    (program, first): &(&'static str, &'static [&'static str]),
) -> Option<(String, &'static str)> {
    if let Some(url) = machine.env("PIP_INDEX_URL") {
        return Some((url, "PIP_INDEX_URL"));
    }
    for (key, source) in [
        ("install.index-url", "pip config get install.index-url"),
        ("global.index-url", "pip config get global.index-url"),
    ] {
        if let Some(url) = machine
            .run(program, &[first, &["config", "get", key][..]].concat())
            .await
        {
            return Some((url, source));
        }
    }
    let help = machine
        .run(program, &[first, &["install", "--help"][..]].concat())
        .await?;
    Some((default_index(&help)?, "pip's default"))
}

/// `-i, --index-url <url>  Base URL of ... (default URL)`, wrapped to the width of a terminal.
fn default_index(help: &str) -> Option<String> {
    let (_, behind) = help.split_once("--index-url")?;
    let (_, behind) = behind.split_once("(default")?;
    let (url, _) = behind.split_once(')')?;
    Some(url.split_whitespace().collect())
}

/// The index URL without `/simple`, so that what lies beside it can be reached too.
fn base(index: &Url) -> Url {
    let mut base = index.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = base.path().trim_end_matches('/');
    let path = path.strip_suffix("/simple").unwrap_or(path).to_owned();
    base.set_path(&path);
    base
}

/// Without a slash at the end.
fn bare(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// Where the files of one project are, apart from below `base`; the host of the first file comes first.
async fn file_hosts(machine: &dyn Machine, index: &Url, base: &Url) -> Result<Vec<String>, String> {
    let mut why = String::new();
    for project in PROJECTS {
        let page = Url::parse(&format!("{}/{project}/", bare(index))).map_err(|error| error.to_string())?;
        match machine.page(&page).await {
            Ok((from, html)) => match elsewhere(&links(&html, &from), base) {
                Some(hosts) => return Ok(hosts),
                None => why = "its page has no links".into(),
            },
            Err(error) => why = format!("the page of {project} {error}"),
        }
    }
    Err(why)
}

/// None when there are no links to judge by.
fn elsewhere(links: &[Url], base: &Url) -> Option<Vec<String>> {
    let below = format!("{}/", base.path().trim_end_matches('/'));
    let mut seen = BTreeSet::new();
    let mut hosts = Vec::new();
    for link in links {
        if link.origin() == base.origin() && link.path().starts_with(&below) {
            continue;
        }
        let Origin::Tuple(..) = link.origin() else { continue };
        let host = link.origin().ascii_serialization();
        if seen.insert(host.clone()) {
            hosts.push(host);
        }
    }
    (!links.is_empty()).then_some(hosts)
}

/// The links of an index page (PEP 503): all that its `a` elements point to.
fn links(html: &str, page: &Url) -> Vec<Url> {
    let values = html.split("href=").skip(1).filter_map(|behind| {
        let quote = behind.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        behind.get(1..)?.split(quote).next()
    });
    values
        .filter_map(|value| page.join(&value.replace("&amp;", "&")).ok())
        .collect()
}
