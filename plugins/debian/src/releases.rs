//! Whose release a code name is.

pub(crate) const DEBIAN: &str = "debian";
const UBUNTU: &str = "ubuntu";

const DEBIANS: [&str; 22] = [
    "buzz",
    "rex",
    "bo",
    "hamm",
    "slink",
    "potato",
    "woody",
    "sarge",
    "etch",
    "lenny",
    "squeeze",
    "wheezy",
    "jessie",
    "stretch",
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "experimental",
];

const UBUNTUS: [&str; 44] = [
    "warty", "hoary", "breezy", "dapper", "edgy", "feisty", "gutsy", "hardy", "intrepid", "jaunty", "karmic", "lucid",
    "maverick", "natty", "oneiric", "precise", "quantal", "raring", "saucy", "trusty", "utopic", "vivid", "wily",
    "xenial", "yakkety", "zesty", "artful", "bionic", "cosmic", "disco", "eoan", "focal", "groovy", "hirsute",
    "impish", "jammy", "kinetic", "lunar", "mantic", "noble", "oracular", "plucky", "questing", "resolute",
];

/// The namespace of its packages; none for a name that neither uses. Suites such as `stable`, which other vendors have
/// as well, are no code names.
pub(crate) fn vendor(code_name: &str) -> Option<&'static str> {
    if DEBIANS.contains(&code_name) {
        Some(DEBIAN)
    } else if UBUNTUS.contains(&code_name) {
        Some(UBUNTU)
    } else {
        None
    }
}
