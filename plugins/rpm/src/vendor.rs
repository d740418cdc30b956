//! Whose packages these are, by the words in a registry's URL and in the folders below it. A setting always wins.

use osa_plugin_sdk::url::Location;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vendor {
    Fedora,
    /// Extra packages for other distributions, by Fedora.
    Epel,
    Centos,
    Rocky,
    AlmaLinux,
    OpenSuse,
    RedHat,
    Oracle,
}

// === impl Vendor ===

impl Vendor {
    /// From a part of a host name or a path, such as `rocky-proxy`.
    fn of(segment: &str) -> Option<Self> {
        segment.split(['-', '_', '.', ' ']).find_map(|word| {
            let word = word.to_ascii_lowercase();
            let numbered = |name: &str| {
                word.strip_prefix(name)
                    .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
            };
            Some(match word.as_str() {
                "fedora" | "fedoraproject" => Self::Fedora,
                "epel" => Self::Epel,
                "centos" => Self::Centos,
                "rocky" | "rockylinux" => Self::Rocky,
                "alma" | "almalinux" => Self::AlmaLinux,
                "opensuse" => Self::OpenSuse,
                "redhat" => Self::RedHat,
                "oracle" | "oraclelinux" => Self::Oracle,
                _ if numbered("epel") => Self::Epel,
                _ if numbered("centos") => Self::Centos,
                _ if numbered("rhel") => Self::RedHat,
                _ => return None,
            })
        })
    }

    /// As the purl specification wants it: the vendor in lower case.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Fedora | Self::Epel => "fedora",
            Self::Centos => "centos",
            Self::Rocky => "rocky",
            Self::AlmaLinux => "almalinux",
            Self::OpenSuse => "opensuse",
            Self::RedHat => "redhat",
            Self::Oracle => "oracle",
        }
    }

    /// `ID-VERSION_ID` as the distribution's own os-release has them, from a folder that names a release.
    fn distro(self, folder: &str) -> Option<String> {
        let folder = folder.to_ascii_lowercase().replace('_', "-");
        let (id, prefixes): (_, &[&str]) = match self {
            Self::Fedora => ("fedora", &["fedora-", "f"]),
            Self::Epel => ("epel", &["epel-", "epel"]),
            Self::Centos => ("centos", &["centos-", "centos"]),
            Self::Rocky => ("rocky", &["rocky-"]),
            Self::AlmaLinux => ("almalinux", &["almalinux-"]),
            Self::OpenSuse => ("opensuse-leap", &["opensuse-leap-", "opensuse-", "leap-"]),
            Self::RedHat => ("rhel", &["rhel-", "rhel"]),
            Self::Oracle => ("ol", &["ol"]),
        };
        match (self, folder.as_str()) {
            (Self::Fedora, "rawhide") => return Some("fedora-rawhide".into()),
            (Self::OpenSuse, "tumbleweed" | "opensuse-tumbleweed") => return Some("opensuse-tumbleweed".into()),
            _ => {}
        }
        let number = prefixes
            .iter()
            .find_map(|prefix| folder.strip_prefix(prefix))
            .unwrap_or(&folder);
        let number = number.strip_suffix("-stream").unwrap_or(number);
        let is_number = !number.is_empty()
            && number
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        is_number.then(|| format!("{id}-{number}"))
    }
}

/// The vendor, and the distribution where a folder from the vendor's on tells it: by the registry's path, else by the
/// folders below it, else by its host name.
pub(crate) fn find(registry: &Location, folders: &[&str]) -> Option<(Vendor, Option<String>)> {
    let own = registry.path.split('/').filter(|segment| !segment.is_empty());
    let segments = || own.clone().chain(folders.iter().copied());
    let (vendor, from) = segments()
        .enumerate()
        .find_map(|(at, segment)| Some((Vendor::of(segment)?, at)))
        .or_else(|| Some((registry.host.split('.').find_map(Vendor::of)?, 0)))?;
    Some((vendor, segments().skip(from).find_map(|segment| vendor.distro(segment))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn found(url: &str, folders: &str, namespace: &str, distro: Option<&str>) {
        let folders: Vec<_> = folders.split('/').collect();
        let (vendor, release) = find(&Location::parse(url).unwrap(), &folders).unwrap();
        assert_eq!((vendor.namespace(), release.as_deref()), (namespace, distro), "{url}");
    }

    #[test]
    fn well_known_layouts_tell_vendor_and_release() {
        let at = |path: &str| format!("https://registry.example/{path}");
        found(
            &at("pub/fedora/linux"),
            "releases/42/Everything/x86_64/os/Packages/b",
            "fedora",
            Some("fedora-42"),
        );
        found(
            &at("pub/fedora/linux"),
            "development/rawhide/Everything",
            "fedora",
            Some("fedora-rawhide"),
        );
        found(
            &at("pub"),
            "epel/9/Everything/x86_64/Packages",
            "fedora",
            Some("epel-9"),
        );
        found(
            "https://mirror.centos.example/10-stream/AppStream/x86_64/os",
            "Packages",
            "centos",
            Some("centos-10"),
        );
        found(
            &at("centos/7.9.2009/os/x86_64"),
            "Packages",
            "centos",
            Some("centos-7.9.2009"),
        );
        found(
            &at("pub/rocky"),
            "9.4/BaseOS/x86_64/os/Packages/b",
            "rocky",
            Some("rocky-9.4"),
        );
        found(&at("repository/rocky-proxy"), "8/BaseOS", "rocky", Some("rocky-8"));
        found(
            "https://repo.almalinux.example/almalinux",
            "9/AppStream",
            "almalinux",
            Some("almalinux-9"),
        );
        found(
            "https://download.opensuse.example",
            "distribution/leap/15.6/repo/oss/noarch",
            "opensuse",
            Some("opensuse-leap-15.6"),
        );
        found(
            "https://download.opensuse.example",
            "tumbleweed/repo/oss",
            "opensuse",
            Some("opensuse-tumbleweed"),
        );
        found(
            &at("repositories/tools/openSUSE_Leap_15.6"),
            "noarch",
            "opensuse",
            Some("opensuse-leap-15.6"),
        );
        found(
            &at("repositories/tools/Fedora_42"),
            "noarch",
            "fedora",
            Some("fedora-42"),
        );
        found(
            "https://cdn.redhat.example",
            "content/dist/rhel9/9.4/x86_64/baseos/os",
            "redhat",
            Some("rhel-9"),
        );
        found(
            &at("content/dist/rhel9"),
            "9.4/x86_64/baseos/os",
            "redhat",
            Some("rhel-9"),
        );
        found(
            "https://yum.oracle.example/repo/OracleLinux",
            "OL9/baseos/latest/x86_64",
            "oracle",
            Some("ol-9"),
        );
    }

    #[test]
    fn other_places_tell_nothing() {
        let find = |url: &str, folders: &[&str]| find(&Location::parse(url).unwrap(), folders);
        assert_eq!(
            find(
                "https://registry.example/9/os",
                &["Packages", "federal", "rocks", "ol9"]
            ),
            None
        );
        // A number before the vendor's folder is another thing's.
        let (_, release) = find("https://registry.example/2024/rocky", &["BaseOS"]).unwrap();
        assert_eq!(release, None);
    }
}
