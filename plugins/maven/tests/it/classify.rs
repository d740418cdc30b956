use osa_plugin_maven::Maven;
use osa_plugin_sdk::{Artifact, Digest, GuestRepository as _, Request, Route, Target, conformance};

use crate::support::repository;

fn classify_at(registry: &str, path: &str) -> Route {
    let repository = Maven::new(&format!(r#"{{"registry": "{registry}"}}"#)).unwrap();
    repository.classify(conformance::get(path)).unwrap()
}

fn classify(path: &str) -> Route {
    repository().classify(conformance::get(path)).unwrap()
}

fn artifact(path: &str) -> Artifact {
    match classify(path) {
        Route::Artifact(artifact) => artifact,
        other => panic!("{path}: {other:?}"),
    }
}

#[track_caller]
fn judged(path: &str, purl: &str) {
    let found = artifact(path);
    let file_name = path.rsplit_once('/').unwrap().1.replace("%2B", "+");
    assert_eq!(found.purl.as_deref(), Some(purl), "{path}");
    assert!(found.scannable, "{path}");
    assert_eq!(found.file_name, file_name);
    assert_eq!((found.at.origin.as_str(), found.at.path.as_str()), ("registry", path));
}

#[test]
fn files_are_judged_as_the_version_of_their_folder() {
    for file in [
        "lib-1.0.jar",
        "lib-1.0-sources.jar",
        "lib-1.0-linux-x86_64.tar.gz",
        "lib-1.0.war",
        "lib-1.0-features.xml",
        "lib-1.0",
        "another-2.0.jar",
        "payload.bin",
        "lib-1.0.jar.pom",
        "lib-1.1.pom",
    ] {
        judged(&format!("com/acme/lib/1.0/{file}"), "pkg:maven/com.acme/lib@1.0");
    }
    judged("acme/lib/1.0/lib-1.0.jar", "pkg:maven/acme/lib@1.0");
    judged("com/acme/lib/1.0%2B7/lib-1.0%2B7.jar", "pkg:maven/com.acme/lib@1.0%2B7");
    judged(
        "com/acme/Lib/Finchley.SR1/Lib-Finchley.SR1.jar",
        "pkg:maven/com.acme/Lib@Finchley.SR1",
    );
}

#[test]
fn an_artifact_may_have_a_version_in_its_name() {
    judged(
        "org/acme/log-1.2-api/2.17.1/log-1.2-api-2.17.1.jar",
        "pkg:maven/org.acme/log-1.2-api@2.17.1",
    );
    judged(
        "org/acme/lib_2.13/1.0/lib_2.13-1.0.jar",
        "pkg:maven/org.acme/lib_2.13@1.0",
    );
    judged(
        "org/acme/lib-1.0/1.0-2/lib-1.0-1.0-2-1.0.jar",
        "pkg:maven/org.acme/lib-1.0@1.0-2",
    );
}

#[test]
fn builds_of_a_snapshot_are_the_snapshot() {
    for file in [
        "lib-1.0-SNAPSHOT.jar",
        "lib-1.0-20240102.030405-6.jar",
        "lib-1.0-20240102.030405-6-sources.jar",
    ] {
        judged(
            &format!("com/acme/lib/1.0-SNAPSHOT/{file}"),
            "pkg:maven/com.acme/lib@1.0-SNAPSHOT",
        );
    }
}

#[test]
fn checksums_and_signatures_are_judged_with_their_file() {
    for side_car in ["sha1", "md5", "sha256", "sha512", "asc", "asc.sha1", "sigstore.json"] {
        judged(
            &format!("com/acme/lib/1.0/lib-1.0.jar.{side_car}"),
            "pkg:maven/com.acme/lib@1.0",
        );
        assert!(
            !artifact(&format!("com/acme/lib/1.0/lib-1.0.pom.{side_car}")).scannable,
            "{side_car}"
        );
    }
}

#[test]
fn what_describes_a_version_is_judged_on_demand_only() {
    for path in [
        "com/acme/lib/1.0/lib-1.0.pom",
        "com/acme/lib/1.0/lib-1.0.module",
        "com/acme/lib/1.0-SNAPSHOT/lib-1.0-20240102.030405-6.pom",
    ] {
        let found = artifact(path);
        assert!(!found.scannable, "{path}");
        assert!(found.purl.unwrap().starts_with("pkg:maven/com.acme/lib@1.0"), "{path}");
    }
}

#[test]
fn metadata_is_a_document_and_so_are_its_checksums() {
    for path in [
        "com/acme/lib/maven-metadata.xml",
        "com/acme/lib/1.0-SNAPSHOT/maven-metadata.xml",
        "com/acme/maven-metadata.xml",
        "com/maven-metadata.xml",
        "com/acme/lib/maven-metadata-central.xml",
    ] {
        let Route::Document(document) = classify(path) else {
            panic!("{path}")
        };
        assert_eq!((document.at.path.as_str(), document.pinned), (path, false));
        for (extension, digest) in [
            ("sha1", Digest::Sha1),
            ("md5", Digest::Md5),
            ("sha256", Digest::Sha256),
            ("sha512", Digest::Sha512),
        ] {
            let Route::ChecksumOf((of, kind)) = classify(&format!("{path}.{extension}")) else {
                panic!("{path}")
            };
            assert_eq!((of.at, kind), (document.at.clone(), digest), "{path}.{extension}");
        }
    }
}

#[test]
fn edited_metadata_has_no_signature() {
    for extension in [".asc", ".asc.sha1", ".sig", ".gz", "x", ".sha384"] {
        let Route::Respond(answer) = classify(&format!("com/acme/lib/maven-metadata.xml{extension}")) else {
            panic!("{extension}")
        };
        assert_eq!(answer.status, 404, "{extension}");
        assert!(String::from_utf8(answer.body).unwrap().contains(".sha512"));
    }
    assert_eq!(classify("com/acme/lib/maven-metadata.xml%2Esha1"), Route::NotFound);
}

#[test]
fn listings_catalogues_and_indexes_pass() {
    for path in [
        "",
        "com/",
        "com/acme/lib/1.0/",
        "com/acme/lib",
        "archetype-catalog.xml",
        "archetype-catalog.xml.sha1",
        ".index/nexus-maven-repository-index.gz",
        ".index/nexus-maven-repository-index.zip",
        ".index/nexus-maven-repository-index.properties",
        ".meta/prefixes.txt",
        "robots.txt",
    ] {
        let target = Target {
            origin: "registry".into(),
            path: path.into(),
        };
        assert_eq!(classify(path), Route::Passthrough(target), "{path}");
    }
    let listing = Request {
        query: Some("C=M;O=A".into()),
        ..conformance::get("com/acme/")
    };
    let Route::Passthrough(target) = repository().classify(listing).unwrap() else {
        panic!()
    };
    assert_eq!(target.path, "com/acme/?C=M;O=A");
}

#[test]
fn a_package_that_lies_in_no_version_is_not_served() {
    for path in [
        "lib.jar",
        "com/lib-1.0.jar",
        "lib/1.0/lib-1.0.jar",
        "lib/jars/lib-1.0.jar.sha1",
        ".index/lib.zip",
    ] {
        let Route::Respond(answer) = classify(path) else {
            panic!("{path}")
        };
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            String::from_utf8(answer.body).unwrap().contains("no version's folder"),
            "{path}"
        );
    }
}

#[test]
fn what_upstream_could_read_in_another_way_is_not_found() {
    for path in [
        "com/acme/lib%2F1.0/lib-1.0.jar",
        "com/acme/lib/1.0/lib-1.0.jar;x=y",
        "com/acme;x/lib/1.0/lib-1.0.jar",
        "com/acme/lib/1.0/lib-1.0.jar%3B",
        "com/acme/lib/1.0/lib-1.0.jar%3Fx",
        "com/acme/lib/1.0/lib-1.0%252ejar",
        "com/acme/lib/1.0/lib-1.0.jar/",
        "com/acme/lib/1.0/lib-1.0/",
        "com/acme/lib/maven-metadata.xml/",
        "com/acme/lib/1.0/%ff.jar",
    ] {
        assert_eq!(classify(path), Route::NotFound, "{path}");
    }
    let with_query = Request {
        query: Some("x=y".into()),
        ..conformance::get("com/acme/lib/1.0/lib-1.0.jar")
    };
    let Route::Artifact(found) = repository().classify(with_query).unwrap() else {
        panic!()
    };
    assert_eq!(found.at.path, "com/acme/lib/1.0/lib-1.0.jar");
}

#[test]
fn repository_managers_have_the_same_paths_below_a_prefix() {
    for (registry, above) in [
        ("https://nexus.example/repository/central", ""),
        ("https://nexus.example/nexus/content/groups/public/", ""),
        ("https://host.example/artifactory/libs", ""),
        ("https://nexus.example", "repository/central/"),
        ("https://host.example/artifactory", "libs/"),
        ("https://registry.example", "maven2/"),
    ] {
        let path = format!("{above}com/acme/lib/1.0/lib-1.0.jar");
        let Route::Artifact(found) = classify_at(registry, &path) else {
            panic!("{registry}")
        };
        assert_eq!(found.purl.as_deref(), Some("pkg:maven/com.acme/lib@1.0"), "{registry}");
        assert_eq!(found.at.path, path);
        let metadata = classify_at(registry, &format!("{above}com/acme/lib/maven-metadata.xml"));
        assert!(matches!(metadata, Route::Document(_)), "{registry}");
    }
    let Route::Respond(answer) = classify_at("https://nexus.example", "repository/central/lib.jar") else {
        panic!()
    };
    assert_eq!(answer.status, 403);
}

#[test]
fn nothing_is_written() {
    for method in ["PUT", "POST", "DELETE"] {
        let request = Request {
            method: method.into(),
            ..conformance::get("com/acme/lib/1.0/lib-1.0.jar")
        };
        let Route::Respond(answer) = repository().classify(request).unwrap() else {
            panic!("{method}")
        };
        assert_eq!(answer.status, 405, "{method}");
    }
}
