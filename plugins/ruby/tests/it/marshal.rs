//! `specs.4.8`, `/api/v1/dependencies` and the specifications.

use std::rc::Rc;

use osa_plugin_ruby::marshal::Document;
use osa_plugin_sdk::{Error, Outcome};
use proptest::prelude::*;

use crate::naive::{Object, Value, array, dump, load, text, version};
use crate::support::asked;

const SPECS: &[u8] = include_bytes!("../fixtures/specs.4.8");
const PRERELEASE: &[u8] = include_bytes!("../fixtures/prerelease_specs.4.8");
const DEPENDENCIES: &[u8] = include_bytes!("../fixtures/dependencies");

#[test]
fn every_gem_of_the_specs_is_a_candidate() {
    let specs = asked("specs.4.8.gz", SPECS);
    let purls = specs.purls();
    let purls: Vec<_> = purls
        .iter()
        .map(|purl| purl.strip_prefix("pkg:gem/").unwrap())
        .collect();
    assert_eq!(
        purls,
        [
            "acme@0.9.0",
            "acme@1.0.0",
            "acme@1.1.0",
            "acme@1.1.0?platform=java",
            "gadget@1.0.0",
            "gadget@2.0.0?platform=x86_64-linux",
            "widget@1.0.0",
            "widget@1.1.0",
            "widget@1.1.0?platform=x86_64-linux",
            "widget@2.0.0",
        ]
    );
    assert_eq!(specs.served(&[]), SPECS);
    specs.conforms();
}

#[test]
fn what_stays_is_what_was_there() {
    // The first one holds the name, the symbols and the platform that all others link to.
    let specs = asked("specs.4.8.gz", SPECS);
    for refused in [
        vec!["acme@0.9.0"],
        vec!["widget@2.0.0"],
        vec![
            "acme@0.9.0",
            "acme@1.0.0",
            "gadget@2.0.0?platform=x86_64-linux",
            "widget@1.1.0",
        ],
    ] {
        let purls = specs.purls();
        let gone = |at: usize| refused.iter().any(|end| purls[at].ends_with(end));
        assert_eq!(load(&specs.served(&refused)), without(SPECS, gone), "{refused:?}");
    }
    let one = asked("prerelease_specs.4.8.gz", PRERELEASE);
    assert_eq!(one.purls(), ["pkg:gem/widget@3.0.0.rc1"]);
    assert_eq!(one.outcome(&["@3.0.0.rc1"]), Err(Outcome::AllRefused));
}

#[test]
fn dependencies_of_the_api() {
    let dependencies = asked("api/v1/dependencies", DEPENDENCIES);
    assert_eq!(
        dependencies.purls(),
        [
            "pkg:gem/widget@1.0.0",
            "pkg:gem/widget@2.0.0",
            "pkg:gem/widget@1.1.0?platform=x86_64-linux"
        ]
    );
    assert_eq!(
        load(&dependencies.served(&["@2.0.0"])),
        without(DEPENDENCIES, |at| at == 1)
    );
    dependencies.conforms();
    // Asked about no gems.
    assert_eq!(asked("api/v1/dependencies", "").served(&[]), b"");
}

#[test]
fn a_specification_is_that_of_its_file_name() {
    let gemspec = asked("quick/Marshal.4.8/widget-1.0.0-java.gemspec.rz", b"\x78\x9c any bytes");
    assert_eq!(gemspec.purls(), ["pkg:gem/widget@1.0.0?platform=java"]);
    assert_eq!(gemspec.outcome(&["=java"]), Err(Outcome::AllRefused));
    assert_eq!(gemspec.served(&[]), b"\x78\x9c any bytes");
}

#[test]
fn elements_that_name_no_version_are_not_passed_on() {
    let named = || array(vec![text("widget"), version("1.0"), text("ruby")]);
    let first = named();
    let body = array(vec![
        first.clone(),
        first,
        array(vec![text("widget"), text("1.0"), text("ruby")]),
        array(vec![text("widget"), version("1-x"), text("ruby")]),
        array(vec![text("widget"), version("1.0")]),
        array(vec![text(""), version("1.0"), text("ruby")]),
        array(vec![text(&"w".repeat(600)), version("1.0"), text("ruby")]),
        array(vec![text("widget"), version("1.1"), Value::Nil]),
        array(vec![text("widget"), version("1.1"), Value::Integer(-300)]),
        array(vec![Value::Symbol("widget"), version("1.1"), text("ruby")]),
        named(),
        Value::Nil,
        text("widget"),
    ]);
    let body = dump(&body);
    let specs = asked("specs.4.8", &body);
    assert_eq!(specs.purls(), ["pkg:gem/widget@1.0", "pkg:gem/widget@1.1"]);
    let left = array(vec![
        named(),
        array(vec![text("widget"), version("1.1"), Value::Nil]),
        named(),
    ]);
    assert_eq!(load(&specs.served(&[])), load(&dump(&left)));
    let left = array(vec![array(vec![text("widget"), version("1.1"), Value::Nil])]);
    assert_eq!(load(&specs.served(&["@1.0"])), load(&dump(&left)));
}

