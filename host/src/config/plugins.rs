//! `plugins`: where they are, and what one call may cost.

use std::path::{Path, PathBuf};

use super::model::{PluginLimits, Plugins};
use crate::yaml::Map;
use crate::yaml::value::{size, timeout, whole};

/// `folder` is that of osa-proxy.yml.
pub(super) fn read(mut map: Map<'_>, folder: &Path) -> Plugins {
    let directory = map
        .optional("directory", "/usr/lib/osa-proxy/plugins")
        .and_then(|path| path.text());
    let limits = map.section("limits", "\n  memory: 512mb");
    map.finish();
    Plugins {
        directory: directory.map_or_else(beside_the_executable, |path| folder.join(path)),
        limits: read_limits(limits),
    }
}

fn read_limits(mut map: Map<'_>) -> PluginLimits {
    let default = PluginLimits::default();
    let limits = PluginLimits {
        memory: map
            .get("memory", "512mb", |text| match size(text)? {
                bytes if (1 << 20..=1 << 32).contains(&bytes) => Ok(bytes),
                _ => Err("is not between 1mb and 4gb".into()),
            })
            .unwrap_or(default.memory),
        classify_timeout: map
            .get("classify-timeout", "1s", timeout)
            .unwrap_or(default.classify_timeout),
        document_timeout: map
            .get("document-timeout", "30s", timeout)
            .unwrap_or(default.document_timeout),
        concurrency: map
            .get("concurrency", "8", whole(1, 1000))
            .unwrap_or(default.concurrency),
    };
    map.finish();
    limits
}

fn beside_the_executable() -> PathBuf {
    let executable = std::env::current_exe().unwrap_or_default();
    executable.with_file_name("plugins")
}
