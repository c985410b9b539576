//! Conditions: whether a step that is carried out only if something says so is carried out.
//!
//! What was left out has a record of its own, with the reason; and what has begun was carried out. So whoever resumes a run
//! comes to the same steps again, also where something that was missing then is there by now.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use stepwell_contract::{Position, SkipReason, UnmetCondition};

use super::tally::Tally;
use super::unbegun::leave_out;
use crate::state::{RunContext, lock};
use crate::words::EngineError;

/// Says of each step with a condition that has what it needs whether it is carried out.
pub(super) async fn judge_conditions(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    loop {
        let open = lock(&run.board).conditions_to_judge(&run.plan, wanted);
        if open.is_empty() {
            return Ok(());
        }
        for (step, parent_at) in open {
            judge(run, step, parent_at, tally).await?;
        }
    }
}

async fn judge(
    run: &Arc<RunContext>,
    step: usize,
    parent_at: Vec<Position>,
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let Some(when) = &run.step(step).when else {
        return Ok(());
    };
    let unit = lock(&run.board).list_unit(step, &parent_at);
    let said = run.value_above(step, &parent_at, &when.value).await?;
    let said = said.map(|said| match said {
        Value::String(text) => text,
        other => other.to_string(),
    });
    let is_met = said.as_ref().is_some_and(|said| when.is_met_by(said));
    if !is_met {
        let unmet = UnmetCondition::new(&when.written, &when.words, said.as_deref());
        if let Some(problem) = leave_out(run, &unit, SkipReason::Condition(unmet)).await? {
            tally.unpublished.get_or_insert(problem);
        }
    }
    lock(&run.board).set_condition(step, parent_at, is_met);
    Ok(())
}
