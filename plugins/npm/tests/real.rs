//! Real packuments, where `OSA_REAL_PACKUMENTS` names a folder of them: `NAME.json`, the slash of a scope as `__`, all
//! fetched from the registry that `OSA_REAL_REGISTRY` names.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use osa_plugin_npm::Npm;
use osa_plugin_sdk::Style;
use osa_plugin_sdk::conformance::{self, Case, get, ok};
use serde_json::{Map, Value};

#[test]
fn real_packuments_conform() {
    let (Ok(folder), Ok(registry)) = (std::env::var("OSA_REAL_PACKUMENTS"), std::env::var("OSA_REAL_REGISTRY")) else {
        println!("skipped: OSA_REAL_PACKUMENTS and OSA_REAL_REGISTRY name no packuments");
        return;
    };
    let npm = Npm::new(&serde_json::json!({ "registry": registry }).to_string()).unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        let Some(name) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) else {
            continue;
        };
        let body = std::fs::read(&file).unwrap();
        let (request, head) = (get(&name.replace("__", "/")), ok("application/json"));
        let case = Case {
            request: &request,
            head: &head,
            body: &body,
        };
        holds(&npm, case).map_err(|broken| format!("{name}: {broken}")).unwrap();
        seen += 1;
    }
    assert!(seen > 0, "{folder} holds no packuments");
    println!("{seen} packuments");
}

fn holds(npm: &Npm, case: Case<'_>) -> Result<(), String> {
    conformance::edits(npm, case, 2)?;
    conformance::truncation(npm, case, 8)?;
    let original: Value = serde_json::from_slice(case.body).map_err(|error| error.to_string())?;
    let served = conformance::serve(npm, case, &[], Style::Remove).map_err(|error| format!("{error:?}"))?;
    let served: Value = serde_json::from_slice(&served.map_err(|outcome| format!("{outcome:?}"))?)
        .map_err(|error| error.to_string())?;
    // With nothing refused, links are the only difference.
    if plain(original) == plain(served) {
        Ok(())
    } else {
        Err("more than the links has changed".into())
    }
}

fn plain(mut doc: Value) -> Value {
    for manifest in doc
        .get_mut("versions")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        if let Some(link) = manifest.pointer_mut("/dist/tarball") {
            *link = Value::Null;
        }
    }
    doc
}
