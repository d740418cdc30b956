//! YAML text to a tree that owns its places, with placeholders filled in.

use std::path::Path;

use marked_yaml::{LoadError, LoaderOptions, Marker};

use super::placeholder::{Env, expand};
use super::problem::{Mark, Problem};

/// Deeper indentation than any sane file has: the parser recurses once a level.
const DEEPEST_INDENTATION: usize = 400;

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Scalar(Scalar),
    List(Mark, Vec<Node>),
    Map(Mark, Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(super) key: Scalar,
    pub(super) value: Node,
}

#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(super) mark: Mark,
    /// As it stands in the file: what errors show.
    pub(super) written: String,
    /// With placeholders filled in; an unset variable is an error only when the value is asked for.
    pub(super) value: Result<String, String>,
    /// Not in quotes.
    pub(super) plain: bool,
}

/// The tree of `text`, whose top level must be a mapping. `env` fills in placeholders; without it `${` is plain text.
pub(crate) fn load(file: &Path, text: &str, env: Option<&Env<'_>>) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    refuse_what_the_parser_bears_badly(file, text)?;
    let parse = |strict| {
        let options = LoaderOptions::default()
            .error_on_duplicate_keys(strict)
            .prevent_coercion(true);
        marked_yaml::parse_yaml_with_options(0, text, options)
    };
    match parse(true) {
        Ok(node) => Ok(convert(&node, env)),
        Err(LoadError::DuplicateKey(pair)) => {
            let [first, second] = [&pair.prev_key, &pair.key].map(|key| mark(key.span().start()));
            // Only a whole tree tells where in it the key stands.
            let within = parse(false)
                .ok()
                .and_then(|node| path_to(&convert(&node, None), &[first, second], ""))
                .unwrap_or_else(|| pair.key.as_str().to_owned());
            let message = format!(
                "this key is given twice, first in line {}: keep one of them",
                first.line
            );
            Err(problem(file, Some(second), within, message))
        }
        Err(error) => {
            let (place, message) = explain(&error);
            Err(problem(file, place, String::new(), message))
        }
    }
}

fn problem(file: &Path, mark: Option<Mark>, key: String, message: String) -> Problem {
    Problem {
        mark,
        key,
        ..Problem::file(file, message)
    }
}

/// The parser reads one document and drops the rest without a word, and its recursion is not bounded.
fn refuse_what_the_parser_bears_badly(file: &Path, text: &str) -> Result<(), Problem> {
    let mut content = false;
    for (position, line) in text.lines().enumerate() {
        let refuse = |message: &str| {
            let place = Mark {
                line: position + 1,
                column: 1,
            };
            Err(problem(file, Some(place), String::new(), message.into()))
        };
        let starts_document = line
            .strip_prefix("---")
            .is_some_and(|rest| !rest.starts_with(|c: char| !c.is_whitespace()));
        if starts_document && content {
            return refuse("a second YAML document starts here: only one is read, so remove the line `---`");
        }
        content |= !(line.trim().is_empty() || line.starts_with(['#', '%'])) || starts_document;
        if line.find(|c| !matches!(c, ' ' | '-' | '?')).unwrap_or(line.len()) > DEEPEST_INDENTATION {
            return refuse("this line is indented too deeply");
        }
    }
    Ok(())
}

fn explain(error: &LoadError) -> (Option<Mark>, String) {
    let (place, message) = match error {
        LoadError::TopLevelMustBeMapping(place) | LoadError::TopLevelMustBeSequence(place) => {
            (place, "the file must hold `key: value` pairs".into())
        }
        LoadError::UnexpectedAnchor(place) => (
            place,
            "YAML anchors (`&name`) are not supported: write the value out".into(),
        ),
        LoadError::MappingKeyMustBeScalar(place) => (place, "a key must be one word".into()),
        LoadError::UnexpectedTag(place) => (
            place,
            "YAML tags (`!name`) are not supported: put the value in quotes".into(),
        ),
        LoadError::ScanError(place, error) => (place, format!("this is not YAML: {}", error.info())),
        LoadError::DuplicateKey(pair) => {
            return (Some(mark(pair.key.span().start())), "this key is given twice".into());
        }
    };
    (Some(mark(Some(place))), message)
}

fn mark(marker: Option<&Marker>) -> Mark {
    marker.map_or(Mark { line: 1, column: 1 }, |marker| Mark {
        line: marker.line().max(1),
        column: marker.column().max(1),
    })
}

fn convert(node: &marked_yaml::Node, env: Option<&Env<'_>>) -> Node {
    let place = mark(node.span().start());
    match node {
        marked_yaml::Node::Scalar(scalar) => Node::Scalar(convert_scalar(scalar, env)),
        marked_yaml::Node::Sequence(items) => Node::List(place, items.iter().map(|item| convert(item, env)).collect()),
        marked_yaml::Node::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| Entry {
                key: convert_scalar(key, env),
                value: convert(value, env),
            });
            let entries: Vec<_> = entries.collect();
            // The parser's own mark of a mapping is its first colon.
            Node::Map(entries.first().map_or(place, |first| first.key.mark), entries)
        }
    }
}

fn convert_scalar(scalar: &marked_yaml::types::MarkedScalarNode, env: Option<&Env<'_>>) -> Scalar {
    let written = scalar.as_str();
    Scalar {
        mark: mark(scalar.span().start()),
        written: written.to_owned(),
        value: env.map_or_else(|| Ok(written.to_owned()), |env| expand(written, env).map(Into::into)),
        plain: scalar.may_coerce(),
    }
}

/// The dotted path of the key that stands at one of `places`.
fn path_to(node: &Node, places: &[Mark], path: &str) -> Option<String> {
    match node {
        Node::Scalar(_) => None,
        Node::List(_, items) => (items.iter().enumerate())
            .find_map(|(position, item)| path_to(item, places, &format!("{path}[{position}]"))),
        Node::Map(_, entries) => entries.iter().find_map(|entry| {
            let path = join(path, &entry.key.written);
            if places.contains(&entry.key.mark) {
                return Some(path);
            }
            path_to(&entry.value, places, &path)
        }),
    }
}

/// `path.key`; a key with a dot or blank in it is shown in quotes.
pub(super) fn join(path: &str, key: &str) -> String {
    let dot = if path.is_empty() { "" } else { "." };
    if key.contains(['.', ' ']) {
        format!("{path}{dot}\"{key}\"")
    } else {
        format!("{path}{dot}{key}")
    }
}

// === impl Node ===

impl Node {
    pub(super) fn mark(&self) -> Mark {
        match self {
            Self::Scalar(scalar) => scalar.mark,
            Self::List(mark, _) | Self::Map(mark, _) => *mark,
        }
    }

    /// `key:` with nothing behind it, `~`, `null`, or a placeholder that turned out empty: as if not written.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Scalar(scalar) => {
                let null = scalar.plain && matches!(scalar.written.as_str(), "~" | "null" | "Null" | "NULL");
                null || scalar.value.as_ref().is_ok_and(|value| value.trim().is_empty())
            }
            Self::List(..) | Self::Map(..) => false,
        }
    }
}
