//! The budgets of a run, with what was spent before this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Budget, StepPath};
use stepwell_definition::Plan;
use stepwell_llm::Ledger;
use stepwell_store::{CallRecord, Gaps, RunRecord, Scope, StoreError};

use crate::state::{House, ledger};

/// What the calls of a run have to fit into.
pub(super) struct Ledgers {
    pub(super) run: Arc<Ledger>,
    /// The budgets of each step, and those of the places that plugins come from.
    pub(super) steps: BTreeMap<StepPath, Vec<Arc<Ledger>>>,
    pub(super) day: Option<Arc<Ledger>>,
}

pub(super) async fn ledgers(
    house: &House,
    record: &RunRecord,
    plan: &Plan,
) -> Result<Ledgers, StoreError> {
    let budgets = &house.configuration.budgets;
    let calls = house.store.calls(Scope::of_run(record.id, Gaps::Refuse));
    let calls = calls.await?;
    let run = ledger("run budget", "budgets.run.", budgets.run, &calls);
    let mut steps: BTreeMap<StepPath, Vec<Arc<Ledger>>> = BTreeMap::new();
    let mut cap = |name: &str, setting: &str, budget: Budget, paths: &[&StepPath]| {
        if budget == Budget::default() {
            return;
        }
        let own = |call: &&CallRecord| paths.contains(&&call.execution.path);
        let ledger = ledger(name, setting, budget, calls.iter().filter(own));
        for path in paths {
            let of_step = steps.entry((*path).clone()).or_default();
            of_step.push(Arc::clone(&ledger));
        }
    };
    for path in record.plugins.keys() {
        cap("step budget", "budgets.step.", budgets.step, &[path]);
    }
    for step in &plan.steps {
        let name = format!("budget of step `{}`", step.path);
        let setting = format!(
            "steps.{}.budget.",
            step.path.to_string().replace('/', ".steps.")
        );
        cap(&name, &setting, step.budget, &[&step.path]);
    }
    for (source, (budget, paths)) in of_sources(plan) {
        let name = format!("budget of the plugins of source `{source}`");
        cap(&name, &format!("sources.{source}.budget."), budget, &paths);
    }
    let day = house.day_ledger().await?;
    Ok(Ledgers { run, steps, day })
}

/// The budget of each place that plugins come from, with the steps whose plugins these are.
fn of_sources(plan: &Plan) -> BTreeMap<&str, (Budget, Vec<&StepPath>)> {
    let mut sources = BTreeMap::new();
    for step in &plan.steps {
        for budget in &step.ceiling.budgets {
            let source = sources.entry(budget.source.as_str());
            let (_, paths) = source.or_insert_with(|| (budget.most, Vec::new()));
            paths.push(&step.path);
        }
    }
    sources
}
