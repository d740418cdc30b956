//! Plugins that are refused at load, with a message that tells their author or the operator what to do.

use osa_proxy_tests::odd::{Odd, component};
use osa_proxy_tests::proxy::{Setup, built_plugin};
use osa_proxy_tests::upstream::Upstream;
use osa_proxy_tests::wire::Ask;

fn with(name: &str, bytes: Vec<u8>) -> Setup {
    Setup::widget("https://widgets.example").plugin_file(name, bytes)
}

fn assert_refused(setup: &Setup, words: &[&str]) {
    let output = setup.refused();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64), "{words:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    assert!(!text.contains("panicked at"), "{text}");
}

#[test]
fn what_is_no_plugin() {
    assert_refused(&with("empty.wasm", Vec::new()), &["empty.wasm"]);
    assert_refused(
        &with("text.wasm", b"this is no WebAssembly at all".to_vec()),
        &["text.wasm", "WebAssembly"],
    );
    let mut damaged = built_plugin("widget");
    let length = damaged.len();
    damaged.truncate(length / 2);
    assert_refused(&with("half.wasm", damaged), &["half.wasm"]);
    let mut garbage = b"\0asm\x0d\0\x01\0".to_vec();
    garbage.extend([0xa5; 1000]);
    assert_refused(&with("garbage.wasm", garbage), &["garbage.wasm"]);
}

#[test]
fn foreign_imports() {
    for (odd, import) in [
        (Odd::importing_the_unknown(), "acme:net/sockets"),
        (Odd::importing_wasi(), "wasi:random/random"),
    ] {
        assert_refused(&with("odd.wasm", odd.module()), &["odd.wasm", import]);
        assert_refused(&with("odd.wasm", odd.component()), &["odd.wasm", import]);
    }
}

#[test]
fn another_version_of_the_interface() {
    assert_refused(
        &with("odd.wasm", Odd::of_version("0.2.0").module()),
        &["odd.wasm", "handler@0.2.0", "0.1"],
    );
}

#[test]
fn the_same_version_with_other_types() {
    assert_refused(
        &with("odd.wasm", Odd::of_other_types().module()),
        &["odd.wasm", "built for another state of the interface", "same release"],
    );
}

#[test]
fn missing_exports() {
    assert_refused(
        &with("odd.wasm", Odd::without_exports().module()),
        &["odd.wasm", "osa:ecosystem/handler"],
    );
}

#[test]
fn descriptions_that_loop_trap_or_lie() {
    for odd in [
        Odd::whose_description_loops(),
        Odd::whose_description_traps(),
        Odd::whose_description_lies_outside_of_memory(),
    ] {
        assert_refused(&with("odd.wasm", odd.module()), &["odd.wasm", "describe"]);
    }
    for name in ["", "codescoring", "http", "a/b", "a b", "A", "..", "odd\nforged"] {
        assert_refused(&with("odd.wasm", Odd::named(name).module()), &["odd.wasm"]);
    }
    for purl_type in ["", "a/b", "a b", "pkg:odd"] {
        assert_refused(
            &with("odd.wasm", Odd::with_purl_type(purl_type).module()),
            &["odd.wasm"],
        );
    }
}

#[test]
fn two_plugins_of_one_name() {
    assert_refused(
        &with("other.wasm", built_plugin("widget")),
        &["widget.wasm", "other.wasm"],
    );
}

#[test]
fn a_folder_that_is_not_there() {
    let setup = Setup::default().section("npm:\n  enabled: false\n");
    assert_refused(&setup.plugin_directory("no-such-folder"), &["no-such-folder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_loaded_as_well_as_a_core_module() {
    let registry = Upstream::start().await;
    let widget = built_plugin("widget");
    let setup = Setup::default()
        .plugin_file("as-a-component.wasm", component(&widget))
        .plugin_file("README.md", b"not a plugin".to_vec())
        .plugin_file("odd.wasm", Odd::named("odd").module())
        .section(&osa_proxy_tests::proxy::repository("widget", "w", &registry.url(), ""));
    let proxy = setup.start();
    assert_eq!(
        Ask::get(&format!("{}/w/about", proxy.url())).send().await.text(),
        "widgets"
    );
}

#[test]
fn a_repository_that_its_plugin_refuses() {
    for (open, words) in [
        ("open-error", "this registry is closed"),
        ("open-panic", "hostile"),
        ("open-loop", "hostile"),
    ] {
        let section = osa_proxy_tests::proxy::repository(
            "hostile",
            "h",
            "https://registry.example",
            &format!("      open: {open}\n"),
        );
        let output = Setup::default().plugin("hostile").section(&section).refused();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{open}");
        assert!(text.contains(words), "{open}: {text}");
    }
}
