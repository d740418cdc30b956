use osa_plugin_sdk::{Error, conformance};

use crate::support::{Upstream, repository};

const ARTIFACT: &str = include_str!("../fixtures/artifact.xml");
const SNAPSHOT: &str = include_str!("../fixtures/snapshot.xml");
const PLUGINS: &str = include_str!("../fixtures/plugins.xml");

fn snapshot() -> Upstream {
    Upstream::new("com/acme/lib/1.0-SNAPSHOT/maven-metadata.xml", SNAPSHOT)
}

fn plugins() -> Upstream {
    Upstream::new("com/acme/maven-metadata.xml", PLUGINS)
}

/// The document without these lines, and with these in the place of others.
fn edited(without: &[&str], instead: &[(&str, &str)]) -> String {
    let mut text = ARTIFACT.to_owned();
    for version in without {
        text = text.replace(&format!("      <version>{version}</version>\n"), "");
    }
    for (old, new) in instead {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    text
}

#[test]
fn every_version_is_offered_once() {
    assert_eq!(
        Upstream::artifact(ARTIFACT).offers(),
        [
            "2.1-SNAPSHOT",
            "2.0",
            "0.9",
            "1.0-beta-1",
            "1.0",
            "1.1.Final",
            "2.0-rc1"
        ]
        .map(|version| format!("pkg:maven/com.acme/lib-1.2-api@{version}"))
    );
}

#[test]
fn refused_versions_go_with_their_lines_and_nothing_else_changes() {
    let metadata = Upstream::artifact(ARTIFACT);
    assert_eq!(metadata.served(&[]).as_deref(), Some(ARTIFACT));
    assert_eq!(metadata.served(&["1.0", "0.9"]).unwrap(), edited(&["1.0", "0.9"], &[]));
    assert_eq!(metadata.served(&["2.0-rc1"]).unwrap(), edited(&["2.0-rc1"], &[]));
}

#[test]
fn latest_and_release_name_what_is_left() {
    let metadata = Upstream::artifact(ARTIFACT);
    let latest = |version| ("<latest>2.1-SNAPSHOT", format!("<latest>{version}"));
    let release = |version| ("<release>2.0", format!("<release>{version}"));
    for (refused, latest, release) in [
        (&["2.0"][..], latest("2.1-SNAPSHOT"), release("1.1.Final")),
        (&["2.1-SNAPSHOT"], latest("2.0"), release("2.0")),
        (&["2.1-SNAPSHOT", "2.0"], latest("1.1.Final"), release("1.1.Final")),
        (
            &["2.1-SNAPSHOT", "2.0", "1.1.Final", "1.0", "0.9"],
            latest("2.0-rc1"),
            release("2.0-rc1"),
        ),
    ] {
        let instead = [(latest.0, latest.1.as_str()), (release.0, release.1.as_str())];
        assert_eq!(
            metadata.served(refused).unwrap(),
            edited(refused, &instead),
            "{refused:?}"
        );
    }
}

#[test]
fn a_release_is_never_a_snapshot() {
    let metadata = Upstream::artifact(ARTIFACT);
    let all_but = ["0.9", "1.0-beta-1", "1.0", "1.1.Final", "2.0-rc1", "2.0"];
    let served = metadata.served(&all_but).unwrap();
    assert_eq!(served, edited(&all_but, &[("    <release>2.0</release>\n", "")]));
}

#[test]
fn when_nothing_is_left_there_is_no_document() {
    let all = [
        "0.9",
        "1.0-beta-1",
        "1.0",
        "1.1.Final",
        "2.0-rc1",
        "2.0",
        "2.1-SNAPSHOT",
    ];
    assert_eq!(Upstream::artifact(ARTIFACT).served(&all), None);
    assert_eq!(snapshot().served(&["1.0-SNAPSHOT"]), None);
}

#[test]
fn pointers_are_judged_though_no_version_is_listed() {
    let metadata = Upstream::artifact("<metadata><versioning><release> 2.0\n</release></versioning></metadata>");
    assert_eq!(metadata.offers(), ["pkg:maven/com.acme/lib-1.2-api@2.0"]);
    assert_eq!(metadata.served(&["2.0"]), None);
    let metadata = Upstream::versions("<release>3.0</release>", &["1.0", "2.0"]);
    assert!(metadata.served(&["3.0"]).unwrap().contains("<release>2.0</release>"));
}

#[test]
fn a_snapshot_is_one_component() {
    assert_eq!(snapshot().offers(), ["pkg:maven/com.acme/lib@1.0-SNAPSHOT"]);
    assert_eq!(snapshot().served(&[]).as_deref(), Some(SNAPSHOT));
}

#[test]
fn the_plugins_of_a_group_have_no_versions() {
    assert!(plugins().offers().is_empty());
    assert_eq!(plugins().served(&[]).as_deref(), Some(PLUGINS));
    assert_eq!(plugins().scan().unwrap().prefix, "pkg:maven/com/acme@");
}

#[test]
fn a_group_may_be_an_artifact_as_well() {
    let both = PLUGINS.replace(
        "</metadata>",
        "<versioning><versions><version>1</version><version>2</version></versions></versioning></metadata>",
    );
    let both = Upstream::new("com/acme/maven-metadata.xml", both);
    assert_eq!(both.offers(), ["pkg:maven/com/acme@1", "pkg:maven/com/acme@2"]);
    assert!(both.served(&["1"]).unwrap().contains("<prefix>acme</prefix>"));
}

#[test]
fn versions_are_read_as_xml_has_them() {
    let metadata = Upstream::versions(
        "<latest><![CDATA[1.0&2]]></latest>",
        &[
            "1&#46;0",
            " 1.0&amp;2\n",
            "<!-- a -->1.1<!-- b -->",
            "1.2<?pi?>.3",
            "<![CDATA[1.3]]>",
            "1.0",
            "",
            "\t\n",
        ],
    );
    assert_eq!(
        metadata.offers(),
        ["1.0%262", "1.0", "1.1", "1.2.3", "1.3"].map(|version| format!("pkg:maven/com.acme/lib-1.2-api@{version}"))
    );
    let served = metadata.served(&["1.0", "1.1"]).unwrap();
    assert!(
        !served.contains("&#46;") && !served.contains("1.1"),
        "every writing goes: {served}"
    );
    assert!(served.contains("<version> 1.0&amp;2\n</version>"), "{served}");
    let served = Upstream::versions("<latest>2</latest>", &["2", "1&lt;0"])
        .served(&["2"])
        .unwrap();
    assert!(served.contains("<latest>1&lt;0</latest>"), "{served}");
}

#[test]
fn only_the_list_of_versions_is_read() {
    let metadata = Upstream::artifact(
        "<metadata><version>0.1</version><versions><version>9</version></versions>\
         <a><versioning><versions><version>8</version></versions></versioning></a>\
         <versioning><latest/><versions/><version>7</version><versions><x><version>6</version></x><y/>\
         <version a='>'>5</version></versions><versions><version>4</version></versions></versioning></metadata>",
    );
    assert_eq!(
        metadata.offers(),
        ["5", "4"].map(|version| format!("pkg:maven/com.acme/lib-1.2-api@{version}"))
    );
}

#[test]
fn what_is_no_metadata_is_refused() {
    let nested = format!("<metadata>{}", "<a>".repeat(100_000));
    let bomb = "<!DOCTYPE metadata [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\
                <metadata><versioning><versions><version>&b;</version></versions></versioning></metadata>";
    let external = "<!DOCTYPE metadata SYSTEM 'file:///etc/passwd'><metadata/>";
    let undeclared = "<metadata><versioning><versions><version>&b;</version></versions></versioning></metadata>";
    let long = format!(
        "<metadata><versioning><versions><version>{}</version></versions></versioning></metadata>",
        "1".repeat(5000)
    );
    for body in [
        "",
        "not xml",
        "<html><body>Sign in</body></html>",
        "<html/>",
        "<metadata>",
        "<metadata></versioning></metadata>",
        "<metadata><versioning><versions><version>1</versions></versioning></metadata>",
        "<metadata><versioning><versions><version>1<b/></version></versions></versioning></metadata>",
        "<metadata/><metadata/>",
        nested.as_str(),
        bomb,
        external,
        undeclared,
        long.as_str(),
    ] {
        let found = Upstream::artifact(body).scan();
        assert!(
            matches!(found, Err(Error::Malformed(_))),
            "{}: {found:?}",
            body.chars().take(80).collect::<String>()
        );
    }
    let utf16: Vec<u8> = "\u{feff}<metadata/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert!(matches!(Upstream::artifact(utf16).scan(), Err(Error::Unsupported(_))));
    let root = Upstream::new("maven-metadata.xml", ARTIFACT);
    assert!(matches!(root.scan(), Err(Error::Malformed(_))));
    let other = Upstream::new("com/acme/lib/1.0/lib-1.0.pom", ARTIFACT);
    assert!(matches!(other.scan(), Err(Error::Unsupported(_))));
}

#[test]
fn the_promises_of_every_plugin_are_kept() {
    for document in [Upstream::artifact(ARTIFACT), snapshot(), plugins()] {
        conformance::edits(&repository(), document.case(), 100).unwrap();
        conformance::truncation(&repository(), document.case(), 500).unwrap();
    }
}
