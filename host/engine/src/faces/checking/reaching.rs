//! What a component can reach by the functions that it imports.

use stepwell_contract::{Ability, Import};

use crate::words::CanReach;

/// What these imports let a plugin do, in the order in which the contract has it.
pub(super) fn reach(imports: &[Import]) -> Vec<CanReach> {
    let abilities = Ability::by_imports(imports).into_iter();
    abilities
        .map(|(ability, by)| CanReach { ability, by })
        .collect()
}
