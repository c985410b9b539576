//! What a component can reach by the functions that it imports.

use std::collections::BTreeMap;

use stepwell_contract::{Ability, Import};

use crate::words::CanReach;

/// What these imports let a plugin do, in the order in which the contract has it.
pub(super) fn reach(imports: &[Import]) -> Vec<CanReach> {
    let mut found: BTreeMap<Ability, Vec<String>> = BTreeMap::new();
    for import in imports {
        for function in &import.functions {
            let Some(ability) = Ability::of(import, function) else {
                continue;
            };
            let by = match import.of_contract() {
                Some(interface) => format!("{interface}.{function}"),
                // Of the system's interfaces each has dozens.
                None => import.interface.clone(),
            };
            let all = found.entry(ability).or_default();
            if !all.contains(&by) {
                all.push(by);
            }
        }
    }
    let reach = found.into_iter();
    reach
        .map(|(ability, by)| CanReach { ability, by })
        .collect()
}
