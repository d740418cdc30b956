//! `[epoch:]version[-release]`, in rpm's order (rpm-version(7)).

use osa_plugin_sdk::order;
use rpm_version::{Evr, EvrSortKey};

/// Longer texts are no versions that anybody published.
const LONGEST: usize = 250;

/// What is written without an epoch has the epoch 0; without a release it stands before every release of the version.
pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, key, EvrSortKey::cmp)
}

fn key(text: &str) -> Option<EvrSortKey> {
    let (epoch, version, release) = Evr::parse_values(text.trim());
    let epoch_fits = !text.contains(':') || epoch.parse::<u32>().is_ok();
    let fits = |part: &str| part.bytes().all(is_version_byte);
    (text.len() <= LONGEST && epoch_fits && !version.is_empty() && fits(version) && fits(release))
        .then(|| EvrSortKey::from_values(epoch, version, release))
}

/// What rpm allows in a version and in a release.
pub(crate) fn is_version_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._+~^".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From lowest to highest; equal ones stand together.
    #[track_caller]
    fn ordered(groups: &[&[&str]]) {
        let versions: Vec<String> = groups.concat().into_iter().map(str::to_owned).collect();
        let expected: Vec<Option<u32>> = (0..)
            .zip(groups)
            .flat_map(|(rank, group)| group.iter().map(move |_| Some(rank)))
            .collect();
        assert_eq!(ranks(&versions), expected, "{versions:?}");
    }

    /// Those of rpm's own tests (tests/rpmvercmp.at).
    #[test]
    fn rpms_own_cases() {
        ordered(&[&["1.0"], &["2.0"], &["2.0.1"], &["2.0.1a"]]);
        ordered(&[&["5.5p1"], &["5.5p2"], &["5.5p10"]]);
        ordered(&[
            &["xyz.4"],
            &["xyz10"],
            &["xyz10.1"],
            &["8"],
            &["10xyz"],
            &["10.0001", "10.1"],
            &["10.0039"],
        ]);
        ordered(&[&["4.999.9"], &["5.0"]]);
        ordered(&[&["20101121"], &["20101122"]]);
        ordered(&[&["2_0", "2.0"]]);
        ordered(&[&["a", "a+", "a_", "+a", "_a"], &["b"]]);
        ordered(&[&["1.0~rc1~git123"], &["1.0~rc1"], &["1.0~rc2"], &["1.0"], &["1.0arc1"]]);
        ordered(&[&["1.0"], &["1.0^"], &["1.0^git1"], &["1.0^git2"], &["1.0.1"], &["1.01"]]);
        ordered(&[
            &["1.0~rc1"],
            &["1.0~rc1^git1"],
            &["1.0"],
            &["1.0^git1~pre"],
            &["1.0^git1"],
        ]);
        ordered(&[&["1.0^20160101"], &["1.0^20160101^git1"], &["1.0^20160102"]]);
        ordered(&[&["6.0"], &["6.0.rc1"], &["10a2"], &["10b2"]]);
        ordered(&[&["1b.fc17"], &["1.fc17"]]);
        ordered(&[&["1.fc17"], &["1g.fc17"]]);
        ordered(&[&["0001", "1", "1..", "1+"]]);
    }

    #[test]
    fn epochs_come_first_and_releases_last() {
        ordered(&[
            &["1.9-9"],
            &["2.0", "0:2.0"],
            &["2.0-1", "0:2.0-1"],
            &["2.0-1.el9"],
            &["2.0-1.el9_4"],
            &["2.0-2"],
            &["2.0-10"],
            &["2.0.1-1"],
            &["1:1.0-1"],
            &["10:0.1-1"],
        ]);
    }

    #[test]
    fn what_is_no_version_has_no_rank() {
        for text in [
            "",
            "-1",
            ":1",
            "a:1-1",
            "-1:1-1",
            "1 0",
            "1-1-1",
            "1:",
            "1/2",
            "1-ä",
            "4294967296:1",
        ] {
            assert_eq!(ranks(&[text.to_owned()]), [None], "{text}");
        }
        assert_eq!(ranks(&["1".repeat(300)]), [None]);
    }
}
