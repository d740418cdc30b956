//! Package URLs (ECMA-427, the purl specification).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The specification leaves letters, digits, `.-_~` and the colon as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// One segment: a name, a version, a qualifier's value, one part of a namespace. `@` becomes `%40`, `+` `%2B`, `/` `%2F`.
pub fn encode(segment: &str) -> Cow<'_, str> {
    utf8_percent_encode(segment, ENCODED).into()
}

/// `pkg:KIND/NAMESPACE/NAME@`, to which an encoded version is added. A namespace of several segments is split at
/// its slashes, an empty one left out.
pub fn prefix(kind: &str, namespace: &str, name: &str) -> String {
    let mut purl = format!("pkg:{kind}/");
    for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
        purl.push_str(&encode(segment));
        purl.push('/');
    }
    purl.push_str(&encode(name));
    purl.push('@');
    purl
}

/// Adds the qualifiers that have a value to a package URL without any; the specification wants them in alphabetic order.
pub fn qualify(purl: &mut String, qualifiers: &[(&str, Option<&str>)]) {
    let mut mark = '?';
    for (key, value) in qualifiers {
        if let Some(value) = value {
            purl.push(mark);
            purl.push_str(key);
            purl.push('=');
            purl.push_str(&encode(value));
            mark = '&';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualifiers_that_are_known_are_added() {
        let qualified = |qualifiers: &[(&str, Option<&str>)]| {
            let mut purl = "pkg:widget/bolt@1".to_owned();
            qualify(&mut purl, qualifiers);
            purl
        };
        assert_eq!(qualified(&[]), "pkg:widget/bolt@1");
        assert_eq!(qualified(&[("arch", None)]), "pkg:widget/bolt@1");
        assert_eq!(
            qualified(&[("arch", Some("a+b")), ("distro", None), ("epoch", Some("1"))]),
            "pkg:widget/bolt@1?arch=a%2Bb&epoch=1"
        );
    }
}
