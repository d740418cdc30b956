//! Ruby's Marshal format, version 4.8, as far as gem indexes need it: read in place, without a tree and without recursion.
//!
//! Objects are numbered in the order in which they begin, and links name those numbers; symbols are numbered apart from them.
//! So no element of an array can be cut out of the bytes: [`Document::without`] writes the array anew, with other numbers.

mod copy;
mod head;

use osa_plugin_sdk::{Error, Span};

pub use head::{Head, Kind};

/// Larger documents could not be told in the interface's offsets.
const LARGEST: usize = u32::MAX as usize - 1;

/// A document whose value is an array.
#[derive(Debug)]
pub struct Document<'a> {
    body: &'a [u8],
    /// Where each object begins.
    objects: Vec<u32>,
    /// Where each symbol stands that is written out.
    symbols: Vec<u32>,
    elements: Vec<Span>,
}

const LONGEST_TEXT: usize = 512;

/// The 4.8 before every value.
const MAGIC: &[u8] = b"\x04\x08";

// === impl Document ===

impl<'a> Document<'a> {
    /// # Errors
    /// When this is not one array in Marshal 4.8, or holds other things than indexes do: nil, booleans, small integers,
    /// symbols, strings, arrays, hashes and objects that dump themselves as one of these.
    pub fn parse(body: &'a [u8]) -> Result<Self, Error> {
        if body.len() > LARGEST {
            return Err(Error::Malformed("larger than 4 GiB".into()));
        }
        if !body.starts_with(MAGIC) {
            return Err(Error::Malformed("no Marshal 4.8".into()));
        }
        let mut document = Self {
            body,
            objects: Vec::with_capacity(body.len() / 8),
            symbols: Vec::new(),
            elements: Vec::new(),
        };
        let head = document.register(MAGIC.len())?;
        if !matches!(head.kind, Kind::Array) {
            return Err(Error::Malformed("Marshal of something else than an array".into()));
        }
        let mut at = head.end;
        for _ in 0..head.children {
            let start = at;
            let mut left = 1;
            while left > 0 {
                let head = document.register(at)?;
                left += u64::from(head.children);
                left -= 1;
                at = head.end;
                if left > (body.len() - at) as u64 {
                    return Err(Error::Malformed(format!(
                        "Marshal says at byte {at} that more follows than does"
                    )));
                }
            }
            document.elements.push(Span::new(start as u32, at as u32));
        }
        if at < body.len() {
            return Err(Error::Malformed("something stands behind the Marshal array".into()));
        }
        Ok(document)
    }

    pub fn elements(&self) -> &[Span] {
        &self.elements
    }

    /// The value that stands at `at` itself.
    pub fn head(&self, at: usize) -> Option<Head<'a>> {
        Head::read(self.body, at).ok()
    }

    /// The object that the value at `at` is a link to.
    pub fn link(&self, at: usize) -> Option<u32> {
        match self.head(at)?.kind {
            Kind::Link(object) => Some(object),
            _ => None,
        }
    }

    /// The value at `at`, or the one that stands where its link leads.
    pub fn resolve(&self, at: usize) -> Option<Head<'a>> {
        let head = self.head(at)?;
        match head.kind {
            Kind::Link(object) => self.head(*self.objects.get(object as usize)? as usize),
            _ => Some(head),
        }
    }

    /// The string that stands or is linked at `at`, unless it is longer than any name: a long one may be linked often.
    pub fn text(&self, at: usize) -> Option<&'a str> {
        match self.resolve(at)?.kind {
            Kind::Text(bytes) if bytes.len() <= LONGEST_TEXT => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The symbol that stands or is linked at `at`.
    pub fn symbol(&self, at: usize) -> Option<&'a [u8]> {
        let head = self.head(at)?;
        let head = match head.kind {
            Kind::SymbolLink(symbol) => Head::read(self.body, *self.symbols.get(symbol as usize)? as usize).ok()?,
            _ => head,
        };
        match head.kind {
            Kind::Symbol(name) => Some(name),
            _ => None,
        }
    }

    /// Behind the value at `at`.
    pub fn behind(&self, mut at: usize) -> Option<usize> {
        let mut left = 1_u64;
        while left > 0 {
            let head = self.head(at)?;
            left = left - 1 + u64::from(head.children);
            at = head.end;
        }
        Some(at)
    }

    /// Reads a head and notes what begins there.
    fn register(&mut self, at: usize) -> Result<Head<'a>, Error> {
        let head = Head::read(self.body, at).map_err(|bad| bad.of(self.body))?;
        let known = match head.kind {
            Kind::Symbol(_) => {
                self.symbols.push(at as u32);
                true
            }
            Kind::Link(object) => (object as usize) < self.objects.len(),
            Kind::SymbolLink(symbol) => (symbol as usize) < self.symbols.len(),
            kind if kind.is_object() => {
                self.objects.push(at as u32);
                true
            }
            _ => true,
        };
        if known {
            Ok(head)
        } else {
            Err(Error::Malformed(format!(
                "Marshal links at byte {at} to what was not there yet"
            )))
        }
    }
}
