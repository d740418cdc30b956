//! From verdicts to edits.

use osa_plugin_sdk::{Error, Outcome, Refusal, Span, Verdicts, edits::Builder, json, list, notes};

use crate::bound;
use crate::classify::DOUBT;
use crate::notes::{DIST, Dist, Link, List, Member, Notes, Repair, SOURCE, Version};

pub(crate) fn plan(notes: &[u8], refused: &[Refusal], link_base: &str) -> Result<Outcome, Error> {
    let notes: Notes<'_> = notes::unpack(notes)?;
    let verdicts = Verdicts::new(notes.candidates, refused)?;
    let nothing_left = verdicts.all_refused();
    if nothing_left && notes.vital {
        return Ok(Outcome::AllRefused);
    }
    let mut editor = Editor {
        notes: &notes,
        verdicts,
        link_base,
        edits: Builder::with_capacity(3 * notes.candidates as usize + 8),
        seen: vec![0; notes.keys as usize],
        runs: 0,
    };
    for list in &notes.lists {
        if notes.minified {
            editor.minified(list);
        } else {
            editor.plain(list);
        }
    }
    for (span, repair) in &notes.repairs {
        match repair {
            Repair::Null => editor.edits.replace(*span, "null"),
            Repair::EmptyObject => editor.edits.replace(*span, "{}"),
            Repair::Link(path) => editor
                .edits
                .replace(*span, &json::quote(&format!("{link_base}/{path}"))),
        }
    }
    if nothing_left
        && let Some((at, others)) = notes.first_member
        && let Some(refusal) = refused.first()
    {
        let comma = if others { "," } else { "" };
        let text = format!("no version in this document is allowed: {}", refusal.reason);
        editor
            .edits
            .insert(at, &format!("\"warning\":{}{comma}", json::quote(&text)));
    }
    Ok(Outcome::Edits(editor.edits.finish()?))
}

struct Editor<'n> {
    notes: &'n Notes<'n>,
    verdicts: Verdicts<'n>,
    link_base: &'n str,
    edits: Builder,
    /// The last run in which each key was seen.
    seen: Vec<u32>,
    runs: u32,
}

// === impl Editor ===

impl<'n> Editor<'n> {
    fn is_gone(&self, version: &Version<'_>) -> bool {
        self.verdicts.is_refused(version.candidate)
    }

    /// Versions that stand for themselves.
    fn plain(&mut self, list: &'n List<'n>) {
        for version in &list.versions {
            if !self.is_gone(version) {
                self.keep(version);
            }
        }
        let gone: Vec<_> = list
            .versions
            .iter()
            .map(|version| (version.part, self.is_gone(version)))
            .collect();
        list::cut(gone, &mut self.edits);
    }

    /// Versions of which each says only what differs from the one before. One that follows some that go takes over
    /// what it inherited from these: their members, unless a later one says otherwise.
    fn minified(&mut self, list: &'n List<'n>) {
        let mut run: Option<Run> = None;
        let mut kept = None;
        let mut next = 0;
        for (at, version) in list.versions.iter().enumerate() {
            let members = next;
            next += version.members as usize;
            if self.is_gone(version) {
                run.get_or_insert(Run { first: at, members });
                continue;
            }
            if let Some(run) = run.take() {
                self.take_over(list, &run, at, kept.is_some());
            } else {
                if let Some(dist) = self.inherited(version) {
                    let comma = if version.members > 0 { "," } else { "" };
                    self.edits.insert(version.value + 1, &format!("{dist}{comma}"));
                }
                self.keep(version);
            }
            kept = Some(version.part.end);
        }
        if let Some(run) = run
            && let (Some(first), Some(last)) = (list.versions.get(run.first), list.versions.last())
        {
            self.edits
                .delete(Span::new(kept.unwrap_or(first.part.start), last.part.end));
        }
    }

