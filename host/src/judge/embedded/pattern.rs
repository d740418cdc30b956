//! Package URL patterns, compared in the form that the PURL specification normalises types and names to.

use packageurl::PackageUrl;
use percent_encoding::percent_decode_str;

// Globs while the text around them is decoded and normalised, so that an encoded `%2A` stays a plain star.
const STAR: char = '\u{e000}';
const STARS: char = '\u{e001}';

/// A package URL without its version: normalised, decoded, segments joined by `/` (one inside a segment reads `%2F`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) purl_type: String,
    path: String,
}

/// `pkg:TYPE/NAMESPACE/NAME` where `*` stands for any run of characters within one segment and `**` for any at all.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    purl_type: Vec<Token>,
    path: Path,
}

#[derive(Clone, Debug)]
enum Path {
    Normal(Vec<Token>),
    /// Which names are equal depends on the type, which a glob leaves open.
    PerType(String),
}

/// Whether letters of names are told apart by their case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Kept,
    Folded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Literal(char),
    Star,
    Stars,
}

/// A package URL split at its version, which is decoded; qualifiers and subpath are dropped.
pub(super) fn split_version(purl: &str) -> (&str, Option<String>) {
    let purl = purl.split(['?', '#']).next().unwrap_or(purl);
    match purl.rsplit_once('@') {
        // Behind a scope's `@` there is a slash; behind a version's there is none.
        Some((name, version)) if !version.contains('/') && !name.ends_with('/') => {
            (name, Some(percent_decode_str(version).decode_utf8_lossy().into_owned()))
        }
        _ => (purl, None),
    }
}

// === impl Name ===

impl Name {
    /// `purl` has no version, qualifiers or subpath. Errors read on from the package URL: "is not ...".
    pub(super) fn parse(purl: &str) -> Result<Self, String> {
        let (purl_type, rest) = split_type(purl)?;
        let purl_type = purl_type.to_ascii_lowercase();
        let path = normalise(&purl_type, rest)?;
        Ok(Self { purl_type, path })
    }
}

fn split_type(purl: &str) -> Result<(&str, &str), String> {
    let rest = purl
        .strip_prefix("pkg:")
        .ok_or("is not a package URL: it does not start with `pkg:`")?;
    match rest.trim_start_matches('/').split_once('/') {
        Some((purl_type, rest)) if !purl_type.is_empty() && !rest.trim_matches('/').is_empty() => Ok((purl_type, rest)),
        _ => Err("is not a package URL: it needs a type and a name, as in `pkg:TYPE/NAME`".into()),
    }
}

/// `namespace/name`, decoded and in the form of the type's rules.
fn normalise(purl_type: &str, path: &str) -> Result<String, String> {
    let decode = |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8();
        text.map(|text| text.replace('/', "%2F"))
            .map_err(|_| "is not a package URL: it is not UTF-8 when decoded".to_owned())
    };
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(decode);
    let mut segments = segments.collect::<Result<Vec<_>, _>>()?;
    let name = segments.pop().ok_or("is not a package URL: it has no name")?;
    let wrong = |error: packageurl::Error| format!("is not a package URL: {error}");
    let mut normal = PackageUrl::new(purl_type, name).map_err(wrong)?;
    if !segments.is_empty() {
        normal.with_namespace(segments.join("/")).map_err(wrong)?;
    }
    Ok(match normal.namespace() {
        Some(namespace) => format!("{namespace}/{}", normal.name()),
        None => normal.name().to_owned(),
    })
}

// === impl Pattern ===

