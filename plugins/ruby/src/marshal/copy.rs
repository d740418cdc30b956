//! The array again, without some of its elements.

use osa_plugin_sdk::Error;

use super::head::{Head, Kind, put_integer};
use super::{Document, MAGIC};

/// Not written yet.
const NONE: u32 = u32::MAX;

struct Copier<'d, 'a> {
    document: &'d Document<'a>,
    out: Vec<u8>,
    /// New numbers by old ones.
    objects: Vec<u32>,
    symbols: Vec<u32>,
    next_object: u32,
    next_symbol: u32,
    /// Values that are being copied. Below the first are those that links led to.
    frames: Vec<Frame>,
}

/// `left` values from `at` on.
struct Frame {
    at: usize,
    left: u64,
    /// The old number of the next object from `at` on.
    object: usize,
}

// === impl Document ===

impl Document<'_> {
    /// The document without the elements for which `gone` holds. What else of it links into them is written out where it is
    /// needed first.
    ///
    /// # Errors
    /// None that a document which [`Document::parse`] took gives.
    pub fn without(&self, mut gone: impl FnMut(usize) -> bool) -> Result<Vec<u8>, Error> {
        let kept: Vec<_> = self.elements.iter().enumerate().filter(|(at, _)| !gone(*at)).collect();
        let mut copier = Copier {
            document: self,
            out: Vec::with_capacity(self.body.len()),
            objects: vec![NONE; self.objects.len()],
            symbols: vec![NONE; self.symbols.len()],
            next_object: 0,
            next_symbol: 0,
            frames: Vec::new(),
        };
        copier.out.extend_from_slice(MAGIC);
        copier.out.push(b'[');
        put_integer(kept.len() as u32, &mut copier.out);
        copier.enter(0);
        let mut object = 1;
        let mut before = 0;
        for (number, element) in kept {
            if number > before {
                object = copier.object_from(element.start as usize);
            }
            before = number + 1;
            object = copier.copy(element.start as usize, object)?;
        }
        Ok(copier.out)
    }
}

// === impl Copier ===

impl Copier<'_, '_> {
    /// Copies the value at `at`, in which objects are numbered from `object` on; gives the number behind it.
    fn copy(&mut self, at: usize, object: usize) -> Result<usize, Error> {
        self.frames.push(Frame { at, left: 1, object });
        let mut behind = object;
        while let Some(frame) = self.frames.last_mut() {
            if frame.left == 0 {
                behind = frame.object;
                self.frames.pop();
                continue;
            }
            let at = frame.at;
            let head = Head::read(self.document.body, at).map_err(|bad| bad.of(self.document.body))?;
            frame.at = head.end;
            frame.left = frame.left - 1 + u64::from(head.children);
            let object = frame.object;
            frame.object += usize::from(head.kind.is_object());
            match head.kind {
                Kind::Nil | Kind::Plain => self.raw(at, head.end),
                Kind::Symbol(_) => {
                    let symbol = self.document.symbols.partition_point(|start| (*start as usize) < at);
                    self.symbol(symbol);
                }
                Kind::SymbolLink(symbol) => self.symbol(symbol as usize),
                Kind::Link(object) => match self.objects.get(object as usize) {
                    Some(&NONE) => {
                        let start = self.document.objects.get(object as usize).copied().unwrap_or_default();
                        self.frames.push(Frame {
                            at: start as usize,
                            left: 1,
                            object: object as usize,
                        });
                    }
                    Some(&number) => self.link(number),
                    None => return Err(Error::Malformed("a link to nothing".into())),
                },
                Kind::Text(_) | Kind::Array | Kind::Map | Kind::Dumped => self.object(at, &head, object)?,
            }
        }
        Ok(behind)
    }

    fn object(&mut self, at: usize, head: &Head<'_>, object: usize) -> Result<(), Error> {
        match self.objects.get(object).copied() {
            Some(NONE) => {
                self.enter(object);
                self.raw(at, head.end);
            }
            // Written out already, where a link led into an element that is gone.
            Some(number) => {
                self.link(number);
                let end = self
                    .document
                    .behind(at)
                    .ok_or_else(|| Error::Malformed("a value without end".into()))?;
                let object = self.object_from(end);
                if let Some(frame) = self.frames.last_mut() {
                    frame.at = end;
                    frame.left -= u64::from(head.children);
                    frame.object = object;
                }
            }
            None => return Err(Error::Malformed("an object without number".into())),
        }
        Ok(())
    }

    /// Numbers an object that is being written.
    fn enter(&mut self, object: usize) {
        if let Some(slot) = self.objects.get_mut(object) {
            *slot = self.next_object;
            self.next_object += 1;
        }
    }

    fn link(&mut self, number: u32) {
        self.out.push(b'@');
        put_integer(number, &mut self.out);
    }

    fn symbol(&mut self, symbol: usize) {
        let Some(slot) = self.symbols.get_mut(symbol) else {
            return;
        };
        if *slot == NONE {
            *slot = self.next_symbol;
            self.next_symbol += 1;
            let start = self.document.symbols.get(symbol).copied().unwrap_or_default() as usize;
            if let Ok(head) = Head::read(self.document.body, start) {
                self.raw(start, head.end);
            }
        } else {
            self.out.push(b';');
            put_integer(*slot, &mut self.out);
        }
    }

    fn raw(&mut self, start: usize, end: usize) {
        self.out
            .extend_from_slice(self.document.body.get(start..end).unwrap_or_default());
    }

    /// The number of the first object from `at` on.
    fn object_from(&self, at: usize) -> usize {
        self.document.objects.partition_point(|start| (*start as usize) < at)
    }
}
