//! Typed values from text. Errors read on from the value ("is not ...") and never repeat it.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;
use std::time::Duration;

use url::Url;

pub(crate) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("is neither `true` nor `false`".into()),
    }
}

/// A whole number from `least` to `most`.
pub(crate) fn whole<T>(least: T, most: T) -> impl Fn(&str) -> Result<T, String>
where
    T: FromStr + PartialOrd + std::fmt::Display,
{
    move |text| match text.parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("is not a whole number from {least} to {most}")),
    }
}

/// A number of at least 1, as in `1.5`.
pub(crate) fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (1.0..=1000.0).contains(&number) => Ok(number),
        _ => Err("is not a number from 1 to 1000".into()),
    }
}

/// `500ms`, `1s`, `2m`, `24h`, `7d` or several joined: `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "is not a duration: a number with `ms`, `s`, `m`, `h` or `d`".to_owned();
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest == "0" {
        return Ok(total);
    }
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let letters = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let number: u64 = number.parse().map_err(|_| bad())?;
        let milliseconds: u64 = match unit.to_ascii_lowercase().as_str() {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(bad()),
        };
        let part = number.checked_mul(milliseconds).map(Duration::from_millis);
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(bad)?;
        rest = behind;
    }
    if total > Duration::from_hours(10 * 365 * 24) {
        return Err("is longer than ten years".into());
    }
    Ok(total)
}

/// A duration above zero.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("is no time at all: give at least `1ms`".into()),
        some => Ok(some),
    }
}

/// Bytes: `1048576`, `512kb`, `200mb`, `1gb`; a `kb` is 1024 bytes.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let bad = || "is not a size: a number of bytes, or one with `kb`, `mb` or `gb`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| bad())?;
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(bad()),
    };
    number.checked_mul(factor).ok_or_else(bad)
}

/// An http or https URL without query and fragment, its path without a slash at the end.
pub(crate) fn http_url(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| format!("is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is not a URL that starts with http:// or https://".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("is a URL with `?` or `#` in it: give it without".into());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// `address:port` to listen on; `:8080` means every address, `localhost:8080` is looked up.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let bad = || "is not an address to listen on: give one with its port".to_owned();
    if let Some(port) = text.strip_prefix(':') {
        return Ok(SocketAddr::from(([0, 0, 0, 0], port.parse().map_err(|_| bad())?)));
    }
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (_, port) = text.rsplit_once(':').ok_or_else(bad)?;
    port.parse::<u16>().map_err(|_| bad())?;
    let mut found = text.to_socket_addrs().map_err(|_| bad())?;
    found.next().ok_or_else(bad)
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            format!("is none of {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("1s", 1000),
            ("120s", 120_000),
            ("2m", 120_000),
            ("24h", 86_400_000),
            ("1h30m", 5_400_000),
            ("1m0s250ms", 60_250),
            ("0", 0),
            ("7D", 604_800_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "1.5s",
            "-1s",
            "1w",
            "1h30",
            "9999999999999999999s",
            "18446744073709551615d",
            "99999d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(timeout("0s").is_err());
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("200mb", 200 << 20),
            ("150MB", 150 << 20),
            ("1 GB", 1 << 30),
            ("64kb", 64 << 10),
            ("1048576", 1 << 20),
            ("0", 0),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "mb",
            "1.5mb",
            "-1",
            "1tb",
            "99999999999999999999",
            "18446744073709551615gb",
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn urls() {
        for (text, normal) in [
            ("https://registry.example", "https://registry.example/"),
            ("https://registry.example/a/b//", "https://registry.example/a/b"),
            ("http://u:p@registry.example:81/a/", "http://u:p@registry.example:81/a"),
        ] {
            assert_eq!(http_url(text).map(String::from), Ok(normal.to_owned()), "{text}");
        }
        for text in [
            "",
            "registry.example",
            "ftp://registry.example",
            "https://",
            "https://a.example/?x=1",
            "https://a.example/#f",
        ] {
            assert!(http_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses() {
        for (text, address) in [
            ("0.0.0.0:8080", "0.0.0.0:8080"),
            (":8080", "0.0.0.0:8080"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(listen_address(text), Ok(address.parse().unwrap()), "{text}");
        }
        assert!(listen_address("localhost:81").is_ok_and(|address| address.port() == 81 && address.ip().is_loopback()));
        for text in ["", "8080", "localhost", "localhost:", "1.2.3.4:99999", ":x"] {
            assert!(listen_address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_and_words() {
        assert_eq!(whole(1_u32, 100)("50"), Ok(50));
        for text in ["0", "101", "-1", "1.0", "x", ""] {
            assert!(whole(1_u32, 100)(text).is_err(), "{text}");
        }
        assert_eq!(factor("1.5"), Ok(1.5));
        for text in ["0.9", "NaN", "inf", "x"] {
            assert!(factor(text).is_err(), "{text}");
        }
        assert_eq!(flag("True"), Ok(true));
        assert!(flag("yes").is_err());
        let choice = one_of(&[("text", 1), ("json", 2)]);
        assert_eq!(choice("JSON"), Ok(2));
        assert_eq!(choice("xml"), Err("is none of `text`, `json`".into()));
    }
}
