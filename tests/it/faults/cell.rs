//! Asking as a client, and holding the answer against the table.

use std::time::Instant;

use futures_util::future::join_all;
use osa_proxy_tests::npm::Package;
use osa_proxy_tests::wire::{Answer, Ask};

use super::table::{Cell, Expected, Known, LIMIT, Surface, VERSIONS};

/// What is wrong, if anything is.
pub(super) type Wrong = Option<String>;

impl Cell {
    /// Asks for this cell's package at the repository of its mode.
    pub(super) async fn check(&self, proxy: &str, asked_before: bool, known: Known) -> Wrong {
        let name = Self::package(self.fault, self.mode, self.surface, asked_before);
        let repository = format!("{proxy}/{}", self.mode.replace('_', "-"));
        let start = Instant::now();
        let wrong = match self.surface {
            Surface::Package => self.check_files(&repository, &name, known).await,
            Surface::Manifest => self.check_document(&repository, &name, known).await,
        };
        let took = start.elapsed();
        let wrong = wrong.or_else(|| (took > LIMIT).then(|| format!("it took {took:?}")));
        wrong.map(|wrong| format!("{self}: {name}: {wrong}"))
    }

    async fn check_files(&self, repository: &str, name: &str, known: Known) -> Wrong {
        let package = Package::new(name).versions(VERSIONS);
        let answers = join_all(VERSIONS.map(|version| async move {
            let path = Package::new(name).tarball_path(version);
            Ask::get(&format!("{repository}{path}")).send().await
        }))
        .await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        let found = Expected::Files(statuses.try_into().unwrap());
        if found != self.expected(known) {
            return Some(format!("{found:?} instead of {:?}", self.expected(known)));
        }
        let served = |(answer, version): &(&Answer, &str)| match answer.status {
            200 => answer.body == package.tarball(version),
            _ => !contains(&answer.body, &package.tarball(version)[10..]),
        };
        let wrong = answers.iter().zip(VERSIONS).find(|pair| !served(pair));
        wrong.map(|(answer, version)| format!("{version}: other bytes with status {}", answer.status))
    }

    async fn check_document(&self, repository: &str, name: &str, known: Known) -> Wrong {
        let answer = Ask::get(&format!("{repository}/{name}")).send().await;
        let expected = self.expected(known);
        let named = |version: &str| answer.text().contains(&format!("{name}-{version}.tgz"));
        match (&expected, answer.status) {
            (Expected::Lists(versions), 200) => {
                let document = answer.json();
                let listed: Vec<&String> = document["versions"].as_object().unwrap().keys().collect();
                let mut wanted = versions.to_vec();
                wanted.sort_unstable();
                let leaks = VERSIONS
                    .iter()
                    .find(|version| !wanted.contains(version) && named(version));
                let fine =
                    listed == wanted && leaks.is_none() && answer.text().contains(&format!("{repository}/{name}/-/"));
                (!fine).then(|| format!("{} instead of {expected:?}", answer.text()))
            }
            (Expected::Unavailable, 503) => {
                let fine = answer.header("retry-after").is_some() && !VERSIONS.iter().any(|version| named(version));
                (!fine).then(|| {
                    format!(
                        "503 without a time to come back, or with more than that: {}",
                        answer.text()
                    )
                })
            }
            (_, status) => Some(format!("{status} {} instead of {expected:?}", answer.text())),
        }
    }
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}
