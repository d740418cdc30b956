//! `/info/GEM` and `/versions`.

use osa_plugin_ruby::Plugin;
use osa_plugin_sdk::{Guest, Outcome};
use proptest::prelude::*;

use crate::support::asked;

const INFO: &str = include_str!("../fixtures/info");
const VERSIONS: &str = include_str!("../fixtures/versions");

#[test]
fn every_line_of_an_info_is_a_candidate() {
    let index = asked("info/widget", INFO).scan().unwrap();
    assert_eq!(index.prefix, "pkg:gem/widget@");
    let found: Vec<_> = index.suffixes().collect();
    assert_eq!(
        found,
        ["1.0.0", "1.1.0", "1.1.0?platform=x86_64-linux", "2.0.0.rc1", "2.0.0"]
    );
}

#[test]
fn refused_lines_go_and_all_others_stay_as_they_are() {
    let info = asked("info/widget", INFO);
    assert_eq!(info.text(&[]), INFO);
    let left = info.text(&["@2.0.0", "platform=x86_64-linux"]);
    let expected: Vec<_> = INFO
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("2.0.0 ") && !line.starts_with("1.1.0-x86"))
        .collect();
    assert_eq!(left, expected.concat());
    info.edits_conform();
    let all = info.purls();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    assert_eq!(info.outcome(&all), Err(Outcome::AllRefused));
}

#[test]
fn lines_are_read_as_ruby_reads_them() {
    let info = "created_at: 2024-01-01T00:00:00Z\n1.0 |\n---\n\t 1.1 |checksum:a\r\n1.2\r\n1.3- |\n1.4-ruby |\n\n1.2 |again\n1.5";
    let info = asked("info/widget", info);
    let end = |purls: Vec<String>| purls.concat().replace("pkg:gem/widget@", " ");
    assert_eq!(end(info.purls()), " 1.1 1.2 1.3 1.4 1.5");
    assert_eq!(
        info.text(&["@1.2", "@1.4"]),
        "created_at: 2024-01-01T00:00:00Z\n1.0 |\n---\n\t 1.1 |checksum:a\r\n1.3- |\n\n1.5"
    );
    // Without a header every line counts, and a line that only looks like one is none.
    let info = asked("info/widget", "--- \n1.0 |\n----\n1.1 |\n---\r\n1.2 |");
    assert_eq!(end(info.purls()), " 1.0 1.1 1.2");
}

#[test]
fn lines_that_name_no_version_are_not_passed_on() {
    let info = asked(
        "info/widget",
        b"---\n1.0 |\nabc |\n-java |\n1..1 |\n1.1_\xff |\n1.2\xc2\xa0 |\n1.3 |",
    );
    assert_eq!(info.purls().len(), 2);
    assert_eq!(info.text(&[]), "---\n1.0 |\n1.3 |");
    assert_eq!(asked("info/widget", "").text(&[]), "");
    assert_eq!(asked("info/widget", "---").text(&[]), "---");
    assert_eq!(asked("info/widget", "---\n").purls().len(), 0);
}

#[test]
fn no_copy_of_an_info_has_the_md5_that_versions_tells() {
    let versions = asked("versions", VERSIONS);
    assert!(versions.purls().is_empty());
    let served = versions.text(&[]);
    let expected = VERSIONS
        .replace("05d0116933ba44b0b5d0ee19bfd35ccc", "15d0116933ba44b0b5d0ee19bfd35ccc")
        .replace("1a29dc9e5a5b0c8d7e6f5a4b3c2d1e0f", "2a29dc9e5a5b0c8d7e6f5a4b3c2d1e0f")
        .replace("9f8e7d6c5b4a39281706f5e4d3c2b1a0", "af8e7d6c5b4a39281706f5e4d3c2b1a0")
        .replace("f0e1d2c3b4a5968778695a4b3c2d1e0f", "00e1d2c3b4a5968778695a4b3c2d1e0f")
        .replace("a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5", "b0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5")
        .replace(
            "-1.0.0 b0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
            "-1.0.0 c0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
        );
    assert_eq!(served, expected);
    versions.conforms();
}

#[test]
fn versions_keeps_its_length_and_its_beginning() {
    // So that a client that has the beginning can ask for the rest.
    let grown = format!("{VERSIONS}acme 1.2.0 c0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5\n");
    let (before, after) = (
        asked("versions", VERSIONS).text(&[]),
        asked("versions", &grown).text(&[]),
    );
    assert_eq!(before.len(), VERSIONS.len());
    assert!(after.starts_with(&before));
}