#[test]
fn hostile_marshal_is_an_error() {
    let malformed: [&[u8]; 18] = [
        b"",
        b"\x04",
        b"\x04\x09[\x00",
        b"\x04\x08",
        b"\x04\x08i\x06",
        b"\x04\x08[",
        b"\x04\x08[\x06",
        b"\x04\x08[\x06[\x06",
        b"\x04\x08[\x00[",
        // Absurd lengths.
        b"\x04\x08[\x04\xff\xff\xff\x7f",
        b"\x04\x08[\x04\xff\xff\xff\xff",
        b"\x04\x08[\xfa",
        b"\x04\x08[\x06{\x04\xff\xff\xff\x7f",
        b"\x04\x08[\x06\"\x04\xff\xff\xff\x7f",
        b"\x04\x08[\x06\"\xfc\x00\x00\x00\x00",
        // Links to what is not there, or not yet.
        b"\x04\x08[\x06@\x06",
        b"\x04\x08[\x06;\x00",
        b"\x04\x08[\x06@\xfa",
    ];
    for body in malformed {
        let error = asked("specs.4.8", body).scan();
        assert!(matches!(error, Err(Error::Malformed(_))), "{body:?}: {error:?}");
    }
    let unsupported: [&[u8]; 4] = [
        b"\x04\x08[\x06o:\x0bObject\x00",
        b"\x04\x08[\x06u:\x0bObject\x06x",
        b"\x04\x08[\x06I[\x00\x00",
        b"\x04\x08[\x06f\x083.0",
    ];
    for body in unsupported {
        let error = asked("specs.4.8", body).scan();
        assert!(matches!(error, Err(Error::Unsupported(_))), "{body:?}: {error:?}");
    }
    let deep = [&b"\x04\x08"[..], &b"[\x06".repeat(500_000)].concat();
    assert!(asked("specs.4.8", &deep).scan().is_err());
    let deep = [&deep[..], b"0"].concat();
    // One element that is no gem.
    assert_eq!(asked("specs.4.8", &deep).served(&[]), b"\x04\x08[\x00");
}

#[test]
fn following_links_takes_no_longer_than_reading() {
    // A hundred thousand elements that all link to one of a megabyte.
    let long = array(vec![text(&"w".repeat(1 << 20)), version("1.0"), text("ruby")]);
    let name = text(&"w".repeat(1 << 20));
    let mut elements = vec![long; 100_000];
    elements.extend((0..100_000).map(|_| array(vec![name.clone(), version("1.0"), text("ruby")])));
    let body = dump(&array(elements));
    let specs = asked("specs.4.8", &body);
    assert!(specs.purls().is_empty());
    assert_eq!(specs.served(&[]), b"\x04\x08[\x00");
}

/// What is left of an array, by loading and dropping.
fn without(body: &[u8], gone: impl Fn(usize) -> bool) -> String {
    let document = Document::parse(body).unwrap();
    let elements: Vec<_> = (0..document.elements().len())
        .filter(|at| !gone(*at))
        .map(|at| element(body, at))
        .collect();
    format!("[{}]", elements.join(", "))
}

/// One element as text: what the loaded array holds between what stands before and behind.
fn element(body: &[u8], at: usize) -> String {
    let whole = load(body);
    let mut depth = 0;
    let mut quoted = false;
    let mut escaped = false;
    let mut start = 1;
    let mut found = Vec::new();
    for (position, char) in whole.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => {
                depth -= 1;
                if depth == 0 {
                    found.push(&whole[start..position]);
                }
            }
            ',' if depth == 1 => {
                found.push(&whole[start..position]);
                start = position + 2;
            }
            _ => {}
        }
    }
    found[at].to_owned()
}

