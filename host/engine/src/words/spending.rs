//! What was spent on models, and the budgets that it counts against.

use stepwell_contract::Spent;
use stepwell_store::{CallRecord, CallTotals};

/// What some calls took together.
pub(crate) fn spent_of<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Spent {
    calls.collect::<CallTotals>().spent()
}
