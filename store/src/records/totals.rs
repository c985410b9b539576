//! What calls took together.
//!
//! Nothing here decides for whom they are added up.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Expense, Money, Spent, StepPath, day_of};

use super::{CallAttempt, CallRecord, CallState};

/// What calls have in common whose totals a person is shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CallGroup {
    /// The step that asked.
    pub step: StepPath,
    /// The prompts and versions that it had rendered before.
    pub prompts: Vec<(String, u32)>,
    /// The model's short name.
    pub model: String,
    /// The name of its provider, or `replay`; empty where it isn't known, of runs that an earlier build removed.
    #[serde(default)]
    pub provider: String,
    /// The model's name at the provider.
    pub provider_model: String,
    /// The day in UTC on which the intent was written.
    pub day: Date,
}

impl CallGroup {
    /// The group of a call.
    #[must_use]
    pub fn of(call: &CallRecord) -> Self {
        Self {
            step: call.execution.path.clone(),
            prompts: call.prompts.clone(),
            model: call.model.clone(),
            provider: call.provider.clone(),
            provider_model: call.provider_model.clone(),
            day: day_of(call.created_at),
        }
    }
}

/// What the calls of a run took together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// All of its calls.
    pub all: CallTotals,
    /// Of them, those that recorded answers answered.
    pub replayed: CallTotals,
}

/// What attempts took that ended without an answer that could be used.
///
/// The numbers wrap around, as those of [`CallTotals`] do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unanswered {
    /// Attempts.
    pub attempts: u64,
    /// Their tokens, input and output together, as far as they are known.
    pub tokens: u64,
    /// Their money, as far as it is known.
    pub money: Money,
    /// Those whose money is not known.
    pub unknown_money: u64,
}

/// What some calls took together. What isn't known of an attempt is left out, and counted.
///
/// The numbers wrap around, so that a difference of totals is totals, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallTotals {
    /// Calls.
    pub calls: u64,
    /// Of them, those that were not sent: an answer to an equal question was given again.
    pub reused: u64,
    /// What those answers had cost, as far as it is known.
    pub spared: Money,
    /// Of them, those that failed for good.
    pub failed: u64,
    /// Attempts at them, those that failed included.
    pub attempts: u64,
    /// Of them, those that were sent and have no end: under way, or in doubt.
    pub open: u64,
    /// Input tokens, as far as they are known.
    pub input_tokens: u64,
    /// Output tokens, as far as they are known.
    pub output_tokens: u64,
    /// Attempts whose input tokens or output tokens are not known.
    pub unknown_tokens: u64,
    /// Of the input tokens: those that were read from providers' caches, as far as they are known.
    pub cache_read_tokens: u64,
    /// Of the input tokens: those that were written to providers' caches, as far as they are known.
    pub cache_write_tokens: u64,
    /// Of the output tokens: those of reasoning, as far as they are known.
    pub reasoning_tokens: u64,
    /// Attempts whose money is not known.
    pub unknown_money: u64,
    /// Calls with such an attempt.
    pub unpriced_calls: u64,
    /// What reading from providers' caches saved, as far as it is known.
    pub saved: Money,
    /// Attempts that were sent in batches and ended.
    #[serde(default)]
    pub batched: u64,
    /// What sending in batches saved, as far as it is known.
    #[serde(default)]
    pub saved_by_batch: Money,
    /// The attempts that ended without an answer that could be used: tried again, or given up.
    pub unanswered: Unanswered,
    /// What the attempts that ended count in budgets.
    pub counted: Expense,
    /// What budgets hold for the attempts that are open.
    pub held: Expense,
    unknown_input: u64,
    unknown_output: u64,
    /// In the unit of [`Money`]; so wide that it can't be too much.
    money: u128,
    /// How many answered calls took so many milliseconds, as precisely as a person is shown them.
    durations: BTreeMap<u64, u64>,
}

impl CallTotals {
    /// Adds a call with all of its attempts.
    pub fn add_call(&mut self, call: &CallRecord) {
        self.calls += 1;
        self.failed += u64::from(call.state == CallState::Failed);
        if let Some(answer) = call.answer_of {
            self.reused += 1;
            let money = answer.money.unwrap_or_default();
            self.spared.0 = self.spared.0.wrapping_add(money.0);
        }
        for attempt in &call.attempts {
            self.add_attempt(attempt);
        }
        let unpriced =
            |attempt: &CallAttempt| attempt.written_off.is_none() && attempt.money.is_none();
        self.unpriced_calls += u64::from(call.attempts.iter().any(unpriced));
        // How long a batch takes says nothing of its models.
        let alone = call.attempts.last().filter(|last| last.batch.is_none());
        let last = alone.and_then(|last| last.duration_ms);
        if let Some(duration) = last.filter(|_| call.state == CallState::Answered) {
            *self.durations.entry(shown(duration)).or_default() += 1;
        }
    }

