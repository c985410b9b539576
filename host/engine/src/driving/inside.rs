//! Hosts inside of the network that a definition grants by what they are, and that nobody who runs this host lets be asked: told before
//! anything is paid.

use std::collections::BTreeSet;

use stepwell_contract::{HostPlace, HttpAddress};
use stepwell_definition::{Definition, Diagnostic, Plan, Severity};

use crate::state::House;

/// The lines that give nothing. They are no errors: the step may ask another host, or do without.
pub(super) fn inside(house: &House, plan: &Plan, definition: &Definition) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in &plan.steps {
        let Some(asked) = definition.step(&step.path) else {
            continue;
        };
        // A host that is granted in several ways is told of once.
        let mut told = BTreeSet::new();
        for grant in &asked.grants.http {
            let is_inside = |address: &HttpAddress| house.http.place(address) == HostPlace::Inside;
            let Some(address) = grant.value.one_host().filter(is_inside) else {
                continue;
            };
            let named = address.to_string();
            if !told.insert(named.clone()) {
                continue;
            }
            let message = format!(
                "`grants.http` of step `{}` names `{named}`, which is this machine or inside of its network: no request is sent there",
                step.path
            );
            let HttpAddress { host, port, .. } = address;
            let hint = format!(
                "whoever runs this host lets it be asked by `http.inside = [\"{host}:{port}\"]` in stepwell.toml"
            );
            let mut warning = definition.error("grant", grant.span, message, Some(hint));
            warning.severity = Severity::Warning;
            found.push(warning);
        }
    }
    found
}
