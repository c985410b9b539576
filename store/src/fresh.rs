//! Ids that nothing else has, whatever the system's clock says.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use uuid::{ContextV7, Timestamp, Uuid};

/// What counts as the time where the clock stands before 1970, as that of a machine without a battery may: no id holds such a
/// time.
pub(crate) const BEFORE_1970: Duration = Duration::ZERO;

/// An id that nothing else has, with the time of the system's clock in it. Those of one process grow while that goes forwards;
/// who needs them to grow whatever it does asks a store for its next one.
#[must_use]
pub fn fresh_id() -> Uuid {
    id_at(SystemTime::UNIX_EPOCH.elapsed().unwrap_or(BEFORE_1970))
}

pub(crate) fn id_at(since_1970: Duration) -> Uuid {
    static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let (seconds, nanos) = (since_1970.as_secs(), since_1970.subsec_nanos());
    Uuid::new_v7(Timestamp::from_unix(&*context, seconds, nanos))
}