impl Pattern {
    /// Errors read on from the pattern: "is not ...".
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.contains(['?', '#', STAR, STARS]) || text.contains(char::is_whitespace) {
            return Err("is not a package URL pattern: it takes no qualifiers, subpath or blanks".into());
        }
        let (purl_type, rest) = split_type(text)?;
        let last = rest.rsplit('/').next().unwrap_or(rest);
        match last.find('@') {
            Some(0) => return Err(format!("ends in a namespace: to mean all of it, write `{text}/*`")),
            Some(_) => return Err("has a version in it: put that under `versions`".into()),
            None => {}
        }
        let rest = rest
            .replace("**", STARS.encode_utf8(&mut [0; 4]))
            .replace('*', STAR.encode_utf8(&mut [0; 4]));
        let purl_type = purl_type.to_ascii_lowercase();
        let path = if purl_type.contains('*') {
            Path::PerType(rest)
        } else {
            Path::Normal(tokens(&normalise(&purl_type, &rest)?))
        };
        let purl_type = purl_type.replace('*', STAR.encode_utf8(&mut [0; 4]));
        Ok(Self {
            purl_type: tokens(&purl_type),
            path,
        })
    }

    /// The one type that this pattern is about; none when that is a glob.
    pub(super) fn purl_type(&self) -> Option<String> {
        let letter = |token: &Token| match token {
            Token::Literal(letter) => Some(*letter),
            Token::Star | Token::Stars => None,
        };
        self.purl_type.iter().map(letter).collect()
    }

    pub(super) fn matches(&self, name: &Name, case: Case) -> bool {
        if !glob(&self.purl_type, &name.purl_type, Case::Kept) {
            return false;
        }
        let matches = |path: &[Token]| glob(path, &name.path, case);
        match &self.path {
            Path::Normal(path) => matches(path),
            // A path that this type cannot have matches nothing of it.
            Path::PerType(path) => normalise(&name.purl_type, path).is_ok_and(|path| matches(&tokens(&path))),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let token = |letter| match letter {
        STAR => Token::Star,
        STARS => Token::Stars,
        letter => Token::Literal(letter),
    };
    text.chars().map(token).collect()
}

/// Walks all ways through the pattern at once, so that no pattern is slow: tokens times letters at most.
fn glob(pattern: &[Token], text: &str, case: Case) -> bool {
    let is = |wanted: char, letter: char| {
        wanted == letter || case == Case::Folded && wanted.to_lowercase().eq(letter.to_lowercase())
    };
    let mut here = vec![false; pattern.len() + 1];
    reach(&mut here, pattern, 0);
    for letter in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (position, token) in pattern.iter().enumerate() {
            if !here.get(position).copied().unwrap_or(false) {
                continue;
            }
            match token {
                Token::Literal(wanted) if is(*wanted, letter) => reach(&mut next, pattern, position + 1),
                Token::Star if letter != '/' => reach(&mut next, pattern, position),
                Token::Stars => reach(&mut next, pattern, position),
                Token::Literal(_) | Token::Star => {}
            }
        }
        here = next;
        if !here.contains(&true) {
            return false;
        }
    }
    here.last().copied().unwrap_or(false)
}

