use osa_plugin_sdk::{Error, Outcome, Refusal, Verdicts, edits::Builder, notes, xml};

use super::choose;
use super::notes::{Names, Notes};
use crate::coordinates::is_snapshot;

pub(crate) fn plan(notes: &[u8], refused: &[Refusal]) -> Result<Outcome, Error> {
    let notes: Notes<'_> = notes::unpack(notes)?;
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    if verdicts.all_refused() {
        return Ok(Outcome::AllRefused);
    }
    let is_gone = |candidate: u32| verdicts.is_refused(candidate);
    let mut edits = Builder::with_capacity(refused.len() + notes.pointers.len());
    for version in notes.versions.iter().filter(|version| is_gone(version.candidate)) {
        edits.delete(version.element);
    }
    for pointer in notes.pointers.iter().filter(|pointer| is_gone(pointer.candidate)) {
        let left = notes.versions.iter().filter(|version| !is_gone(version.candidate));
        let fits = left.filter(|version| pointer.names == Names::Latest || !is_snapshot(&version.text));
        match choose::instead(&pointer.text, fits.map(|version| version.text.as_ref())) {
            Some(version) => edits.replace(pointer.content, &xml::escape(version)),
            None => edits.delete(pointer.element),
        }
    }
    Ok(Outcome::Edits(edits.finish()?))
}
