//! Names of entries: `{key-prefix}{package type}:{context}:{revision}:{package URL}`. The context is `-` or
//! `{repository manager},{repository}`; what could end a part or mean something to SCAN is percent-encoded in all but the
//! package URL, which is the last part.

use std::fmt::Write as _;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::judge::Context;
use crate::verdicts::cache::Scope;
use crate::verdicts::filter::Filter;

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `cache.judge.key-prefix`
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// What all keys of a scope begin with.
    pub(super) fn scope(&self, scope: &Scope) -> String {
        let mut key = self.package_type(&self.prefix, &scope.package_type);
        match scope.context.as_deref() {
            None => key.push('-'),
            Some(Context {
                repo_manager_host: host,
                repo_name: name,
            }) => push(&mut key, format_args!("{},{}", encode(host), encode(name))),
        }
        push(&mut key, format_args!(":{:x}:", scope.revision));
        key
    }

    /// What says that an instance is refreshing an entry, made from that entry's key. Is no entry's key itself.
    pub(super) fn claim(&self, key: &str, record: bool) -> String {
        let rest = key.strip_prefix(&self.prefix).unwrap_or(key);
        let which = if record { "record" } else { "look" };
        format!("{}refresh:{which}:{rest}", self.prefix)
    }

    /// The reverse of [`Self::scope`] with a package URL behind it; None for the keys of others.
    pub(super) fn parse(&self, key: &str) -> Option<(Scope, Arc<str>)> {
        let mut parts = key.strip_prefix(&self.prefix)?.splitn(4, ':');
        let package_type = decode(parts.next()?)?;
        let context = match parts.next()? {
            "-" => None,
            context => {
                let (host, name) = context.split_once(',')?;
                Some(Arc::new(Context {
                    repo_manager_host: decode(host)?,
                    repo_name: decode(name)?,
                }))
            }
        };
        let revision = u64::from_str_radix(parts.next()?, 16).ok()?;
        let purl = parts.next().filter(|purl| purl.starts_with("pkg:"))?;
        let scope = Scope {
            package_type: package_type.into(),
            revision,
            context,
        };
        Some((scope, purl.into()))
    }

    /// A SCAN pattern for all keys that can match.
    pub(super) fn pattern(&self, filter: Option<&Filter>) -> String {
        let mut prefix = String::with_capacity(self.prefix.len());
        for c in self.prefix.chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '\\') {
                prefix.push('\\');
            }
            prefix.push(c);
        }
        match filter {
            Some(Filter::Packages(packages)) => self.package_type(&prefix, &packages.package_type) + "*",
            Some(Filter::Purls(_)) | None => prefix + "*",
        }
    }

    #[expect(clippy::unused_self, reason = "the layout of a key is known here alone")]
    fn package_type(&self, prefix: &str, package_type: &str) -> String {
        format!("{prefix}{}:", encode(package_type))
    }
}

fn push(key: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a String does not fail.
    let _ = key.write_fmt(part);
}

fn encode(part: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(part, PLAIN)
}

fn decode(part: &str) -> Option<String> {
    Some(percent_decode_str(part).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::verdicts::filter::Packages;

    fn scope(context: Option<(&str, &str)>) -> Scope {
        Scope {
            package_type: "widget".into(),
            revision: 0xfeed,
            context: context.map(|(host, name)| {
                Arc::new(Context {
                    repo_manager_host: host.into(),
                    repo_name: name.into(),
                })
            }),
        }
    }

    #[test]
    fn keys_read_well_and_others_keys_are_told_apart() {
        let keys = Keys::new("cs:judge:");
        assert_eq!(keys.scope(&scope(None)), "cs:judge:widget:-:feed:");
        let key = keys.scope(&scope(Some(("https://manager.example", "w:1")))) + "pkg:widget/a@1";
        assert_eq!(
            key,
            "cs:judge:widget:https%3A%2F%2Fmanager.example,w%3A1:feed:pkg:widget/a@1"
        );
        let claim = keys.claim(&key, true);
        assert!(claim.starts_with("cs:judge:refresh:record:widget:"));
        assert_ne!(claim, keys.claim(&key, false));
        for foreign in [
            claim.as_str(),
            "widget:-:feed:pkg:widget/a@1",
            "cs:judge:",
            "cs:judge:widget:-:feed:session",
            "cs:judge:widget:x:feed:pkg:widget/a@1",
            "cs:judge:widget:-:g:pkg:widget/a@1",
        ] {
            assert!(keys.parse(foreign).is_none(), "{foreign}");
        }
        assert_eq!(Keys::new("a*[b]\\").pattern(None), "a\\*\\[b\\]\\\\*");
        let filter = Filter::Packages(Packages {
            package_type: "wid*get".into(),
            ..Packages::default()
        });
        assert_eq!(keys.pattern(Some(&filter)), "cs:judge:wid%2Aget:*");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(prefix in ".{0,6}", host in ".{0,12}", name in ".{0,12}", purl in "pkg:.{0,20}") {
            let keys = Keys::new(&prefix);
            for scope in [scope(Some((&host, &name))), scope(None)] {
                let read = keys.parse(&(keys.scope(&scope) + &purl));
                prop_assert_eq!(read, Some((scope, purl.as_str().into())));
            }
        }
    }
}
