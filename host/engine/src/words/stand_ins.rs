//! The models that answered where the one that was meant could not.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_store::{CallRecord, CallState};

/// A model that answered instead of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StandIn {
    /// Its short name.
    pub model: String,
    /// How many calls it answered.
    pub calls: u64,
    /// How many calls were answered in all, by whichever model.
    pub of: u64,
}

impl StandIn {
    /// What stands beside the model that was meant: `helper answered`, or `helper answered 2 of 3 calls`.
    #[must_use]
    pub fn told(&self) -> String {
        match self.calls == self.of {
            true => format!("{} answered", self.model),
            false => format!(
                "{} answered {} of {} calls",
                self.model, self.calls, self.of
            ),
        }
    }
}

/// The models that answered some calls instead of the one that was meant.
pub(crate) fn stand_ins<'c>(calls: impl Iterator<Item = &'c CallRecord>) -> Vec<StandIn> {
    let mut all = 0;
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for call in calls.filter(|call| call.state == CallState::Answered) {
        all += 1;
        if call.instead_of.is_some() {
            *found.entry(&call.model).or_default() += 1;
        }
    }
    let stand_in = |(model, calls): (&str, u64)| StandIn {
        model: model.to_owned(),
        calls,
        of: all,
    };
    found.into_iter().map(stand_in).collect()
}

/// A model, and those that answered instead of it.
pub(super) fn told_model(model: Option<&str>, stand_ins: &[StandIn]) -> Option<String> {
    let told: Vec<_> = stand_ins.iter().map(StandIn::told).collect();
    match (model, told.is_empty()) {
        (model, true) => model.map(str::to_owned),
        (Some(model), false) => Some(format!("{model} ({})", told.join(", "))),
        (None, false) => Some(told.join(", ")),
    }
}
