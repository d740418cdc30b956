//! What names of files end in.

/// Checksums and signatures beside a file.
pub const SIDE_CARS: [&str; 7] = [".asc", ".sig", ".sha256", ".sha512", ".sha1", ".md5", ".metadata"];

/// The name without the first of these endings that it has, in whatever case; none where nothing would be left.
pub fn strip_any<'a>(name: &'a str, ends: &[&str]) -> Option<&'a str> {
    ends.iter()
        .find_map(|end| strip(name, end))
        .filter(|rest| !rest.is_empty())
}

/// The same with one ending, which may be the whole name.
pub fn strip<'a>(name: &'a str, end: &str) -> Option<&'a str> {
    let (rest, tail) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
    tail.eq_ignore_ascii_case(end).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_one_in_whatever_case() {
        assert_eq!(strip_any("bolt-1.WDG", &[".tgz", ".wdg"]), Some("bolt-1"));
        for name in [".wdg", "wdg", "", "é", "bolt.wdg.asc"] {
            assert_eq!(strip_any(name, &[".wdg"]), None, "{name}");
        }
        assert_eq!(strip("amd64", "AMD64"), Some(""));
        assert_eq!(strip("é", "\u{a9}"), None);
    }
}
