//! npm, pip and apt against the registries that this machine is configured for, as `make run` has it: `osa-proxy init`
//! writes the configuration. Skipped where there is no such registry to be reached.

use std::process::Command;

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::proxy::{Proxy, built_plugin, osa_proxy, plugins_built};
use osa_proxy_tests::skip::skip;
use osa_proxy_tests::wire::Ask;

/// A proxy as `osa-proxy init` sets it up; none when this machine has no registry to offer.
fn initialised(test: &str, section: &str) -> Option<Proxy> {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    for name in plugins_built() {
        std::fs::write(plugins.join(format!("{name}.wasm")), built_plugin(&name)).unwrap();
    }
    // This machine's own settings are what it is about.
    let output = with_environment(osa_proxy(folder.path()))
        .args(["init", "osa-proxy.yml"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let written = std::fs::read_to_string(folder.path().join("osa-proxy.yml")).unwrap_or_default();
    if !output.status.success() || !has_section(&written, section) {
        skip(test, &format!("osa-proxy init found no registry for {section}: {text}"));
        return None;
    }
    let written = format!("{written}\nplugins:\n  directory: plugins\n");
    std::fs::write(folder.path().join("osa-proxy.yml"), written).unwrap();
    let mut serve = with_environment(osa_proxy(folder.path()));
    serve
        .args(["serve", "osa-proxy.yml"])
        .env("OSA_PROXY_ADDRESS", "127.0.0.1:0");
    Some(Proxy::launch(serve, folder))
}

fn has_section(written: &str, section: &str) -> bool {
    written.lines().any(|line| line == format!("{section}:"))
}

fn with_environment(mut command: Command) -> Command {
    command.envs(std::env::vars_os().filter(|(name, _)| name != "PIP_FIND_LINKS"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_installs_lodash_and_express() {
    let test = "clients::machine::npm_installs_lodash_and_express";
    let (Some(client), Some(proxy)) = (Client::of(Tool::Npm, test), initialised(test, "npm")) else {
        return;
    };
    let registry = format!("{}/npm", proxy.url());
    if Ask::get(&format!("{registry}/is-number")).send().await.status != 200 {
        return skip(test, "the npm registry of this machine cannot be reached");
    }
    let run = client.install_npm(&registry, &[("lodash", "*"), ("express", "*")]);
    assert!(run.ok, "{}", run.text);
    assert!(client.npm_version("lodash").is_some() && client.npm_version("express").is_some());
    let refused = client.install_npm(&registry, &[("event-stream", "3.3.6")]);
    assert!(!refused.ok, "{}", refused.text);
    let file = Ask::get(&format!("{registry}/event-stream/-/event-stream-3.3.6.tgz"))
        .send()
        .await;
    assert_eq!(file.status, 403);
    for name in ["x-osa-decision", "x-osa-policy", "x-osa-reason", "x-osa-request-id"] {
        assert!(file.header(name).is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pip_installs_requests() {
    let test = "clients::machine::pip_installs_requests";
    let (Some(client), Some(proxy)) = (Client::of(Tool::Pip, test), initialised(test, "pypi")) else {
        return;
    };
    let index = format!("{}/pypi/simple/", proxy.url());
    if Ask::get(&format!("{index}six/")).send().await.status != 200 {
        return skip(test, "the Python index of this machine cannot be reached");
    }
    let run = client.install_python(&index, &["requests"]);
    assert!(run.ok, "{}", run.text);
    assert!(client.read("site/requests/__init__.py").is_some());
    let refused = client.install_python(&index, &["urllib3==1.24.1"]);
    assert!(!refused.ok, "{}", refused.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn apt_updates_and_downloads() {
    let test = "clients::machine::apt_updates_and_downloads";
    let (Some(mut client), Some(proxy)) = (Client::of(Tool::Apt, test), initialised(test, "debian")) else {
        return;
    };
    // The release is the machine's own, as its keys are.
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let code_name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let vendor = release.lines().find_map(|line| line.strip_prefix("ID="));
    let (Some(code_name), Some(vendor @ ("debian" | "ubuntu"))) = (code_name, vendor) else {
        return skip(test, "this machine is neither Debian nor Ubuntu");
    };
    let archive = format!("{}/{vendor}", proxy.url());
    if Ask::head(&format!("{archive}/dists/{code_name}/InRelease"))
        .send()
        .await
        .status
        != 200
    {
        return skip(test, "the archive of this machine cannot be reached");
    }
    let keys = format!("/usr/share/keyrings/{vendor}-archive-keyring.gpg");
    client.apt_root(&format!("deb [signed-by={keys}] {archive} {code_name} main\n"));
    let run = client.run(&["update"]);
    assert!(run.ok && !run.text.contains("E: "), "{}", run.text);
    let run = client.run(&["download", "hello"]);
    assert!(run.ok, "{}", run.text);
    let downloaded = std::fs::read_dir(client.project()).unwrap();
    let mut names = downloaded.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(names.any(|name| name.starts_with("hello_")));
}
