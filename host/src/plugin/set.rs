//! The plugins of one folder, by the section each serves and by the package URL types each may name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Description;
use super::call::Plugin;
use super::engine::Runtime;
use super::load::{LoadError, load};
use crate::config::Plugins;

#[derive(Clone, Default)]
pub struct PluginSet {
    by_section: BTreeMap<String, Arc<Plugin>>,
    by_purl_type: BTreeMap<String, Arc<Plugin>>,
}

impl PluginSet {
    /// Loads every `*.wasm` of `plugins.directory`, in the order of their names; all that is wrong is told at once.
    pub fn load(settings: &Plugins) -> Result<Self, Vec<LoadError>> {
        let runtime = Runtime::new(&settings.limits).map_err(|error| vec![LoadError::Engine(format!("{error:#}"))])?;
        let files = wasm_files(&settings.directory).map_err(|error| vec![error])?;
        let mut set = Self::default();
        let mut errors = Vec::new();
        // Compilation is what start-up waits for; each file is independent of the others.
        let loaded = std::thread::scope(|scope| {
            let threads: Vec<_> = files.iter().map(|file| scope.spawn(|| load(&runtime, file))).collect();
            threads
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect::<Vec<_>>()
        });
        for (file, result) in files.iter().zip(loaded) {
            let result = result.unwrap_or_else(|_| {
                Err(LoadError::Plugin {
                    file: file.clone(),
                    message: "made the compiler panic".into(),
                })
            });
            if let Err(error) = result.and_then(|plugin| set.add(plugin)) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(set) } else { Err(errors) }
    }

    fn add(&mut self, plugin: Arc<Plugin>) -> Result<(), LoadError> {
        let description = plugin.description();
        let twin = self
            .by_section
            .get(&description.name)
            .map(|other| (format!("section {}", description.name), other));
        let twin = twin.or_else(|| {
            let mut types = description.purl_types.iter();
            types.find_map(|kind| Some((format!("package URL type {kind}"), self.by_purl_type.get(kind)?)))
        });
        if let Some((what, other)) = twin {
            let message = format!(
                "serves {what}, as {} does already; remove one of the two",
                other.file().display()
            );
            return Err(LoadError::Plugin {
                file: plugin.file().to_owned(),
                message,
            });
        }
        for kind in &description.purl_types {
            self.by_purl_type.insert(kind.clone(), Arc::clone(&plugin));
        }
        self.by_section.insert(description.name.clone(), plugin);
        Ok(())
    }

    /// The plugin that serves a section of osa-proxy.yml.
    pub fn section(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.by_section.get(name)
    }

    /// The plugin that may name package URLs of this type.
    pub fn purl_type(&self, kind: &str) -> Option<&Arc<Plugin>> {
        self.by_purl_type.get(kind)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.by_section.values()
    }

    pub fn descriptions(&self) -> Vec<Description> {
        self.iter().map(|plugin| plugin.description().clone()).collect()
    }
}

fn wasm_files(directory: &Path) -> Result<Vec<std::path::PathBuf>, LoadError> {
    let failed = |error| LoadError::Directory {
        directory: directory.to_owned(),
        error,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "wasm") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
