//! Questions on their way to Judge. Whoever asks about a package URL that is already being asked about waits for that
//! answer instead.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::cache::Scope;
use crate::judge::{Answer, Answers, JudgeError, MAX_PURLS_A_REQUEST};

/// Two questions with equal keys have the same answer at the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub scope: Scope,
    /// A download to be recorded is another question than a look.
    pub record: bool,
    /// A refresh may end without an answer, because another instance sees to it.
    pub refresh: bool,
    /// How often verdicts had been removed: who asks after that is not told what was asked before.
    pub removals: u64,
    pub purl: Arc<str>,
}

/// Where one answer will be found.
#[derive(Clone)]
pub(super) struct Seat {
    landed: watch::Receiver<Option<Arc<Answers>>>,
    place: usize,
}

/// Package URLs that nobody was asking about, at most [`MAX_PURLS_A_REQUEST`]. To be asked by a task of its own, so that an
/// asker who leaves strands nobody; dropped without an answer, it tells those who wait so.
pub(super) struct Flight {
    flights: Arc<Flights>,
    keys: Vec<FlightKey>,
    landing: watch::Sender<Option<Arc<Answers>>>,
}

#[derive(Default)]
pub(super) struct Flights {
    aloft: Mutex<HashMap<FlightKey, Seat>>,
}

impl Flights {
    fn lock(&self) -> MutexGuard<'_, HashMap<FlightKey, Seat>> {
        // No code that can panic runs under the lock, and the map is whole after every statement.
        self.aloft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for each key, in their order, and the flights that the caller must get off the ground.
    pub(super) fn board(self: &Arc<Self>, keys: impl Iterator<Item = FlightKey>) -> (Vec<Seat>, Vec<Flight>) {
        let mut seats = Vec::new();
        let mut flights: Vec<Flight> = Vec::new();
        let mut aloft = self.lock();
        for key in keys {
            let free = match aloft.entry(key) {
                Entry::Occupied(taken) => {
                    seats.push(taken.get().clone());
                    continue;
                }
                Entry::Vacant(free) => free,
            };
            let flight = match flights.pop_if(|flight| flight.keys.len() < MAX_PURLS_A_REQUEST) {
                Some(flight) => flight,
                None => Flight {
                    flights: Arc::clone(self),
                    keys: Vec::new(),
                    landing: watch::Sender::new(None),
                },
            };
            let seat = Seat {
                landed: flight.landing.subscribe(),
                place: flight.keys.len(),
            };
            let mut flight = flight;
            flight.keys.push(free.key().clone());
            free.insert(seat.clone());
            seats.push(seat);
            flights.push(flight);
        }
        (seats, flights)
    }
}

impl Flight {
    pub(super) fn purls(&self) -> impl Iterator<Item = &Arc<str>> {
        self.keys.iter().map(|key| &key.purl)
    }

    /// Hands `answers`, one a package URL in order, to everybody who waits.
    pub(super) fn land(self, answers: Answers) {
        self.landing.send_replace(Some(Arc::new(answers)));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut aloft = self.flights.lock();
        for key in &self.keys {
            aloft.remove(key);
        }
    }
}

impl Seat {
    pub(super) async fn answer(mut self) -> Answer {
        let lost = || Err(JudgeError::NoVerdict("the question to Judge was lost".into()));
        let Ok(landed) = self.landed.wait_for(Option::is_some).await else {
            return lost();
        };
        let answer = landed.as_ref().and_then(|answers| answers.get(self.place).cloned());
        answer.unwrap_or_else(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Verdict;

    fn keys(range: std::ops::Range<usize>) -> impl Iterator<Item = FlightKey> {
        range.map(|n| FlightKey {
            scope: Scope {
                package_type: "widget".into(),
                revision: 0,
                context: None,
            },
            record: false,
            refresh: false,
            removals: 0,
            purl: format!("pkg:widget/a@{n}").into(),
        })
    }

    fn allowed(flight: &Flight) -> Answers {
        flight.purls().map(|_| Ok(Arc::new(Verdict::allowed()))).collect()
    }

    #[tokio::test]
    async fn equal_keys_share_a_flight_until_it_lands() {
        let flights = Arc::new(Flights::default());
        let (mut first, mut mine) = flights.board(keys(0..2).chain(keys(0..1)));
        assert_eq!((first.len(), mine.len()), (3, 1));
        let (second, others) = flights.board(keys(1..2));
        assert!(others.is_empty());
        let flight = mine.pop().unwrap();
        assert_eq!(flight.purls().count(), 2);
        let answers = allowed(&flight);
        flight.land(answers);
        for seat in first.drain(..).chain(second) {
            assert!(seat.answer().await.is_ok());
        }
        assert_eq!(flights.board(keys(0..2)).1.len(), 1);
    }

    #[tokio::test]
    async fn a_lost_flight_strands_nobody() {
        let flights = Arc::new(Flights::default());
        let (seats, mine) = flights.board(keys(0..1));
        drop(mine);
        for seat in seats {
            assert!(matches!(seat.answer().await, Err(JudgeError::NoVerdict(_))));
        }
        assert!(flights.lock().is_empty());
    }

    #[test]
    fn long_lists_go_out_in_pieces() {
        let flights = Arc::new(Flights::default());
        let (seats, mine) = flights.board(keys(0..2000));
        let sizes: Vec<usize> = mine.iter().map(|flight| flight.purls().count()).collect();
        assert_eq!((seats.len(), sizes), (2000, vec![900, 900, 200]));
    }
}
