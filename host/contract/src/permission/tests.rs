//! The table holds what components and limits have.

use std::collections::BTreeSet;

use super::*;
use crate::{Import, all_limits};

/// A function of an interface that needs the permission.
fn function(permission: Permission, interface: &str) -> &'static str {
    match (permission, interface) {
        (Permission::WriteFiles, _) => "write",
        (Permission::WritePrompts, _) => "add",
        (Permission::KeepCheckpoints, _) => "save-checkpoint",
        _ => "any",
    }
}

#[test]
fn every_import_of_a_permission_lets_a_component_do_it() {
    for permission in Permission::all() {
        let line = permission.line();
        assert_eq!(line.permission, *permission);
        for interface in line.imports {
            let import = Import {
                interface: format!("{interface}@0.2.0"),
                functions: Vec::new(),
            };
            let ability = Ability::of(&import, function(*permission, interface));
            let ability = ability.unwrap_or_else(|| panic!("{interface}"));
            assert!(
                line.abilities.contains(&ability),
                "{interface}: {ability:?}"
            );
        }
    }
}

#[test]
fn every_ability_belongs_to_a_permission() {
    let mut known = BTreeSet::new();
    for permission in Permission::all() {
        known.extend(permission.line().abilities.iter().cloned());
    }
    // As many as the contract and the system's interfaces have; one more belongs into the table.
    let all = [
        Ability::AsksModels,
        Ability::AsksPeople,
        Ability::ReadsFiles,
        Ability::WritesFiles,
        Ability::ReadsDocuments,
        Ability::ReadsPrompts,
        Ability::WritesPrompts,
        Ability::KeepsCheckpoints,
        Ability::SeesContext,
        Ability::TellsProgress,
        Ability::UsesFolders,
        Ability::ReadsClock,
        Ability::HasRandomness,
        Ability::ClosedSockets,
        Ability::SendsRequests,
    ];
    assert_eq!(known, all.into());
}

#[test]
fn every_limit_that_bounds_a_permission_is_one() {
    for permission in Permission::all() {
        for bound in permission.line().bounds {
            let is_limit = bound.starts_with("limits.");
            let is_there = all_limits().any(|line| line.key == Some(bound));
            assert!(!is_limit || is_there, "{bound}");
        }
    }
}
