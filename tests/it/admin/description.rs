//! The OpenAPI document and the page that shows it.

use std::collections::BTreeSet;

use osa_proxy_tests::wire::Ask;

use super::stage::{Stage, cache, error};

const METHODS: [&str; 6] = ["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH"];

/// Every route there is. One that is added without being described, or the other way round, shows below.
const ROUTES: [(&str, &str); 10] = [
    ("GET", "/actuator/prometheus"),
    ("GET", "/api/openapi.json"),
    ("GET", "/api/swagger"),
    ("GET", "/api/swagger/"),
    ("GET", "/api/swagger/{file}"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
    ("DELETE", "/api/cache/packages/{packageType}"),
    ("DELETE", "/api/cache/purls"),
];

fn example(path: &str) -> String {
    path.replace("{file}", "swagger-ui.css")
        .replace("{packageType}", "widget")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_lists_exactly_the_routes_that_exist() {
    let stage = Stage::start(|setup| setup.section(&cache(None))).await;
    let document = stage.get("/api/openapi.json").await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut listed = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
            assert!(!operation["responses"].as_object().unwrap().is_empty(), "{path}");
            listed.insert((method.to_uppercase(), path.clone()));
        }
    }
    let routes = ROUTES.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(listed, BTreeSet::from(routes));
    let tokens = &document["paths"]["/api/cache/purls"]["delete"]["security"];
    assert!(tokens.to_string().contains("admin.token"), "{tokens}");

    for (served, path) in ROUTES {
        let allowed: &[&str] = if served == "GET" { &["GET", "HEAD"] } else { &["DELETE"] };
        for method in METHODS {
            let answer = Ask::new(method, &format!("{}{}", stage.proxy.url(), example(path)))
                .send()
                .await;
            if allowed.contains(&method) {
                assert!(
                    !matches!(answer.status, 404 | 405),
                    "{method} {path}: {}",
                    answer.status
                );
                continue;
            }
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(
                answer.header("allow"),
                Some(allowed.join(",").as_str()),
                "{method} {path}"
            );
            if method != "HEAD" {
                assert!(error(&answer).contains(method), "{}", answer.text());
            }
        }
        if served == "GET" {
            let url = format!("{}{}", stage.proxy.url(), example(path));
            let (get, head) = (Ask::get(&url).send().await, Ask::head(&url).send().await);
            assert_eq!(get.status, head.status, "{path}");
            assert_eq!(get.header("content-type"), head.header("content-type"), "{path}");
            assert!(
                head.header("content-length").is_some() && head.body.is_empty(),
                "{path}"
            );
        }
    }
    for path in [
        "/api",
        "/api/",
        "/api/cache",
        "/api/cache/",
        "/api/cache/purls/x",
        "/api/swagger/no.js",
        "/api/v1",
    ] {
        for method in ["GET", "DELETE"] {
            let answer = Ask::new(method, &format!("{}{path}", stage.proxy.url())).send().await;
            if (method, path) == ("DELETE", "/api/swagger/no.js") {
                assert_eq!(answer.status, 405);
                continue;
            }
            assert_eq!(answer.status, 404, "{method} {path}");
            assert!(!error(&answer).is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_all_it_loads_come_from_here() {
    let stage = Stage::start(|setup| setup).await;
    let redirect = stage.get("/api/swagger").await;
    assert_eq!((redirect.status, redirect.header("location")), (308, Some("swagger/")));
    let page = stage.get("/api/swagger/").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let html = page.text();
    let loaded: Vec<&str> = html
        .split(['"', '\''])
        .zip(html.split(['"', '\'']).skip(1))
        .filter(|(before, _)| before.ends_with("src=") || before.ends_with("href="))
        .map(|(_, url)| url)
        .collect();
    assert_eq!(
        loaded,
        [
            "swagger-ui.css",
            "favicon-32x32.png",
            "swagger-ui-bundle.js",
            "start.js"
        ]
    );
    assert!(!html.contains("//"), "{html}");
    for file in loaded {
        let answer = stage.get(&format!("/api/swagger/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.whole && answer.body.len() > 50, "{file}");
        let kind = answer.header("content-type").unwrap();
        let expected = match file.rsplit_once('.').unwrap().1 {
            "css" => "text/css",
            "js" => "text/javascript",
            _ => "image/png",
        };
        assert!(kind.starts_with(expected), "{file} {kind}");
        if expected == "text/css" {
            let foreign = answer.text().matches("url(").count()
                - answer.text().matches("url(data:").count()
                - answer.text().matches("url(\"data:").count();
            assert_eq!(foreign, 0, "{file}");
        }
    }
    let start = stage.get("/api/swagger/start.js").await.text();
    assert!(
        start.contains("url: '../openapi.json'") && start.contains("validatorUrl: null"),
        "{start}"
    );
    // Whatever a script may try: the browser is told to load from nowhere else.
    let policy = page.header("content-security-policy").unwrap();
    let sources = policy
        .split(';')
        .flat_map(|directive| directive.split_whitespace().skip(1));
    for source in sources {
        assert!(
            matches!(source, "'none'" | "'self'" | "'unsafe-inline'" | "data:"),
            "{source}"
        );
    }
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
}
