//! The index that pip is configured for, and the hosts that it keeps its files on.

use url::Url;

use crate::machine::Machine;
use crate::registry;
use crate::section::{self, Repository, Section, is_below};

/// Small pages that most indexes have.
const PROJECTS: [&str; 3] = ["six", "idna", "pip"];

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let pip = find_pip(machine).await.ok_or("pip is not found on this machine")?;
    let configured = configured(machine, &pip).await;
    let (configured, source) = configured.ok_or("pip does not tell which index it uses")?;
    let index = registry(&configured).map_err(|why| format!("pip's index {why}"))?;
    let base = base(&index);
    let hosts = file_hosts(machine, &index, &base).await;
    let mut repository = Repository::new(base);
    let mut notes = Vec::new();
    match hosts {
        Ok(hosts) => {
            if let [first, others @ ..] = hosts.as_slice() {
                notes.push(format!("its files are on {first}"));
                repository.comment("learnt from a page of the index");
                repository.set("packages-registry", first);
                repository.additional(others);
            }
        }
        Err(why) => notes.push(format!(
            "where its files are kept could not be learnt ({why}): add `packages-registry` if that is another host"
        )),
    }
    Ok(Section::new(source, [repository]).noting(notes))
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
            Ok((from, html)) => {
                let links = links(&html, &from);
                if !links.is_empty() {
                    return Ok(section::hosts(links, |link| is_below(link, base)));
                }
                why = "its page has no links".into();
            }
            Err(error) => why = format!("the page of {project} {error}"),
        }
    }
    Err(why)
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
