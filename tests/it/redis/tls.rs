//! `rediss://`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use osa_proxy_tests::redis::Redis;

use super::setup::{A, Script, config, instance, status};

/// Tells this test that it runs in a process of its own, and the port of Redis.
const INSIDE: &str = "OSA_PROXY_TEST_REDIS_TLS";

#[tokio::test]
async fn a_trusted_certificate_is_wanted() {
    if let Ok(port) = std::env::var(INSIDE) {
        let judge = Arc::new(Script::default());
        status(&instance(&judge, &config(format!("rediss://localhost:{port}"))), A).await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let args = [
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        cert.to_str().unwrap(),
        "--tls-key-file",
        key.to_str().unwrap(),
        "--tls-ca-cert-file",
        cert.to_str().unwrap(),
        "--tls-auth-clients",
        "no",
    ];
    let Some(redis) = Redis::start_with("redis: TLS", &args, None) else {
        return;
    };
    ask(port, Path::new("/nonexistent/roots.pem"));
    assert_eq!(redis.cli(&["DBSIZE"]), "0");
    ask(port, &cert);
    assert_eq!(redis.cli(&["DBSIZE"]), "1");
}

/// The certificates to trust are in the environment, which only a new process can be given.
fn ask(port: u16, trusted: &Path) {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "redis::tls::a_trusted_certificate_is_wanted"]);
    let status = test
        .env(INSIDE, port.to_string())
        .env("SSL_CERT_FILE", trusted)
        .output()
        .unwrap()
        .status;
    assert!(status.success());
}
