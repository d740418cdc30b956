//! The order of versions, by node-semver's own examples.

use osa_plugin_npm::Plugin;
use osa_plugin_sdk::Guest;

#[test]
fn precedence_is_semver_s() {
    let huge = format!("1{}.0.0", "0".repeat(200));
    let expected = [
        "0.0.0-foo",
        "0.0.0",
        "0.0.1",
        "0.9.0",
        "0.10.0",
        "0.99.0",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.3-5",
        "1.2.3-4-foo",
        "1.2.3-5-foo",
        "1.2.3-asdf",
        "1.2.3",
        "2.0.0",
        "10.0.0",
        "18446744073709551616.0.0",
        &huge,
    ];
    let shuffled: Vec<String> = expected.iter().rev().map(ToString::to_string).collect();
    let ranks = Plugin::rank_versions(shuffled.clone());
    let mut order: Vec<_> = ranks.iter().map(|rank| rank.unwrap()).zip(shuffled).collect();
    order.sort();
    assert_eq!(
        order.iter().map(|(_, version)| version.as_str()).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(
        order.iter().map(|(rank, _)| *rank as usize).collect::<Vec<_>>(),
        (0..expected.len()).collect::<Vec<_>>()
    );
}

#[test]
fn equal_versions_share_a_rank() {
    let ranks = |versions: &[&str]| Plugin::rank_versions(versions.iter().map(ToString::to_string).collect());
    assert_eq!(
        ranks(&[
            "1.2.3",
            "v1.2.3",
            "=1.2.3",
            " v1.2.3 ",
            "01.2.3",
            "1.2.3+build",
            "1.2.2"
        ]),
        [Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), Some(0)]
    );
    assert_eq!(
        ranks(&["1.2.3-beta", "1.2.3beta", "1.2.3-beta.01", "1.2.3-beta.1"]),
        [Some(0), Some(0), Some(1), Some(1)]
    );
    let long = format!("1.2.3-{}", "x".repeat(300));
    let none = [
        "",
        "1",
        "1.2",
        "1.2.x",
        "latest",
        "1.2.3.4",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3+",
        "1.2.-3",
        "a1.2.3",
        &long,
    ];
    // A lone hyphen is a pre-release to node-semver.
    let expected = none.map(|text| (text == "1.2.3-").then_some(0));
    assert_eq!(ranks(&none), expected);
    assert_eq!(Plugin::rank_versions(Vec::new()), []);
}
