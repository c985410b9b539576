//! What calls took together, by what they have in common.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use stepwell_contract::Money;
use stepwell_engine::CallView;
use stepwell_store::CallState;

/// By what calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Step,
    Prompt,
    Model,
    Day,
}

impl By {
    pub(super) const ALL: [Self; 4] = [Self::Step, Self::Prompt, Self::Model, Self::Day];

    /// The word in an address, which is also what a person reads.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Prompt => "prompt",
            Self::Model => "model",
            Self::Day => "day",
        }
    }

    /// What an address says; the step where it says nothing known.
    pub(super) fn of(word: Option<&str>) -> Self {
        let known = Self::ALL.into_iter().find(|by| Some(by.word()) == word);
        known.unwrap_or(Self::Step)
    }

    fn key(self, call: &CallView) -> String {
        match self {
            Self::Step => call.step.to_string(),
            Self::Model => format!("{} ({})", call.model, call.provider_model),
            Self::Day => {
                let day = call.created_at.to_zoned(TimeZone::UTC).date();
                day.to_string()
            }
            Self::Prompt => {
                let used = call.prompts.iter();
                let named: Vec<_> = used
                    .map(|used| format!("{} v{}", used.name, used.number))
                    .collect();
                if named.is_empty() {
                    "without a prompt".to_owned()
                } else {
                    named.join(", ")
                }
            }
        }
    }
}

/// What some calls took together. What isn't known of a call is left out, and counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) unknown_tokens: u64,
    pub(super) money: Option<Money>,
    pub(super) unknown_money: u64,
    /// Milliseconds of each call that was answered.
    durations: Vec<u64>,
}

impl Total {
    fn add(&mut self, call: &CallView) {
        self.calls += 1;
        self.failed += u64::from(call.state == CallState::Failed);
        for attempt in &call.attempts {
            let (input, output) = (attempt.usage.input_tokens, attempt.usage.output_tokens);
            self.input += u64::from(input.unwrap_or(0));
            self.output += u64::from(output.unwrap_or(0));
            self.unknown_tokens += u64::from(input.is_none() || output.is_none());
            self.unknown_money += u64::from(attempt.money.is_none());
        }
        if let Some(money) = call.money {
            let sum = self.money.unwrap_or_default().0.saturating_add(money.0);
            self.money = Some(Money(sum));
        }
        if call.state == CallState::Answered {
            let last = call.attempts.last().and_then(|attempt| attempt.duration_ms);
            self.durations.extend(last);
        }
    }

    /// The median of what the answered calls took.
    pub(super) fn median_ms(&self) -> Option<u64> {
        let mut sorted = self.durations.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

/// The totals by what calls have in common: the newest day first, all else by its name.
pub(super) fn totals(calls: &[CallView], by: By) -> Vec<(String, Total)> {
    let mut totals: BTreeMap<String, Total> = BTreeMap::new();
    for call in calls {
        totals.entry(by.key(call)).or_default().add(call);
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    if by == By::Day {
        totals.reverse();
    }
    totals
}

/// The total of all.
pub(super) fn sum(calls: &[CallView]) -> Total {
    let mut total = Total::default();
    calls.iter().for_each(|call| total.add(call));
    total
}
