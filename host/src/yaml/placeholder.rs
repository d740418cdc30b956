//! `${VAR:default}`, filled in on parsed scalars so that no value can break the YAML around it.

use std::borrow::Cow;

/// Where placeholders take their values from.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The environment of this process. A variable that is set to nothing counts as set.
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Fills in every placeholder of `text`: the name ends at the first `:`, the default at the first `}`.
/// What comes from the environment is not looked at again. Errors never carry a value of the environment.
pub(super) fn expand<'t>(text: &'t str, env: &Env<'_>) -> Result<Cow<'t, str>, String> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let Some((inside, behind)) = after.split_once('}') else {
            return Err("a placeholder is not closed: write `${VAR:default}`".into());
        };
        let (name, default) = match inside.split_once(':') {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(
                "a placeholder's name may hold letters, digits and `_` only, as in `${VAR:default}`; \
                 placeholders cannot stand inside each other"
                    .into(),
            );
        }
        if default.is_some_and(|default| default.contains("${")) {
            return Err("placeholders cannot stand inside each other: write `${VAR:default}`".into());
        }
        match (env(name), default) {
            (Some(value), _) => expanded.push_str(&value),
            (None, Some(default)) => expanded.push_str(default),
            (None, None) => {
                return Err(format!(
                    "the environment variable `{name}` is not set, and there is no default: \
                     set it, or write `${{{name}:default}}`"
                ));
            }
        }
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(Cow::Owned(expanded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("registry.example".into()),
            "EMPTY" => Some(String::new()),
            "SELF" => Some("${HOST}".into()),
            _ => None,
        }
    }

    #[test]
    fn placeholders_are_filled_in() {
        for (text, expected) in [
            ("plain $HOST {HOST}", "plain $HOST {HOST}"),
            ("https://${HOST}/a", "https://registry.example/a"),
            ("${HOST:x}", "registry.example"),
            ("${NONE:http://a.example:81/b}", "http://a.example:81/b"),
            ("${NONE:}", ""),
            ("${EMPTY:default}", ""),
            ("${NONE:a}-${HOST}-${NONE:b}", "a-registry.example-b"),
            ("${SELF}", "${HOST}"),
        ] {
            assert_eq!(expand(text, &env).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn bad_placeholders_are_told() {
        for (text, expected) in [
            ("${NONE}", "write `${NONE:default}`"),
            ("a${HOST", "not closed"),
            ("${}", "name may hold"),
            ("${NO NE:x}", "name may hold"),
            ("${NONE:${HOST}}", "inside each other"),
        ] {
            let error = expand(text, &env).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
