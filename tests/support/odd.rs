//! Plugins that no tool chain would build, written as text: foreign imports, another version of the interface, missing
//! exports, descriptions that loop, trap or lie.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const WIT: &str = include_str!("../../wit/ecosystem.wit");
const MODULE: &str = include_str!("../fixtures/odd/plugin.wat");
const HANDLER: &str = include_str!("../fixtures/odd/handler.wat");

/// Builds a core module with its world embedded, as cargo's output is.
pub struct Odd {
    version: &'static str,
    /// Whether a type of the interface has other members.
    stale: bool,
    import: Option<Import>,
    exports: bool,
    describe: Describe,
}

#[derive(Clone, Copy)]
enum Import {
    Unknown,
    Wasi,
}

enum Describe {
    Name(&'static str, &'static str),
    Loop,
    Trap,
    OutOfBounds,
}

impl Default for Odd {
    fn default() -> Self {
        Self {
            version: "0.1.0",
            stale: false,
            import: None,
            exports: true,
            describe: Describe::Name("odd", "odd"),
        }
    }
}

impl Odd {
    /// Valid as far as loading goes.
    pub fn named(name: &'static str) -> Self {
        Self {
            describe: Describe::Name(name, "odd"),
            ..Self::default()
        }
    }

    pub fn with_purl_type(purl_type: &'static str) -> Self {
        Self {
            describe: Describe::Name("odd", purl_type),
            ..Self::default()
        }
    }

    pub fn importing_the_unknown() -> Self {
        Self {
            import: Some(Import::Unknown),
            ..Self::default()
        }
    }

    pub fn importing_wasi() -> Self {
        Self {
            import: Some(Import::Wasi),
            ..Self::default()
        }
    }

    /// Speaks another version of the interface.
    pub fn of_version(version: &'static str) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// Built for the same version before a type of it changed.
    pub fn of_other_types() -> Self {
        Self {
            stale: true,
            ..Self::default()
        }
    }

    pub fn without_exports() -> Self {
        Self {
            exports: false,
            ..Self::default()
        }
    }

    pub fn whose_description_loops() -> Self {
        Self {
            describe: Describe::Loop,
            ..Self::default()
        }
    }

    pub fn whose_description_traps() -> Self {
        Self {
            describe: Describe::Trap,
            ..Self::default()
        }
    }

    pub fn whose_description_lies_outside_of_memory() -> Self {
        Self {
            describe: Describe::OutOfBounds,
            ..Self::default()
        }
    }

    pub fn module(&self) -> Vec<u8> {
        let mut module = wat::parse_str(self.text()).expect("valid WAT");
        let mut resolve = Resolve::default();
        let package = resolve.push_str("ecosystem.wit", &self.wit()).expect("valid WIT");
        let world = resolve
            .select_world(&[package], Some("ecosystem"))
            .expect("the world is there");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("the world can be embedded");
        module
    }

    /// The same as a component.
    pub fn component(&self) -> Vec<u8> {
        component(&self.module())
    }

    fn wit(&self) -> String {
        let mut wit = WIT.replace("osa:ecosystem@0.1.0", &format!("osa:ecosystem@{}", self.version));
        if self.stale {
            let changed = wit.replace("    client-setup: string,", "    client-line: string,");
            assert_ne!(changed, wit, "the interface has another member there now");
            wit = changed;
        }
        if !self.exports {
            wit = wit.replace("  export handler;\n", "");
        }
        let (package, interface) = match self.import {
            None => return wit,
            Some(Import::Unknown) => (
                "package acme:net@1.0.0 { interface sockets { connect: func() -> u64; } }",
                "acme:net/sockets@1.0.0",
            ),
            Some(Import::Wasi) => (
                "package wasi:random@0.2.0 { interface random { get-random-u64: func() -> u64; } }",
                "wasi:random/random@0.2.0",
            ),
        };
        wit = wit.replace("  import host;\n", &format!("  import host;\n  import {interface};\n"));
        format!("{wit}\n{package}\n")
    }

    fn text(&self) -> String {
        let import = match self.import {
            None => "",
            Some(Import::Unknown) => r#"(import "acme:net/sockets@1.0.0" "connect" (func (result i64)))"#,
            Some(Import::Wasi) => r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func (result i64)))"#,
        };
        let (describe, data) = match self.describe {
            Describe::Loop => ("(loop $forever (br $forever)) unreachable", String::new()),
            Describe::Trap => ("unreachable", String::new()),
            Describe::OutOfBounds => ("(i32.const 2147483640)", String::new()),
            Describe::Name(name, purl_type) => ("(i32.const 0)", description(name, purl_type)),
        };
        MODULE
            .replace("{imports}", import)
            .replace("{exports}", if self.exports { HANDLER } else { "" })
            .replace("{describe}", describe)
            .replace("{data}", &data)
            .replace("{version}", self.version)
    }
}

/// Turns a core module with an embedded world into a component.
pub fn component(module: &[u8]) -> Vec<u8> {
    let mut encoder = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .expect("a module with a world");
    encoder.encode().expect("a valid component")
}

/// A `description` record at address 0: one package URL type, one origin `registry`, all other lists empty, all flags
/// false, no error form.
fn description(name: &str, purl_type: &str) -> String {
    const NAME: u32 = 1024;
    const PURL_TYPES: u32 = 1536;
    const PURL_TYPE: u32 = 2048;
    const ORIGINS: u32 = 2560;
    const KEY: u32 = 3072;
    let key = "registry";
    let length = |text: &str| text.len() as u32;
    let mut record = [0_u32; 16];
    record[..6].copy_from_slice(&[NAME, length(name), PURL_TYPES, 1, ORIGINS, 1]);
    // key; kind `url` and not required; help and example, for which the key serves as well
    let origin = [KEY, length(key), 0, KEY, length(key), KEY, length(key)];
    let data: [(u32, Vec<u8>); 6] = [
        (0, bytes(&record)),
        (NAME, name.into()),
        (PURL_TYPES, bytes(&[PURL_TYPE, length(purl_type)])),
        (PURL_TYPE, purl_type.into()),
        (ORIGINS, bytes(&origin)),
        (KEY, key.into()),
    ];
    data.into_iter().fold(String::new(), |mut text, (at, bytes)| {
        let _ = writeln!(text, "(data (i32.const {at}) \"{}\")", escaped(bytes));
        text
    })
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn escaped(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
