//! Budgets: caps that calls reserve against before they are sent, and settle with what they really used.
//!
//! A ledger doesn't know what it is a budget of, nor where its figures are kept between two processes: its
//! owner names it and hands in what was spent before.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use stepwell_contract::{Budget, ChatError, ChatErrorKind, Clock, Expense, Money, day_of};
use tokio::sync::Notify;

/// What stands against a budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// What was spent.
    pub spent: Expense,
    /// What attempts may have cost that were sent and of which no end is known. It is never free again by itself.
    pub held: Expense,
}

impl Standing {
    fn sum(self) -> Expense {
        self.spent.plus(self.held)
    }
}

impl From<Expense> for Standing {
    fn from(spent: Expense) -> Self {
        Self {
            spent,
            held: Expense::default(),
        }
    }
}

fn fits(expense: Expense, cap: &Budget) -> bool {
    cap.tokens.is_none_or(|most| expense.tokens <= most)
        && cap.money.is_none_or(|most| expense.money <= most)
}

/// What one attempt may use at most. Money is none where the model has no prices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Estimate {
    pub(crate) tokens: u64,
    pub(crate) money: Option<Money>,
}

/// One budget: of a run, of a step, or of each day.
///
/// Its owner keeps it in an `Arc` and hands it to every [`Call`](crate::Call) that counts against it.
pub struct Ledger {
    /// Where it stands among all ledgers: whoever needs several reserves in this order, since two calls that reserve in
    /// different orders could wait for each other for ever. Those of days come last, so that nobody who still waits for
    /// something else keeps all others from them.
    order: (bool, u64),
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

/// The day that a budget counts for, in UTC; none where it counts for all time.
type Period = Option<Date>;

#[derive(Default)]
struct State {
    /// Whether it ever had no room for a call.
    refused: bool,
    figures: BTreeMap<Period, Figures>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    standing: Standing,
    reserved: Expense,
}

impl Ledger {
    /// A budget with its name (`run budget`), how the settings that cap it begin (`budgets.run.`, before `tokens` or
    /// `money`) and what stood against it before.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        setting: impl Into<String>,
        cap: Budget,
        before: impl Into<Standing>,
    ) -> Self {
        let before = [(None, before.into())];
        Self::of(false, name.into(), setting.into(), cap, before)
    }

    /// A budget of each day in UTC, with what stood against each before. A call counts in the day in which it is sent,
    /// whenever it ends.
    #[must_use]
    pub fn daily(
        name: impl Into<String>,
        setting: impl Into<String>,
        cap: Budget,
        before: BTreeMap<Date, Standing>,
    ) -> Self {
        let before = before
            .into_iter()
            .map(|(day, standing)| (Some(day), standing));
        Self::of(true, name.into(), setting.into(), cap, before)
    }

    fn of(
        daily: bool,
        name: String,
        setting: String,
        cap: Budget,
        before: impl IntoIterator<Item = (Period, Standing)>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let figures = before.into_iter().map(|(period, standing)| {
            let reserved = Expense::default();
            (period, Figures { standing, reserved })
        });
        Self {
            order: (daily, NEXT.fetch_add(1, Ordering::Relaxed)),
            name,
            setting,
            cap,
            state: Mutex::new(State {
                refused: false,
                figures: figures.collect(),
            }),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    /// What was spent, of all days, reservations under way not counted.
    #[must_use]
    pub fn spent(&self) -> Expense {
        let state = self.state();
        let spent = state.figures.values().map(|of| of.standing.spent);
        spent.fold(Expense::default(), Expense::plus)
    }

    /// Whether it had no room for a call since it was made.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.state().refused
    }

    /// Frees what was held for an attempt that was sent at this time: somebody knows that it was not paid.
    pub fn write_off(&self, sent_at: Timestamp, amount: Expense) {
        let mut state = self.state();
        let standing = &mut self.figures(&mut state, sent_at).standing;
        standing.held = standing.held.minus(amount);
        drop(state);
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The figures are plain numbers that every holder of the lock leaves whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn figures<'a>(&self, state: &'a mut State, at: Timestamp) -> &'a mut Figures {
        let (daily, _) = self.order;
        let period = daily.then(|| day_of(at));
        state.figures.entry(period).or_default()
    }

    /// Reserves if there is room now.
    fn take(&self, amount: Expense, at: Timestamp) -> Result<(), Refusal> {
        let mut state = self.state();
        let figures = self.figures(&mut state, at);
        let with_it = figures.standing.sum().plus(amount);
        if fits(with_it.plus(figures.reserved), &self.cap) {
            figures.reserved = figures.reserved.plus(amount);
            return Ok(());
        }
        // Reservations are estimates of the most: when one settles it may leave room.
        if figures.reserved != Expense::default() && fits(with_it, &self.cap) {
            return Err(Refusal::Later);
        }
        let refusal = self.refusal(*figures, amount);
        state.refused = true;
        Err(Refusal::Never(refusal))
    }

    /// A reservation ends, and this stands for it from now on.
    fn settle(&self, reserved: Expense, at: Timestamp, instead: Standing) {
        let mut state = self.state();
        let figures = self.figures(&mut state, at);
        figures.reserved = figures.reserved.minus(reserved);
        figures.standing.spent = figures.standing.spent.plus(instead.spent);
        figures.standing.held = figures.standing.held.plus(instead.held);
        drop(state);
        self.changed.notify_one();
    }

