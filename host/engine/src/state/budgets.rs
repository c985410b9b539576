//! The budgets that calls must fit into, with what stood against them before this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use stepwell_contract::{Budget, day_of};
use stepwell_llm::{Ledger, Standing};
use stepwell_store::{CallRecord, CallTotals, StoreError};

use super::house::House;

/// The days before and after today whose budgets are known from the start: so far a clock may be set while the process
/// lives.
const DAYS: i64 = 7;

/// A budget with what some calls have spent of it already.
pub(crate) fn ledger<'a>(
    name: &str,
    setting: &str,
    budget: Budget,
    calls: impl IntoIterator<Item = &'a CallRecord>,
) -> Arc<Ledger> {
    let standing = standing(&calls.into_iter().collect());
    Arc::new(Ledger::new(name, setting, budget, standing))
}

/// What was sent and has no end may have been paid: it counts until somebody writes it off.
fn standing(totals: &CallTotals) -> Standing {
    Standing {
        spent: totals.counted,
        held: totals.held,
    }
}

impl House {
    /// The budget of each day (in UTC), over all runs, cells and judges of this process; none where there is no cap.
    pub(crate) async fn day_ledger(&self) -> Result<Option<Arc<Ledger>>, StoreError> {
        let cap = self.configuration.budgets.day;
        if cap == Budget::default() {
            return Ok(None);
        }
        // Every call asks for it before it is sent, so that what is read here is what processes before this one left.
        let opened = self.day.get_or_try_init(async || {
            let ledger = Ledger::daily("day budget", "budgets.day.", cap, self.days().await?);
            Ok::<_, StoreError>(Arc::new(ledger))
        });
        opened.await.map(|ledger| Some(Arc::clone(ledger)))
    }

    /// What stands against each day. An attempt counts in the day in which it was sent.
    async fn days(&self) -> Result<BTreeMap<Date, Standing>, StoreError> {
        let today = day_of(self.now());
        let mut days = BTreeMap::new();
        for distance in -DAYS..=DAYS {
            let day = today.saturating_add(distance.days());
            let totals = self.store.totals_of_day(day).await?;
            days.insert(day, standing(&totals));
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stepwell_contract::Digest;

    use super::*;

    #[test]
    fn an_attempt_counts_what_is_kept_of_it_and_an_old_one_what_it_used() {
        let counted = |more: Value| {
            let mut attempt = json!({
                "number": 1, "started_at": "2026-03-10T12:00:00Z", "sent": Digest::of("sent"),
            });
            let fields = attempt.as_object_mut().unwrap();
            fields.extend(more.as_object().unwrap().clone());
            let mut totals = CallTotals::default();
            totals.add_attempt(&serde_json::from_value(attempt).unwrap());
            (
                totals.counted.tokens,
                totals.held.tokens,
                totals.unknown_tokens,
            )
        };
        let used = json!({ "input_tokens": 10, "output_tokens": 5 });
        let budgeted = json!({ "tokens": 99, "money": 0 });
        let off = json!({ "by": "anna", "at": "2026-03-10T12:00:00Z" });
        assert_eq!(
            counted(json!({ "duration_ms": 3, "usage": used })),
            (15, 0, 0)
        );
        assert_eq!(counted(json!({})), (0, 0, 1), "nobody knows");
        assert_eq!(counted(json!({ "budgeted": budgeted })), (0, 99, 1));
        let lost = json!({ "budgeted": budgeted, "written_off": off });
        assert_eq!(counted(lost), (0, 0, 0));
        let ended = json!({ "duration_ms": 3, "usage": used, "budgeted": budgeted });
        assert_eq!(counted(ended), (99, 0, 0));
    }
}
