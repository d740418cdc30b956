//! The description of our endpoints, made from their code, and the page that shows it. The page lies in this binary and loads
//! nothing from anywhere else.

use std::collections::HashMap;
use std::io::{Cursor, Read as _};
use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;
use zip::result::ZipResult;

use super::Admin;
use crate::reply::{Refused, json_text};

#[derive(OpenApi)]
#[openapi(
    info(title = "osa-proxy", description = "What the proxy serves beside its repositories."),
    modifiers(&Token),
)]
pub(super) struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("`admin.token` of osa-proxy.yml, where it is set"));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("admin.token", SecurityScheme::Http(bearer.build()));
    }
}

/// Scripts and styles from here alone. The UI writes styles into elements and draws with images in data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>osa-proxy</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" href="favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
"#;

/// `validatorUrl: null`: else the page shows the description to a service on the Internet.
const START: &str =
    "SwaggerUIBundle({ url: '../openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n";

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Of the archive's files, those that the page loads.
const FILES: [(&str, &str); 3] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", JAVASCRIPT),
    ("favicon-32x32.png", "image/png"),
];

/// Unpacked when somebody looks at the page for the first time.
static UNPACKED: LazyLock<ZipResult<HashMap<&'static str, Bytes>>> = LazyLock::new(unpack);

fn unpack() -> ZipResult<HashMap<&'static str, Bytes>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut unpacked = HashMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at)?;
        // Below a folder that carries the version.
        let wanted = file.name()?.split_once('/').and_then(|(_, path)| {
            let path = path.strip_prefix("dist/")?;
            FILES.iter().map(|(name, _)| *name).find(|name| *name == path)
        });
        if let Some(name) = wanted {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            unpacked.insert(name, Bytes::from(bytes));
        }
    }
    Ok(unpacked)
}

/// This description
#[utoipa::path(get, path = "/api/openapi.json", tag = "description",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
pub(super) async fn openapi(State(admin): State<Arc<Admin>>) -> Response {
    json_text(StatusCode::OK, admin.document.get().cloned().unwrap_or_default())
}

/// To the page
#[utoipa::path(get, path = "/api/swagger", tag = "description", responses((status = 308, description = "/api/swagger/")))]
pub(super) async fn redirect() -> Redirect {
    // Relative, so that it holds below whatever path a reverse proxy puts before ours.
    Redirect::permanent("swagger/")
}

/// This description as a page
#[utoipa::path(get, path = "/api/swagger/", tag = "description",
    responses((status = 200, description = "Swagger UI", content_type = "text/html")))]
pub(super) async fn page() -> Response {
    file("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes()))
}

/// What the page consists of
#[utoipa::path(get, path = "/api/swagger/{file}", tag = "description",
    params(("file" = String, Path, description = "e.g. swagger-ui.css")),
    responses((status = 200, description = "a script, a style or an image"), (status = 404, description = "no such file")))]
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Refused> {
    match name.as_str() {
        "index.html" => return Ok(page().await),
        "start.js" => return Ok(file(JAVASCRIPT, Bytes::from_static(START.as_bytes()))),
        _ => {}
    }
    let unpacked = UNPACKED.as_ref().map_err(|error| {
        tracing::error!(%error, "the files of the Swagger UI cannot be unpacked");
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the page's files cannot be unpacked")
    })?;
    let found = FILES.iter().find(|(known, _)| *known == name);
    match found.and_then(|(known, kind)| Some((kind, unpacked.get(known)?))) {
        Some((kind, bytes)) => Ok(file(kind, bytes.clone())),
        None => Err(Refused::new(
            StatusCode::NOT_FOUND,
            format!("the page has no file {name:?}"),
        )),
    }
}

fn file(kind: &'static str, bytes: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Another version of the proxy may have other files.
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, bytes).into_response()
}
