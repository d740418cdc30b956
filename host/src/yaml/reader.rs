//! A walk over the tree that notices what it was not asked for, and collects every problem on its way.

use std::cell::RefCell;
use std::path::Path;

use super::problem::{Mark, Problem};
use super::suggest::nearest;
use super::tree::{Entry, Node, join};

/// Collects problems and warnings of one file.
pub(crate) struct Reader<'a> {
    file: &'a Path,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<String>>,
}

/// A mapping. Keys are taken out of it; what is left when it is [`finish`](Map::finish)ed is unknown.
pub(crate) struct Map<'a> {
    reader: &'a Reader<'a>,
    path: String,
    mark: Mark,
    left: Vec<&'a Entry>,
    /// False where something else stands in its place: then nothing is missing from it.
    sound: bool,
    known: Vec<(String, String)>,
}

/// The value of one key.
pub(crate) struct Value<'a> {
    reader: &'a Reader<'a>,
    path: String,
    example: String,
    node: &'a Node,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a Path) -> Self {
        Self {
            file,
            problems: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// The top level of the file.
    pub(crate) fn root(&'a self, node: &'a Node) -> Map<'a> {
        self.map(node, String::new(), "key: value")
    }

    fn map(&'a self, node: &'a Node, path: String, example: &str) -> Map<'a> {
        let (left, sound) = match node {
            Node::Map(_, entries) => (entries.iter().collect(), true),
            _ if node.is_nothing() => (Vec::new(), true),
            Node::Scalar(_) | Node::List(..) => {
                let message = format!("{} stands where `key: value` pairs are expected", kind(node));
                self.report(node.mark(), path.clone(), message, Some(example.to_owned()));
                (Vec::new(), false)
            }
        };
        Map {
            reader: self,
            path,
            mark: node.mark(),
            left,
            sound,
            known: Vec::new(),
        }
    }

    pub(crate) fn report(&self, mark: Mark, key: String, message: String, example: Option<String>) {
        self.problems.borrow_mut().push(Problem {
            file: self.file.to_owned(),
            mark: Some(mark),
            key,
            message,
            example,
        });
    }

    pub(crate) fn warn(&self, mark: Mark, key: &str, message: &str) {
        let place = format!("{}:{}:{}", self.file.display(), mark.line, mark.column);
        self.warnings.borrow_mut().push(format!("{place}: {key}: {message}"));
    }

    /// Problems and warnings so far.
    pub(crate) fn into_findings(self) -> (Vec<Problem>, Vec<String>) {
        (self.problems.into_inner(), self.warnings.into_inner())
    }
}

fn kind(node: &Node) -> &'static str {
    match node {
        Node::Scalar(_) => "a single value",
        Node::List(..) => "a list",
        Node::Map(..) => "a `key: value` mapping",
    }
}

// === impl Map ===

impl<'a> Map<'a> {
    fn take(&mut self, key: &str) -> Option<&'a Entry> {
        let position = self.left.iter().position(|entry| entry.key.written == key)?;
        Some(self.left.remove(position))
    }

    /// The value of `key`; none when the key is not there or nothing stands behind it.
    pub(crate) fn optional(&mut self, key: &str, example: &str) -> Option<Value<'a>> {
        self.known.push((key.to_owned(), example.to_owned()));
        let entry = self.take(key)?;
        (!entry.value.is_nothing()).then(|| self.value(key, example, &entry.value))
    }

    /// The value of `key`, which is not to be suggested to anyone.
    pub(crate) fn optional_unlisted(&mut self, key: &str) -> Option<Value<'a>> {
        let entry = self.take(key)?;
        Some(self.value(key, "", &entry.value))
    }

    /// The values of all keys that are `wanted`, which are not to be suggested to anyone.
    pub(crate) fn take_all(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<Value<'a>> {
        let (taken, left) = std::mem::take(&mut self.left)
            .into_iter()
            .partition::<Vec<_>, _>(|entry| wanted(&entry.key.written));
        self.left = left;
        taken
            .into_iter()
            .map(|entry| self.value(&entry.key.written, "", &entry.value))
            .collect()
    }

    /// Whether `key` is written, be it with nothing behind it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.left.iter().any(|entry| entry.key.written == key)
    }

    /// The value of `key`, or an error that it is missing.
    pub(crate) fn required(&mut self, key: &str, example: &str) -> Option<Value<'a>> {
        let place = self
            .left
            .iter()
            .find(|entry| entry.key.written == key)
            .map(|entry| entry.key.mark);
        let value = self.optional(key, example);
        if value.is_none() && self.sound {
            let message = if place.is_some() {
                "this key needs a value"
            } else {
                "this key is missing"
            };
            self.report(place.unwrap_or(self.mark), key, message.into(), example);
        }
        value
    }

    /// The parsed value of `key`; none when it is not there or not right (which is reported). `parse` says what is
    /// wrong so that it reads on from the value: "is not a duration".
    pub(crate) fn get<T>(
        &mut self,
        key: &str,
        example: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.optional(key, example)?.parse(parse)
    }

    /// The mapping behind `key`; an empty one when the key is not there.
    pub(crate) fn section(&mut self, key: &str, example: &str) -> Map<'a> {
        match self.optional(key, example) {
            Some(value) => value.map(),
            None => Map {
                reader: self.reader,
                path: join(&self.path, key),
                mark: self.mark,
                left: Vec::new(),
                sound: true,
                known: Vec::new(),
            },
        }
    }

    /// A key that is not in use any more: told what to write instead.
    pub(crate) fn gone(&mut self, old: &str, instead: &str) {
        if let Some(entry) = self.take(old) {
            self.report(entry.key.mark, old, gone(instead), "");
        }
    }

    /// Whatever has not been taken yet, with the place of its key. `example` is that of every value.
    pub(crate) fn rest(&mut self, example: &str) -> Vec<(String, Mark, Value<'a>)> {
        let left = std::mem::take(&mut self.left);
        let mut rest = Vec::with_capacity(left.len());
        for entry in left {
            match &entry.key.value {
                Ok(key) => rest.push((key.clone(), entry.key.mark, self.value(key, example, &entry.value))),
                Err(message) => self.report(entry.key.mark, &entry.key.written, message.clone(), ""),
            }
        }
        rest
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        for entry in &self.left {
            let known = || self.known.iter().map(|(key, _)| key.as_str());
            let guess = nearest(&entry.key.written, known());
            let guess = self.known.iter().find(|(key, _)| Some(key.as_str()) == guess);
            let (message, example) = if let Some((key, example)) = guess {
                (format!("unknown key; did you mean `{key}`?"), line(key, example))
            } else {
                let keys: Vec<_> = known().map(|key| format!("`{key}`")).collect();
                (format!("unknown key; the keys here are {}", keys.join(", ")), None)
            };
            self.reader
                .report(entry.key.mark, join(&self.path, &entry.key.written), message, example);
        }
    }

    /// A problem with `key` of this mapping. `example` is a right value, or empty.
    pub(crate) fn report(&self, mark: Mark, key: &str, message: String, example: &str) {
        self.reader
            .report(mark, join(&self.path, key), message, line(key, example));
    }

    fn value(&self, key: &str, example: &str, node: &'a Node) -> Value<'a> {
        Value {
            reader: self.reader,
            path: join(&self.path, key),
            example: line(key, example).unwrap_or_default(),
            node,
        }
    }
}

