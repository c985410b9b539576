//! The ids of a store's records, each later than its last: who sorts by them has the order in which they were given,
//! whatever the clock said (rule E29).
//!
//! They are of version 7, so that the time is in them while the clock goes forwards. Nothing here is stored: the highest
//! id of the records is where the next process goes on.

use std::sync::{Mutex, PoisonError};

use uuid::{Builder, Uuid};

use super::failure::Trouble;
use super::kept;
use super::keys::{self, Kind};
use super::reads;
use super::table::Records;
use crate::fresh_id;

/// Gives the ids of one store.
#[derive(Debug)]
pub(super) struct Ids {
    last: Mutex<Uuid>,
}

impl Ids {
    /// Goes on after the ids of these records.
    pub(super) fn after(records: &Records) -> Result<Self, Trouble> {
        let mut last = Uuid::nil();
        for kind in [
            Kind::Run,
            Kind::ScratchRun,
            Kind::Comparison,
            Kind::Improvement,
        ] {
            last = last.max(reads::newest_id(records, kind)?.unwrap_or_default());
        }
        kept::each(records, &keys::all(Kind::CallInOrder), |key, _| {
            last = last.max(keys::id_in(key));
            false
        })?;
        Ok(Self {
            last: Mutex::new(last),
        })
    }

    /// The next id.
    pub(super) fn next(&self) -> Uuid {
        self.next_of(fresh_id())
    }

    /// The next id, where the clock says this one.
    fn next_of(&self, of_clock: Uuid) -> Uuid {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = if of_clock > *last {
            of_clock
        } else {
            let mut random = [0; 10];
            random.copy_from_slice(&of_clock.as_bytes()[6..]);
            // Whatever made the last one: its first 48 bits are what sorts.
            let [a, b, c, d, e, f, ..] = last.into_bytes();
            let milliseconds = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
            Builder::from_unix_timestamp_millis(milliseconds + 1, &random).into_uuid()
        };
        *last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(milliseconds: u64) -> Uuid {
        Builder::from_unix_timestamp_millis(milliseconds, &[7; 10]).into_uuid()
    }

    proptest! {
        #[test]
        fn each_id_is_later_than_the_last_whatever_the_clock_says(
            clock in prop::collection::vec(0..5_000_u64, 1..50)
        ) {
            let ids = Ids { last: Mutex::new(at(2_000)) };
            let mut last = at(2_000);
            for milliseconds in clock {
                let next = ids.next_of(at(milliseconds));
                prop_assert!(next > last);
                prop_assert_eq!(next.get_version_num(), 7);
                last = next;
            }
        }
    }

    #[test]
    fn ids_grow_while_the_clock_stands_before_1970() {
        let ids = Ids {
            last: Mutex::new(Uuid::nil()),
        };
        let mut last = Uuid::nil();
        for _ in 0..1_000 {
            let next = ids.next_of(crate::fresh::id_at(crate::fresh::BEFORE_1970));
            assert!(next > last, "{last} {next}");
            assert_eq!(next.get_version_num(), 7);
            last = next;
        }
        assert!(ids.next_of(fresh_id()) > last);
    }

    #[test]
    fn an_id_without_a_time_is_followed_by_a_later_one() {
        for last in [
            Uuid::nil(),
            Uuid::from_u128(5),
            Uuid::from_u128(u128::MAX >> 1),
        ] {
            let ids = Ids {
                last: Mutex::new(last),
            };
            assert!(ids.next_of(at(1)) > last);
        }
    }
}
