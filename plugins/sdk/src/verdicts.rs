//! What `plan` is told, by candidate.

use crate::{Error, Refusal};

/// The refusals of one document.
#[derive(Debug)]
pub struct Verdicts<'r> {
    refused: &'r [Refusal],
    /// For each candidate the position of its refusal, counted from 1; 0 for none. Documents have up to a million.
    of: Vec<u32>,
    /// How many candidates are refused.
    count: usize,
}

// === impl Verdicts ===

impl<'r> Verdicts<'r> {
    /// # Errors
    /// When something is refused that is no candidate.
    pub fn new(candidates: u32, refused: &'r [Refusal]) -> Result<Self, Error> {
        let mut of = vec![0; candidates as usize];
        let mut count = 0;
        for (position, refusal) in (1..).zip(refused) {
            let slot = of
                .get_mut(refusal.candidate as usize)
                .ok_or_else(|| Error::Malformed(format!("there is no candidate {} to refuse", refusal.candidate)))?;
            count += usize::from(*slot == 0);
            *slot = position;
        }
        Ok(Self { refused, of, count })
    }

    /// Also true for what is no candidate.
    pub fn is_refused(&self, candidate: u32) -> bool {
        self.of.get(candidate as usize).is_none_or(|position| *position > 0)
    }

    /// Why a candidate is refused; none for one that is not.
    pub fn reason(&self, candidate: u32) -> Option<&'r str> {
        let position = self.of.get(candidate as usize)?.checked_sub(1)?;
        Some(self.refused.get(position as usize)?.reason.as_str())
    }

    /// Whether there are candidates and none is left.
    pub fn all_refused(&self) -> bool {
        self.count > 0 && self.count == self.of.len()
    }

    /// Refuses a candidate for the reason for which `other` is refused, unless it has one of its own, or `other` none.
    pub fn refuse_with(&mut self, candidate: u32, other: u32) {
        let Some(&position) = self.of.get(other as usize) else {
            return;
        };
        if let Some(slot) = self.of.get_mut(candidate as usize)
            && *slot == 0
            && position > 0
        {
            *slot = position;
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(candidate: u32, reason: &str) -> Refusal {
        Refusal {
            candidate,
            reason: reason.into(),
        }
    }

    #[test]
    fn each_candidate_has_its_own_reason() {
        let refused = [refusal(2, "late"), refusal(0, "early"), refusal(2, "later")];
        let mut verdicts = Verdicts::new(3, &refused).unwrap();
        let reasons = |verdicts: &Verdicts<'_>| [0, 1, 2].map(|at| verdicts.reason(at).map(str::to_owned));
        assert_eq!(
            reasons(&verdicts),
            [Some("early".to_owned()), None, Some("later".to_owned())]
        );
        assert_eq!([0, 1, 2].map(|at| verdicts.is_refused(at)), [true, false, true]);
        assert!(!verdicts.all_refused());
        verdicts.refuse_with(2, 0);
        verdicts.refuse_with(1, 1);
        assert_eq!(verdicts.reason(2), Some("later"));
        assert!(!verdicts.all_refused());
        verdicts.refuse_with(1, 0);
        assert_eq!(verdicts.reason(1), Some("early"));
        assert!(verdicts.all_refused());
    }

    #[test]
    fn what_is_no_candidate_never_stays() {
        let verdicts = Verdicts::new(1, &[]).unwrap();
        assert!(verdicts.is_refused(1));
        assert_eq!(verdicts.reason(1), None);
        assert!(!Verdicts::new(0, &[]).unwrap().all_refused());
        let refused = [refusal(1, "")];
        assert!(matches!(Verdicts::new(1, &refused), Err(Error::Malformed(why)) if why.contains("candidate 1")));
    }
}