    fn refusal(&self, figures: Figures, amount: Expense) -> ChatError {
        let Standing { spent, held } = figures.standing;
        let known = figures.standing.sum();
        let tokens_fit = self
            .cap
            .tokens
            .is_none_or(|cap| known.tokens.saturating_add(amount.tokens) <= cap);
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
        let in_doubt = match held == Expense::default() {
            true => String::new(),
            false => format!(
                ", {} held for calls that wait in a batch, or whose answers were lost (these may be written off where they were not paid)",
                shown(held)
            ),
        };
        ChatError::new(
            ChatErrorKind::OverBudget,
            format!(
                "the {} has no room for this call: it may use up to {}{unit}, {} of {}{unit} are spent{in_doubt} and {} reserved; raise `{}{setting}`, or lower `max_output_tokens`, and resume",
                self.name,
                shown(amount),
                shown(spent),
                shown(cap),
                shown(figures.reserved),
                self.setting,
            ),
        )
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("name", &self.name)
            .field("cap", &self.cap)
            .field("figures", &self.state().figures)
            .finish_non_exhaustive()
    }
}

enum Refusal {
    /// Another reservation is under way that may leave room.
    Later,
    Never(ChatError),
}

/// Room that an attempt has in all its budgets. Dropped before it is sent, the room is free again; dropped after,
/// nobody knows what the attempt cost, and the room is held.
#[derive(Debug)]
pub(crate) struct Reservation {
    /// The ledgers, and when it was reserved in each.
    ledgers: Vec<(Arc<Ledger>, Timestamp)>,
    amount: Expense,
    at: Timestamp,
    sent: bool,
}

impl Reservation {
    /// What is reserved.
    pub(crate) fn amount(&self) -> Expense {
        self.amount
    }

    /// When the last of it was reserved, which is the moment that says on which day the attempt counts.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// The attempt is on its way.
    pub(crate) fn send(&mut self) {
        self.sent = true;
    }

    /// Replaces the reservation by what was really used.
    pub(crate) fn settle(mut self, spent: Expense) {
        self.end(spent.into());
    }

    fn end(&mut self, instead: Standing) {
        for (ledger, at) in std::mem::take(&mut self.ledgers) {
            ledger.settle(self.amount, at, instead);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut instead = Standing::default();
        if self.sent {
            instead.held = self.amount;
        }
        self.end(instead);
    }
}

/// Refuses a call of which nobody knows what it costs, where a budget is capped in money.
pub(crate) fn check_unpriced(budgets: &[Arc<Ledger>], model: &str) -> Result<(), ChatError> {
    let Some(ledger) = budgets.iter().find(|ledger| ledger.cap.money.is_some()) else {
        return Ok(());
    };
    Err(ChatError::new(
        ChatErrorKind::OverBudget,
        format!(
            "the {} is capped in money (`{}money`), and the price of `{model}` is not known; set its prices in stepwell.toml, or cap tokens instead",
            ledger.name, ledger.setting
        ),
    ))
}

/// Reserves in all budgets, or in none; waits while calls under way may still leave room.
///
/// `model` is for the message.
pub(crate) async fn reserve(
    budgets: &[Arc<Ledger>],
    estimate: Estimate,
    model: &str,
    clock: &Clock,
) -> Result<Reservation, ChatError> {
    let mut ledgers = budgets.to_vec();
    ledgers.sort_by_key(|ledger| ledger.order);
    ledgers.dedup_by_key(|ledger| ledger.order);
    if estimate.money.is_none() {
        check_unpriced(&ledgers, model)?;
    }
    let amount = Expense {
        tokens: estimate.tokens,
        money: estimate.money.unwrap_or_default(),
    };
    let mut reservation = Reservation {
        ledgers: Vec::with_capacity(ledgers.len()),
        amount,
        at: clock.now(),
        sent: false,
    };
    // Each turn is kept until there is room in that ledger, and no longer: who waits for room in its own run's budget
    // keeps no other run from that of the day. Whoever has reserved waits for later ledgers alone, so that those who
    // hold room in the last one can always end, and after them the others.
    for ledger in ledgers {
        let turn = ledger.turn.lock().await;
        loop {
            let changed = ledger.changed.notified();
            reservation.at = clock.now();
            match ledger.take(amount, reservation.at) {
                Ok(()) => break,
                Err(Refusal::Never(error)) => return Err(error),
                Err(Refusal::Later) => changed.await,
            }
        }
        drop(turn);
        reservation.ledgers.push((ledger, reservation.at));
    }
    Ok(reservation)
}

/// Takes up what budgets hold for an attempt that was sent at a time, of which an end is known now: what it took stands for it
/// once that is settled.
pub(crate) fn taken_up(
    budgets: &[Arc<Ledger>],
    amount: Expense,
    sent_at: Timestamp,
) -> Reservation {
    let mut ledgers = budgets.to_vec();
    ledgers.sort_by_key(|ledger| ledger.order);
    ledgers.dedup_by_key(|ledger| ledger.order);
    for ledger in &ledgers {
        let mut state = ledger.state();
        let figures = ledger.figures(&mut state, sent_at);
        figures.standing.held = figures.standing.held.minus(amount);
        figures.reserved = figures.reserved.plus(amount);
    }
    Reservation {
        ledgers: ledgers
            .into_iter()
            .map(|ledger| (ledger, sent_at))
            .collect(),
        amount,
        at: sent_at,
        sent: true,
    }
}

#[cfg(test)]
mod tests;
