//! What was spent on models, and the budgets that it counts against.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stepwell_contract::{Budget, Money, Usage};
use stepwell_llm::{Ledger, Spent as LedgerSpent};
use stepwell_store::{CallRecord, Scope, StoreError};

use super::Spent;
use crate::house::House;

/// Adds up the attempts of some calls. What is known of none of them is none, not 0; without attempts nothing was
/// spent, and that is known.
pub(crate) fn spent_of<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Spent {
    let mut spent = Spent::default();
    let (mut input, mut output, mut money) = (None, None, None);
    for call in calls {
        spent.calls += 1;
        for attempt in &call.attempts {
            spent.attempts += 1;
            let Usage {
                input_tokens,
                output_tokens,
                ..
            } = attempt.usage;
            add(&mut input, input_tokens.map(u64::from));
            add(&mut output, output_tokens.map(u64::from));
            add(&mut money, attempt.money.map(|money| money.0));
            spent.unknown_tokens += u64::from(input_tokens.is_none() || output_tokens.is_none());
            spent.unknown_money += u64::from(attempt.money.is_none());
        }
    }
    let nothing = (spent.attempts == 0).then_some(0);
    spent.input_tokens = input.or(nothing);
    spent.output_tokens = output.or(nothing);
    spent.money = money.or(nothing).map(Money);
    spent
}

fn add(sum: &mut Option<u64>, known: Option<u64>) {
    if let Some(known) = known {
        *sum = Some(sum.unwrap_or(0).saturating_add(known));
    }
}

/// A budget with what was spent of it before this process.
pub(crate) fn ledger(name: &str, setting: &str, budget: Budget, spent: Spent) -> Ledger {
    let spent = LedgerSpent {
        tokens: spent.input_tokens.unwrap_or(0) + spent.output_tokens.unwrap_or(0),
        money: spent.money.unwrap_or_default(),
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
            "budgets.day.",
            budget,
            spent_of(of_today),
        )))
    }
}
