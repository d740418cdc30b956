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
    let by_host = |section: &str| {
        plugins
            .section(section)
            .is_some_and(|plugin| plugin.description().by_host)
    };
    let hosts = config.repositories.iter().filter(|one| by_host(&one.section)).count();
    let mut text = format!("osa-proxy listens on http://{address}\n");
    for repository in &config.repositories {
        let url = match by_host(&repository.section) {
            false => format!("{base}/{}", repository.name),
            true if hosts == 1 => base.clone(),
            true => on_own_host(&base, &repository.name),
        };
        let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        let mode = repository.work_mode.unwrap_or(config.codescoring.work_mode).as_str();
        let _ = writeln!(text, "\n  {} ({}, {mode})  {url}/", repository.name, repository.section);
        if let Some(plugin) = plugins.section(&repository.section) {
            let setup = &plugin.description().client_setup;
            let _ = writeln!(
                text,
                "    {}",
                setup
                    .replace("{url}", &url)
                    .replace("{name}", &repository.name)
                    .replace("{host}", host)
            );
        }
    }
    text.push('\n');
    text
}

/// The URL of a repository that is chosen by the first label of the host name.
fn on_own_host(base: &str, name: &str) -> String {
    let (scheme, host) = base.split_once("://").unwrap_or(("http", base));
    // What an address is called is not known here; this machine's own has a name that takes others before it.
    let host = host.split('/').next().unwrap_or_default();
    let host = match host.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => format!("localhost:{}", address.port()),
        Ok(address) => format!("HOST:{}", address.port()),
        Err(_) => host.to_owned(),
    };
    format!("{scheme}://{name}.{host}")
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
                OptionKind::Url | OptionKind::LoginUrl => "URL",
                OptionKind::UrlMap => "map from host to URL",
                OptionKind::Text => "text",
                OptionKind::Flag => "flag",
            };
            let needed = if *required { ", required" } else { "" };
            let _ = writeln!(text, "  {key} ({kind}{needed}): {help} Example: {example}");
        }
        if !description.file_types.is_empty() {
            let _ = writeln!(text, "  file types: {}", description.file_types.join(", "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::on_own_host;

    #[test]
    fn a_host_gets_the_name_before_it() {
        for (base, url) in [
            ("http://localhost:8080", "http://gadgets.localhost:8080"),
            ("http://127.0.0.1:8080", "http://gadgets.localhost:8080"),
            ("http://[::1]:8080", "http://gadgets.localhost:8080"),
            ("http://10.0.0.7:8080", "http://gadgets.HOST:8080"),
            ("https://osa.example/base", "https://gadgets.osa.example"),
        ] {
            assert_eq!(on_own_host(base, "gadgets"), url);
        }
    }
}
