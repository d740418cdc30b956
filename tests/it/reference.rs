//! docs/configuration.md against the program: no key is missing or made up, every default is the one in force, and every
//! example changes what is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Output;

use osa_proxy_tests::proxy::{built_plugin, osa_proxy};
use osa_proxy_tests::{root, target};

/// An invented ecosystem stands for all of them.
const ECOSYSTEM: &str = "widget";
/// Far from the name of any key.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqqqqqq";
/// Defaults that no YAML value can say.
const IN_WORDS: [&str; 3] = [
    "SECTION.repository[].work-mode",
    "plugins.directory",
    "plugins.limits.concurrency",
];

struct Row {
    key: String,
    default: String,
    example: String,
}

/// The rows of all tables of keys that begin with a section.
fn rows(guide: &str) -> Vec<Row> {
    let rows = guide.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split(" | ").collect();
        let [key, _, default, _, example] = cells.as_slice() else {
            return None;
        };
        let key = key.trim_end_matches('`').to_owned();
        key.contains('.').then(|| Row {
            key,
            default: (*default).to_owned(),
            example: literal(example.trim_end_matches(" |")).unwrap_or_else(|| panic!("no example in {line}")),
        })
    });
    rows.collect()
}

/// What stands between a single pair of backticks.
fn literal(cell: &str) -> Option<String> {
    let inner = cell.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.contains('`')).then(|| inner.to_owned())
}

fn guide() -> String {
    std::fs::read_to_string(root().join("docs/configuration.md")).unwrap()
}

/// Dotted keys and their values in YAML, over the least that is needed.
#[derive(Clone)]
struct File(BTreeMap<String, String>);

impl File {
    fn least() -> Self {
        Self(BTreeMap::new())
            .with("plugins.directory", "plugins")
            .with("SECTION.repository[].name", "first")
            .with("SECTION.repository[].registry", "https://registry.example")
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.0.retain(|other, _| !other.starts_with(&format!("{key}[]")));
        self.0.insert(key.to_owned(), value.to_owned());
        self
    }

    fn yaml(&self) -> String {
        let mut yaml = String::new();
        let mut before: Vec<String> = Vec::new();
        for (key, value) in &self.0 {
            let key = key.replace("SECTION", ECOSYSTEM).replace("[].", ".[].");
            let parts: Vec<String> = key.split('.').map(str::to_owned).collect();
            let shared = parts.iter().zip(&before).take_while(|(a, b)| a == b).count();
            for (depth, part) in parts.iter().enumerate().skip(shared) {
                let indent = "  ".repeat(depth);
                let end = if depth + 1 == parts.len() {
                    format!(" {value}")
                } else {
                    String::new()
                };
                match part.as_str() {
                    "[]" => writeln!(yaml, "{indent}-").unwrap(),
                    part => writeln!(yaml, "{indent}{part}:{end}").unwrap(),
                }
            }
            before = parts;
        }
        yaml
    }

    fn check(&self) -> Output {
        let folder = tempfile::tempdir().unwrap();
        for plugins in ["plugins", "other-plugins"] {
            std::fs::create_dir(folder.path().join(plugins)).unwrap();
            let file = folder.path().join(plugins).join(format!("{ECOSYSTEM}.wasm"));
            std::fs::write(file, built_plugin(ECOSYSTEM)).unwrap();
        }
        std::fs::create_dir(folder.path().join("rules")).unwrap();
        for policy in ["policy.yml", "rules/mine.yml"] {
            std::fs::write(folder.path().join(policy), "rules: []\n").unwrap();
        }
        std::fs::write(folder.path().join("osa-proxy.yml"), self.yaml()).unwrap();
        let mut command = osa_proxy(folder.path());
        for secret in ["CODESCORING_TOKEN", "REDIS_PASSWORD", "OSA_PROXY_ADMIN_TOKEN"] {
            command.env(secret, "hush-hush");
        }
        let mut output = command.arg("check-config").output().unwrap();
        let here = folder.path().to_str().unwrap();
        output.stdout = String::from_utf8(output.stdout).unwrap().replace(here, "").into();
        output
    }

