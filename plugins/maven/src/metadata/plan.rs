use osa_plugin_sdk::{Error, Outcome, Refusal, edits::Builder, notes};

use super::choose;
use super::notes::{Names, Notes};
use crate::coordinates::is_snapshot;

pub(crate) fn plan(notes: &[u8], refused: &[Refusal]) -> Result<Outcome, Error> {
    let notes: Notes<'_> = notes::unpack(notes)?;
    let mut gone = vec![false; notes.candidates as usize];
    for refusal in refused {
        *gone
            .get_mut(refusal.candidate as usize)
            .ok_or_else(|| Error::Malformed(format!("there is no candidate {}", refusal.candidate)))? = true;
    }
    if !gone.is_empty() && gone.iter().all(|gone| *gone) {
        return Ok(Outcome::AllRefused);
    }
    let is_gone = |candidate: u32| gone.get(candidate as usize).copied().unwrap_or(true);
    let mut edits = Builder::with_capacity(refused.len() + notes.pointers.len());
    for version in notes.versions.iter().filter(|version| is_gone(version.candidate)) {
        edits.delete(version.element);
    }
    for pointer in notes.pointers.iter().filter(|pointer| is_gone(pointer.candidate)) {
        let left = notes.versions.iter().filter(|version| !is_gone(version.candidate));
        let fits = left.filter(|version| pointer.names == Names::Latest || !is_snapshot(&version.text));
        match choose::instead(&pointer.text, fits.map(|version| version.text.as_ref())) {
            Some(version) => edits.replace(pointer.content, &escaped(version)),
            None => edits.delete(pointer.element),
        }
    }
    Ok(Outcome::Edits(edits.finish()?))
}

fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    quick_xml::escape::escape(text)
}
