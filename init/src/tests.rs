use std::collections::HashMap;
use std::path::PathBuf;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use url::Url;

use crate::machine::Machine;
use crate::write;

/// A machine on which commands and pages are what the test says.
#[derive(Default)]
struct Fake {
    env: HashMap<&'static str, &'static str>,
    commands: HashMap<&'static str, &'static str>,
    pages: HashMap<&'static str, &'static str>,
    files: HashMap<&'static str, &'static str>,
}

impl Machine for Fake {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).map(ToString::to_string)
    }

    fn run<'a>(&'a self, program: &'a str, arguments: &'a [&'a str]) -> BoxFuture<'a, Option<String>> {
        let command = format!("{program} {}", arguments.join(" "));
        let output = self.commands.get(command.as_str()).map(ToString::to_string);
        async move { output }.boxed()
    }

    fn file(&self, path: &str) -> Option<String> {
        self.files.get(path).map(ToString::to_string)
    }

    fn page<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(Url, String), String>> {
        let page = self.pages.get(url.as_str()).map(|html| (url.clone(), html.to_string()));
        async move { page.ok_or_else(|| "answers with status 404".into()) }.boxed()
    }
}

const HELP: &str = "\
Package Index Options:
  -i, --index-url <url>       Base URL of the Python Package Index (default
                              https://index.example/simple). This should point
  --extra-index-url <url>     Extra URLs (default none)";

const PAGE: &str = r#"<a href="https://files.example/packages/ab/six-1.0.tar.gz#sha256=00">six-1.0.tar.gz</a>
<a href='https://files.example/packages/ab/six-1.1.tar.gz'>six</a><a href="/simple/other/">other</a>"#;

fn both() -> Fake {
    Fake {
        commands: HashMap::from([
            ("npm config get registry", "https://registry.example/"),
            ("pip --version", "pip 24.0"),
            ("pip install --help", HELP),
        ]),
        pages: HashMap::from([("https://index.example/simple/six/", PAGE)]),
        ..Fake::default()
    }
}

async fn init(machine: &Fake) -> (tempfile::TempDir, PathBuf, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("osa-proxy.local.yml");
    let report = write(&target, machine).await.unwrap();
    let config = std::fs::read_to_string(&target).unwrap();
    (folder, target, config, report.to_string())
}

#[tokio::test]
async fn what_is_found_is_written() {
    let (folder, target, config, report) = init(&both()).await;
    for part in [
        "file: \"policy.local.yml\"\n",
        "npm:\n  enabled: true\n  repository:\n    - name: npm\n      registry: \"https://registry.example\"\n      scan-manifest: true\n",
        "    - name: pypi\n      registry: \"https://index.example\"\n      # learnt",
        "\n      packages-registry: \"https://files.example\"\n      scan-manifest: true\n",
    ] {
        assert!(config.contains(part), "{part}\nin\n{config}");
    }
    assert!(
        !config.contains("additional-packages-registries") && !config.contains("{sections}"),
        "{config}"
    );
    let policy = std::fs::read_to_string(folder.path().join("policy.local.yml")).unwrap();
    assert!(policy.contains("deny: pkg:npm/lodash"));
    assert!(
        report.contains("npm: https://registry.example/ (from npm config get registry)\n"),
        "{report}"
    );
    assert!(report.contains(&format!("osa-proxy {}", target.display())), "{report}");
}

#[tokio::test]
async fn pip_is_asked_in_its_own_order() {
    let mut machine = both();
    machine.commands.insert(
        "pip config get global.index-url",
        "https://mirror.example/root/pypi/+simple/",
    );
    machine.pages.insert(
        "https://mirror.example/root/pypi/+simple/six/",
        r#"<a href="../../+f/00/six.whl">six</a><a href="https://cdn.example:8443/six.whl">six</a>"#,
    );
    let (_folder, _, config, _) = init(&machine).await;
    assert!(
        config.contains("registry: \"https://mirror.example/root/pypi/+simple\"\n"),
        "{config}"
    );
    assert!(
        config.contains("packages-registry: \"https://mirror.example\"\n"),
        "{config}"
    );
    assert!(
        config.contains("        \"cdn.example:8443\": \"https://cdn.example:8443\"\n"),
        "{config}"
    );

    machine
        .env
        .insert("PIP_INDEX_URL", "https://nexus.example/repository/pypi/simple");
    machine.pages.insert(
        "https://nexus.example/repository/pypi/simple/six/",
        r#"<a href="../../packages/six/1.0/six.whl">six</a>"#,
    );
    let (_folder, _, config, _) = init(&machine).await;
    assert!(
        config.contains("registry: \"https://nexus.example/repository/pypi\"\n"),
        "{config}"
    );
    assert!(!config.contains("packages-registry"), "{config}");
}

#[tokio::test]
async fn the_first_proxy_of_go_is_taken_with_its_checksum_database() {
    let mut machine = both();
    let mut section = async |settings| {
        machine.commands.insert("go env GOPROXY GOSUMDB", settings);
        let (_folder, _, config, report) = init(&machine).await;
        let section = config.split_once("go:\n").map(|(_, rest)| rest.to_owned());
        (section.unwrap_or_default(), report)
    };
    let (config, report) = section("direct,https://me:secret@modules.example/go/|off\nsum.example").await;
    assert!(
        config.contains("registry: \"https://me:secret@modules.example/go\"\n"),
        "{config}"
    );
    assert!(config.contains("sumdb-registry: \"https://sum.example\"\n"), "{config}");
    assert!(
        report.contains("go: https://modules.example/go/ (from go env GOPROXY GOSUMDB)\n"),
        "{report}"
    );
    let (config, _) = section("https://modules.example\nsum.example+key+abc https://mirror.example/sum").await;
    assert!(
        config.contains("sumdb-registry: \"https://mirror.example/sum\"\n"),
        "{config}"
    );
    let (config, _) = section("https://modules.example\noff").await;
    assert!(
        config.contains("modules.example") && !config.contains("sumdb"),
        "{config}"
    );
    let (config, report) = section("direct\noff").await;
    assert!(
        config.is_empty() && report.contains("go: its section is left out: GOPROXY names no proxy"),
        "{report}"
    );
}

#[tokio::test]
async fn the_first_source_of_gem_is_taken() {
    let mut machine = both();
    machine.commands.insert(
        "gem sources --list",
        "*** CURRENT SOURCES ***\n\nhttps://me:secret@gems.example/private/\nhttps://other.example/",
    );
    let (_folder, _, config, report) = init(&machine).await;
    let section = "ruby:\n  enabled: true\n  repository:\n    - name: ruby\n      registry: \"https://me:secret@gems.example/private\"\n";
    assert!(config.contains(section), "{config}");
    assert!(
        report.contains("ruby: https://gems.example/private/ (from gem sources --list)\n"),
        "{report}"
    );
    machine.commands.insert("gem sources --list", "*** CURRENT SOURCES ***");
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        !config.contains("ruby:") && report.contains("ruby: its section is left out: gem has no sources"),
        "{report}"
    );
}

