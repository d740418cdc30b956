//! The table of docs/judge.md for a Judge in trouble, written by hand.

use std::fmt;
use std::time::Duration;

use osa_proxy_tests::judge::Trouble;

pub(super) const FAULTS: [Trouble; 7] = [
    Trouble::Down,
    Trouble::Slow,
    Trouble::ServerError,
    Trouble::Busy,
    Trouble::Garbage,
    Trouble::Half,
    Trouble::WrongToken,
];

/// What has become of Redis when Judge gets into trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Redis {
    /// Not configured: verdicts are kept in memory.
    Off,
    Up,
    /// Killed.
    Down,
    /// It takes requests and does not get round to answering them.
    Slow,
    /// Up, and it has lost everything.
    Flushed,
}

pub(super) const REDIS: [Redis; 5] = [Redis::Off, Redis::Up, Redis::Down, Redis::Slow, Redis::Flushed];

pub(super) const MODES: [&str; 5] = ["warmup", "spectator", "moderate", "strict", "strict_wait"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Manifest,
    Package,
}

pub(super) const SURFACES: [Surface; 2] = [Surface::Manifest, Surface::Package];

/// Of every package. Judge allows 1.x and refuses 2.x; those that end in 1 are the half that it may leave out.
pub(super) const VERSIONS: [&str; 4] = ["1.0.0", "2.0.0", "1.0.1", "2.0.1"];

pub(super) fn rule(purl: &str) -> (&'static str, bool) {
    let version = purl.rsplit('@').next().unwrap();
    let status = if version.starts_with('1') {
        "not_blocked"
    } else {
        "blocked_by_policies"
    };
    (status, version.ends_with(".0.1"))
}

#[derive(Clone, Copy)]
pub(super) struct Cell {
    pub fault: Trouble,
    pub redis: Redis,
    pub mode: &'static str,
    pub surface: Surface,
    pub block_on_errors: bool,
}

/// Which verdicts are to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    All,
    /// Those of 1.0.0 and 2.0.0.
    Half,
    Nothing,
}

/// What a client gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The status of each version's file.
    Files([u16; 4]),
    /// A document that lists these.
    Lists(&'static [&'static str]),
    /// 503 with `Retry-After`.
    Unavailable,
}

/// Longest that an answer may take. The proxies under test wait 2 s for Judge, in two attempts at most, and a busy Judge asks
/// for a pause of 1 s; the connection to Redis is given up after 1 s. The rest is for a loaded machine; what hangs, hangs for
/// minutes.
pub(super) const LIMIT: Duration = Duration::from_secs(12);

/// Within this, all is well again once the fault is over.
pub(super) const RECOVERY: Duration = Duration::from_secs(20);

impl Cell {
    /// The name of the package that this cell alone asks for.
    pub(super) fn package(fault: Trouble, mode: &str, surface: Surface, asked_before: bool) -> String {
        let (mode, before) = (mode.replace('_', "-"), if asked_before { "warm" } else { "cold" });
        format!("{before}-{fault:?}-{mode}-{surface:?}").to_lowercase()
    }

    /// `asked_before`: Judge was asked about the package before the fault.
    pub(super) fn known(&self, asked_before: bool) -> Known {
        match (asked_before, self.redis, self.fault) {
            (true, Redis::Off | Redis::Up, _) => Known::All,
            (_, _, Trouble::Half) => Known::Half,
            _ => Known::Nothing,
        }
    }

    pub(super) fn expected(&self, known: Known) -> Expected {
        match self.surface {
            Surface::Package => Expected::Files(files(self.mode, known, self.block_on_errors)),
            Surface::Manifest => match listed(self.mode, known, self.block_on_errors) {
                Some(versions) => Expected::Lists(versions),
                None => Expected::Unavailable,
            },
        }
    }
}

/// In the order of [`VERSIONS`].
#[expect(clippy::match_same_arms, reason = "row by row, as the contract's table has it")]
fn files(mode: &str, known: Known, block_on_errors: bool) -> [u16; 4] {
    match (mode, known, block_on_errors) {
        ("warmup" | "spectator", _, _) => [200, 200, 200, 200],
        (_, Known::All, _) => [200, 403, 200, 403],
        (_, Known::Half, false) => [200, 403, 200, 200],
        (_, Known::Half, true) => [200, 403, 403, 403],
        (_, Known::Nothing, false) => [200, 200, 200, 200],
        (_, Known::Nothing, true) => [403, 403, 403, 403],
    }
}

#[expect(clippy::match_same_arms, reason = "row by row, as the contract's table has it")]
fn listed(mode: &str, known: Known, block_on_errors: bool) -> Option<&'static [&'static str]> {
    match (mode, known, block_on_errors) {
        ("warmup" | "spectator", _, _) => Some(&["1.0.0", "2.0.0", "1.0.1", "2.0.1"]),
        (_, Known::All, _) => Some(&["1.0.0", "1.0.1"]),
        (_, Known::Half, false) => Some(&["1.0.0", "1.0.1", "2.0.1"]),
        (_, Known::Nothing, false) => Some(&["1.0.0", "2.0.0", "1.0.1", "2.0.1"]),
        (_, Known::Half | Known::Nothing, true) => None,
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            redis,
            mode,
            surface,
            block_on_errors,
        } = self;
        write!(
            f,
            "Judge {fault:?}, Redis {redis:?}, {mode}, {surface:?}, block-on-codescoring-errors {block_on_errors}"
        )
    }
}
