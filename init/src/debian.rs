//! The archives of Debian or Ubuntu that apt is configured for.

use std::collections::BTreeSet;

use url::Url;

use crate::machine::Machine;
use crate::section::{Repository, Section};
use crate::{registry, shown};

const ASK: [&str; 4] = [
    "indextargets",
    "--format",
    "$(REPO_URI) $(ORIGIN) $(CODENAME)",
    "Created-By: Packages",
];

/// An archive, and the releases of it that are in use.
struct Archive {
    url: Url,
    vendor: &'static str,
    code_names: BTreeSet<String>,
}

pub(crate) async fn find(machine: &dyn Machine) -> Result<Section, String> {
    let targets = machine.run("apt-get", &ASK).await;
    let targets = targets.ok_or("apt-get is not found on this machine")?;
    let mut archives: Vec<Archive> = Vec::new();
    let mut notes = Vec::new();
    for line in targets.lines().collect::<BTreeSet<_>>() {
        match archive(line) {
            Ok(found) => match archives.iter_mut().find(|archive| archive.url == found.url) {
                Some(known) => known.code_names.extend(found.code_names),
                None => archives.push(found),
            },
            Err(why) => notes.push(format!("an archive is left out: it {why}")),
        }
    }
    if archives.is_empty() {
        notes.push("apt has no indexes of Debian or Ubuntu; try after apt-get update".into());
        return Err(notes.join("; "));
    }
    let mut names = BTreeSet::new();
    let repositories: Vec<_> = archives
        .into_iter()
        .map(|archive| archive.repository(&mut names))
        .collect();
    Ok(Section::new("apt-get indextargets", repositories).noting(notes))
}

/// `URI ORIGIN CODENAME`; of somebody else's package nobody could be asked under Debian's or Ubuntu's name.
fn archive(line: &str) -> Result<Archive, String> {
    let mut words = line.split(' ');
    let url = registry(words.next().unwrap_or_default())?;
    let code_name = words.next_back().unwrap_or_default();
    let vendor = match words.collect::<Vec<_>>().join(" ").as_str() {
        "Debian" => "debian",
        "Ubuntu" => "ubuntu",
        _ => return Err(format!("is neither Debian's nor Ubuntu's: {}", shown(&url))),
    };
    // `bookworm-updates`
    let code_name = code_name.split(['-', '/']).next().unwrap_or_default();
    Ok(Archive {
        url,
        vendor,
        code_names: BTreeSet::from([code_name.to_owned()]),
    })
}

// === impl Archive ===

impl Archive {
    fn repository(self, names: &mut BTreeSet<String>) -> Repository {
        let name = self.name(names);
        let mut repository = Repository::new(self.url).named(name).of_files_alone();
        // One pool may be of several releases.
        let mut code_names = self.code_names.iter();
        if let (Some(only), None) = (code_names.next(), code_names.next())
            && !only.is_empty()
        {
            repository.set("distro", only);
        }
        repository.set("namespace", self.vendor);
        repository
    }

    /// The last part of the path, such as `debian-security`, and a number where that is taken.
    fn name(&self, names: &mut BTreeSet<String>) -> String {
        let last = self.url.path().trim_matches('/').rsplit('/').next().unwrap_or_default();
        let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        let base = if last.starts_with(self.vendor) && last.chars().all(plain) {
            last
        } else {
            self.vendor
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut free = std::iter::once(base.to_owned())
            .chain(numbered)
            .filter(|name| !names.contains(name));
        let name = free.next().unwrap_or_default();
        names.insert(name.clone());
        name
    }
}
