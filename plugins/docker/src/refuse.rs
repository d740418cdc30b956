//! Answers of our own, in the form of the registry's errors.

use osa_plugin_sdk::{Answer, Route, json};

pub(crate) fn with(status: u16, code: &str, message: &str) -> Route {
    let body = format!(
        "{{\"errors\":[{{\"code\":\"{code}\",\"message\":{},\"detail\":null}}]}}\n",
        json::quote(message)
    );
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("docker-distribution-api-version".to_owned(), "registry/2.0".to_owned()),
        ("cache-control".to_owned(), "no-store".to_owned()),
    ];
    if status == 405 {
        headers.push(("allow".to_owned(), "GET, HEAD".to_owned()));
    }
    Route::Respond(Answer {
        status,
        headers,
        body: body.into_bytes(),
    })
}