#[tokio::test]
async fn the_mirror_of_apk_is_taken_without_its_branch() {
    let mut machine = both();
    for (line, expected) in [
        (
            "https://mirror.example/alpine/v3.20/main",
            "https://mirror.example/alpine",
        ),
        ("@edge https://mirror.example/edge/testing/", "https://mirror.example"),
        (
            "https://me:secret@mirror.example/os",
            "https://me:secret@mirror.example/os",
        ),
    ] {
        let lines =
            format!("#http://old.example/v3/main\n/media/cdrom/apks\n{line}\nhttps://other.example/v3.20/main\n");
        machine.files.insert("/etc/apk/repositories", lines.leak());
        let (_folder, _, config, report) = init(&machine).await;
        let section =
            format!("alpine:\n  enabled: true\n  repository:\n    - name: alpine\n      registry: \"{expected}\"\n");
        assert!(config.contains(&section), "{config}");
        assert!(
            !report.contains("secret@") && report.contains("alpine: https://mirror.example/"),
            "{report}"
        );
    }
    machine.files.insert("/etc/apk/repositories", "/media/cdrom/apks");
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        !config.contains("alpine:") && report.contains("apk has no mirror"),
        "{report}"
    );
}

#[tokio::test]
async fn the_archives_of_apt_are_taken_with_their_release() {
    let mut machine = both();
    machine.commands.insert(
        "apt-get indextargets --format $(REPO_URI) $(ORIGIN) $(CODENAME) Created-By: Packages",
        "https://registry.example/debian/ Debian bookworm\n\
         https://registry.example/debian/ Debian bookworm-updates\n\
         https://registry.example/debian-security/ Debian bookworm-security\n\
         https://me:secret@mirror.example/pub/debian/ Debian bookworm\n\
         https://mirror.example/pub/debian/ Debian trixie\n\
         https://registry.example/archive/ Ubuntu noble\n\
         https://registry.example/archive/ Ubuntu jammy\n\
         https://other.example/apt/ Some Body bookworm\n\
         cdrom://[Debian]/ Debian bookworm\n\
         https://third.example/ ",
    );
    let (_folder, _, config, report) = init(&machine).await;
    for part in [
        "debian:\n  enabled: true\n  repository:\n    - name: ",
        "    - name: debian-security\n      registry: \"https://registry.example/debian-security\"\n      distro: \"bookworm\"\n      namespace: \"debian\"\n      scan-package: true",
        "      registry: \"https://registry.example/debian\"\n      distro: \"bookworm\"\n",
        "      registry: \"https://me:secret@mirror.example/pub/debian\"\n      distro: \"bookworm\"\n",
        "      registry: \"https://mirror.example/pub/debian\"\n      distro: \"trixie\"\n",
        "    - name: debian-3\n",
        "    - name: ubuntu\n      registry: \"https://registry.example/archive\"\n      namespace: \"ubuntu\"\n",
    ] {
        assert!(config.contains(part), "{part}\nin\n{config}");
    }
    assert!(
        !config.contains("other.example") && !config.contains("third.example"),
        "{config}"
    );
    assert!(
        report.contains("neither Debian's nor Ubuntu's: https://other.example/apt/"),
        "{report}"
    );
    assert!(!report.contains("secret@"), "{report}");

    machine.commands.insert(
        "apt-get indextargets --format $(REPO_URI) $(ORIGIN) $(CODENAME) Created-By: Packages",
        "https://registry.example/debian/  ",
    );
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        !config.contains("debian:") && report.contains("try after apt-get update"),
        "{report}"
    );
}

