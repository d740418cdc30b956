//! Platforms of gems: what `Gem::Platform` can match with the machine that a gem is installed on.

/// Systems whose name may stand anywhere in the part that tells them.
const SYSTEMS: [&str; 12] = [
    "aix",
    "cygwin",
    "darwin",
    "freebsd",
    "hpux",
    "linux",
    "mingw",
    "mswin",
    "netbsdelf",
    "openbsd",
    "bitrig",
    "solaris",
];

/// Systems whose name begins that part.
const BEGINNINGS: [&str; 6] = ["java", "jruby", "dalvik", "dotnet", "macruby", "wasi"];

/// Whether some machine's RubyGems would take a gem of this platform: `java`, `x86_64-linux-musl`, `x86-mswin32-60`.
pub(crate) fn is_known(platform: &str) -> bool {
    let mut parts = platform.split('-');
    let (Some(cpu), system) = (parts.next(), parts.next()) else {
        return false;
    };
    let system = system.unwrap_or(cpu);
    SYSTEMS.iter().any(|known| system.contains(known)) || BEGINNINGS.iter().any(|known| system.starts_with(known))
}

/// As package URLs name it: none for gems that run on any.
pub(crate) fn named(platform: &str) -> Option<&str> {
    (!matches!(platform, "" | "ruby")).then_some(platform)
}
