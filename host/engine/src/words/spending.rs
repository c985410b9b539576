//! What was spent on models, and the budgets that it counts against.

use stepwell_contract::{Money, Usage};
use stepwell_store::CallRecord;

use stepwell_contract::Spent;

/// Adds up the attempts of some calls, as they come.
#[derive(Default)]
pub(crate) struct Spending {
    spent: Spent,
}

impl Spending {
    pub(crate) fn add(&mut self, call: &CallRecord) {
        let spent = &mut self.spent;
        spent.calls += 1;
        for attempt in &call.attempts {
            spent.attempts += 1;
            let Usage {
                input_tokens,
                output_tokens,
                ..
            } = attempt.usage;
            add(&mut spent.input_tokens, input_tokens.map(u64::from));
            add(&mut spent.output_tokens, output_tokens.map(u64::from));
            if let Some(money) = attempt.money {
                let sum = spent.money.unwrap_or_default().0;
                spent.money = Some(Money(sum.saturating_add(money.0)));
            }
            spent.unknown_tokens += u64::from(input_tokens.is_none() || output_tokens.is_none());
            spent.unknown_money += u64::from(attempt.money.is_none());
        }
    }

    /// The sums. What is known of no attempt is none, not 0; without attempts nothing was spent, and that is known.
    pub(crate) fn sum(mut self) -> Spent {
        if self.spent.attempts == 0 {
            self.spent.input_tokens = Some(0);
            self.spent.output_tokens = Some(0);
            self.spent.money = Some(Money(0));
        }
        self.spent
    }
}

/// What some calls took together.
pub(crate) fn spent_of<'a>(calls: impl Iterator<Item = &'a CallRecord>) -> Spent {
    let mut spending = Spending::default();
    calls.for_each(|call| spending.add(call));
    spending.sum()
}

fn add(sum: &mut Option<u64>, known: Option<u64>) {
    if let Some(known) = known {
        *sum = Some(sum.unwrap_or(0).saturating_add(known));
    }
}
