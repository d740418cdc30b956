//! Marshal as Ruby does it, with a tree: what the plugin's reading in place is held against.

use std::collections::BTreeMap;
use std::rc::Rc;

/// Two places that hold the same `Rc` hold the same object, and are dumped as a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Nil,
    Integer(i32),
    Symbol(&'static str),
    Object(Rc<Object>),
}

#[derive(Debug, PartialEq)]
pub(crate) enum Object {
    /// With or without the encoding that says that it is UTF-8.
    Text(String, bool),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Version(Value),
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(Rc::new(object))
    }
}

pub(crate) fn text(text: &str) -> Value {
    Object::Text(text.into(), true).into()
}

pub(crate) fn version(version: &str) -> Value {
    Object::Version(Object::Array(vec![text(version)]).into()).into()
}

pub(crate) fn array(values: Vec<Value>) -> Value {
    Object::Array(values).into()
}

pub(crate) fn dump(value: &Value) -> Vec<u8> {
    let mut dump = Dump::default();
    dump.out.extend(b"\x04\x08");
    dump.value(value);
    dump.out
}

#[derive(Default)]
struct Dump {
    out: Vec<u8>,
    objects: BTreeMap<*const Object, i32>,
    symbols: Vec<&'static str>,
    /// Numbers that the array in `Gem::Version` takes, which is made anew for each.
    count: i32,
}

impl Dump {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Nil => self.out.push(b'0'),
            Value::Integer(number) => {
                self.out.push(b'i');
                self.integer(*number);
            }
            Value::Symbol(name) => self.symbol(name),
            Value::Object(object) => self.object(object),
        }
    }

    fn object(&mut self, object: &Rc<Object>) {
        if let Some(&number) = self.objects.get(&Rc::as_ptr(object)) {
            self.out.push(b'@');
            return self.integer(number);
        }
        self.objects.insert(Rc::as_ptr(object), self.count);
        self.count += 1;
        match &**object {
            Object::Text(text, encoded) => {
                self.out.extend(if *encoded { &b"I\""[..] } else { b"\"" });
                self.integer(text.len() as i32);
                self.out.extend(text.as_bytes());
                if *encoded {
                    self.integer(1);
                    self.symbol("E");
                    self.out.push(b'T');
                }
            }
            Object::Array(values) => {
                self.out.push(b'[');
                self.integer(values.len() as i32);
                for value in values {
                    self.value(value);
                }
            }
            Object::Map(pairs) => {
                self.out.push(b'{');
                self.integer(pairs.len() as i32);
                for (key, value) in pairs {
                    self.value(key);
                    self.value(value);
                }
            }
            Object::Version(dumped) => {
                self.out.push(b'U');
                self.symbol("Gem::Version");
                self.value(dumped);
            }
        }
    }

    fn symbol(&mut self, name: &'static str) {
        if let Some(number) = self.symbols.iter().position(|known| *known == name) {
            self.out.push(b';');
            self.integer(number as i32);
        } else {
            self.symbols.push(name);
            self.out.push(b':');
            self.integer(name.len() as i32);
            self.out.extend(name.as_bytes());
        }
    }

    fn integer(&mut self, number: i32) {
        match number {
            0 => self.out.push(0),
            1..=122 => self.out.push(number as u8 + 5),
            -123..=-1 => self.out.push((number - 5) as u8),
            _ => {
                let mut rest = number;
                let mut bytes = Vec::new();
                while rest != 0 && rest != -1 {
                    bytes.push(rest as u8);
                    rest >>= 8;
                }
                let length = bytes.len() as i8;
                self.out.push(if number < 0 { -length } else { length } as u8);
                self.out.extend(bytes);
            }
        }
    }
}

/// The value as JSON-like text in which sharing does not show.
pub(crate) fn load(bytes: &[u8]) -> String {
    let mut load = Load {
        bytes: bytes.strip_prefix(b"\x04\x08").unwrap(),
        objects: Vec::new(),
        symbols: Vec::new(),
    };
    let value = load.value();
    assert!(load.bytes.is_empty(), "something is left");
    value
}

struct Load<'a> {
    bytes: &'a [u8],
    objects: Vec<Option<String>>,
    symbols: Vec<String>,
}

impl<'a> Load<'a> {
    fn byte(&mut self) -> u8 {
        let (&first, rest) = self.bytes.split_first().unwrap();
        self.bytes = rest;
        first
    }

    fn integer(&mut self) -> i64 {
        let first = self.byte() as i8;
        match first {
            0 => 0,
            5.. => i64::from(first) - 5,
            ..=-5 => i64::from(first) + 5,
            _ => {
                let length = first.unsigned_abs();
                let number = (0..length).map(|at| i64::from(self.byte()) << (8 * at)).sum::<i64>();
                if first < 0 {
                    number - (1 << (8 * length))
                } else {
                    number
                }
            }
        }
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.integer() as usize;
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        text
    }

    fn value(&mut self) -> String {
        let tag = self.byte();
        match tag {
            b'0' => "nil".into(),
            b'T' => "true".into(),
            b'F' => "false".into(),
            b'i' => self.integer().to_string(),
            b':' => {
                let name = format!(":{}", self.text().escape_ascii());
                self.symbols.push(name.clone());
                name
            }
            b';' => {
                let number = self.integer() as usize;
                self.symbols[number].clone()
            }
            b'@' => {
                let number = self.integer() as usize;
                self.objects[number].clone().expect("an object that is not complete")
            }
            _ => {
                let number = self.objects.len();
                self.objects.push(None);
                let value = self.object(tag);
                self.objects[number] = Some(value.clone());
                value
            }
        }
    }

    fn object(&mut self, tag: u8) -> String {
        match tag {
            b'"' => format!("b\"{}\"", self.text().escape_ascii()),
            b'I' => {
                assert_eq!(self.byte(), b'"');
                let text = format!("\"{}\"", self.text().escape_ascii());
                let variables = self.integer();
                (0..variables).fold(text, |text, _| format!("{text}.{}={}", self.value(), self.value()))
            }
            b'[' => {
                let length = self.integer();
                let values: Vec<_> = (0..length).map(|_| self.value()).collect();
                format!("[{}]", values.join(", "))
            }
            b'{' => {
                let length = self.integer();
                let pairs: Vec<_> = (0..length)
                    .map(|_| format!("{}: {}", self.value(), self.value()))
                    .collect();
                format!("{{{}}}", pairs.join(", "))
            }
            b'U' => format!("{}({})", self.value(), self.value()),
            other => panic!("type {other}"),
        }
    }
}
