//! What was spent on models, and the budgets that it counts against.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stepwell_contract::{Budget, Usage};
use stepwell_llm::{Ledger, Spent as LedgerSpent};
use stepwell_store::{CallRecord, Scope, StoreError};

use super::Spent;
use crate::house::House;

/// Adds up the attempts of some calls.
pub(crate) fn spent_of<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Spent {
    let mut spent = Spent::default();
    for call in calls {
        spent.calls += 1;
        for attempt in &call.attempts {
            spent.attempts += 1;
            let Usage {
                input_tokens,
                output_tokens,
                ..
            } = attempt.usage;
            spent.input_tokens += u64::from(input_tokens.unwrap_or(0));
            spent.output_tokens += u64::from(output_tokens.unwrap_or(0));
            spent.unknown_tokens += u64::from(input_tokens.is_none() || output_tokens.is_none());
            spent.money.0 += attempt.money.map_or(0, |money| money.0);
            spent.unknown_money += u64::from(attempt.money.is_none());
        }
    }
    spent
}

/// A budget with what was spent of it before this process.
pub(crate) fn ledger(name: &str, setting: &str, budget: Budget, spent: Spent) -> Ledger {
    let spent = LedgerSpent {
        tokens: spent.input_tokens + spent.output_tokens,
        money: spent.money,
    };
    Ledger::new(name, setting, budget, spent)
}

impl House {
    /// The budget of today (in UTC), over all runs.
    pub(crate) async fn day_ledger(&self, budget: Budget) -> Result<Arc<Ledger>, StoreError> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let calls = self.store.calls(Scope::default()).await?;
        let of_today = calls
            .iter()
            .filter(|call| call.created_at.to_zoned(TimeZone::UTC).date() == today);
        Ok(Arc::new(ledger(
            "day budget",
            "budgets.day",
            budget,
            spent_of(of_today),
        )))
    }
}