fn gone(instead: &str) -> String {
    format!("this key of the archived Java generation is gone; instead: {instead}")
}

/// `key: example`, as it is to be written; the example goes below when it is of several lines.
fn line(key: &str, example: &str) -> Option<String> {
    match example {
        "" => None,
        _ if example.starts_with('\n') => Some(format!("{key}:{example}")),
        _ => Some(format!("{key}: {example}")),
    }
}

// === impl Value ===

impl<'a> Value<'a> {
    pub(crate) fn mark(&self) -> Mark {
        self.node.mark()
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn report(&self, message: impl Into<String>) {
        let example = (!self.example.is_empty()).then(|| self.example.clone());
        self.reader
            .report(self.mark(), self.path.clone(), message.into(), example);
    }

    /// A problem at `mark`, which is within this value.
    pub(crate) fn report_at(&self, mark: Mark, message: String) {
        self.reader
            .report(mark, self.path.clone(), message, Some(self.example.clone()));
    }

    /// This key is not in use any more: told what to write instead.
    pub(crate) fn report_gone(&self, instead: &str) {
        self.reader.report(self.mark(), self.path.clone(), gone(instead), None);
    }

    pub(crate) fn warn(&self, message: &str) {
        self.reader.warn(self.mark(), &self.path, message);
    }

    /// The text as it is, placeholders filled in.
    pub(crate) fn text(&self) -> Option<String> {
        match self.node {
            Node::Scalar(scalar) => match &scalar.value {
                Ok(text) => Some(text.clone()),
                Err(message) => {
                    self.report(message.clone());
                    None
                }
            },
            Node::List(..) | Node::Map(..) => {
                self.report(format!("{} stands where a single value is expected", kind(self.node)));
                None
            }
        }
    }

    /// The typed value of the text. Errors show what the file says, never what the environment does.
    pub(crate) fn parse<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.typed(parse, &self.shown())
    }

    /// Like [`parse`](Value::parse) for values that may carry a password: errors do not show them at all.
    pub(crate) fn parse_hidden<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.typed(parse, "the value")
    }

    fn typed<T>(&self, parse: impl FnOnce(&str) -> Result<T, String>, shown: &str) -> Option<T> {
        let text = self.text()?;
        match parse(text.trim()) {
            Ok(value) => Some(value),
            Err(message) => {
                self.report(format!("{shown} {message}"));
                None
            }
        }
    }

    fn shown(&self) -> String {
        let Node::Scalar(scalar) = self.node else {
            return "the value".into();
        };
        let short: String = scalar.written.chars().take(60).collect();
        let dots = if short.len() < scalar.written.len() { "..." } else { "" };
        let filled_in = match &scalar.value {
            Ok(value) if *value != scalar.written => ", once filled in,",
            _ => "",
        };
        format!("`{short}{dots}`{filled_in}")
    }

    /// The items of a list; none when it is none (which is reported).
    pub(crate) fn list(&self) -> Option<Vec<Value<'a>>> {
        let Node::List(_, items) = self.node else {
            self.report(format!("{} stands where a list is expected", kind(self.node)));
            return None;
        };
        let item = |(position, node)| Value {
            reader: self.reader,
            path: format!("{}[{position}]", self.path),
            example: self.example.clone(),
            node,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.node, Node::Map(..))
    }

    pub(crate) fn map(&self) -> Map<'a> {
        self.reader.map(self.node, self.path.clone(), &self.example)
    }
}