/// Marks `position` and, as globs may stand for nothing, what lies behind those that follow.
fn reach(states: &mut [bool], pattern: &[Token], mut position: usize) {
    loop {
        if let Some(state) = states.get_mut(position) {
            *state = true;
        }
        match pattern.get(position) {
            Some(Token::Star | Token::Stars) => position += 1,
            Some(Token::Literal(_)) | None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, purl: &str) -> bool {
        let (name, _) = split_version(purl);
        matches_by(pattern, name, Case::Kept)
    }

    fn matches_by(pattern: &str, name: &str, case: Case) -> bool {
        Pattern::parse(pattern)
            .unwrap()
            .matches(&Name::parse(name).unwrap(), case)
    }

    #[test]
    fn names_without_case_match_however_they_are_written() {
        for (pattern, name) in [
            ("pkg:widget/Acme.Bolt", "pkg:widget/acme.bolt"),
            ("pkg:widget/ACME.*", "pkg:widget/acme.bolt"),
            ("pkg:*/Acme.Bolt", "pkg:widget/acme.bolt"),
            ("pkg:widget/B\u{dc}RSTE", "pkg:widget/b%C3%BCrste"),
        ] {
            assert!(matches_by(pattern, name, Case::Folded), "{pattern}");
            assert!(!matches_by(pattern, name, Case::Kept), "{pattern}");
        }
        assert!(!matches_by("pkg:widget/Acme.Nut", "pkg:widget/acme.bolt", Case::Folded));
    }

    #[test]
    fn patterns_match_as_they_read() {
        for (pattern, purl) in [
            ("pkg:widget/bolt", "pkg:widget/bolt@1.0"),
            ("pkg:WIDGET/bolt", "pkg:widget/bolt"),
            ("pkg:widget/@acme/*", "pkg:widget/%40acme/bolt@1"),
            ("pkg:widget/%40acme/bolt", "pkg:widget/@acme/bolt@1"),
            ("pkg:widget/*evil*", "pkg:widget/very-evil-bolt@1?arch=x#sub"),
            ("pkg:widget/*evil*", "pkg:widget/evil"),
            ("pkg:widget/**", "pkg:widget/a/b/c@1"),
            ("pkg:widget/org.acme**/core", "pkg:widget/org.acme.x/y/core@1"),
            ("pkg:widget/a*c*e", "pkg:widget/abcde"),
            ("pkg:*/bolt", "pkg:gadget/bolt@1"),
            ("pkg:*/BOLT", "pkg:bitbucket/bolt@1"),
            ("pkg:w*t/bolt", "pkg:widget/bolt"),
            ("pkg:bitbucket/Acme/Bolt", "pkg:bitbucket/ACME/bOLT@1"),
            ("pkg:widget/a%2Ab", "pkg:widget/a*b"),
            ("pkg:widget/b%C3%BCrste", "pkg:widget/bürste@1"),
            ("pkg:widget/a%2Fb", "pkg:widget/a%2fb@1"),
        ] {
            assert!(matches(pattern, purl), "{pattern} {purl}");
        }
        for (pattern, purl) in [
            ("pkg:widget/bolt", "pkg:widget/bolts@1"),
            ("pkg:widget/bolt", "pkg:widget/bol@1"),
            ("pkg:widget/bolt", "pkg:gadget/bolt"),
            ("pkg:widget/bolt", "pkg:widget/acme/bolt"),
            ("pkg:widget/Bolt", "pkg:widget/bolt"),
            ("pkg:widget/*", "pkg:widget/acme/bolt"),
            ("pkg:widget/a/*", "pkg:widget/a%2Fb"),
            ("pkg:widget/@acme/*", "pkg:widget/@acme2/bolt"),
            ("pkg:widget/a%2Ab", "pkg:widget/axb"),
            ("pkg:widget/a*c*e", "pkg:widget/abcd"),
            ("pkg:*/BOLT", "pkg:widget/bolt"),
        ] {
            assert!(!matches(pattern, purl), "{pattern} {purl}");
        }
    }

    #[test]
    fn versions_are_split_off_and_decoded() {
        for (purl, name, version) in [
            ("pkg:widget/bolt@1.0%2Bx?a=b@c#d@e", "pkg:widget/bolt", Some("1.0+x")),
            ("pkg:widget/@acme/bolt", "pkg:widget/@acme/bolt", None),
            ("pkg:widget/@acme/bolt@2", "pkg:widget/@acme/bolt", Some("2")),
            ("pkg:widget/bolt", "pkg:widget/bolt", None),
        ] {
            assert_eq!(split_version(purl), (name, version.map(Into::into)), "{purl}");
        }
    }

    #[test]
    fn what_cannot_be_a_package_url_is_told() {
        for (pattern, expected) in [
            ("bolt", "does not start with `pkg:`"),
            ("pkg:widget", "needs a type and a name"),
            ("pkg:widget/", "needs a type and a name"),
            ("pkg:wid_get/bolt", "is not a package URL: "),
            ("pkg:widget/bolt@1.0", "put that under `versions`"),
            ("pkg:widget/@acme", "write `pkg:widget/@acme/*`"),
            ("pkg:widget/bolt?arch=x", "takes no qualifiers"),
            ("pkg:widget/%ff", "not UTF-8"),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert!(error.contains(expected), "{pattern}: {error}");
        }
    }

    #[test]
    fn many_stars_are_not_slow() {
        let pattern = Pattern::parse(&format!("pkg:widget/{}b", "*a".repeat(40))).unwrap();
        let name = Name::parse(&format!("pkg:widget/{}", "a".repeat(5000))).unwrap();
        let started = std::time::Instant::now();
        assert!(!pattern.matches(&name, Case::Folded));
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }
}
