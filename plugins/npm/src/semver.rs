//! Semantic Versioning 2 as node-semver reads it, loosely: what it takes for one version is one here.

use std::borrow::Cow;
use std::cmp::Ordering;

use osa_plugin_sdk::order;

/// node-semver's limit.
const LONGEST: usize = 256;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    text: &'a str,
    /// Without leading zeros.
    numbers: [&'a str; 3],
    /// Behind the hyphen, which may be missing; empty for none.
    pre: &'a str,
    /// Behind the plus; empty for none.
    build: &'a str,
    canonical: bool,
}

// === impl Version ===

impl<'a> Version<'a> {
    /// Also `v1.2.3`, `=1.2.3`, `1.2.3beta` and `01.2.3`. Numbers may be as large as they like.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let bare = text
            .trim()
            .trim_start_matches(|char: char| char == 'v' || char == '=' || char.is_whitespace());
        let (major, rest) = number(bare)?;
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        let (patch, rest) = number(rest.strip_prefix('.')?)?;
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) if identifiers(build) => (rest, build),
            Some(_) => return None,
            None => (rest, ""),
        };
        let strict = rest.strip_prefix('-').filter(|pre| identifiers(pre));
        let pre = match strict {
            Some(pre) => pre,
            None if rest.is_empty() || identifiers(rest) => rest,
            None => return None,
        };
        let numbers = [major, minor, patch];
        let shortest = numbers.iter().all(|number| *number == unpadded(number))
            && pre
                .split('.')
                .all(|identifier| !is_number(identifier) || identifier == unpadded(identifier));
        Some(Self {
            text,
            numbers: numbers.map(unpadded),
            pre,
            build,
            canonical: shortest && bare.len() == text.len() && (pre.is_empty() || strict.is_some()),
        })
    }

    pub(crate) fn is_stable(&self) -> bool {
        self.pre.is_empty()
    }

    /// As semver writes it, the build metadata included.
    pub(crate) fn canonical(&self) -> Cow<'a, str> {
        if self.canonical {
            return self.text.into();
        }
        let mut text = self.numbers.join(".");
        for (position, identifier) in self
            .pre
            .split('.')
            .filter(|identifier| !identifier.is_empty())
            .enumerate()
        {
            text.push(if position == 0 { '-' } else { '.' });
            text.push_str(if is_number(identifier) {
                unpadded(identifier)
            } else {
                identifier
            });
        }
        if !self.build.is_empty() {
            text.push('+');
            text.push_str(self.build);
        }
        text.into()
    }

    /// Precedence (semver.org, rule 11); build metadata does not count.
    pub(crate) fn precedence(&self, other: &Self) -> Ordering {
        let numbers = self
            .numbers
            .iter()
            .zip(&other.numbers)
            .map(|(one, two)| compare_numbers(one, two));
        let core = numbers.fold(Ordering::Equal, Ordering::then);
        core.then_with(|| match (self.is_stable(), other.is_stable()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self
                .pre
                .split('.')
                .map(Identifier)
                .cmp(other.pre.split('.').map(Identifier)),
        })
    }
}

/// The canonical form of a version, or the text itself where it is none.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    Version::parse(text).map_or(text.into(), |version| version.canonical())
}

/// For each version its rank among those given.
pub(crate) fn ranks(versions: &[String]) -> Vec<Option<u32>> {
    order::ranks(versions, Version::parse, Version::precedence)
}

/// One identifier of a pre-release.
#[derive(PartialEq, Eq)]
struct Identifier<'a>(&'a str);

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (is_number(self.0), is_number(other.0)) {
            (true, true) => compare_numbers(unpadded(self.0), unpadded(other.0)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.0.cmp(other.0),
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_numbers(one: &str, two: &str) -> Ordering {
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

/// Leading digits, and the rest.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    (end > 0).then(|| text.split_at_checked(end))?
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unpadded(number: &str) -> &str {
    let short = number.trim_start_matches('0');
    if short.is_empty() && !number.is_empty() {
        "0"
    } else {
        short
    }
}

fn identifiers(text: &str) -> bool {
    let is_identifier =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text.split('.').all(is_identifier)
}
