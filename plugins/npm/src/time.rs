/// Unix seconds of a time as RFC 3339 writes it, e.g. `2011-11-19T16:31:04.325Z` or with an offset.
pub(crate) fn unix_seconds(text: &str) -> Option<i64> {
    let field = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let mark = |at: usize, marks: &[u8]| text.as_bytes().get(at).is_some_and(|byte| marks.contains(byte));
    if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
        return None;
    }
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = text.get(19..)?;
    let fraction = zone
        .strip_prefix('.')
        .map(|rest| rest.trim_start_matches(|char: char| char.is_ascii_digit()));
    let offset = offset(fraction.unwrap_or(zone))?;
    Some(days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

/// In seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let number = |text: &str| text.parse::<u8>().ok().map(i64::from);
    let seconds = number(hours)? * 3600 + number(minutes)? * 60;
    match zone.as_bytes().first()? {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// From 1 January 1970, in the Gregorian calendar: whole cycles of 400 years, each beginning in March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn reads_times_as_registries_write_them() {
        assert_eq!(unix_seconds("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(unix_seconds("2021-02-20T15:42:16.891Z"), Some(1_613_835_736));
        assert_eq!(unix_seconds("2024-02-29T12:00:00+02:00"), Some(1_709_200_800));
        assert_eq!(unix_seconds("1969-12-31T23:59:59Z"), Some(-1));
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "2021",
            "2021-13-01T00:00:00Z",
            "2021-02-20T15:42:16",
            "yesterday",
            "2021-02-20T15:42:16.8+1",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
