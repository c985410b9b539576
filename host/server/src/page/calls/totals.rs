//! What calls took together, by what they have in common.

use std::collections::BTreeMap;

use stepwell_engine::named;
use stepwell_store::{CallGroup, CallTotals};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// By what calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(super) enum By {
    Step,
    Prompt,
    Model,
    Day,
}

impl By {
    /// The word in an address, which is also what a person reads.
    pub(super) fn word(self) -> &'static str {
        self.into()
    }

    fn key(self, group: &CallGroup) -> String {
        match self {
            Self::Step => group.step.to_string(),
            Self::Model => format!("{} ({})", group.model, group.provider_model),
            Self::Day => group.day.to_string(),
            Self::Prompt => {
                let used = group.prompts.iter();
                let named: Vec<_> = used.map(|(name, number)| named(name, *number)).collect();
                if named.is_empty() {
                    "without a prompt".to_owned()
                } else {
                    named.join(", ")
                }
            }
        }
    }
}

/// The totals by what calls have in common: the newest day first, all else by its name.
pub(super) fn totals(groups: &[(CallGroup, CallTotals)], by: By) -> Vec<(String, CallTotals)> {
    let mut totals: BTreeMap<String, CallTotals> = BTreeMap::new();
    for (group, of_group) in groups {
        totals.entry(by.key(group)).or_default().add(of_group);
    }
    let mut totals: Vec<_> = totals.into_iter().collect();
    if by == By::Day {
        totals.reverse();
    }
    totals
}

/// The total of all.
pub(super) fn sum(groups: &[(CallGroup, CallTotals)]) -> CallTotals {
    let mut total = CallTotals::default();
    groups.iter().for_each(|(_, group)| total.add(group));
    total
}