    fn errors(&self) -> String {
        let output = self.check();
        assert_eq!(output.status.code(), Some(64), "{}", self.yaml());
        String::from_utf8(output.stderr).unwrap()
    }

    /// The effective configuration, by dotted keys.
    fn in_force(&self) -> BTreeMap<String, String> {
        let output = self.check();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}\n{errors}", self.yaml());
        flat(std::str::from_utf8(&output.stdout).unwrap())
    }
}

/// `KEY: VALUE` lines, indented by two blanks a level; a list has one item.
fn flat(yaml: &str) -> BTreeMap<String, String> {
    let mut path: Vec<String> = Vec::new();
    let mut keys = BTreeMap::new();
    for line in yaml.lines() {
        let line = line.replacen("- ", "  ", 1);
        let depth = (line.len() - line.trim_start().len()) / 2;
        let (key, value) = line.trim_start().split_once(':').unwrap();
        // The item of a list stands two levels below its key.
        let parents: Vec<String> = path.iter().take(depth).cloned().collect();
        path = parents;
        path.resize(depth, "[]".to_owned());
        path.push(key.to_owned());
        if !value.is_empty() {
            let key = path.join(".").replacen(ECOSYSTEM, "SECTION", 1).replace(".[]", "[]");
            keys.insert(key, value.trim_start().to_owned());
        }
    }
    keys
}

/// Every part of a key but the last.
fn sections(keys: &BTreeSet<String>) -> BTreeSet<String> {
    let mut sections = BTreeSet::new();
    for key in keys {
        let mut rest = key.as_str();
        while let Some((section, _)) = rest.rsplit_once('.') {
            sections.insert(section.to_owned());
            rest = section;
        }
    }
    sections
}

/// An unknown key in every section makes each tell the keys it has.
#[test]
fn every_key_is_documented_and_no_other() {
    let rows = rows(&guide());
    assert!(rows.len() > 60, "{}", rows.len());
    let mut documented: BTreeSet<String> = rows.into_iter().map(|row| row.key).collect();
    // The invented plugin's own.
    for key in ["mirrors", "banner"] {
        documented.insert(format!("SECTION.repository[].{key}"));
    }
    documented.insert("SECTION.repository[].registry".to_owned());
    let sections = sections(&documented);
    let unknown = |file: File, section: &String| file.with(&format!("{section}.{UNKNOWN}"), "x");
    // What is wrong about plugins is told before their sections can be read.
    let (of_plugins, others): (Vec<_>, Vec<_>) = sections.iter().partition(|name| name.starts_with("plugins"));
    let errors = [of_plugins, others].map(|sections| sections.into_iter().fold(File::least(), unknown).errors());
    let errors = errors.concat();
    let mut known = BTreeSet::from(["SECTION.repository".to_owned()]);
    for section in &sections {
        let place = section.replace("SECTION", ECOSYSTEM).replace("[]", "[0]");
        let told = format!("{place}.{UNKNOWN}: unknown key; the keys here are ");
        let list = errors.lines().find_map(|line| line.split_once(told.as_str()));
        let (_, list) = list.unwrap_or_else(|| panic!("{section} takes any key: {errors}"));
        let keys = list
            .split(", ")
            .map(|key| format!("{section}.{}", key.trim_matches('`')));
        known.extend(keys.filter(|key| !sections.contains(key) && !sections.contains(&format!("{key}[]"))));
    }
    assert_eq!(
        known, documented,
        "left: what the program knows; right: what docs/configuration.md lists"
    );
}

#[test]
fn every_documented_default_is_in_force() {
    let bare = File::least().in_force();
    let redis = File::least().with("cache.redis.address", "redis:6379");
    let mut explicit = redis.clone();
    let mut required = BTreeSet::new();
    for row in rows(&guide()) {
        match (row.default.as_str(), literal(&row.default)) {
            (_, Some(default)) => explicit = explicit.with(&row.key, &default),
            ("not set", None) => assert!(!bare.contains_key(&row.key), "{} has a default: {bare:?}", row.key),
            ("required", None) => {
                required.insert(row.key);
            }
            (words, None) => assert!(IN_WORDS.contains(&row.key.as_str()), "{}: {words}", row.key),
        }
    }
    assert_eq!(explicit.in_force(), redis.in_force());
    let with_nothing = |section: &str, key: &str| {
        let file = File(BTreeMap::from([("plugins.directory".to_owned(), "plugins".to_owned())]));
        file.with(&format!("{section}.{key}"), UNKNOWN).errors()
    };
    for key in required {
        let (section, last) = key.rsplit_once('.').unwrap();
        let errors = with_nothing(section, UNKNOWN);
        assert!(
            errors.contains(&format!(".{last}: this key is missing")),
            "{key}: {errors}"
        );
    }
}

