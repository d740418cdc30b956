//! `specs.4.8`: every version of every gem in Ruby's Marshal, each text once and linked from then on.

use std::collections::HashMap;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{Kind, Rewrite, Rewritten, purl};
use crate::documents::Document;

pub(super) struct GemSpecs;

type Tuple = (String, String, String);

impl Kind for GemSpecs {
    fn name(&self) -> &'static str {
        "gem specs"
    }

    fn section(&self) -> &'static str {
        "ruby"
    }

    fn settings(&self, document: &Document) -> Value {
        json!({ "registry": document.origin })
    }

    fn path(&self, _document: &Document) -> String {
        "specs.4.8".into()
    }

    fn content_type(&self) -> &'static str {
        "application/octet-stream"
    }

    fn made(&self) -> Vec<(&'static str, Vec<u8>)> {
        [("made, 20,000 gems, 200,000 versions", 20_000)]
            .map(|(label, gems)| (label, dump(&made(gems))))
            .into()
    }

    fn rewrite(&self, rewrite: &Rewrite<'_>) -> anyhow::Result<Rewritten> {
        let mut tuples = load(&rewrite.document.body)?;
        let name = |(name, version, _): &Tuple| purl(&format!("gem/{name}"), version);
        let purls = tuples.iter().map(name).collect();
        tuples.retain(|(name, version, _)| !rewrite.refused.contains(&format!("{name}@{version}")));
        let body = dump(&tuples);
        Ok(Rewritten { purls, body })
    }

    fn meaning(&self, body: &[u8]) -> anyhow::Result<Value> {
        Ok(serde_json::to_value(load(body)?)?)
    }

    fn target(&self) -> f64 {
        0.6
    }

    /// Five bytes of a tuple, two of them links, stand for a package URL of thirty.
    fn memory_target(&self) -> f64 {
        12.0
    }
}

fn made(gems: u32) -> Vec<Tuple> {
    let versions = |gem: u32| {
        (0..10).map(move |version| {
            (
                format!("widget-{gem:05x}"),
                format!("0.{version}.{}", gem % 50),
                "ruby".into(),
            )
        })
    };
    (0..gems).flat_map(versions).collect()
}

#[derive(Clone)]
enum Object {
    Text(String),
    Array(Vec<Object>),
    Link(usize),
}

struct Load<'a> {
    rest: &'a [u8],
    /// What links name: texts alone are asked for.
    objects: Vec<Option<String>>,
}

fn load(body: &[u8]) -> anyhow::Result<Vec<Tuple>> {
    let mut load = Load {
        rest: body.get(2..).context("no Marshal")?,
        objects: Vec::new(),
    };
    let Object::Array(elements) = load.value()? else {
        bail!("no array");
    };
    let text = |object: &Object| match object {
        Object::Text(text) => Ok(text.clone()),
        Object::Link(number) => load
            .objects
            .get(*number)
            .cloned()
            .flatten()
            .context("a link to no text"),
        Object::Array(_) => bail!("no text"),
    };
    let tuple = |element: &Object| match element {
        Object::Array(parts) => match parts.as_slice() {
            [name, version, platform] => Ok((text(name)?, text(version)?, text(platform)?)),
            _ => bail!("no tuple"),
        },
        _ => bail!("no tuple"),
    };
    elements.iter().map(tuple).collect()
}

impl<'a> Load<'a> {
    fn take(&mut self, count: usize) -> anyhow::Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).context("too short")?;
        self.rest = rest;
        Ok(taken)
    }

    fn number(&mut self) -> anyhow::Result<usize> {
        let first = usize::from(*self.take(1)?.first().context("too short")?);
        if first == 0 || first > 4 {
            return Ok(first.saturating_sub(5));
        }
        let bytes = self.take(first)?;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn value(&mut self) -> anyhow::Result<Object> {
        let number = self.objects.len();
        match self.take(1)? {
            b"[" => {
                self.objects.push(None);
                let count = self.number()?;
                let values = (0..count).map(|_| self.value()).collect::<anyhow::Result<_>>()?;
                Ok(Object::Array(values))
            }
            b"\"" => {
                let length = self.number()?;
                let text = String::from_utf8(self.take(length)?.to_vec())?;
                self.objects.push(Some(text.clone()));
                Ok(Object::Text(text))
            }
            b"U" => {
                self.objects.push(None);
                match self.take(1)? {
                    b":" => self.number().and_then(|length| self.take(length))?,
                    _ => self.number().map(|_| &[][..])?,
                };
                let Object::Array(dumped) = self.value()? else {
                    bail!("no version");
                };
                let version = dumped.into_iter().next().context("no version")?;
                if let (Object::Text(text), Some(slot)) = (&version, self.objects.get_mut(number)) {
                    *slot = Some(text.clone());
                }
                Ok(version)
            }
            b"@" => Ok(Object::Link(self.number()?)),
            other => bail!("type {other:?}"),
        }
    }
}

fn dump(tuples: &[Tuple]) -> Vec<u8> {
    let mut out = b"\x04\x08[".to_vec();
    put(tuples.len(), &mut out);
    let mut known: HashMap<(u8, &str), usize> = HashMap::new();
    let mut count = 1;
    for (name, version, platform) in tuples {
        out.extend(b"[\x08");
        count += 1;
        for (kind, text) in [(0, name), (1, version), (2, platform)] {
            if let Some(number) = known.get(&(kind, text.as_str())) {
                out.push(b'@');
                put(*number, &mut out);
                continue;
            }
            known.insert((kind, text), count);
            if kind == 1 {
                let first = count == 3;
                out.extend(if first {
                    &b"U:\x11Gem::Version[\x06"[..]
                } else {
                    b"U;\0[\x06"
                });
                count += 2;
            }
            out.push(b'"');
            put(text.len(), &mut out);
            out.extend(text.as_bytes());
            count += 1;
        }
    }
    out
}

fn put(number: usize, out: &mut Vec<u8>) {
    match number {
        0 => out.push(0),
        1..=122 => out.push(number as u8 + 5),
        _ => {
            let bytes = number.to_le_bytes();
            let length = bytes.len() - number.leading_zeros() as usize / 8;
            out.push(length as u8);
            out.extend(bytes.iter().take(length));
        }
    }
}
