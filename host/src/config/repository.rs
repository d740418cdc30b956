//! One entry of a section's `repository` list.

use std::collections::BTreeMap;

use serde_json::{Map as Json, Value as JsonValue};
use url::Url;

use super::codescoring::work_mode;
use super::model::{FileTypeFilter, Repository};
use super::names::Names;
use crate::plugin::{Description, OptionKind, OptionSpec};
use crate::secret::SafeUrl;
use crate::yaml::value::{flag, http_url};
use crate::yaml::{Map, Value};

/// The shortest right `repository` list of this ecosystem.
pub(super) fn example(description: &Description) -> String {
    let options = description.origins.iter().chain(&description.settings);
    let required = options.filter(|option| option.required);
    let lines: Vec<_> = required
        .map(|option| format!("\n  {}: {}", option.key, option.example))
        .collect();
    format!("\n- name: {}{}", description.name, lines.concat())
}

/// None where the entry cannot be used, which is reported.
pub(super) fn read(entry: &Value<'_>, description: &Description, names: &mut Names) -> Option<Repository> {
    let mut map = entry.map();
    map.gone("project", "nothing; remove it");
    let name = map.required("name", &description.name);
    let name = name.and_then(|name| names.claim(&name, description.by_host));
    let mut settings = Json::new();
    settings.insert("name".into(), name.clone().into());
    let mut origins = BTreeMap::new();
    for option in &description.origins {
        for (below, url) in read_option(&mut map, option, &mut settings) {
            origins.insert(
                below.map_or_else(|| option.key.clone(), |host| format!("{}/{host}", option.key)),
                url,
            );
        }
    }
    for option in &description.settings {
        read_option(&mut map, option, &mut settings);
    }

    let mode = map.get("work-mode", "strict_wait", work_mode);
    let scan_manifest = if description.scans_documents {
        map.get("scan-manifest", "true", flag).unwrap_or(false)
    } else {
        unavailable(
            &mut map,
            "scan-manifest",
            description,
            "has no manifests that are checked",
        );
        false
    };
    let (scan_package, url_encoded_config, file_type_filter) = if description.by_host {
        for key in ["scan-package", "url-encoded-config", "file-type-filter"] {
            unavailable(
                &mut map,
                key,
                description,
                "chooses repositories by host name and checks all it serves",
            );
        }
        (true, false, None)
    } else {
        (
            map.get("scan-package", "true", flag).unwrap_or(false),
            map.get("url-encoded-config", "true", flag).unwrap_or(false),
            read_filter(map.section("file-type-filter", "\n  scanned-extensions: [.zip]")),
        )
    };
    map.finish();
    if !scan_manifest && !scan_package {
        entry.warn("nothing will be blocked here: neither scan-manifest nor scan-package is true");
    }
    Some(Repository {
        name: name?,
        section: description.name.clone(),
        origins,
        settings: JsonValue::Object(settings).to_string(),
        work_mode: mode,
        scan_manifest,
        scan_package,
        url_encoded_config,
        file_type_filter,
    })
}

fn unavailable(map: &mut Map<'_>, key: &str, description: &Description, why: &str) {
    if let Some(value) = map.optional_unlisted(key) {
        value.report(format!("the `{}` plugin {why}: remove this key", description.name));
    }
}

/// Puts the option into `settings`, URLs without credentials and without a slash at the end. Gives its URLs back, those
/// of a map with the host they are for.
fn read_option(
    map: &mut Map<'_>,
    option: &OptionSpec,
    settings: &mut Json<String, JsonValue>,
) -> Vec<(Option<String>, SafeUrl)> {
    let value = if option.required {
        map.required(&option.key, &option.example)
    } else {
        map.optional(&option.key, &option.example)
    };
    let Some(value) = value else { return Vec::new() };
    let (json, urls) = match option.kind {
        OptionKind::Url | OptionKind::LoginUrl => match value.parse_hidden(http_url) {
            Some(url) => (Some(for_plugin(&url)), vec![(None, SafeUrl::new(url))]),
            None => (None, Vec::new()),
        },
        OptionKind::UrlMap => {
            let (json, urls) = read_url_map(&value);
            (Some(json), urls)
        }
        OptionKind::Text => (value.text().map(JsonValue::from), Vec::new()),
        OptionKind::Flag => (value.parse(flag).map(JsonValue::from), Vec::new()),
    };
    if let Some(json) = json {
        settings.insert(option.key.clone(), json);
    }
    urls
}

/// `host: URL` pairs.
fn read_url_map(value: &Value<'_>) -> (JsonValue, Vec<(Option<String>, SafeUrl)>) {
    let mut json = Json::new();
    let mut urls = Vec::new();
    for (host, place, url) in value.map().rest("https://files.example") {
        let host = host.trim().to_ascii_lowercase();
        if host.is_empty()
            || !host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
        {
            value.report_at(
                place,
                "a key of this map is not a host name, with or without a port".into(),
            );
            continue;
        }
        let Some(url) = url.parse_hidden(http_url) else {
            continue;
        };
        json.insert(host.clone(), for_plugin(&url));
        urls.push((Some(host), SafeUrl::new(url)));
    }
    (JsonValue::Object(json), urls)
}

fn for_plugin(url: &Url) -> JsonValue {
    let bare = SafeUrl::new(url.clone()).without_credentials();
    bare.as_str().trim_end_matches('/').into()
}

fn read_filter(mut map: Map<'_>) -> Option<FileTypeFilter> {
    let mut extensions = |key: &str| {
        // `key:` with nothing behind it must not switch a filter off that was meant to be on.
        let example = "[.zip, .tar.gz]";
        let value = if map.has(key) {
            map.required(key, example)
        } else {
            map.optional(key, example)
        };
        let items = value?.list()?;
        Some(
            items
                .iter()
                .filter_map(|item| item.parse(extension))
                .collect::<Vec<_>>(),
        )
    };
    let (allowed, scanned) = (
        extensions("additional-allowed-extensions"),
        extensions("scanned-extensions"),
    );
    map.finish();
    (allowed.is_some() || scanned.is_some()).then(|| FileTypeFilter {
        additional_allowed_extensions: allowed.unwrap_or_default(),
        scanned_extensions: scanned.unwrap_or_default(),
    })
}

fn extension(text: &str) -> Result<String, String> {
    let bare = text.trim_start_matches('.').to_lowercase();
    if bare.is_empty() || bare.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '\\')) {
        return Err("is not a file name extension".into());
    }
    Ok(format!(".{bare}"))
}
