//! A repository of osa-proxy.yml, opened with its plugin and ready to answer.

use std::sync::Arc;

use http::HeaderMap;
use http::header::ACCEPT;

use super::astray::Complaint;
use super::{context, file_types};
use crate::config::Codescoring;
use crate::failure::Failure;
use crate::judge::Context;
use crate::metrics::{Operation, RepositoryCounts};
use crate::plugin::{Artifact, Document, OptionKind, PluginRepository, PluginSet, Route, Style};
use crate::policy::modes::Rules;
use crate::upstream::Origins;

pub(super) struct Repository {
    pub(super) config: Arc<crate::config::Repository>,
    pub(super) plugin: PluginRepository,
    pub(super) rules: Rules,
    pub(super) origins: Arc<Origins>,
    /// What the registry's own URL tells of a repository manager.
    pub(super) context: Option<Arc<Context>>,
    /// `remove-blocked-versions`
    pub(super) style: Style,
    /// The section, as Judge is told it.
    pub(super) package_type: Arc<str>,
    pub(super) counts: Arc<RepositoryCounts>,
    pub(super) complaint: Complaint,
}

// === impl Repository ===

impl Repository {
    /// What a request is about, as metrics tell it.
    pub(super) fn operation(&self, route: &Route) -> Operation {
        match route {
            Route::Artifact(artifact) if self.config.scan_package && self.judges(artifact) => Operation::ScanPackage,
            Route::Document(_) | Route::ChecksumOf(_) if self.config.scan_manifest => Operation::ScanManifest,
            Route::Component(_) if self.config.scan_package => Operation::ScanPackage,
            _ => Operation::Other,
        }
    }

    /// The `Accept` that the plugin wants upstream to get in place of the client's.
    pub(super) fn accept(&self, document: &Document) -> Result<HeaderMap, Failure> {
        let mut replaced = HeaderMap::new();
        if let Some(accept) = &document.accept {
            let value = accept.parse().map_err(|_| {
                let plugin = self.plugin.plugin();
                plugin.lied("classify", "named a bad accept header")
            })?;
            replaced.insert(ACCEPT, value);
        }
        Ok(replaced)
    }

    /// Whether a package file of this kind is judged, in a repository that judges any.
    pub(super) fn judges(&self, artifact: &Artifact) -> bool {
        let filter = self.config.file_type_filter.as_ref();
        artifact.scannable
            || filter.is_some_and(|filter| file_types::scanned_stem(filter, &artifact.file_name).is_some())
    }
}

/// As the configuration has it.
pub(super) fn open(
    codescoring: &Codescoring,
    config: &Arc<crate::config::Repository>,
    plugins: &PluginSet,
) -> Result<Repository, String> {
    let plugin = plugins
        .section(&config.section)
        .ok_or("no plugin serves this section")?;
    let description = plugin.description();
    let first = description
        .origins
        .first()
        .map(|origin| origin.key.as_str())
        .unwrap_or_default();
    let logins = description.origins.iter().filter_map(|origin| {
        let logs_in = matches!(origin.kind, OptionKind::LoginUrl);
        logs_in.then_some(origin.key.as_str())
    });
    Ok(Repository {
        context: config
            .origins
            .get(first)
            .and_then(|registry| context::of_registry(registry.reveal())),
        origins: Arc::new(Origins::new(&config.section, first, &config.origins).with_logins(logins)),
        plugin: plugin.open(&config.settings)?,
        rules: Rules {
            mode: config.work_mode.unwrap_or(codescoring.work_mode),
            block_on_errors: codescoring.block_on_codescoring_errors,
        },
        style: if codescoring.remove_blocked_versions {
            Style::Remove
        } else {
            Style::Mark
        },
        counts: Arc::default(),
        complaint: Complaint::default(),
        package_type: config.section.as_str().into(),
        config: Arc::clone(config),
    })
}
