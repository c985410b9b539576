//! Folders outside of the workspace that a definition lends and that can't be lent: told before anything is paid.

use stepwell_definition::{Definition, Diagnostic, Plan, Severity};
use stepwell_workers::off_the_workers;

use crate::state::House;
use crate::workspace::NotLent;

/// The grants of steps that would be refused when the step begins. It is no error where something may come of it all the same: a folder
/// that isn't there may be made meanwhile, and without a step that is optional a run goes on.
pub(super) async fn not_lent(
    house: &House,
    plan: &Plan,
    definition: &Definition,
    file: Option<&str>,
) -> Vec<Diagnostic> {
    let mut asked = Vec::new();
    for step in &plan.steps {
        let grants = definition.step(&step.path).map(|step| &step.grants.read);
        for grant in grants.into_iter().flatten() {
            asked.push((step.path.clone(), step.optional, grant.clone()));
        }
    }
    if asked.is_empty() {
        return Vec::new();
    }
    let lending = house.lending(file);
    let refused = move || {
        let refused = asked.into_iter().filter_map(|(step, optional, grant)| {
            let why = lending.lend(&grant.value.path).err()?;
            Some((step, optional, grant, why))
        });
        refused.collect::<Vec<_>>()
    };
    let refused = off_the_workers(refused).await;
    let told = refused.into_iter().map(|(step, optional, grant, why)| {
        let folder = &grant.value.path;
        let message =
            format!("`grants.read` of step `{step}` names `{folder}`, which can't be lent: {why}");
        let mut told = definition.error("grant", grant.span, message, None);
        if optional || why == NotLent::Missing {
            told.severity = Severity::Warning;
        }
        told
    });
    told.collect()
}
