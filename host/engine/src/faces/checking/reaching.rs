//! What a component can reach by the functions that it imports.

use std::collections::BTreeMap;

use stepwell_contract::{Ability, Import};

use crate::words::CanReach;

/// What these imports let a plugin do, in the order in which the contract has it.
pub(super) fn reach(imports: &[Import]) -> Vec<CanReach> {
    let mut found: BTreeMap<Ability, Vec<String>> = BTreeMap::new();
    for import in imports {
        let interface = import.of_contract().unwrap_or(&import.interface);
        for function in &import.functions {
            if let Some(ability) = Ability::of(import, function) {
                let by = found.entry(ability).or_default();
                by.push(format!("{interface}.{function}"));
            }
        }
    }
    let reach = found.into_iter();
    reach
        .map(|(ability, by)| CanReach { ability, by })
        .collect()
}