    /// Makes one object of a run and the version behind it. `inherits` tells whether one is left before them.
    fn take_over(&mut self, list: &'n List<'n>, run: &Run, behind: usize, inherits: bool) {
        let gone = list.versions.get(run.first..behind).unwrap_or_default();
        let (Some(version), Some(first)) = (list.versions.get(behind), gone.first()) else {
            return;
        };
        let own = gone.iter().map(|version| version.members as usize).sum::<usize>();
        let members = run.members..run.members + own + version.members as usize;
        let members = list.members.get(members).unwrap_or_default();
        let (earlier, members) = members.split_at_checked(own).unwrap_or((members, &[]));
        self.runs += 1;
        let dist = self.inherited(version);
        if dist.is_some() {
            self.see(DIST);
        }
        for member in members {
            self.see(member.key);
        }
        let mut taken: Vec<_> = earlier
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, member)| self.see(member.key) && (inherits || !member.unset))
            .map(|(at, _)| at)
            .collect();
        taken.reverse();
        let mut joint = Joint::new(first.value + 1);
        for member in taken.iter().filter_map(|at| earlier.get(*at)) {
            joint.keep(member.span, &mut self.edits);
        }
        if let Some(dist) = dist {
            joint.put(&dist);
        }
        let mut together = false;
        for member in members {
            let stays = inherits || !member.unset;
            match (stays, together) {
                (true, true) => joint.at = member.span.end,
                (true, false) => joint.keep(member.span, &mut self.edits),
                (false, _) => {}
            }
            together = stays;
        }
        joint.finish(version.part.end - 1, &mut self.edits);
        self.keep(version);
        self.take_source(gone, earlier, &taken);
    }

    /// `source` of a version that goes may be what is left.
    fn take_source(&mut self, gone: &[Version<'_>], members: &[Member], taken: &[usize]) {
        let is_source = |at: &&usize| members.get(**at).is_some_and(|member| member.key == SOURCE);
        let Some(member) = taken.iter().find(is_source).and_then(|at| members.get(*at)) else {
            return;
        };
        let inside = |source: &Span| member.span.start <= source.start && source.end <= member.span.end;
        if let Some(source) = gone.iter().filter_map(|version| version.source).find(inside) {
            self.edits.replace(source, "null");
        }
    }

    /// Whether a key was not seen in this run so far.
    fn see(&mut self, key: u32) -> bool {
        let runs = self.runs;
        self.seen
            .get_mut(key as usize)
            .is_some_and(|seen| std::mem::replace(seen, runs) != runs)
    }

    /// Edits inside a version that stays.
    fn keep(&mut self, version: &Version<'_>) {
        if let Some(source) = version.source {
            self.edits.replace(source, "null");
        }
        if let Some(dist) = version.dist.as_ref().filter(|dist| dist.inherited.is_none()) {
            for (span, text) in self.repairs(version, dist) {
                self.edits.replace(span, &text);
            }
        }
    }

    /// The member `dist` that a version is given instead of inheriting it.
    fn inherited(&self, version: &Version<'_>) -> Option<String> {
        let dist = version.dist.as_ref()?;
        let text = dist.inherited.as_deref()?;
        let mut repairs = self.repairs(version, dist);
        repairs.sort_unstable_by_key(|(span, _)| span.start);
        let mut member = "\"dist\":".to_owned();
        let mut at = 0;
        for (span, repaired) in repairs {
            member.push_str(text.get(at..span.start as usize)?);
            member.push_str(&repaired);
            at = span.end as usize;
        }
        member.push_str(text.get(at..)?);
        Some(member)
    }

    fn repairs(&self, version: &Version<'_>, dist: &Dist<'_>) -> Vec<(Span, String)> {
        let link = dist.link.as_ref().map(|link| (link.span, self.link(version, link)));
        let mirrors = dist.mirrors.map(|span| (span, "null".to_owned()));
        link.into_iter().chain(mirrors).collect()
    }

    fn link(&self, version: &Version<'_>, link: &Link<'_>) -> String {
        let package = self.notes.packages.get(version.package as usize);
        let stem = package.and_then(|package| bound::stem(package, &version.number));
        let route = self.notes.routes.get(link.route as usize).map_or("", String::as_str);
        let stem = stem.as_deref().unwrap_or(DOUBT);
        json::escape(&format!("{}/{stem}{route}{}", self.link_base, link.rest))
    }
}

/// Versions that go, up to one that stays.
struct Run {
    /// Position of the first.
    first: usize,
    /// Position of its first member.
    members: usize,
}

/// Members of several objects on their way to become one.
struct Joint {
    /// To here, all is said.
    at: u32,
    /// To be put before what comes next.
    text: String,
    any: bool,
}

// === impl Joint ===

impl Joint {
    fn new(at: u32) -> Self {
        Self {
            at,
            text: String::new(),
            any: false,
        }
    }

    fn put(&mut self, member: &str) {
        if self.any {
            self.text.push(',');
        }
        self.text.push_str(member);
        self.any = true;
    }

    fn keep(&mut self, member: Span, edits: &mut Builder) {
        self.put("");
        edits.replace(Span::new(self.at, member.start), &self.text);
        self.text.clear();
        self.at = member.end;
    }

    fn finish(self, end: u32, edits: &mut Builder) {
        edits.replace(Span::new(self.at, end), &self.text);
    }
}