#[test]
fn odd_lines_of_versions() {
    for (line, served) in [
        ("widget 1.0", "widget 1.0"),
        ("widget", "widget"),
        ("", ""),
        ("widget 1.0 abc", "widget 1.0 bbc"),
        ("widget 1.0 abc \r", "widget 1.0 bbc \r"),
        ("widget 1.0 Ab", "widget 1.0 0b"),
        ("widget 1.0  0", "widget 1.0  1"),
        ("widget  1.0 a b", "widget  1.0 a c"),
        ("  widget 1.0", "  widget 1.0"),
        ("widget 1.0 \u{e4}", "widget 1.0 \u{e4}"),
    ] {
        let body = format!("---\n{line}\nacme 1 f\n");
        let served = format!("---\n{served}\nacme 1 0\n");
        if line.is_ascii() {
            assert_eq!(asked("versions", &body).text(&[]), served, "{line}");
        } else {
            // Never half a character.
            assert!(asked("versions", &body).served(&[]).len() <= served.len() + 1);
        }
    }
    assert_eq!(asked("versions", "").text(&[]), "");
}

#[test]
fn versions_rank_as_rubygems_orders_them() {
    let versions = ["2.0.0", "2.0.0.rc1", "2.0", "1.10", "1.9.9", "x"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(
        Plugin::rank_versions(versions),
        [Some(3), Some(2), Some(3), Some(1), Some(0), None]
    );
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ("[1-3]\\.[0-3](\\.rc1)?", "(-java|-x86_64-linux|-ruby|-)?", "( [a-z]+:>= 0\\|checksum:[0-9a-f]{8}| \\||)")
            .prop_map(|(version, platform, rest)| format!("{version}{platform}{rest}")),
        1 => "[ -~]{0,12}",
    ]
}

proptest! {
    #[test]
    fn an_edited_info_is_the_lines_that_are_left(
        lines in prop::collection::vec(line(), 0..30), header in any::<bool>(), refused in any::<u64>(), open in any::<bool>(),
    ) {
        let mut body = if header { "---\n".to_owned() } else { String::new() };
        body += &lines.join("\n");
        if open { body.push('\n'); }
        let info = asked("info/widget", &body);
        let purls = info.purls();
        let gone: Vec<_> = purls.iter().enumerate().filter(|(at, _)| refused >> (at % 64) & 1 == 1).map(|(_, purl)| purl.as_str()).collect();
        let served = info.outcome(&gone);
        if !purls.is_empty() && gone.len() == purls.len() {
            prop_assert_eq!(served, Err(Outcome::AllRefused));
            return Ok(());
        }
        // Line by line, as a client reads it.
        let start = body.split('\n').position(|line| line == "---").map_or(0, |at| at + 1);
        let version = |line: &str| {
            let word = line.split_ascii_whitespace().next()?;
            let (version, platform) = word.split_once('-').unwrap_or((word, ""));
            let platform = if matches!(platform, "" | "ruby") { String::new() } else { format!("?platform={}", osa_plugin_sdk::purl::encode(platform)) };
            Some((version.to_owned(), format!("pkg:gem/widget@{version}{platform}")))
        };
        let is_version = |text: &str| Plugin::rank_versions(vec![text.to_owned()]) != [None];
        let mut expected = String::new();
        for (at, line) in body.split_inclusive('\n').enumerate() {
            let stays = at < start || version(line).is_none_or(|(version, purl)| is_version(&version) && !gone.contains(&purl.as_str()));
            if stays { expected += line; }
        }
        prop_assert_eq!(String::from_utf8(served.unwrap()).unwrap(), expected);
    }

    #[test]
    fn versions_changes_in_one_byte_of_each_checksum(lines in prop::collection::vec("[a-z]{1,5} [0-9.,-]{1,9}( [0-9a-f]{32})?", 0..30)) {
        let body = format!("created_at: x\n---\n{}\n", lines.join("\n"));
        let served = asked("versions", &body).text(&[]);
        for (before, after) in body.lines().zip(served.lines()) {
            let (before, after): (Vec<_>, Vec<_>) = (before.split(' ').collect(), after.split(' ').collect());
            prop_assert_eq!(before.get(..2), after.get(..2));
            prop_assert_eq!(before.len(), after.len());
            if let (Some(before), Some(after)) = (before.get(2), after.get(2)) {
                prop_assert!(before[..1] != after[..1] && before[1..] == after[1..]);
            }
        }
    }
}