#[tokio::test]
async fn the_first_mirror_of_the_docker_daemon_is_taken() {
    let mut machine = both();
    let daemon = "/etc/docker/daemon.json";
    machine.files.insert(
        daemon,
        r#"{"registry-mirrors": ["https://me:secret@mirror.example/", "https://other.example"], "debug": true}"#,
    );
    let (_folder, _, config, report) = init(&machine).await;
    let section = "docker:\n  enabled: true\n  repository:\n    - name: docker\n      registry: \"https://me:secret@mirror.example\"\n      # a mirror is always one of the hub\n      library-prefix: true\n";
    assert!(config.contains(section), "{config}");
    assert!(
        report.contains("docker: https://mirror.example/ (from registry-mirrors in /etc/docker/daemon.json)\n"),
        "{report}"
    );
    for (text, why) in [
        ("{}", "has no registry-mirrors"),
        ("{", "is no JSON"),
        (r#"{"registry-mirrors": ["x"]}"#, "the first of registry-mirrors"),
    ] {
        machine.files.insert(daemon, text);
        let (_folder, _, config, report) = init(&machine).await;
        assert!(!config.contains("docker:") && report.contains(why), "{report}");
    }
}

#[tokio::test]
async fn the_first_feed_of_version_3_is_taken_with_its_other_hosts() {
    let mut machine = both();
    machine.commands.insert(
        "dotnet nuget list source --format Short",
        "D https://off.example/v3/index.json\nEM /usr/share/feed\nE https://old.example/api/v2\nE https://feed.example/v3/index.json",
    );
    machine.pages.insert(
        "https://feed.example/v3/index.json",
        r#"{"resources": [
            {"@id": "https://feed.example/v3-flatcontainer/", "@type": "PackageBaseAddress/3.0.0"},
            {"@id": "https://search.example/query", "@type": ["SearchQueryService"]},
            {"@id": "https://search.example/autocomplete", "@type": "SearchAutocompleteService"},
            {"@id": "https://www.example/api/v2/package", "@type": "PackagePublish/2.0.0"}]}"#,
    );
    let (_folder, _, config, report) = init(&machine).await;
    for part in [
        "\nnuget:\n  enabled: true\n  repository:\n    - name: nuget\n      registry: \"https://feed.example\"\n",
        "      additional-packages-registries:\n        \"search.example\": \"https://search.example\"\n      scan-manifest: true\n",
    ] {
        assert!(config.contains(part), "{part}\nin\n{config}");
    }
    assert!(
        !config.contains("www.example") && report.contains("nuget: https://feed.example/ (from dotnet"),
        "{report}"
    );

    machine.commands.remove("dotnet nuget list source --format Short");
    machine.commands.insert(
        "nuget sources List -Format Short",
        "E https://nexus.example/repository/nuget/index.json",
    );
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        config.contains("registry: \"https://nexus.example/repository/nuget\"\n      scan-manifest"),
        "{config}"
    );
    assert!(
        report.contains("could not be learnt (its service index answers with status 404)"),
        "{report}"
    );
}

