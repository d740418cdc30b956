//! Real servers on free ports, for the tests of this folder.

use axum::Router;
use tokio::net::TcpListener;
use url::Url;

use super::Question;
use crate::config::{Codescoring, WorkMode};
use crate::secret::{SafeUrl, Secret};

/// Serves `router` until the test ends.
pub(super) async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url.parse().unwrap()
}

pub(super) fn http() -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The Judge at `url`, with retries after 10 and 20 milliseconds.
pub(super) fn codescoring(url: &Url) -> Codescoring {
    let mut codescoring = Codescoring {
        url: Some(SafeUrl::new(url.clone())),
        token: Secret::new("t0k"),
        ..Codescoring::default()
    };
    codescoring.retry.wait_duration = std::time::Duration::from_millis(10);
    codescoring
}

pub(super) fn question(count: usize) -> Question {
    Question {
        purls: (0..count).map(|n| format!("pkg:widget/a@{n}")).collect(),
        package_type: "widget".into(),
        mode: WorkMode::Strict,
        record: false,
        context: None,
    }
}
