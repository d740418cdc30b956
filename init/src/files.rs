//! The two files that are written.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::quoted;

const CONFIG: &str = include_str!("../templates/osa-proxy.yml");
const POLICY: &str = include_str!("../templates/policy.yml");

/// `osa-proxy.local.yml` has `policy.local.yml` beside it, any other `name.yml` a `name.policy.yml`.
pub(crate) fn policy_beside(config: &Path) -> PathBuf {
    let name = config
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let policy = match name.strip_prefix("osa-proxy") {
        Some(rest) => format!("policy{rest}"),
        None => format!("{}.policy.yml", name.trim_end_matches(".yml")),
    };
    config.with_file_name(policy)
}

/// False when there is one already.
pub(crate) fn write_policy(path: &Path) -> anyhow::Result<bool> {
    match create(path, false) {
        Ok(mut file) => {
            file.write_all(POLICY.as_bytes()).with_context(|| cannot_write(path))?;
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| cannot_write(path)),
    }
}

/// `secret` keeps everyone else from reading it.
pub(crate) fn write_config(path: &Path, policy: &Path, sections: &str, secret: bool) -> anyhow::Result<()> {
    let policy = policy
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let text = CONFIG
        .replace("{file}", &path.display().to_string())
        .replace("{policy}", &quoted(&policy))
        .replace("{sections}", sections);
    let mut file = create(path, secret).with_context(|| cannot_write(path))?;
    file.write_all(text.as_bytes()).with_context(|| cannot_write(path))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn create(path: &Path, secret: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if secret { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}
