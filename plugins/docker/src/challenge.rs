//! `WWW-Authenticate`: a list of challenges, each a scheme and what belongs to it (RFC 9110, section 11.6.1).

use std::ops::Range;

/// The header's value with the realm of each `Bearer` challenge as `new` gives it; all else byte for byte. A value that is
/// no list of challenges stays as it is.
pub(crate) fn with_realms(value: &str, new: impl Fn(&str) -> Option<String>) -> String {
    let mut edited = String::with_capacity(value.len());
    let mut at = 0;
    for (span, realm) in realms(value).unwrap_or_default() {
        let Some(realm) = new(&realm) else { continue };
        edited.push_str(value.get(at..span.start).unwrap_or_default());
        edited.push('"');
        // Links hold neither quotes nor back-slashes that were not encoded, but this is where it would matter.
        for char in realm.chars() {
            if matches!(char, '"' | '\\') {
                edited.push('\\');
            }
            edited.push(char);
        }
        edited.push('"');
        at = span.end;
    }
    edited.push_str(value.get(at..).unwrap_or_default());
    edited
}

/// Where the realms of `Bearer` challenges stand, quotes included, and what they say.
fn realms(value: &str) -> Option<Vec<(Range<usize>, String)>> {
    let mut reader = Reader { text: value, at: 0 };
    let mut found = Vec::new();
    let mut bearer = false;
    loop {
        reader.blanks_and_commas();
        if reader.rest().is_empty() {
            return Some(found);
        }
        let word = reader.token()?;
        let behind = reader.at;
        reader.blanks();
        if reader.takes('=') {
            // A parameter of the challenge before it.
            reader.blanks();
            let start = reader.at;
            let text = reader.value()?;
            if bearer && word.eq_ignore_ascii_case("realm") {
                found.push((start..reader.at, text));
            }
            continue;
        }
        reader.at = behind;
        bearer = word.eq_ignore_ascii_case("bearer");
        reader.token68();
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|char| !is_skipped(char)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.skip(is_blank);
    }

    fn blanks_and_commas(&mut self) {
        self.skip(|char| is_blank(char) || char == ',');
    }

    fn takes(&mut self, wanted: char) -> bool {
        let taken = self.rest().starts_with(wanted);
        self.at += usize::from(taken) * wanted.len_utf8();
        taken
    }

    fn token(&mut self) -> Option<&'a str> {
        let token = self.skip(is_token);
        (!token.is_empty()).then_some(token)
    }

    /// A token or a quoted string, as it reads.
    fn value(&mut self) -> Option<String> {
        if !self.takes('"') {
            return self.token().map(str::to_owned);
        }
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.at += at + 1;
                    return Some(text);
                }
                '\\' => text.push(chars.next()?.1),
                char => text.push(char),
            }
        }
        None
    }

    /// What some schemes have in the place of parameters (`Negotiate YII=`): it ends with the challenge.
    fn token68(&mut self) {
        let before = self.at;
        self.blanks();
        let is_68 = |char: char| char.is_ascii_alphanumeric() || "-._~+/".contains(char);
        let word = self.skip(is_68);
        self.skip(|char| char == '=');
        self.blanks();
        let ends = self.rest().is_empty() || self.rest().starts_with(',');
        if word.is_empty() || !ends {
            self.at = before;
        }
    }
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t')
}

fn is_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::with_realms;

    fn edited(value: &str) -> String {
        with_realms(value, |realm| (!realm.contains("keep")).then(|| "NEW".to_owned()))
    }

    #[test]
    fn only_realms_of_bearer_challenges_change() {
        for (value, expected) in [
            (
                r#"Bearer realm="https://a.example/token",service="s",scope="repository:a/b:pull,push""#,
                r#"Bearer realm="NEW",service="s",scope="repository:a/b:pull,push""#,
            ),
            (
                r#"Bearer service="a, realm=\"x\"" , realm = "y""#,
                r#"Bearer service="a, realm=\"x\"" , realm = "NEW""#,
            ),
            ("bearer REALM=token", "bearer REALM=\"NEW\""),
            (r#"Basic realm="b""#, r#"Basic realm="b""#),
            (
                r#"Basic realm="b", Bearer realm="x", error="invalid_token", Digest realm="d", nonce="n""#,
                r#"Basic realm="b", Bearer realm="NEW", error="invalid_token", Digest realm="d", nonce="n""#,
            ),
            (
                r#"Negotiate YII==, Bearer realm="x""#,
                r#"Negotiate YII==, Bearer realm="NEW""#,
            ),
            (r#"Negotiate, Bearer realm="x""#, r#"Negotiate, Bearer realm="NEW""#),
            (
                r#"Basic realm="Bearer realm=x, Bearer realm=y""#,
                r#"Basic realm="Bearer realm=x, Bearer realm=y""#,
            ),
            (
                r#", ,Bearer realm="a", Bearer realm="b","#,
                r#", ,Bearer realm="NEW", Bearer realm="NEW","#,
            ),
            (r#"Bearer realm="keep""#, r#"Bearer realm="keep""#),
            (r#"Bearer realm="cut"#, r#"Bearer realm="cut"#),
            ("Bearer", "Bearer"),
            ("", ""),
            ("\u{e4} realm=x", "\u{e4} realm=x"),
        ] {
            assert_eq!(edited(value), expected, "{value}");
        }
        assert_eq!(
            with_realms("Bearer realm=x", |_| Some("a\"\\b".into())),
            r#"Bearer realm="a\"\\b""#
        );
    }

    proptest! {
        #[test]
        fn any_value_is_read(value in "(Bearer|Basic|realm|=|\"|\\\\|,| |a|\u{e4}){0,40}") {
            prop_assert_eq!(with_realms(&value, |_| None), value.clone());
            edited(&value);
        }

        #[test]
        fn every_bearer_realm_is_found(before in "[a-z ,]{0,20}", service in "[ -~&&[^\"\\\\]]{0,20}") {
            let value = format!("Basic realm=\"{before}\", Bearer service=\"{service}\", realm=\"x\"");
            prop_assert_eq!(edited(&value), format!("Basic realm=\"{before}\", Bearer service=\"{service}\", realm=\"NEW\""));
        }
    }
}
