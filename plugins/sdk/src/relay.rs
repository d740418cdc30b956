//! For repositories whose documents are signed, so that everything is passed on as it is.

use crate::{Answer, Request, Route, Target};

/// The answer to anything but a request for a file.
pub fn read_only(request: &Request) -> Option<Route> {
    (!matches!(request.method.as_str(), "GET" | "HEAD")).then(|| {
        Route::Respond(Answer {
            status: 405,
            headers: vec![
                ("allow".into(), "GET, HEAD".into()),
                ("content-type".into(), "text/plain; charset=utf-8".into()),
            ],
            body: b"This repository is read-only here: publish to its registry.\n".to_vec(),
        })
    })
}

/// The path and query as the client wrote them.
pub fn as_written(origin: &str, request: &Request) -> Target {
    let path = &request.path;
    Target {
        origin: origin.into(),
        path: match &request.query {
            Some(query) => format!("{path}?{query}"),
            None => path.clone(),
        },
    }
}
