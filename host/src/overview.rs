//! What is told at start and by `osa-proxy plugins`: which repositories there are, and how a client is pointed at them.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::config::Config;
use crate::plugin::{OptionKind, OptionSpec, PluginSet};

/// Each repository, its URL, and the one line that points a client at it.
pub fn repositories(config: &Config, plugins: &PluginSet, address: SocketAddr) -> String {
    let base = match &config.codescoring.osa_proxy_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        // An address to bind is no address to call when it stands for all of them.
        None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    };
    let mut text = format!("osa-proxy listens on http://{address}\n");
    for repository in &config.repositories {
        let url = format!("{base}/{}", repository.name);
        let mode = repository.work_mode.unwrap_or(config.codescoring.work_mode).as_str();
        let _ = writeln!(text, "\n  {} ({}, {mode})  {url}/", repository.name, repository.section);
        if let Some(plugin) = plugins.section(&repository.section) {
            let setup = &plugin.description().client_setup;
            let _ = writeln!(
                text,
                "    {}",
                setup.replace("{url}", &url).replace("{name}", &repository.name)
            );
        }
    }
    text.push('\n');
    text
}

/// Every plugin with its file, its package URL types and its settings.
pub fn plugins(plugins: &PluginSet) -> String {
    let mut text = String::new();
    for plugin in plugins.iter() {
        let description = plugin.description();
        let types = description.purl_types.join(", ");
        let _ = writeln!(
            text,
            "{}  {}  (package URLs: {types})",
            description.name,
            plugin.file().display()
        );
        for option in description.origins.iter().chain(&description.settings) {
            let OptionSpec {
                key,
                kind,
                required,
                help,
                example,
            } = option;
            let kind = match kind {
                OptionKind::Url => "URL",
                OptionKind::UrlMap => "map from host to URL",
                OptionKind::Text => "text",
                OptionKind::Flag => "flag",
            };
            let needed = if *required { ", required" } else { "" };
            let _ = writeln!(text, "  {key} ({kind}{needed}): {help} Example: {example}");
        }
        let _ = writeln!(text, "  file types: {}", description.file_types.join(", "));
    }
    text
}
