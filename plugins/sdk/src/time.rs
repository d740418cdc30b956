//! Points in time, as documents write them.

/// Unix seconds of an RFC 3339 date and time; without an offset it is UTC. Fractions are cut off.
pub fn unix_seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', 't', ' '])?;
    let (year, month, day) = (number(date, 0, 4)?, number(date, 5, 7)?, number(date, 8, 10)?);
    let (hour, minute, second) = (number(time, 0, 2)?, number(time, 3, 5)?, number(time, 6, 8)?);
    let shaped = separated(date, 4, 7, b'-') && separated(time, 2, 5, b':');
    // A leap second is written as the 60th.
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !shaped || !fits {
        return None;
    }
    let zone = time.get(8..)?;
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    let clock = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(clock - offset(zone)?)
}

fn number(text: &str, from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

fn separated(text: &str, first: usize, second: usize, by: u8) -> bool {
    [first, second].iter().all(|at| text.as_bytes().get(*at) == Some(&by))
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let minutes = number(rest, 3, 5).or_else(|| number(rest, 2, 4));
    (rest.len() <= 5).then_some(sign * (number(rest, 0, 2)? * 3600 + minutes? * 60))
}

/// Days since 1970-01-01 in the Gregorian calendar, counting years from March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_unix_seconds() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-12-01T17:41:18.844000+00:00", 1_764_610_878),
            ("2025-12-01T19:41:18+02:00", 1_764_610_878),
            ("2025-12-01T12:41:18.1-0500", 1_764_610_878),
            ("2000-02-29 23:59:60", 951_868_800),
            ("1969-12-31T23:59:59", -1),
        ] {
            assert_eq!(unix_seconds(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "2025",
            "2025-13-01T00:00:00Z",
            "2025-12-01T25:00:00Z",
            "2025-12-01T00:00:00X",
            "2025/12/01T00:00:00Z",
            "2025-12-01T00:00:00+1",
            "äääää-12-01T00:00:00Z",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
