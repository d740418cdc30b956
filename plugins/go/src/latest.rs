//! `@latest`: the one version that upstream thinks newest, `{"Version": ..., "Time": ...}`.

use osa_plugin_sdk::{Candidates, Error, Index, json, notes, purl};

use crate::module::Module;
use crate::plan::{Lines, Notes};
use crate::version::is_version;

/// # Errors
/// When it names no version, or more than one: parsers differ in which of two equal keys counts, and Go's does not
/// tell upper from lower case.
pub(crate) fn scan(module: &Module, body: &[u8]) -> Result<Index, Error> {
    let mut versions = Vec::new();
    json::read(body, |cursor| {
        cursor.object(|cursor, member| {
            let key = member.key.decode()?;
            if key.eq_ignore_ascii_case("Version") {
                let version = cursor.string()?.map(|text| text.decode()).transpose()?;
                versions.push(version.map(std::borrow::Cow::into_owned));
            }
            Ok(())
        })
    })?;
    let version = match versions.as_slice() {
        [Some(version)] if is_version(version) => version,
        _ => return Err(Error::Malformed("`@latest` does not name one version".into())),
    };
    let notes = Notes {
        candidates: 1,
        lines: Lines::default(),
    };
    Ok(Index {
        prefix: module.purl_prefix(),
        candidates: Candidates::from_iter([purl::encode(version)]).finish(),
        notes: notes::pack(&notes)?,
    })
}
