//! The repository that Maven is configured for: the mirror of its settings that stands for the central repository, else
//! the one that Maven itself comes with.

use roxmltree::{Document, Node};

use crate::machine::Machine;
use crate::registry;
use crate::section::{Repository, Section};

/// The model that every project inherits from, in one of Maven's own archives.
const SUPER_POM: &str = "org/apache/maven/model/pom-4.0.0.xml";

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let version = machine.run("mvn", &["--version"]).await;
    let version = version.ok_or("it is not found on this machine")?;
    let home = version.lines().find_map(|line| line.split_once("Maven home: "));
    let (_, home) = home.ok_or("mvn does not tell where it is installed")?;
    let home = home.trim();
    let configured = match mirror(machine, home) {
        Some(found) => Some(found),
        None => default(machine, &version, home).await,
    };
    let (configured, source) = configured.ok_or("neither settings.xml nor Maven itself names a repository")?;
    let url = registry(&configured).map_err(|why| format!("the repository of {source} {why}"))?;
    Ok(Section::new(source, [Repository::new(url)]))
}

/// Its URL and where it is from; the user's settings come before the machine's.
fn mirror(machine: &dyn Machine, home: &str) -> Option<(String, String)> {
    let own = machine.env("HOME").map(|home| format!("{home}/.m2/settings.xml"));
    let mut files = own.into_iter().chain([format!("{home}/conf/settings.xml")]);
    files.find_map(|path| {
        let text = machine.file(&path)?;
        let settings = Document::parse(&text).ok()?;
        let mirrors = settings.root_element().children().find(|node| is(*node, "mirrors"))?;
        let mirror = mirrors.children().find(|mirror| stands_for_central(*mirror))?;
        Some((child(mirror, "url")?.to_owned(), path))
    })
}

/// `mirrorOf` lists the repositories that a mirror stands for.
fn stands_for_central(mirror: Node<'_, '_>) -> bool {
    let listed = child(mirror, "mirrorOf").unwrap_or_default();
    let of = |wanted: &str| listed.split(',').any(|one| one.trim() == wanted);
    !of("!central") && ["*", "external:*", "central"].iter().any(|one| of(one))
}

/// What Maven uses when nothing is configured. Distributions name the archive in their own way.
async fn default(machine: &dyn Machine, version: &str, home: &str) -> Option<(String, String)> {
    let number = version
        .split_whitespace()
        .find(|word| word.starts_with(|char: char| char.is_ascii_digit()))?;
    for name in [number, "3.x"] {
        let archive = format!("{home}/lib/maven-model-builder-{name}.jar");
        let Some(text) = machine.run("unzip", &["-p", &archive, SUPER_POM]).await else {
            continue;
        };
        let project = Document::parse(&text).ok()?;
        let repositories = project
            .root_element()
            .children()
            .find(|node| is(*node, "repositories"))?;
        let central = repositories
            .children()
            .find(|node| child(*node, "id") == Some("central"))?;
        return Some((child(central, "url")?.to_owned(), "Maven's default".to_owned()));
    }
    None
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|node| is(*node, name))?.text().map(str::trim)
}
