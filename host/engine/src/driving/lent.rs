//! Folders outside of the workspace that a definition lends and that can't be lent: told before anything is paid.

use std::collections::BTreeMap;

use stepwell_definition::{Definition, Diagnostic, Plan, Severity};
use stepwell_workers::off_the_workers;

use crate::state::House;
use crate::workspace::NotLent;

/// The grants of steps that would be refused when the step begins. It is no error where something may come of it all the same: a folder
/// that isn't there may be made meanwhile, and a run goes on without a step that is optional or that its condition leaves out.
pub(super) async fn not_lent(
    house: &House,
    plan: &Plan,
    definition: &Definition,
    file: Option<&str>,
) -> Vec<Diagnostic> {
    let mut asked = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let mut lineage = plan.lineage(index).map(|at| &plan.steps[at]);
        let may_be_left_out = lineage.any(|step| step.optional || step.when.is_some());
        let grants = definition.step(&step.path).map(|step| &step.grants.read);
        for grant in grants.into_iter().flatten() {
            asked.push((step.path.clone(), may_be_left_out, grant.clone()));
        }
    }
    if asked.is_empty() {
        return Vec::new();
    }
    let lending = house.lending(file);
    let look = move || {
        // Each folder is walked once, however many steps it is lent to.
        let mut found = BTreeMap::new();
        for (.., grant) in &asked {
            let path = &grant.value.path;
            if !found.contains_key(path) {
                found.insert(path.clone(), lending.lend(path).err());
            }
        }
        (asked, found)
    };
    let (asked, found) = off_the_workers(look).await;
    let told = asked.iter().filter_map(|(step, may_be_left_out, grant)| {
        let why = found.get(&grant.value.path)?.as_ref()?;
        let folder = &grant.value.path;
        let message =
            format!("`grants.read` of step `{step}` names `{folder}`, which can't be lent: {why}");
        let mut told = definition.error("grant", grant.span, message, None);
        if *may_be_left_out || *why == NotLent::Missing {
            told.severity = Severity::Warning;
        }
        Some(told)
    });
    told.collect()
}
