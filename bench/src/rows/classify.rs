//! What telling one path from another costs, a fresh instance each time.

use std::time::{Duration, Instant};

use crate::Places;
use crate::documents::get;
use crate::measure::{Best, Rounds};
use crate::sandbox;
use crate::table::{Table, at_most};

/// Few enough that a round ends before the system gives the processor to somebody else.
const CALLS: u32 = 80;
const AT_ONCE: u32 = 8;
/// Microseconds for one call.
const TIME: f64 = 25.0;

pub(crate) async fn classify(places: &Places) -> anyhow::Result<Vec<Table>> {
    let plugins = sandbox::load(&places.plugins)?;
    let mut table = Table::new(
        "Classifying a path, microseconds a call",
        &["path", "one after the other", "8 at once", "target", ""],
    );
    let npm = r#"{"registry":"https://registry.example"}"#;
    let pypi = r#"{"registry":"https://index.example","packages-registry":"https://files.example"}"#;
    for (section, settings, what, path) in [
        ("npm", npm, "packument", "lodash"),
        ("npm", npm, "tarball", "lodash/-/lodash-4.17.21.tgz"),
        ("pypi", pypi, "index page", "simple/requests/"),
        (
            "pypi",
            pypi,
            "wheel",
            "-/packages/packages/ab/requests-2.32.0-py3-none-any.whl",
        ),
        (
            "alpine",
            r#"{"registry":"https://registry.example/alpine"}"#,
            "package",
            "v3.20/community/x86_64/php83-pecl-imagick-3.7.0_rc1-r0.apk",
        ),
        (
            "debian",
            r#"{"registry":"https://registry.example","distro":"bookworm"}"#,
            "package",
            "pool/main/g/gcc-12/g%2b%2b-12_12.2.0-14%2bdeb12u1_amd64.deb",
        ),
        (
            "rpm",
            r#"{"registry":"https://dl.example/pub/fedora/linux"}"#,
            "package",
            "releases/42/Everything/x86_64/os/Packages/b/bash-5.2.37-1.fc42.x86_64.rpm",
        ),
        ("docker", npm, "manifest", "v2/library/alpine/manifests/3.20"),
    ] {
        let repository = sandbox::open(&plugins, section, settings)?;
        let (mut alone, mut together) = (Best::NONE, Best::NONE);
        let mut rounds = Rounds::new();
        while rounds.another() {
            let begun = Instant::now();
            for _ in 0..CALLS {
                repository.classify(get(path.into(), "*/*")).await?;
            }
            alone.take(begun);
            let begun = Instant::now();
            let tasks: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    let repository = repository.clone();
                    tokio::spawn(async move {
                        for _ in 0..CALLS / AT_ONCE {
                            repository.classify(get(path.into(), "*/*")).await?;
                        }
                        anyhow::Ok(())
                    })
                })
                .collect();
            for task in tasks {
                task.await??;
            }
            together.take(begun);
        }
        let each = |best: Best| format!("{:.1}", micros(best.0 / CALLS));
        table.row([
            format!("{section}: {what}"),
            each(alone),
            each(together),
            format!("<= {TIME:.0}"),
            at_most(TIME, micros(alone.0 / CALLS)).into(),
        ]);
    }
    Ok(vec![table])
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
