//! Packages by the names of their files.

use osa_plugin_sdk::purl;

use crate::version::is_version_byte;

/// What a package file's name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nevra<'a> {
    name: &'a str,
    epoch: Option<u32>,
    version: &'a str,
    release: &'a str,
    /// `src` and `nosrc` are architectures, too.
    arch: &'a str,
}

// === impl Nevra ===

impl<'a> Nevra<'a> {
    /// `NAME-[EPOCH:]VERSION-RELEASE.ARCH`, without the extension. A name may hold dashes and digits, a version and a release
    /// hold no dash, so it is read from its end.
    pub(crate) fn parse(stem: &'a str) -> Option<Self> {
        let (nevr, arch) = stem.rsplit_once('.')?;
        let (name_version, release) = nevr.rsplit_once('-')?;
        let (name, version) = name_version.rsplit_once('-')?;
        let (epoch, version) = match version.split_once(':') {
            Some((epoch, version)) => (Some(epoch.parse().ok()?), version),
            None => (None, version),
        };
        Self {
            name,
            epoch,
            version,
            release,
            arch,
        }
        .checked()
    }

    /// `NAME-OLDVERSION-OLDRELEASE_VERSION-RELEASE.ARCH`, without the extension: the package that the delta leads to. None
    /// when more than one underscore could be the one in the middle, for versions and releases may hold them, too.
    pub(crate) fn parse_delta(stem: &'a str) -> Option<Self> {
        let (rest, arch) = stem.rsplit_once('.')?;
        let (rest, release) = rest.rsplit_once('-')?;
        let (rest, middle) = rest.rsplit_once('-')?;
        let (name, old_version) = rest.rsplit_once('-')?;
        let (old_release, version) = middle.split_once('_')?;
        if version.contains('_') || !is_version(old_version) || !is_version(old_release) {
            return None;
        }
        Self {
            name,
            epoch: None,
            version,
            release,
            arch,
        }
        .checked()
    }

    fn checked(self) -> Option<Self> {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte);
        let in_arch = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let good = !self.name.is_empty()
            && self.name.bytes().all(in_name)
            && is_version(self.version)
            && is_version(self.release)
            && !self.arch.is_empty()
            && self.arch.bytes().all(in_arch);
        good.then_some(self)
    }

    /// As the purl specification describes the type `rpm`: qualifiers in the order of their names.
    pub(crate) fn purl(&self, namespace: Option<&str>, distro: Option<&str>) -> String {
        let mut purl = purl::prefix("rpm", namespace.unwrap_or_default(), self.name);
        purl.push_str(&purl::encode(self.version));
        purl.push('-');
        purl.push_str(&purl::encode(self.release));
        let epoch = self.epoch.map(|epoch| epoch.to_string());
        let qualifiers = [
            ("arch", Some(self.arch)),
            ("distro", distro),
            ("epoch", epoch.as_deref()),
        ];
        purl::qualify(&mut purl, &qualifiers);
        purl
    }
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_version_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stem: &str) -> Option<String> {
        Nevra::parse(stem).map(|nevra| nevra.purl(None, None))
    }

    #[test]
    fn names_are_read_from_their_end() {
        for (stem, purl) in [
            ("bash-5.2.26-4.el10.x86_64", "bash@5.2.26-4.el10?arch=x86_64"),
            (
                "python3.12-pip-wheel-23.2.1-4.el9.noarch",
                "python3.12-pip-wheel@23.2.1-4.el9?arch=noarch",
            ),
            (
                "java-1.8.0-openjdk-1.8.0.412.b08-2.el9.i686",
                "java-1.8.0-openjdk@1.8.0.412.b08-2.el9?arch=i686",
            ),
            (
                "libstdc++-14.1.1-1.fc40.aarch64",
                "libstdc%2B%2B@14.1.1-1.fc40?arch=aarch64",
            ),
            ("7zip-24.01~beta^git1-0.1.src", "7zip@24.01~beta%5Egit1-0.1?arch=src"),
            ("kernel-6.8.5-301.fc40.nosrc", "kernel@6.8.5-301.fc40?arch=nosrc"),
            (
                "bind-32:9.18.26-1.fc40.x86_64",
                "bind@9.18.26-1.fc40?arch=x86_64&epoch=32",
            ),
            ("zero-0:1-1.noarch", "zero@1-1?arch=noarch&epoch=0"),
            (
                "nodejs-20.12.2-1.module_el9+1_x.x86_64",
                "nodejs@20.12.2-1.module_el9%2B1_x?arch=x86_64",
            ),
        ] {
            assert_eq!(
                read(stem).as_deref(),
                Some(format!("pkg:rpm/{purl}").as_str()),
                "{stem}"
            );
        }
    }

    #[test]
    fn other_names_are_no_packages() {
        for stem in [
            "",
            "a",
            "a.noarch",
            "a-1.noarch",
            "-1-1.noarch",
            "a--1.noarch",
            "a-1-.noarch",
            "a-1-1",
            "a-1-1.",
            "a-:1-1.noarch",
            "a-x:1-1.noarch",
            "a-1:-1.noarch",
            "a b-1-1.noarch",
            "../a-1-1.noarch",
            "a-1-1.no arch",
            "a-%1-1.noarch",
            "ä-1-1.noarch",
            "a_current_x86_64",
        ] {
            assert_eq!(read(stem), None, "{stem}");
        }
    }

    #[test]
    fn a_delta_is_the_package_that_it_leads_to() {
        let read = |stem| Nevra::parse_delta(stem).map(|nevra| nevra.purl(Some("fedora"), Some("fedora-40")));
        assert_eq!(
            read("foo-bar-1.0-1.fc40_1.1~rc1-2.fc40.x86_64").as_deref(),
            Some("pkg:rpm/fedora/foo-bar@1.1~rc1-2.fc40?arch=x86_64&distro=fedora-40")
        );
        for stem in [
            "foo-1.0-1.el8_10_1.1-2.el8.x86_64",
            "foo-1.0-1_1_2-1.x86_64",
            "foo-1.0-1.1-2.x86_64",
            "foo-1_1-2.x86_64",
            "foo-1.0-_1.1-2.x86_64",
            "foo-1.0-1_-2.x86_64",
            "foo--1_2-2.x86_64",
            "-1-1_2-2.x86_64",
            "1-1_2-2.x86_64",
        ] {
            assert_eq!(read(stem), None, "{stem}");
        }
    }
}
