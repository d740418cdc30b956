//! nuget.exe (install, packages.config) and the code of `dotnet restore` (package references).

use osa_proxy_tests::client::{Client, Run, Tool};
use osa_proxy_tests::judge::{Judge, TOKEN};
use osa_proxy_tests::nuget::{NuGet, Package};
use osa_proxy_tests::proxy::{Proxy, Setup};
use serde_json::Value;

const LOCK: &str = "restored/packages.lock.json";

struct Stage {
    _feed: NuGet,
    proxy: Proxy,
}

fn packages() -> [Package; 3] {
    let any = &[("Bolt", "1.0.0")][..];
    [
        Package::new("Bolt").versions(["1.0.0", "1.1.0", "1.2.0"]),
        Package::new("Widget.Kit")
            .depending("1.0.0", any)
            .depending("1.1.0", any)
            .depending("2.0.0", any),
        Package::new("Rotten").versions(["1.0.0", "1.1.0"]),
    ]
}

impl Stage {
    /// `Widget.Kit` depends on `Bolt`, 1.0.0 or later; the newest kit is refused, the oldest bolt, and all of `Rotten`.
    async fn new() -> Self {
        Self::set(packages(), |setup| setup).await
    }

    async fn set(packages: [Package; 3], change: impl FnOnce(Setup) -> Setup) -> Self {
        let feed = NuGet::with(&packages).await;
        let setup = Setup::nuget(&feed.url())
            .deny(&[
                ("pkg:nuget/Widget.Kit", ">=2.0"),
                ("pkg:nuget/Bolt", "1.0.0"),
                ("pkg:nuget/Rotten", ""),
            ])
            .codescoring("enable-status-line: true");
        let proxy = change(setup).start();
        Self { _feed: feed, proxy }
    }

    fn source(&self) -> String {
        format!("{}/nuget/v3/index.json", self.proxy.url())
    }
}

/// What was installed, each file byte by byte as the feed has it.
fn installed(client: &Client, folder: &str) -> Vec<String> {
    let known = packages();
    let found = client.nupkgs(folder).into_iter().map(|file| {
        let name = file.file_stem().unwrap().to_string_lossy().to_lowercase();
        let (package, version) = known
            .iter()
            .find_map(|package| Some((package, name.strip_prefix(&package.lower_id())?.strip_prefix('.')?)))
            .unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), package.nupkg(version), "{name}");
        name
    });
    found.collect()
}

fn told(run: &Run) -> bool {
    !run.ok && run.text.contains("Nothing harmful")
}