/// Values that share what a pool holds, in every way that Marshal can.
fn value() -> impl Strategy<Value = Vec<Value>> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<i32>().prop_map(Value::Integer),
        prop::sample::select(vec!["E", "name", "Gem::Version", "odd"]).prop_map(Value::Symbol),
        ("[a-z]{0,3}", any::<bool>()).prop_map(|(text, encoded)| Object::Text(text, encoded).into()),
    ];
    let pick = prop::collection::vec(
        (0_u8..4, prop::collection::vec(any::<prop::sample::Index>(), 0..4)),
        1..40,
    );
    (prop::collection::vec(leaf, 1..6), pick).prop_map(|(mut pool, picks)| {
        let mut elements = Vec::new();
        for (kind, indexes) in picks {
            let values: Vec<Value> = indexes.iter().map(|index| index.get(&pool).clone()).collect();
            let made: Value = match kind {
                0 => Object::Map(
                    values
                        .chunks(2)
                        .map(|pair| (pair[0].clone(), pair[pair.len() - 1].clone()))
                        .collect(),
                )
                .into(),
                1 => Object::Version(values.first().cloned().unwrap_or(Value::Nil)).into(),
                _ => array(values),
            };
            pool.push(made.clone());
            if kind != 2 {
                elements.push(made);
            }
        }
        elements
    })
}

proptest! {
    #[test]
    fn an_array_without_some_elements_is_the_array_of_the_others(elements in value(), gone in any::<u64>()) {
        let gone = |at: usize| gone >> (at % 64) & 1 == 1;
        let body = dump(&array(elements.clone()));
        let document = Document::parse(&body).unwrap();
        let kept: Vec<_> = elements.iter().enumerate().filter(|(at, _)| !gone(*at)).map(|(_, value)| value.clone()).collect();
        // Written as Ruby would write it: the same bytes, links and all.
        prop_assert_eq!(document.without(gone).unwrap(), dump(&array(kept)));
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(prop_oneof![
        prop::sample::select(b"[{I\":;@U0TFi\x00\x06\x07\x08\x01\xff".to_vec()), any::<u8>(),
    ], 0..80), gone in any::<u64>()) {
        let body = [&b"\x04\x08["[..], &body].concat();
        if let Ok(document) = Document::parse(&body) {
            let gone = |at: usize| gone >> (at % 64) & 1 == 1;
            let kept = (0..document.elements().len()).filter(|at| !gone(*at)).count();
            let copy = document.without(gone).unwrap();
            prop_assert_eq!(Document::parse(&copy).unwrap().elements().len(), kept);
        }
        for path in ["specs.4.8", "api/v1/dependencies"] {
            if let Ok(index) = asked(path, &body).scan() {
                prop_assert!(index.suffixes().len() <= body.len());
            }
        }
    }

    #[test]
    fn refused_gems_are_the_ones_that_go(
        gems in prop::collection::vec(("[ab]{1,2}", "[12]\\.[0-3](\\.rc)?", prop::sample::select(vec!["ruby", "java", "x86-linux"])), 1..30),
        shared in any::<bool>(), refused in any::<u64>(),
    ) {
        // Ruby's indexes hold each text once.
        let mut pool: Vec<(String, Value)> = Vec::new();
        let mut keep = |key: String, made: Value| {
            if let Some((_, known)) = pool.iter().find(|(known, _)| shared && *known == key) { return known.clone(); }
            pool.push((key, made.clone()));
            made
        };
        let tuples: Vec<_> = gems.iter().map(|(name, number, on)| {
            array(vec![keep(format!("n{name}"), text(name)), keep(format!("v{number}"), version(number)), keep(format!("p{on}"), text(on))])
        }).collect();
        let body = dump(&array(tuples.clone()));
        let specs = asked("specs.4.8", &body);
        let purls = specs.purls();
        let gone: Vec<_> = purls.iter().enumerate().filter(|(at, _)| refused >> (at % 64) & 1 == 1).map(|(_, purl)| purl.as_str()).collect();
        let served = specs.outcome(&gone);
        if gone.len() == purls.len() {
            prop_assert_eq!(served, Err(Outcome::AllRefused));
            return Ok(());
        }
        let stays = |(name, number, on): &(String, String, &str)| {
            let purl = format!("pkg:gem/{name}@{number}{}", if *on == "ruby" { String::new() } else { format!("?platform={on}") });
            !gone.contains(&purl.as_str())
        };
        let kept: Vec<_> = gems.iter().zip(&tuples).filter(|(gem, _)| stays(gem)).map(|(_, tuple)| Value::clone(tuple)).collect();
        prop_assert_eq!(served.unwrap(), dump(&array(kept)));
    }
}

#[test]
fn the_naive_reading_is_rubys() {
    // What Ruby 3.1 wrote, read and written again.
    let ruby = Rc::new(Object::Text("ruby".into(), true));
    let one = array(vec![text("widget"), version("3.0.0.rc1"), Value::Object(ruby)]);
    assert_eq!(dump(&array(vec![one])), PRERELEASE);
}
