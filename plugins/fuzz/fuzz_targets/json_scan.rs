//! The scanner takes what serde_json takes, and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osa_plugin_sdk::json;

fuzz_target!(|data: &[u8]| {
    let ours = json::read(data, |cursor| cursor.skip().map(drop)).is_ok();
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(!ours, "took what is not UTF-8");
        return;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    // serde_json gives up on nesting earlier.
    if text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() < 128 {
        assert_eq!(ours, theirs);
    }
});