#[tokio::test(flavor = "multi_thread")]
async fn install_falls_back_to_an_allowed_version() {
    let test = "clients::nuget::install_falls_back_to_an_allowed_version";
    let Some(client) = Client::of(Tool::NuGet, test) else {
        return;
    };
    let stage = Stage::new().await;
    let run = client.nuget_install(&stage.source(), "Widget.Kit", None);
    assert!(run.ok, "{}", run.text);
    // Of its dependency the lowest allowed version is taken, as NuGet does.
    assert_eq!(
        installed(&client, "out"),
        ["bolt.1.1.0", "widget.kit.1.1.0"],
        "{}",
        run.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn install_falls_back_over_pages_of_their_own() {
    let test = "clients::nuget::install_falls_back_over_pages_of_their_own";
    let Some(client) = Client::of(Tool::NuGet, test) else {
        return;
    };
    let stage = Stage::set(packages().map(|package| package.paged(2)), |setup| {
        setup.deny(&[("pkg:nuget/Widget.Kit", ">=2.0"), ("pkg:nuget/Bolt", "<1.2")])
    })
    .await;
    let run = client.nuget_install(&stage.source(), "Widget.Kit", None);
    assert!(run.ok, "{}", run.text);
    assert_eq!(
        installed(&client, "out"),
        ["bolt.1.2.0", "widget.kit.1.1.0"],
        "{}",
        run.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn install_shows_why_nothing_of_a_package_is_left() {
    let test = "clients::nuget::install_shows_why_nothing_of_a_package_is_left";
    let stage = Stage::new().await;
    for version in [None, Some("1.0.0")] {
        let Some(client) = Client::of(Tool::NuGet, test) else {
            return;
        };
        let run = client.nuget_install(&stage.source(), "Rotten", version);
        assert!(told(&run), "{version:?}: {}", run.text);
        assert!(installed(&client, "out").is_empty(), "{}", run.text);
    }
}

/// By number: what was removed is not found, what is marked is asked for and told why not.
#[tokio::test(flavor = "multi_thread")]
async fn install_does_not_get_a_refused_version_by_its_number() {
    let test = "clients::nuget::install_does_not_get_a_refused_version_by_its_number";
    for removes in [true, false] {
        let Some(client) = Client::of(Tool::NuGet, test) else {
            return;
        };
        let line = format!("remove-blocked-versions: {removes}");
        let stage = Stage::set(packages(), |setup| {
            setup.deny(&[("pkg:nuget/Widget.Kit", "2.0")]).codescoring(&line)
        })
        .await;
        let run = client.nuget_install(&stage.source(), "Widget.Kit", Some("2.0.0"));
        assert!(!run.ok && told(&run) != removes, "{line}: {}", run.text);
        assert!(!installed(&client, "out").contains(&"widget.kit.2.0.0".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_config_is_restored_or_told_why_not() {
    let test = "clients::nuget::packages_config_is_restored_or_told_why_not";
    let Some(client) = Client::of(Tool::NuGet, test) else {
        return;
    };
    let stage = Stage::new().await;
    let run = client.nuget_restore(&stage.source(), &[("Widget.Kit", "1.1.0"), ("Bolt", "1.2.0")]);
    assert!(run.ok, "{}", run.text);
    assert_eq!(installed(&client, "out"), ["bolt.1.2.0", "widget.kit.1.1.0"]);
    let Some(client) = Client::of(Tool::NuGet, test) else {
        return;
    };
    let run = client.nuget_restore(&stage.source(), &[("Bolt", "1.1.0"), ("Widget.Kit", "2.0.0")]);
    assert!(told(&run), "{}", run.text);
    assert!(!installed(&client, "out").contains(&"widget.kit.2.0.0".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn references_fall_back_to_an_allowed_version() {
    let test = "clients::nuget::references_fall_back_to_an_allowed_version";
    let stage = Stage::new().await;
    for (range, kit) in [
        ("*", "widget.kit.1.1.0"),
        ("1.*", "widget.kit.1.1.0"),
        ("1.0.0", "widget.kit.1.0.0"),
    ] {
        let Some(client) = Client::of(Tool::NuGetRestore, test) else {
            return;
        };
        let run = client.nuget_reference(&stage.source(), "Widget.Kit", range);
        assert!(run.ok, "{range}: {}", run.text);
        assert_eq!(
            installed(&client, "restored/pk"),
            ["bolt.1.1.0", kit],
            "{range}: {}",
            run.text
        );
        assert!(client.read("restored/obj/project.assets.json").is_some());
    }
}

/// `contentHash` of a lock file: what is served is what the feed has, whoever wrote the lock file.
#[tokio::test(flavor = "multi_thread")]
async fn lock_files_hold() {
    let test = "clients::nuget::lock_files_hold";
    let stage = Stage::new().await;
    let restore = |held: Option<&str>| {
        let client = Client::of(Tool::NuGetRestore, test)?;
        if let Some(lock) = held {
            client.write(LOCK, lock);
        }
        let run = client.nuget_reference_locked(&stage.source(), "Widget.Kit", "1.1.0", held.is_some());
        Some((client, run))
    };
    let Some((client, run)) = restore(None) else { return };
    assert!(run.ok, "{}", run.text);
    let lock = client.read(LOCK).unwrap();
    let [bolt, kit, _] = packages();
    let hashes = [bolt.content_hash("1.1.0"), kit.content_hash("1.1.0")];
    assert!(hashes.iter().all(|hash| lock.contains(hash)), "{hashes:?}: {lock}");

    let (client, run) = restore(Some(&lock)).unwrap();
    assert!(run.ok, "{}", run.text);
    assert_eq!(installed(&client, "restored/pk"), ["bolt.1.1.0", "widget.kit.1.1.0"]);
    let with_bolt = |version: &str, hash: &str| {
        let mut lock: Value = serde_json::from_str(&lock).unwrap();
        for framework in lock["dependencies"].as_object_mut().unwrap().values_mut() {
            framework["Bolt"]["resolved"] = version.into();
            framework["Bolt"]["contentHash"] = hash.into();
        }
        restore(Some(&lock.to_string())).unwrap()
    };
    let (_, run) = with_bolt("1.1.0", &kit.content_hash("1.1.0"));
    assert!(
        !run.ok && run.text.contains("content hash validation failed for Bolt"),
        "{}",
        run.text
    );
    // Locked before it was refused.
    let (client, run) = with_bolt("1.0.0", &bolt.content_hash("1.0.0"));
    assert!(!run.ok && run.text.contains("Bolt"), "{}", run.text);
    assert!(!installed(&client, "restored/pk").contains(&"bolt.1.0.0".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn references_to_what_is_refused_fail() {
    let test = "clients::nuget::references_to_what_is_refused_fail";
    let stage = Stage::new().await;
    let Some(client) = Client::of(Tool::NuGetRestore, test) else {
        return;
    };
    let run = client.nuget_reference(&stage.source(), "Rotten", "*");
    assert!(told(&run), "{}", run.text);
    // It goes by the list of versions, where a single refused one is just not there.
    let Some(client) = Client::of(Tool::NuGetRestore, test) else {
        return;
    };
    let run = client.nuget_reference(&stage.source(), "Widget.Kit", "[2.0.0]");
    assert!(
        !run.ok && run.text.contains("1.1.0"),
        "the nearest one is told: {}",
        run.text
    );
    assert!(installed(&client, "restored/pk").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_versions_are_not_installed() {
    let test = "clients::nuget::marked_versions_are_not_installed";
    let Some(client) = Client::of(Tool::NuGet, test) else {
        return;
    };
    let stage = Stage::set(packages(), |setup| setup.codescoring("remove-blocked-versions: false")).await;
    let run = client.nuget_install(&stage.source(), "Widget.Kit", None);
    // What is not listed is passed over for the newest, but may be what a dependency asks for: then it is told why not.
    assert!(run.ok || told(&run), "{}", run.text);
    assert!(
        !installed(&client, "out").contains(&"widget.kit.2.0.0".to_owned()),
        "{}",
        run.text
    );
}

/// `Widget.Kit` 2.0.0 was not scanned yet, `Bolt` 1.0.0 is refused.
fn half_scanned(purl: &str) -> (&'static str, bool) {
    match purl {
        "pkg:nuget/widget.kit@2.0.0" => ("blocked_not_scanned", false),
        "pkg:nuget/bolt@1.0.0" => ("blocked_by_policies", false),
        _ => ("not_blocked", false),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_decide_what_is_installed() {
    let test = "clients::nuget::modes_decide_what_is_installed";
    for (mode, expected) in [
        ("warmup", Some(["bolt.1.0.0", "widget.kit.2.0.0"])),
        ("moderate", Some(["bolt.1.1.0", "widget.kit.2.0.0"])),
        // Listed, since its scan may end any time, but not served yet.
        ("strict", None),
    ] {
        let Some(client) = Client::of(Tool::NuGet, test) else {
            return;
        };
        let judge = Judge::start(half_scanned).await;
        let stage = Stage::set(packages(), |setup| {
            setup
                .codescoring(&format!("url: {}", judge.url()))
                .codescoring(&format!("token: {TOKEN}"))
                .codescoring(&format!("work-mode: {mode}"))
        })
        .await;
        let run = client.nuget_install(&stage.source(), "Widget.Kit", None);
        if let Some(expected) = expected {
            assert_eq!(installed(&client, "out"), expected, "{mode}: {}", run.text);
        } else {
            assert!(!run.ok, "{mode}: {}", run.text);
            assert!(!installed(&client, "out").contains(&"widget.kit.2.0.0".to_owned()));
        }
    }
}