#[tokio::test]
async fn what_is_missing_is_left_out_with_a_note() {
    let mut machine = both();
    machine.commands.remove("npm config get registry");
    machine.pages.clear();
    let (_folder, _, config, report) = init(&machine).await;
    assert!(!config.contains("npm:") && config.contains("pypi:"), "{config}");
    assert!(
        report.contains("npm: its section is left out: it is not found on this machine"),
        "{report}"
    );
    assert!(
        report.contains("could not be learnt (the page of pip answers with status 404)"),
        "{report}"
    );

    let target = tempfile::tempdir().unwrap().path().join("x.yml");
    let error = write(&target, &Fake::default()).await.unwrap_err().to_string();
    assert!(
        error.contains("no registry was found") && error.contains("pip is not found"),
        "{error}"
    );
    assert!(!target.exists());
}

#[tokio::test]
async fn a_client_that_already_uses_the_proxy_is_not_its_registry() {
    let mut machine = both();
    machine
        .commands
        .insert("npm config get registry", "http://localhost:8080/npm/");
    let (_folder, _, config, report) = init(&machine).await;
    assert!(!config.contains("npm:"), "{config}");
    assert!(report.contains("this proxy's own address"), "{report}");
}

#[tokio::test]
async fn maven_is_asked_for_its_mirror_and_its_default() {
    let mut machine = Fake {
        commands: HashMap::from([
            (
                "mvn --version",
                "Apache Maven 3.8.7\nMaven home: /opt/maven\nJava version: 17",
            ),
            (
                "unzip -p /opt/maven/lib/maven-model-builder-3.8.7.jar org/apache/maven/model/pom-4.0.0.xml",
                "<project><repositories><repository><id>central</id><url>https://registry.example/maven2</url></repository>\
                 </repositories></project>",
            ),
        ]),
        env: HashMap::from([("HOME", "/home/me")]),
        ..Fake::default()
    };
    let (_folder, _, config, report) = init(&machine).await;
    let registry = |url: &str| format!("    - name: maven\n      registry: \"{url}\"\n");
    assert!(
        config.contains(&registry("https://registry.example/maven2")),
        "{config}"
    );
    assert!(report.contains("maven: https://registry.example/maven2"), "{report}");

    let mirrors = "<?xml version=\"1.0\"?><settings xmlns=\"http://maven.apache.org/SETTINGS/1.0.0\"><mirrors>\
        <mirror><mirrorOf>other</mirrorOf><url>https://other.example</url></mirror>\
        <mirror><mirrorOf>external:*,!mine</mirrorOf><url> https://bob:s3cret@nexus.example/repository/maven/ </url></mirror>\
        </mirrors></settings>";
    machine.files.insert("/opt/maven/conf/settings.xml", mirrors);
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        config.contains(&registry("https://bob:s3cret@nexus.example/repository/maven")),
        "{config}"
    );
    assert!(
        report.contains("settings.xml") && !report.contains("s3cret"),
        "{report}"
    );

    let blocked = "<settings><mirrors><mirror><mirrorOf>central</mirrorOf><url>http://127.0.0.1:8080/maven/</url></mirror></mirrors></settings>";
    machine.files.insert("/home/me/.m2/settings.xml", blocked);
    machine
        .commands
        .insert("npm config get registry", "https://registry.example/");
    let (_folder, _, config, report) = init(&machine).await;
    assert!(
        !config.contains("maven:") && report.contains("this proxy's own address"),
        "{report}"
    );

    machine.files.insert(
        "/home/me/.m2/settings.xml",
        "<!DOCTYPE settings [<!ENTITY a 'b'>]><settings>&a;</settings>",
    );
    let (_folder, _, config, _) = init(&machine).await;
    assert!(
        config.contains("nexus.example"),
        "what cannot be read is passed over: {config}"
    );
}

