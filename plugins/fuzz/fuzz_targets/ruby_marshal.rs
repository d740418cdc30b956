//! Marshal: what is read can be written again without any of its elements, and reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_ruby::marshal::Document;

fuzz_target!(|data: &[u8]| {
    let Some((gone, body)) = data.split_first() else { return };
    let Ok(document) = Document::parse(body) else { return };
    let gone = |at: usize| gone >> (at % 8) & 1 == 1;
    let kept = (0..document.elements().len()).filter(|at| !gone(*at)).count();
    let copy = document.without(gone).expect("a document that was read");
    let again = Document::parse(&copy).expect("it reads again");
    assert_eq!(again.elements().len(), kept);
    // Written anew it no longer changes.
    assert_eq!(again.without(|_| false).expect("a document that was read"), copy);
});