    /// Adds an attempt alone.
    pub fn add_attempt(&mut self, attempt: &CallAttempt) {
        let (input, output) = (attempt.usage.input_tokens, attempt.usage.output_tokens);
        self.attempts += 1;
        if attempt.written_off.is_some() {
            return;
        }
        let Expense { tokens, money } = attempt.counts();
        let sum = match attempt.is_open() {
            true => &mut self.held,
            false => &mut self.counted,
        };
        sum.tokens = sum.tokens.wrapping_add(tokens);
        sum.money.0 = sum.money.0.wrapping_add(money.0);
        self.open += u64::from(attempt.is_open());
        self.input_tokens += u64::from(input.unwrap_or(0));
        self.output_tokens += u64::from(output.unwrap_or(0));
        self.unknown_tokens += u64::from(input.is_none() || output.is_none());
        self.unknown_money += u64::from(attempt.money.is_none());
        self.unknown_input += u64::from(input.is_none());
        self.unknown_output += u64::from(output.is_none());
        let of = |tokens: Option<u32>| u64::from(tokens.unwrap_or(0));
        self.cache_read_tokens += of(attempt.usage.cache_read_tokens);
        self.cache_write_tokens += of(attempt.usage.cache_write_tokens);
        self.reasoning_tokens += of(attempt.usage.reasoning_tokens);
        self.saved.0 = self
            .saved
            .0
            .wrapping_add(attempt.saved.unwrap_or_default().0);
        if let Some(batch) = attempt.batch.filter(|_| !attempt.is_open()) {
            let saved = batch.saved.unwrap_or_default();
            self.batched += 1;
            self.saved_by_batch.0 = self.saved_by_batch.0.wrapping_add(saved.0);
        }
        self.money += attempt.money.map_or(0, |money| u128::from(money.0));
        if attempt.error.is_some() {
            let lost = &mut self.unanswered;
            lost.attempts += 1;
            lost.tokens += of(input) + of(output);
            lost.money.0 = lost
                .money
                .0
                .wrapping_add(attempt.money.unwrap_or_default().0);
            lost.unknown_money += u64::from(attempt.money.is_none());
        }
    }

    /// Adds other totals.
    pub fn add(&mut self, other: &Self) {
        self.change(other, u64::wrapping_add, u128::wrapping_add);
    }

    /// Takes other totals away.
    pub fn take_away(&mut self, other: &Self) {
        self.change(other, u64::wrapping_sub, u128::wrapping_sub);
    }

    fn change(&mut self, other: &Self, number: fn(u64, u64) -> u64, money: fn(u128, u128) -> u128) {
        for (own, other) in [
            (&mut self.calls, other.calls),
            (&mut self.failed, other.failed),
            (&mut self.reused, other.reused),
            (&mut self.spared.0, other.spared.0),
            (&mut self.attempts, other.attempts),
            (&mut self.open, other.open),
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.unknown_tokens, other.unknown_tokens),
            (&mut self.unknown_money, other.unknown_money),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.cache_write_tokens, other.cache_write_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
            (&mut self.unpriced_calls, other.unpriced_calls),
            (&mut self.saved.0, other.saved.0),
            (&mut self.batched, other.batched),
            (&mut self.saved_by_batch.0, other.saved_by_batch.0),
            (&mut self.unanswered.attempts, other.unanswered.attempts),
            (&mut self.unanswered.tokens, other.unanswered.tokens),
            (&mut self.unanswered.money.0, other.unanswered.money.0),
            (
                &mut self.unanswered.unknown_money,
                other.unanswered.unknown_money,
            ),
            (&mut self.unknown_input, other.unknown_input),
            (&mut self.unknown_output, other.unknown_output),
            (&mut self.counted.tokens, other.counted.tokens),
            (&mut self.counted.money.0, other.counted.money.0),
            (&mut self.held.tokens, other.held.tokens),
            (&mut self.held.money.0, other.held.money.0),
        ] {
            *own = number(*own, other);
        }
        self.money = money(self.money, other.money);
        for (duration, count) in &other.durations {
            let own = self.durations.entry(*duration).or_default();
            *own = number(*own, *count);
        }
        self.durations.retain(|_, count| *count > 0);
    }

    /// Whether there is nothing in them.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The money of the attempts whose money is known; none where it is known of none, or of those alone that cost nothing, such as
    /// one that was refused before the one that was answered.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        let sum = u64::try_from(self.money).unwrap_or(u64::MAX);
        let is_known = self.attempts > self.unknown_money && (sum > 0 || self.unknown_money == 0);
        is_known.then_some(Money(sum))
    }

    /// The median of what the answered calls took, in milliseconds, as precisely as a person is shown it:
    /// above a second in tenths, above a minute in seconds, above an hour in minutes.
    #[must_use]
    pub fn median_ms(&self) -> Option<u64> {
        let answered: u64 = self.durations.values().sum();
        let mut before = 0;
        self.durations.iter().find_map(|(duration, count)| {
            before += count;
            (before > answered / 2).then_some(*duration)
        })
    }

    /// What was spent. What is known of no attempt is none, not 0; without attempts nothing was spent, and that is known.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let known = |sum, unknown| (self.attempts == 0 || self.attempts > unknown).then_some(sum);
        Spent {
            calls: self.calls,
            attempts: self.attempts,
            input_tokens: known(self.input_tokens, self.unknown_input),
            output_tokens: known(self.output_tokens, self.unknown_output),
            money: self
                .money()
                .or_else(|| (self.attempts == 0).then_some(Money(0))),
            unknown_tokens: self.unknown_tokens,
            unknown_money: self.unknown_money,
        }
    }
}

impl<'c> FromIterator<&'c CallRecord> for CallTotals {
    fn from_iter<I: IntoIterator<Item = &'c CallRecord>>(calls: I) -> Self {
        let mut totals = Self::default();
        calls.into_iter().for_each(|call| totals.add_call(call));
        totals
    }
}

/// A duration as precisely as a person is shown it, so that many calls share few of them.
fn shown(milliseconds: u64) -> u64 {
    let unit = match milliseconds {
        0..1000 => 1,
        1000..60_000 => 100,
        60_000..3_600_000 => 1000,
        _ => 60_000,
    };
    milliseconds / unit * unit
}