#[tokio::test]
async fn nothing_is_overwritten() {
    let machine = both();
    let (folder, target, _, _) = init(&machine).await;
    let error = write(&target, &machine).await.unwrap_err().to_string();
    assert!(error.contains("is there already"), "{error}");

    std::fs::remove_file(&target).unwrap();
    std::fs::write(folder.path().join("policy.local.yml"), "rules: []\n").unwrap();
    let report = write(&target, &machine).await.unwrap().to_string();
    assert!(report.contains("was there already and stays"), "{report}");
    assert_eq!(
        std::fs::read_to_string(folder.path().join("policy.local.yml")).unwrap(),
        "rules: []\n"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn credentials_are_kept_from_others() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut machine = both();
    let (_folder, target, _, _) = init(&machine).await;
    assert_ne!(mode(&target), 0o600);

    machine
        .commands
        .insert("npm config get registry", "https://bob:s3cret@registry.example/npm/");
    let (_folder, target, config, report) = init(&machine).await;
    assert_eq!(mode(&target), 0o600);
    assert!(config.contains("bob:s3cret@") && !report.contains("s3cret"), "{report}");
}

#[tokio::test]
async fn composers_hosts_are_learnt_from_its_metadata() {
    let root = r#"{"metadata-url": "/p2/%package%.json", "search": "https://api.example/search.json?q=%query%",
        "security-advisories": {"api-url": "https://api.example/api/security-advisories/"}}"#;
    let metadata = r#"{"packages": {"composer/composer": [{"dist": {"url": "https://git.example/repos/c/c/zipball/1"}},
        {"dist": null}, {"dist": {"url": "https://registry.example/dist/1.zip"}}]}}"#;
    let machine = Fake {
        commands: HashMap::from([(
            "composer config --global repositories",
            r#"{"a": {"type": "vcs", "url": "https://git.example/a.git"}, "b": {"type": "composer", "url": "https?://registry.example"}}"#,
        )]),
        pages: HashMap::from([
            ("https://registry.example/packages.json", root),
            ("https://registry.example/p2/composer/composer.json", metadata),
        ]),
        ..Fake::default()
    };
    let yaml = crate::composer::find(&machine).await.unwrap().yaml("composer");
    assert!(yaml.contains("registry: \"https://registry.example\"\n"), "{yaml}");
    for host in ["api", "git"] {
        let line = format!("        \"{host}.example\": \"https://{host}.example\"\n");
        assert!(yaml.contains(&line), "{yaml}");
    }
    let without = crate::composer::find(&Fake::default()).await;
    assert!(without.unwrap_err().contains("not found"));
}

#[tokio::test]
async fn the_first_rpm_repository_with_a_url_of_its_own_is_taken() {
    const COMMAND: &str =
        "sh -c cat /etc/yum.repos.d/*.repo /etc/dnf/repos.d/*.repo /etc/zypp/repos.d/*.repo 2>/dev/null; true";
    let found = async |files: &'static str| {
        let machine = Fake {
            commands: HashMap::from([(COMMAND, files)]),
            ..Fake::default()
        };
        crate::rpm::find(&machine).await
    };
    let files = "[off]\nbaseurl=https://off.example/\nenabled=0\n[listed]\nmetalink=https://mirrors.example/metalink\n\
                 [base]\nenabled = 1\nbaseurl = http://bob:s3cret@dl.example/pub/$contentdir-x/$releasever/os/ https://b.example\n";
    let base = found(files).await.unwrap();
    let yaml = base.yaml("rpm");
    assert!(
        yaml.contains("registry: \"http://bob:s3cret@dl.example/pub\"\n      scan-package: true"),
        "{yaml}"
    );
    assert!(
        base.is_secret() && !base.notes().concat().contains("s3cret"),
        "{:?}",
        base.notes()
    );
    let whole = found("[zypp]\nbaseurl=https://dl.example/oss/").await;
    let yaml = whole.unwrap().yaml("rpm");
    assert!(yaml.contains("registry: \"https://dl.example/oss\"\n"), "{yaml}");
    for files in [
        "[a]\nmirrorlist=https://a.example",
        "[a]\nbaseurl=file:///srv",
        "[a]\nbaseurl=$url",
    ] {
        assert!(found(files).await.is_err(), "{files}");
    }
    assert!(crate::rpm::find(&Fake::default()).await.is_err());
}
