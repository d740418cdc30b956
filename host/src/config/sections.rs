//! The sections of ecosystems, each served by the plugin that carries its name.

use std::path::Path;
use std::sync::Arc;

use super::draft::HOST_SECTIONS;
use super::model::Repository;
use super::names::Names;
use super::{renamed, repository};
use crate::plugin::Description;
use crate::yaml::value::flag;
use crate::yaml::{Map, Node, Reader, nearest};

/// The repositories of all enabled sections, in the order of the file. `directory` is where plugins are looked for.
pub(super) fn read<'a>(
    reader: &'a Reader<'a>,
    tree: &'a Node,
    loaded: &[Description],
    directory: &Path,
) -> Vec<Arc<Repository>> {
    let mut root = reader.root(tree);
    root.take_all(|key| renamed::is_old(key) || HOST_SECTIONS.iter().any(|(name, _)| *name == key));
    let mut repositories = Vec::new();
    let mut names = Names::default();
    for (section, place, value) in root.rest("") {
        let mut map = value.map();
        if !map.get("enabled", "true", flag).unwrap_or(true) {
            continue;
        }
        match loaded.iter().find(|description| description.name == section) {
            Some(description) => read_section(map, description, &mut names, &mut repositories),
            None => reader.report(place, section.clone(), no_plugin(&section, loaded, directory), None),
        }
    }
    repositories
}

fn no_plugin(section: &str, loaded: &[Description], directory: &Path) -> String {
    let names: Vec<_> = loaded.iter().map(|description| description.name.as_str()).collect();
    let known = HOST_SECTIONS.iter().map(|(name, _)| *name).chain(names.iter().copied());
    let guess = nearest(section, known).map_or(String::new(), |name| format!(" (did you mean `{name}`?)"));
    let loaded = match names.as_slice() {
        [] => "none are loaded".to_owned(),
        names => format!("those loaded serve {}", names.join(", ")),
    };
    format!(
        "no plugin in {} serves section `{section}`{guess}; {loaded}. Drop {section}.wasm there, or set \
         `{section}.enabled: false`",
        directory.display()
    )
}

fn read_section(
    mut map: Map<'_>,
    description: &Description,
    names: &mut Names,
    repositories: &mut Vec<Arc<Repository>>,
) {
    map.gone("registry", "`registry` of an entry under `repository`");
    let example = repository::example(description);
    let list = map.required("repository", &example);
    map.finish();
    let Some(list) = list else { return };
    let Some(entries) = list.list() else { return };
    if entries.is_empty() {
        list.report("this list is empty: give at least one repository, or set `enabled: false`");
    }
    for entry in entries {
        repositories.extend(repository::read(&entry, description, names).map(Arc::new));
    }
}
