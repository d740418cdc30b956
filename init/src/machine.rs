//! What is asked of this machine: variables, programs, one page.

use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::process::Command;
use url::Url;

/// Package managers start slowly, but not this slowly.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than any index page that is asked for.
const LARGEST_PAGE: usize = 32 << 20;

pub(crate) trait Machine: Send + Sync {
    fn env(&self, name: &str) -> Option<String>;

    /// What `program` prints, without blanks around it; none when it is not there or fails.
    fn run<'a>(&'a self, program: &'a str, arguments: &'a [&'a str]) -> BoxFuture<'a, Option<String>>;

    /// A text file; none when it is not there or is no text.
    fn file(&self, path: &str) -> Option<String>;

    /// A page, HTML or JSON, and the URL it came from in the end.
    fn page<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(Url, String), String>>;
}

pub(crate) struct Real {
    client: reqwest::Client,
}

impl Real {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        Self { client }
    }

    async fn fetch(&self, url: &Url) -> Result<(Url, String), String> {
        let mut url = url.clone();
        // The client does not follow by itself: it is made for a proxy.
        for _ in 0..5 {
            let request = self
                .client
                .get(url.clone())
                .header("accept", "text/html, application/json;q=0.9");
            // reqwest's errors name the URL, which may hold a password.
            let mut answer = request.send().await.map_err(|error| error.without_url().to_string())?;
            if answer.status().is_redirection() {
                let location = answer
                    .headers()
                    .get("location")
                    .and_then(|location| location.to_str().ok());
                url = location
                    .and_then(|location| url.join(location).ok())
                    .ok_or("redirects to nowhere")?;
                continue;
            }
            if !answer.status().is_success() {
                return Err(format!("answers with status {}", answer.status().as_u16()));
            }
            let mut body = Vec::new();
            while let Some(piece) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
                body.extend_from_slice(&piece);
                if body.len() > LARGEST_PAGE {
                    return Err("is too long a page".into());
                }
            }
            return Ok((url, String::from_utf8_lossy(&body).into_owned()));
        }
        Err("redirects in a circle".into())
    }
}

impl Machine for Real {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn run<'a>(&'a self, program: &'a str, arguments: &'a [&'a str]) -> BoxFuture<'a, Option<String>> {
        async move {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            (output.status.success() && !text.is_empty()).then_some(text)
        }
        .boxed()
    }

    fn file(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    fn page<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(Url, String), String>> {
        async move {
            let fetch = tokio::time::timeout(PATIENCE, self.fetch(url)).await;
            fetch.unwrap_or_else(|_| Err("does not answer in time".into()))
        }
        .boxed()
    }
}
