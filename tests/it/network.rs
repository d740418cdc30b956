//! The way upstream: HTTP proxies from the environment, and whose certificates are trusted.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use osa_proxy_tests::npm::{FULL, Npm, Package};
use osa_proxy_tests::proxy::Setup;
use osa_proxy_tests::skip::skip;
use osa_proxy_tests::upstream::{Resource, Upstream};
use osa_proxy_tests::wire::Ask;

fn cog() -> Package {
    Package::new("cog").versions(["1.0.0", "2.0.0"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_proxy_is_used_but_for_the_hosts_that_are_excepted() {
    let forward = Upstream::start().await;
    let document = cog().packument("http://registry.example", false);
    forward.put("http://registry.example/cog", Resource::new(FULL, document));
    let near = Npm::with(&[cog()]).await;
    let more = format!("    - name: near\n      registry: {}\n", near.server.url());
    let proxy = Setup::npm("http://registry.example")
        .section(&more)
        .env("HTTP_PROXY", &forward.url())
        .env("http_proxy", &forward.url())
        .env("NO_PROXY", "127.0.0.1")
        .start();
    let far = Ask::get(&format!("{}/npm/cog", proxy.url())).send().await;
    assert_eq!(far.status, 200, "{}", far.text());
    assert_eq!(forward.received()[0].target, "http://registry.example/cog");
    assert_eq!(Ask::get(&format!("{}/near/cog", proxy.url())).send().await.status, 200);
    assert_eq!(forward.received().len(), 1, "NO_PROXY is heeded");
}

/// `openssl s_server` with a certificate for 127.0.0.1 that `ca.pem` has signed; ends with the test.
struct Secure {
    server: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Secure {
    fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        std::fs::write(at.join("san"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        openssl(
            at,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=test-ca -days 2",
        )?;
        openssl(
            at,
            "req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=registry",
        )?;
        openssl(
            at,
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 2 -extfile san",
        )?;
        // What s_server -HTTP sends is the file as it is, head and all.
        let body = cog().packument("https://registry.example", false);
        let answer = format!(
            "HTTP/1.0 200 OK\r\ncontent-type: {FULL}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        std::fs::write(at.join("cog"), answer).unwrap();
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = Command::new("openssl")
            .args([
                "s_server", "-HTTP", "-quiet", "-cert", "leaf.pem", "-key", "leaf.key", "-accept",
            ])
            .arg(format!("127.0.0.1:{port}"))
            .current_dir(at)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let started = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(50));
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(started, "openssl s_server does not listen");
        Ok(Self {
            server,
            url: format!("https://127.0.0.1:{port}"),
            folder,
        })
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn openssl(folder: &Path, arguments: &str) -> Result<(), String> {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output();
    let output = output.map_err(|error| format!("openssl: {error}"))?;
    assert!(
        output.status.success(),
        "openssl {arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_checked_against_ssl_cert_file() {
    let secure = match Secure::start() {
        Ok(secure) => secure,
        Err(reason) => return skip("network::certificates_are_checked_against_ssl_cert_file", &reason),
    };
    let authority = secure.folder.path().join("ca.pem");
    let trusting = Setup::npm(&secure.url)
        .env("SSL_CERT_FILE", authority.to_str().unwrap())
        .start();
    let answer = Ask::get(&format!("{}/npm/cog", trusting.url())).send().await;
    assert_eq!(answer.status, 200, "{}\n{}", answer.text(), trusting.log());

    let wary = Setup::npm(&secure.url).start();
    let answer = Ask::get(&format!("{}/npm/cog", wary.url())).send().await;
    assert_eq!(
        (answer.status, answer.header("x-osa-blame")),
        (502, Some("upstream")),
        "{}",
        answer.text()
    );
    assert!(
        answer.text().contains("certificate"),
        "says what is wrong: {}",
        answer.text()
    );
}
