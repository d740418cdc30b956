//! `file-type-filter`: which files may be asked for at all, judged by their names before anyone is contacted.

use crate::config::FileTypeFilter;

/// Checksums and signatures: allowed only with the file they belong to.
const SIDE_CARS: [&str; 6] = [".metadata", ".sha256", ".sha512", ".sha1", ".asc", ".md5"];
/// A file, its signature, the signature's checksum.
const SIDE_CARS_IN_A_ROW: usize = 2;

/// Whether the filter lets a file through.
pub(super) fn allows(filter: &FileTypeFilter, preset: &[String], file_name: &str) -> bool {
    let name = file_name.to_lowercase();
    let own = |name: &str| {
        let extra = filter
            .additional_allowed_extensions
            .iter()
            .chain(&filter.scanned_extensions);
        has_any(name, preset.iter().chain(extra)) || is_component_tarball(name, preset)
    };
    std::iter::successors(Some(name.as_str()), |name| without_side_car(name))
        .take(1 + SIDE_CARS_IN_A_ROW)
        .any(own)
}

fn without_side_car(name: &str) -> Option<&str> {
    SIDE_CARS.iter().find_map(|side_car| name.strip_suffix(side_car))
}

/// The name without its extension, where that is one of `scanned-extensions`: such a file is judged even when its
/// ecosystem would not send it to be judged. The longest extension counts.
pub(super) fn scanned_stem<'n>(filter: &FileTypeFilter, file_name: &'n str) -> Option<&'n str> {
    let ends = |extension: &&String| {
        let tail = file_name
            .len()
            .checked_sub(extension.len())
            .and_then(|at| file_name.get(at..));
        file_name.len() > extension.len() && tail.is_some_and(|tail| tail.to_lowercase() == **extension)
    };
    let longest = filter.scanned_extensions.iter().filter(ends).map(String::len).max()?;
    file_name.get(..file_name.len() - longest)
}

/// A name that is nothing but an extension (`.tgz`) has none.
fn has_any<'a>(name: &str, mut extensions: impl Iterator<Item = &'a String>) -> bool {
    extensions.any(|extension| name.len() > extension.len() && name.ends_with(extension.as_str()))
}

/// Source tarballs with a component name in the extension, `.orig-NAME.tar.gz`, where the preset has `.orig.tar.gz`.
fn is_component_tarball(name: &str, preset: &[String]) -> bool {
    preset
        .iter()
        .filter_map(|extension| extension.strip_prefix(".orig."))
        .any(|rest| {
            let Some(stem) = name.strip_suffix(rest).and_then(|stem| stem.strip_suffix('.')) else {
                return false;
            };
            stem.rfind(".orig-")
                .is_some_and(|at| at > 0 && stem.len() > at + ".orig-".len())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(additional: &[&str], scanned: &[&str]) -> FileTypeFilter {
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        FileTypeFilter {
            additional_allowed_extensions: owned(additional),
            scanned_extensions: owned(scanned),
        }
    }

    fn allowed(filter: &FileTypeFilter, name: &str) -> bool {
        allows(filter, &[".wdg".into(), ".tar.gz".into(), ".orig.tar.gz".into()], name)
    }

    #[test]
    fn the_preset_and_what_is_added_pass() {
        let bare = filter(&[], &[]);
        assert!(allowed(&bare, "left-1.0.0.wdg") && allowed(&bare, "LEFT-1.0.0.WDG"));
        assert!(allowed(&bare, "a.tar.gz") && !allowed(&bare, "a.gz") && !allowed(&bare, "a.tar"));
        assert!(!allowed(&bare, "left-1.0.0.exe") && !allowed(&bare, "left") && !allowed(&bare, ".wdg"));
        assert!(allowed(&filter(&[".license"], &[]), "a.license"));
        assert!(allowed(&filter(&[], &[".pom"]), "a.pom"));
    }

    #[test]
    fn a_side_car_follows_its_file() {
        let bare = filter(&[], &[]);
        for side_car in SIDE_CARS {
            assert!(allowed(&bare, &format!("a.wdg{side_car}")), "{side_car}");
            assert!(!allowed(&bare, &format!("a.exe{side_car}")), "{side_car}");
        }
        assert!(allowed(&bare, "A.wdg.asc.SHA1") && allowed(&bare, "a.wdg.asc.md5"));
        assert!(!allowed(&bare, "a.exe.asc.sha1") && !allowed(&bare, "a.wdg.asc.sha1.md5"));
        assert!(!allowed(&bare, "a.wdg.asc.exe") && !allowed(&bare, ".wdg.asc.sha1"));
        assert!(allowed(&filter(&[".asc"], &[]), "a.exe.asc"));
    }

    #[test]
    fn component_tarballs_pass_with_their_preset() {
        let bare = filter(&[], &[]);
        assert!(allows(&bare, &[".orig.tar.gz".into()], "a_1.orig-docs.tar.gz"));
        assert!(!allows(&bare, &[".orig.tar.gz".into()], "a_1.orig-.tar.gz"));
        assert!(!allows(&bare, &[".wdg".into()], "a_1.orig-docs.tar.gz"));
    }

    #[test]
    fn only_scanned_extensions_are_scanned() {
        let filter = filter(&[".license"], &[".pom", ".gz", ".tar.gz"]);
        assert_eq!(scanned_stem(&filter, "A-1.POM"), Some("A-1"));
        assert_eq!(scanned_stem(&filter, "a-1.tar.gz"), Some("a-1"));
        assert_eq!(scanned_stem(&filter, "é.pom"), Some("é"));
        for other in ["a-1.license", ".pom", "pom", "a-1.pom.asc", "", "é"] {
            assert_eq!(scanned_stem(&filter, other), None, "{other}");
        }
    }
}
