//! Verdicts that are to be asked for again.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use packageurl::PackageUrl;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Admin;
use super::guard::Administrator;
use crate::reply::{Refused, json_reply};
use crate::verdicts::{CacheError, Packages};

/// Tens of thousands of package URLs.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The bare array is understood too.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Purls {
    purls: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Deleted {
    /// Entries that were removed: one for each context and mode of asking.
    deleted: u64,
}

/// What went wrong, and what to change
#[derive(ToSchema)]
#[expect(dead_code, reason = "the form of errors, for the description alone")]
struct Error {
    error: String,
}

/// Forget verdicts of package URLs
///
/// The next request for one of them asks Judge. Package URLs are given in the body, as `{"purls": [...]}` or as a bare array, or
/// as `purl` in the query, which may be repeated.
#[utoipa::path(delete, path = "/api/cache/purls", tag = "cache",
    params(("purl" = Option<Vec<String>>, Query, description = "e.g. pkg:npm/left-pad@1.3.0")),
    request_body(content = Option<Purls>),
    responses(
        (status = 200, description = "done", body = Deleted),
        (status = 400, description = "something is no package URL", body = Error),
        (status = 401, description = "`admin.token` is set and was not sent", body = Error),
        (status = 403, description = "neither `admin.token` nor `admin.address` is set, and this is another machine", body = Error),
        (status = 409, description = "`cache.judge.enabled` is false", body = Error),
        (status = 413, description = "the body is above 4 MiB", body = Error),
        (status = 503, description = "Redis does not answer", body = Error),
    ),
    security((), ("admin.token" = [])),
)]
pub(super) async fn delete_purls(
    _: Administrator,
    State(admin): State<Arc<Admin>>,
    uri: Uri,
    body: Body,
) -> Result<Response, Refused> {
    let mut purls = Vec::new();
    for (key, value) in query(&uri)? {
        if key != "purl" {
            return Err(Refused::bad(format!(
                "unknown parameter {key:?}: only `purl` is known here"
            )));
        }
        purls.push(value);
    }
    purls.extend(parse(&whole(body).await?)?);
    if purls.is_empty() {
        return Err(Refused::bad(
            r#"no package URL is given: send {"purls": ["pkg:type/name@version"]}"#,
        ));
    }
    for purl in &purls {
        if let Err(error) = PackageUrl::from_str(purl) {
            return Err(Refused::bad(format!(
                "{purl:?} is no package URL: {error}; nothing was removed"
            )));
        }
    }
    told(admin.gateway.verdicts().forget_purls(&purls).await, "package URLs")
}

/// Forget verdicts of a kind of packages
///
/// All of them, or those with a name, or those asked for in the context of a repository manager's repository. Filters that are
/// given together must all hold.
#[utoipa::path(delete, path = "/api/cache/packages/{packageType}", tag = "cache",
    params(
        ("packageType" = String, Path, description = "a section of osa-proxy.yml or a type of package URLs"),
        ("name" = Option<String>, Query, description = "with or without its namespace, e.g. @scope/name; also as `packageName`"),
        ("repoManagerHost" = Option<String>, Query, description = "of the repository context"),
        ("repoName" = Option<String>, Query, description = "of the repository context"),
    ),
    responses(
        (status = 200, description = "done", body = Deleted),
        (status = 400, description = "no plugin knows this type, or a filter is not known", body = Error),
        (status = 401, description = "`admin.token` is set and was not sent", body = Error),
        (status = 403, description = "neither `admin.token` nor `admin.address` is set, and this is another machine", body = Error),
        (status = 409, description = "`cache.judge.enabled` is false", body = Error),
        (status = 503, description = "Redis does not answer", body = Error),
    ),
    security((), ("admin.token" = [])),
)]
pub(super) async fn delete_packages(
    _: Administrator,
    State(admin): State<Arc<Admin>>,
    Path(kind): Path<String>,
    uri: Uri,
) -> Result<Response, Refused> {
    let mut packages = Packages {
        package_type: section(&admin, &kind)?,
        ..Packages::default()
    };
    // A filter that is overlooked would remove more than was meant.
    for (key, value) in query(&uri)? {
        let filter = match key.as_str() {
            "name" | "packageName" => &mut packages.name,
            "repoManagerHost" => &mut packages.repo_manager_host,
            "repoName" => &mut packages.repo_name,
            _ => {
                return Err(Refused::bad(format!(
                    "unknown filter {key:?}: there are name, repoManagerHost and repoName"
                )));
            }
        };
        // As contexts have them.
        let value = if key == "repoManagerHost" {
            value.trim_end_matches('/').to_owned()
        } else {
            value
        };
        if value.is_empty() || filter.replace(value).is_some() {
            return Err(Refused::bad(format!("the filter {key:?} is empty or given twice")));
        }
    }
    told(admin.gateway.verdicts().forget_packages(packages).await, "packages")
}

/// The section that serves a type: verdicts are kept by it.
fn section(admin: &Admin, kind: &str) -> Result<String, Refused> {
    let wanted = kind.to_lowercase();
    let plugin = admin
        .plugins
        .section(&wanted)
        .or_else(|| admin.plugins.purl_type(&wanted));
    if let Some(plugin) = plugin {
        return Ok(plugin.description().name.clone());
    }
    let mut known: Vec<String> = Vec::new();
    for plugin in admin.plugins.iter() {
        let description = plugin.description();
        known.push(description.name.clone());
        known.extend(
            description
                .purl_types
                .iter()
                .filter(|kind| **kind != description.name)
                .cloned(),
        );
    }
    let known = known.join(", ");
    Err(Refused::bad(format!(
        "no plugin knows the package type {kind:?}: there are {known}"
    )))
}

/// Keys and values, percent-decoded; `+` stays what it is, as in versions.
fn query(uri: &Uri) -> Result<Vec<(String, String)>, Refused> {
    let pairs = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty());
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned);
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect::<Result<_, std::str::Utf8Error>>()
        .map_err(|_| Refused::bad("the query is not percent-encoded UTF-8"))
}

async fn whole(body: Body) -> Result<Bytes, Refused> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is above {LARGEST_BODY} bytes: send fewer package URLs at once"),
        )),
        Err(error) => Err(Refused::bad(format!("the body could not be read: {error}"))),
    }
}

fn parse(body: &[u8]) -> Result<Vec<String>, Refused> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let understood = serde_json::from_slice(body).and_then(|value: Value| match value {
        Value::Array(_) => serde_json::from_value(value),
        _ => serde_json::from_value(value).map(|Purls { purls }| purls),
    });
    understood.map_err(|error| {
        Refused::bad(format!(
            r#"the body is neither {{"purls": ["pkg:type/name@version"]}} nor an array of package URLs: {error}"#
        ))
    })
}

fn told(removed: Result<u64, CacheError>, what: &str) -> Result<Response, Refused> {
    match removed {
        Ok(deleted) => {
            tracing::info!(
                deleted,
                "verdicts of {what} were removed from the cache by an admin call"
            );
            Ok(json_reply(StatusCode::OK, &Deleted { deleted }))
        }
        Err(error @ CacheError::Disabled) => Err(Refused::new(StatusCode::CONFLICT, error.to_string())),
        Err(error) => {
            let message = format!("{error}; some entries may be removed already, repeat the call");
            Err(Refused::new(StatusCode::SERVICE_UNAVAILABLE, message).with(RETRY_AFTER, "1"))
        }
    }
}
