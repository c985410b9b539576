//! The budgets that calls must fit into, with what was spent of them before this process.

use std::sync::Arc;

use jiff::tz::TimeZone;
use stepwell_contract::Budget;
use stepwell_contract::Spent;
use stepwell_llm::{Expense, Ledger};
use stepwell_store::StoreError;

use super::house::House;

/// A budget with what was spent of it before this process.
pub(crate) fn ledger(name: &str, setting: &str, budget: Budget, spent: Spent) -> Ledger {
    let spent = Expense {
        tokens: spent.input_tokens.unwrap_or(0) + spent.output_tokens.unwrap_or(0),
        money: spent.money.unwrap_or_default(),
    };
    Ledger::new(name, setting, budget, spent)
}

impl House {
    /// The budget of today (in UTC), over all runs.
    pub(crate) async fn day_ledger(&self, budget: Budget) -> Result<Arc<Ledger>, StoreError> {
        let today = self.now().to_zoned(TimeZone::UTC).date();
        let spent = self.store.totals_of_day(today).await?.spent();
        Ok(Arc::new(ledger(
            "day budget",
            "budgets.day.",
            budget,
            spent,
        )))
    }
}