#[test]
fn every_documented_example_is_right_and_changes_what_is_in_force() {
    // These two leave nothing else of their section to be seen.
    let apart = ["SECTION.enabled", "SECTION.repository"];
    let bare = File::least().in_force();
    let rows = rows(&guide());
    let (alone, together): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| apart.contains(&row.key.as_str()));
    let all = together
        .iter()
        .fold(File::least(), |file, row| file.with(&row.key, &row.example))
        .in_force();
    for row in together {
        let now = all.get(&row.key);
        assert!(
            now.is_some() && now != bare.get(&row.key),
            "{}: {} is {now:?}",
            row.key,
            row.example
        );
    }
    for row in alone {
        assert_ne!(
            File::least().with(&row.key, &row.example).in_force(),
            bare,
            "{}",
            row.key
        );
    }
}

/// Set, or in a comment: whoever begins with the example must not have to search.
#[test]
fn the_shipped_example_shows_every_key() {
    let example = std::fs::read_to_string(root().join("osa-proxy.yml")).unwrap();
    let shown: BTreeSet<&str> = example
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ', '-']).split_once(':'))
        .map(|(key, _)| key)
        .collect();
    for row in rows(&guide()) {
        let key = row.key.rsplit('.').next().unwrap();
        assert!(shown.contains(key), "{} is not in osa-proxy.yml", row.key);
    }
}

/// Every plugin that is built must stand in the guide as it describes itself.
#[test]
fn the_keys_of_every_plugin_are_documented_as_it_describes_them() {
    let guide = guide();
    let folder = tempfile::tempdir().unwrap();
    let plugins = target().join("debug/plugins");
    let yaml = format!(
        "policy: {{file: policy.yml}}\nplugins: {{directory: {}}}\n",
        plugins.display()
    );
    std::fs::write(folder.path().join("osa-proxy.yml"), yaml).unwrap();
    let output = osa_proxy(folder.path()).arg("plugins").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("npm  "),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut wrong = String::new();
    let (mut heading, mut table, mut types) = (String::new(), String::new(), String::new());
    for line in text.lines().chain(["end  "]) {
        if let Some(list) = line.strip_prefix("  file types: ") {
            let list: Vec<String> = list.split(", ").map(|extension| format!("`{extension}`")).collect();
            types = format!("File types: {}\n", list.join(", "));
        } else if let Some(option) = line.strip_prefix("  ") {
            table.push_str(&row_of(option));
        } else {
            let section = guide.split(&format!("#### {heading}\n")).nth(1);
            let section = section.and_then(|rest| rest.split("\n#").next()).unwrap_or_default();
            let told = section.contains(&types) && section.contains(&table);
            if !heading.is_empty() && !told {
                let head = "| Key | Type | Default | Meaning | Example |\n|---|---|---|---|---|\n";
                writeln!(wrong, "#### {heading}\n\n{types}\n{head}{table}").unwrap();
            }
            heading = line.split("  ").next().unwrap().to_owned();
            (table, types) = (String::new(), String::new());
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/configuration.md, \"What the plugins add\", must have:\n\n{wrong}"
    );
}

/// A table's row of `KEY (TYPE[, required]): HELP Example: EXAMPLE`.
fn row_of(option: &str) -> String {
    let (key, rest) = option.split_once(" (").unwrap();
    let (kind, rest) = rest.split_once("): ").unwrap();
    let (help, example) = rest.rsplit_once(" Example: ").unwrap();
    let (kind, default) = match kind.strip_suffix(", required") {
        Some(kind) => (kind, "required"),
        None => (kind, "not set"),
    };
    format!("| `{key}` | {kind} | {default} | {help} | `{example}` |\n")
}
