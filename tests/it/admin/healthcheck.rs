//! `osa-proxy healthcheck`: a process of its own beside the proxy, as containers run it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::process::Output;
use std::time::{Duration, Instant};

use osa_proxy_tests::proxy::{Setup, osa_proxy};
use osa_proxy_tests::upstream::{Fault, Reply, Upstream};

/// One that nobody else is likely to take within the next moments.
fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    free.local_addr().unwrap().port()
}

/// In a folder with nothing but this `osa-proxy.yml`, whose plugins and policy are not there.
fn check(yaml: &str, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("osa-proxy.yml"), yaml).unwrap();
    let mut command = osa_proxy(folder.path());
    // No shell, no curl: not even a PATH.
    command
        .env_clear()
        .arg("healthcheck")
        .args(arguments)
        .envs(env.iter().copied());
    command.output().unwrap()
}

fn at(address: impl Into<SocketAddr>) -> String {
    format!(
        "http:\n  server:\n    address: \"{}\"\nnpm:\n  enabled: true\n",
        address.into()
    )
}

#[track_caller]
fn assert_ill(output: &Output, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    // An error of the configuration shows an example below.
    let sentences = text.lines().filter(|line| !line.starts_with("    for example: "));
    assert_eq!(sentences.filter(|line| !line.is_empty()).count(), 1, "{text}");
    for part in parts {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_proxy_that_runs_is_healthy_at_every_kind_of_address() {
    for ip in [
        IpAddr::from(Ipv4Addr::UNSPECIFIED),
        Ipv6Addr::UNSPECIFIED.into(),
        Ipv4Addr::LOCALHOST.into(),
    ] {
        // Machines without IPv6 cannot serve it.
        if TcpListener::bind((ip, 0)).is_err() {
            continue;
        }
        let address = SocketAddr::new(ip, free_port());
        let _proxy = Setup::default().address(&format!("\"{address}\"")).start();
        let output = check(&at(address), &[], &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{address}: {output:?}");
        assert!(
            text.starts_with("healthy: http://") && text.lines().count() == 1,
            "{text}"
        );
    }
}

#[test]
fn the_configuration_is_found_and_filled_in_as_by_serve() {
    let port = free_port();
    let proxy = Setup::default().address(&format!("127.0.0.1:{port}")).start();
    let yaml = "http:\n  server:\n    address: 127.0.0.1:${PORT}\n";
    let env = [("PORT", &*port.to_string()), ("http_proxy", "http://127.0.0.1:1")];
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("elsewhere.yml");
    std::fs::write(&elsewhere, yaml).unwrap();
    let elsewhere = elsewhere.to_str().unwrap();
    let wrong = at(([127, 0, 0, 1], 1));
    assert!(check(yaml, &[], &env).status.success());
    assert!(check(&wrong, &[elsewhere], &env).status.success());
    assert!(
        check(&wrong, &[], &[env[0], ("OSA_PROXY_CONFIG_PATH", elsewhere)])
            .status
            .success()
    );
    drop(proxy);
    assert_ill(
        &check(yaml, &[], &env),
        &["unhealthy: http://127.0.0.1:", "/healthz does not answer"],
    );
}

#[test]
fn what_cannot_be_asked_is_told_in_a_sentence() {
    assert_ill(
        &check(&at(([127, 0, 0, 1], 0)), &[], &[]),
        &["http.server.address", "port"],
    );
    assert_ill(
        &check("http:\n  server:\n    address: x\n", &[], &[]),
        &["osa-proxy.yml:3:14", "http.server.address"],
    );
    assert_ill(&check("", &["missing.yml"], &[]), &["missing.yml: no such file"]);
    // Accepts, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let start = Instant::now();
    let output = check(&at(silent.local_addr().unwrap()), &[], &[]);
    assert_ill(&output, &["does not answer within 2s"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_not_mistaken_for_a_proxy() {
    let other = Upstream::start().await;
    let address: SocketAddr = other.url().strip_prefix("http://").unwrap().parse().unwrap();
    assert_ill(&check(&at(address), &[], &[]), &["404"]);
    let mut garbage = Reply::ok("text/plain", "");
    garbage.fault = Fault::Garbage("SSH-2.0-OpenSSH_9.9\r\n".into());
    other.put("/healthz", garbage);
    assert_ill(&check(&at(address), &[], &[]), &["does not answer"]);
}
