//! Budgets: caps that calls reserve against before they are sent, and settle with what they really used.
//!
//! A ledger doesn't know what it is a budget of, nor where its figures are kept between two processes: its
//! owner names it and hands in what was spent before.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stepwell_contract::{Budget, ChatError, ChatErrorKind, Money};
use tokio::sync::Notify;

/// Tokens and money together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expense {
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Money, as far as prices are known.
    pub money: Money,
}

impl Expense {
    fn plus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_add(other.tokens),
            money: Money(self.money.0.saturating_add(other.money.0)),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_sub(other.tokens),
            money: Money(self.money.0.saturating_sub(other.money.0)),
        }
    }

    fn fits(self, cap: &Budget) -> bool {
        cap.tokens.is_none_or(|most| self.tokens <= most)
            && cap.money.is_none_or(|most| self.money <= most)
    }
}

/// What one attempt may use at most. Money is none where the model has no prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    pub(crate) tokens: u64,
    pub(crate) money: Option<Money>,
}

/// One budget: of a run, a step, a day.
///
/// Its owner keeps it in an `Arc` and hands it to every [`Call`](crate::Call) that counts against it.
pub struct Ledger {
    /// Where it stands among all ledgers: whoever needs several asks for their turns in this order, since
    /// two calls that ask in different orders could wait for each other for ever.
    order: u64,
    name: String,
    setting: String,
    cap: Budget,
    state: Mutex<State>,
    /// Wakes the call whose turn it is whenever a reservation ends.
    changed: Notify,
    /// First come, first served: without turns, small calls could pass a large one that waits for room as
    /// long as there are any.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Whether it ever had no room for a call.
    refused: bool,
    spent: Expense,
    reserved: Expense,
}

impl Ledger {
    /// A budget with its name (`run budget`), how the settings that cap it begin (`budgets.run.`, before `tokens` or
    /// `money`) and what was spent of it before.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        setting: impl Into<String>,
        cap: Budget,
        already_spent: Expense,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            order: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            setting: setting.into(),
            cap,
            state: Mutex::new(State {
                refused: false,
                spent: already_spent,
                reserved: Expense::default(),
            }),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    /// What was spent, reservations under way not counted.
    #[must_use]
    pub fn spent(&self) -> Expense {
        self.state().spent
    }

    /// Whether it had no room for a call since it was made.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.state().refused
    }

    /// The caps.
    #[must_use]
    pub fn cap(&self) -> Budget {
        self.cap
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The figures are plain numbers that every holder of the lock leaves whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves if there is room now.
    fn take(&self, amount: Expense) -> Result<(), Refusal> {
        let mut state = self.state();
        if state
            .spent
            .plus(state.reserved)
            .plus(amount)
            .fits(&self.cap)
        {
            state.reserved = state.reserved.plus(amount);
            return Ok(());
        }
        // Reservations are estimates of the most: when one settles it may leave room.
        if state.reserved != Expense::default() && state.spent.plus(amount).fits(&self.cap) {
            Err(Refusal::Later)
        } else {
            state.refused = true;
            Err(Refusal::Never(self.refusal(&state, amount)))
        }
    }

    fn give_back(&self, reserved: Expense, spent: Expense) {
        let mut state = self.state();
        state.reserved = state.reserved.minus(reserved);
        state.spent = state.spent.plus(spent);
        drop(state);
        self.changed.notify_one();
    }

    fn refusal(&self, state: &State, amount: Expense) -> ChatError {
        let tokens_fit = self
            .cap
            .tokens
            .is_none_or(|cap| state.spent.tokens.saturating_add(amount.tokens) <= cap);
        let (setting, unit) = if tokens_fit {
            ("money", "")
        } else {
            ("tokens", " tokens")
        };
        let shown = |spent: Expense| {
            if tokens_fit {
                spent.money.to_string()
            } else {
                spent.tokens.to_string()
            }
        };
        let cap = Expense {
            tokens: self.cap.tokens.unwrap_or(u64::MAX),
            money: self.cap.money.unwrap_or(Money(u64::MAX)),
        };
        ChatError::new(
            ChatErrorKind::OverBudget,
            format!(
                "the {} has no room for this call: it may use up to {}{unit}, {} of {}{unit} are spent and {} reserved; raise `{}{setting}`, or lower `max_output_tokens`, and resume",
                self.name,
                shown(amount),
                shown(state.spent),
                shown(cap),
                shown(state.reserved),
                self.setting,
            ),
        )
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Ledger")
            .field("name", &self.name)
            .field("cap", &self.cap)
            .field("spent", &state.spent)
            .field("reserved", &state.reserved)
            .finish_non_exhaustive()
    }
}

enum Refusal {
    /// Another reservation is under way that may leave room.
    Later,
    Never(ChatError),
}

/// Room that an attempt holds in all its budgets. Dropped unsettled it is free again.
#[derive(Debug)]
pub(crate) struct Reservation {
    ledgers: Vec<Arc<Ledger>>,
    amount: Expense,
}

impl Reservation {
    /// Replaces the reservation by what was really used.
    pub(crate) fn settle(mut self, spent: Expense) {
        for ledger in std::mem::take(&mut self.ledgers) {
            ledger.give_back(self.amount, spent);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        for ledger in &self.ledgers {
            ledger.give_back(self.amount, Expense::default());
        }
    }
}

/// Reserves in all budgets, or in none; waits while calls under way may still leave room.
///
/// `model` is for the message.
pub(crate) async fn reserve(
    budgets: &[Arc<Ledger>],
    estimate: Estimate,
    model: &str,
) -> Result<Reservation, ChatError> {
    let mut ledgers = budgets.to_vec();
    ledgers.sort_by_key(|ledger| ledger.order);
    ledgers.dedup_by_key(|ledger| ledger.order);
    if estimate.money.is_none()
        && let Some(ledger) = ledgers.iter().find(|ledger| ledger.cap.money.is_some())
    {
        return Err(ChatError::new(
            ChatErrorKind::OverBudget,
            format!(
                "the {} is capped in money (`{}money`), and the price of `{model}` is not known; set its prices in stepwell.toml, or cap tokens instead",
                ledger.name, ledger.setting
            ),
        ));
    }
    let amount = Expense {
        tokens: estimate.tokens,
        money: estimate.money.unwrap_or_default(),
    };
    // The turns are kept until there is room in every ledger. Settling needs no turn, so that whoever is
    // waited for can always end.
    let mut turns = Vec::with_capacity(ledgers.len());
    for ledger in &ledgers {
        turns.push(ledger.turn.lock().await);
    }
    let reservation = 'again: loop {
        let mut held = Reservation {
            ledgers: Vec::with_capacity(ledgers.len()),
            amount,
        };
        for ledger in &ledgers {
            let changed = ledger.changed.notified();
            match ledger.take(amount) {
                Ok(()) => held.ledgers.push(Arc::clone(ledger)),
                Err(Refusal::Never(error)) => return Err(error),
                Err(Refusal::Later) => {
                    drop(held);
                    changed.await;
                    continue 'again;
                }
            }
        }
        break held;
    };
    drop(turns);
    Ok(reservation)
}

#[cfg(test)]
mod tests;
