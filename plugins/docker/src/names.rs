//! Names, tags and digests, by the grammar of the distribution specification.

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, several with slashes between them; 255 bytes at most.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= 255 && text.split('/').all(is_component)
}

fn is_component(text: &str) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    if !is_word(bytes.first()) || !is_word(bytes.last()) {
        return false;
    }
    let separators = bytes.split(|byte| is_word(Some(byte)));
    separators.into_iter().all(|between| match between {
        b"" | b"." | b"_" | b"__" => true,
        dashes => dashes.iter().all(|byte| *byte == b'-'),
    })
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`
pub(crate) fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// `sha256:` or `sha512:` and as many lower-case hexadecimal digits as that has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest<'a>(&'a str);

impl<'a> Digest<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(':')?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return None,
        };
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (hex.len() == length && hex.bytes().all(is_hex)).then_some(Self(text))
    }

    pub(crate) fn as_str(self) -> &'a str {
        self.0
    }

    pub(crate) fn is_sha256(self) -> bool {
        self.0.starts_with("sha256:")
    }

    /// Whether these are the bytes that it stands for.
    pub(crate) fn is_of(self, body: &[u8]) -> bool {
        let own = if self.is_sha256() { sha256(body) } else { sha512(body) };
        own == self.0
    }
}

/// `sha256:` and 64 hexadecimal digits.
pub(crate) fn sha256(body: &[u8]) -> String {
    written("sha256:", &<sha2::Sha256 as sha2::Digest>::digest(body))
}

fn sha512(body: &[u8]) -> String {
    written("sha512:", &<sha2::Sha512 as sha2::Digest>::digest(body))
}

fn written(algorithm: &str, digest: &[u8]) -> String {
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = nibbles.filter_map(|nibble| char::from_digit(u32::from(nibble), 16));
    algorithm.chars().chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        for name in [
            "a",
            "library/alpine",
            "a/b/c/d",
            "a.b_c__d--e/f-1",
            "0",
            &"a".repeat(255),
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "A",
            "a..b",
            "a___b",
            "a._b",
            "-a",
            "a-",
            ".",
            "..",
            "a/../b",
            "a b",
            "a:b",
            "a@b",
            "a%2fb",
            "\u{e4}",
            &"a".repeat(256),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn tags_follow_the_grammar() {
        for tag in ["latest", "1.0", "_x", "A-b.C", "sha256-ab", &"t".repeat(128)] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", ".a", "-a", "a/b", "a:b", "a b", "a+b", &"t".repeat(129)] {
            assert!(!is_tag(tag), "{tag}");
        }
    }

    #[test]
    fn a_digest_is_that_of_its_bytes() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), empty);
        let digest = Digest::parse(empty).unwrap();
        assert!(digest.is_of(b"") && !digest.is_of(b"x"));
        let long = sha512(b"x");
        assert!(Digest::parse(&long).unwrap().is_of(b"x"));
        for other in [
            "sha256:",
            "sha256:e3b0",
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
            &empty.to_uppercase(),
            &empty.replace("e3b0", "E3B0"),
            &empty.replace("sha256:", "sha512:"),
            "latest",
        ] {
            assert!(Digest::parse(other).is_none(), "{other}");
        }
    }
}
